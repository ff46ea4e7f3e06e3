"""Letters on paper: a page for each, with a link that works, and text that is never markup."""

import shutil
import subprocess

import pytest
import sqlalchemy as sa

from survey.errors import NoLetters
from survey.services import invitations, studies
from survey.services.mail import inviting, letters

NAMES = ('#image("x") *P1*', "Þórður $Ægisson$", "P3", "P4")
SHEET = "name,email,language,partners\n" + "".join(
    f'"{name.replace(chr(34), chr(34) * 2)}",p{n}@vik.no,{language},\n'
    for n, (name, language) in enumerate(zip(NAMES, ("en", "is", "nb", "nn"), strict=True), 1)
)


@pytest.fixture
def on_paper(make_study):
    def make(**choices):
        survey = make_study(0, opened=False, **choices)
        with survey.storage.write() as session:
            invitations.enrol(session, survey.slug, SHEET.encode(), "people.csv")
            studies.open_wave(session, survey.slug)
        return survey

    def write(survey):
        with survey.storage.read() as session:
            made = letters.write(session, survey.slug, base_url=survey.settings.base_url)
        with survey.storage.write() as session:
            letters.keep(session, survey.slug, made)
        survey.tokens = {each.email: each.words.link.rpartition("/")[2] for each in made}
        return made

    make.write = write
    return make


@pytest.mark.parametrize("mode", ["confidential", "anonymous"])
def test_each_letter_has_a_link_that_works(on_paper, mode):
    survey = on_paper(privacy_mode=mode)
    assert len(on_paper.write(survey)) == 4
    for address in survey.tokens:
        assert survey.complete(address)
    with survey.storage.read() as session:
        links = str(session.execute(sa.text("SELECT * FROM invitation_link")).all())
    assert not [token for token in survey.tokens.values() if token in links]
    with pytest.raises(NoLetters):
        on_paper.write(survey)


def test_a_second_letter_goes_only_to_people_with_a_name_who_are_not_done(on_paper):
    survey = on_paper()
    on_paper.write(survey)
    first = dict(survey.tokens)
    survey.complete("p1@vik.no")
    assert {each.email for each in on_paper.write(survey)} == set(first) - {"p1@vik.no"}
    survey.tokens = first  # the letters of before still lead there
    assert survey.complete("p2@vik.no")


def test_in_an_anonymous_study_nobody_has_a_letter_and_a_message(on_paper):
    survey = on_paper(privacy_mode="anonymous")
    with survey.storage.write() as session:
        inviting.queue_invitations(session, survey.slug)
    with pytest.raises(NoLetters, match="link already"):
        on_paper.write(survey)


def test_letters_to_somebody_who_got_a_link_meanwhile_lead_nowhere(on_paper):
    survey = on_paper(privacy_mode="anonymous")
    with survey.storage.read() as session:
        made = letters.write(session, survey.slug, base_url=survey.settings.base_url)
    with survey.storage.write() as session:
        inviting.queue_invitations(session, survey.slug)
    with pytest.raises(NoLetters, match="run it again"), survey.storage.write() as session:
        letters.keep(session, survey.slug, made)


def test_the_document_has_a_page_for_each_and_takes_text_for_text(on_paper, tmp_path):
    pytest.importorskip("typst", reason="letters are set by typst (extra `report`)")
    made = on_paper.write(on_paper(contact="#panic() <us>"))
    pdf = letters.as_pdf(made)
    assert pdf.startswith(b"%PDF-1.7")
    assert b"/Type/Pages/Count 4" in pdf
    assert b"pdfuaid" in pdf
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed (Debian: apt-get install poppler-utils)")
    (tmp_path / "letters.pdf").write_bytes(pdf)
    command = ["pdftotext", tmp_path / "letters.pdf", "-"]
    text = subprocess.check_output(command, text=True)
    for letter in made:
        assert letter.name in text
        assert letter.words.link in text
    assert "#panic() <us>" in text
    assert "Persónulegi hlekkurinn þinn" in text
