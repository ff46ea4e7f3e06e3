"""A preview shows the pages of respondents, word for word, and stores nothing whatsoever."""

import re

import pytest
import sqlalchemy as sa

import questionnaires
from survey.services import drafts
from survey.services.previewing import answers_of, unconditional
from survey.storage.models import Base

BAR = re.compile(r"<aside class=\"preview\".*?</aside>", re.DOTALL)
APART = re.compile(
    r'<input type="hidden"[^>]*>| (?:href|action|data-autosave)="[^"]*"|<script.*?</script>',
    re.DOTALL,
)


def everything(storage, settings):
    """Give every row of every table, and with SQLite every byte of its files."""
    with storage.reader.connect() as connection:
        rows = {
            table.name: sorted(map(repr, connection.execute(sa.select(table))))
            for table in Base.metadata.sorted_tables
        }
    files = settings.data_dir.glob("*.sqlite3*")
    # «-shm» is where readers say that they read
    return rows, {path: path.read_bytes() for path in files if path.suffix != ".sqlite3-shm"}


def words_of(page):
    """Give what a respondent reads and can press, without addresses and without the bar."""
    lines = APART.sub("", BAR.sub("", page.html)).replace(" >", ">").splitlines()
    return [line for line in lines if line and "2026" not in line]  # the clocks differ


@pytest.fixture
def manager(staff, make_study):
    make_study(2, opened=False, partners=("Fjord", "Nord"), sides=("ours", "theirs"))
    return staff()


def test_somebody_is_walked_from_page_one_to_the_receipt_and_nothing_is_stored(
    manager, storage, settings
):
    page = manager.get("/studies/suppliers/preview")
    assert (page.status, "nobody is told" in page.text) == (200, True)
    before = everything(storage, settings)
    page = manager.get("/studies/suppliers/preview/start?side=ours&lang=nb&partner=0")
    seen = [page]
    while page.forms:
        page = manager.press(**({"t1": "2", "say": "Et ord."} if "/1" in page.path else {}))
        assert page.status == 200, page.path
        seen.append(page)
        assert len(seen) < 30
    assert all("Preview: nothing that is filled in here is stored." in each.text for each in seen)
    assert {each.lang for each in seen} == {"nb"}
    faces = [each.path.rpartition("/")[2] for each in seen]
    assert faces == ["start", "list", *["1", "2", "review", "receipt"] * 2]
    assert everything(storage, settings) == before


def test_what_was_filled_in_comes_along_and_every_button_leads_on(manager):
    manager.get("/studies/suppliers/preview/1?side=ours&partner=1&lang=en")
    page = manager.press(t1="2", t2="dont_know")
    assert page.path.endswith("/2")
    page = manager.press(("go", "back"))
    assert page.given == {"t1": "2", "t2": "dont_know", "t3": ""}
    page = manager.press(("language", "is"))
    assert (page.lang, page.given["t1"]) == ("is", "2")
    page = manager.press(("clear", "t1"))
    assert page.given["t1"] == ""
    manager.press(t1="3")
    page = manager.press(say="x" * 41)
    assert (page.status, "at most" in page.text or "40" in page.text) == (400, True)
    page = manager.press(say="Words")
    assert "Words" in page.text
    page = manager.get(next(link for link in page.links if "/copy?" in link))
    assert "Words" in page.text
    page = manager.get(next(link for link in page.links if "/review?" in link))
    page = manager.press(("go", "submit"))
    page = manager.get(next(link for link in page.links if "/withdraw?" in link))
    page = manager.press()
    assert page.path.endswith("/withdrawn")


def test_a_partner_that_is_left_out_goes_to_the_list(manager):
    manager.get("/studies/suppliers/preview/1?side=ours&partner=1&lang=en")
    page = manager.press(("go", "decline"))
    assert "Left out by you" in page.text
    page = manager.press(("undecline", "1"))
    assert "Left out by you" not in page.text
    page = manager.press(("go", "next"))
    assert page.path.endswith("/1")


@pytest.mark.parametrize(
    ("side", "language", "mode"),
    [("ours", "nb", "confidential"), ("theirs", "is", "anonymous")],
)
def test_the_pages_are_those_of_respondents(
    staff, make_study, make_visitor, invite, side, language, mode
):
    survey = make_study(1, sides=(side,), privacy_mode=mode, contact="Kari")
    link = invite(survey, language, "Fjord")
    respondent, manager = make_visitor(), staff()
    base = f"/studies/{survey.slug}/preview"

    def same(face):
        shown = manager.get(f"{base}/{face}?side={side}&lang={language}&partner=1")
        assert words_of(shown) == words_of(respondent.page)

    respondent.get(f"/r/{link}")
    same("start")
    respondent.press()
    assert respondent.page.path == "/respond/1/1"
    same("1")
    respondent.press()
    same("2")
    respondent.press()
    same("review")
    respondent.get("/respond/1/copy")
    same("copy")
    assert manager.get(f"{base}/about?side={side}&lang={language}").status == 200


def test_a_study_in_the_making_is_shown_before_it_is_made(staff, storage, settings):
    manager = staff()
    with storage.write() as session:
        key = drafts.begin(session).key
    base = f"/studies/previews/{key}"
    page = manager.get(base)
    assert "Before it can be shown" in page.text
    assert f"/studies/making/{key}/questions" in page.links
    assert manager.get(f"{base}/start").status == 409
    with storage.write() as session:
        drafts.choose(session, key, instruments=("grunig7",), privacy_mode="anonymous")
    before = everything(storage, settings)
    manager.get(base)
    page = manager.get(f"{base}/start?side=ours&lang=is")
    assert (page.lang, page.status) == ("is", 200)
    assert f"/studies/making/{key}/review" in page.links
    for _ in range(20):
        page = manager.press()
        if not page.forms:
            break
    assert page.path == f"{base}/receipt"
    assert everything(storage, settings) == before


def test_an_address_written_by_hand_is_as_at_the_start_or_not_there(manager):
    base = "/studies/suppliers/preview"
    for query in ("side=x&lang=de&partner=99&place=7&left=a.b&done=-1", "given=x", "all=1"):
        assert manager.get(f"{base}/1?{query}").status == 200
    for face in ("0", "99", "9999", "nothing", "-1"):
        assert manager.get(f"{base}/{face}").status == 404


def test_conditions_are_followed_or_every_question_is_shown():
    instrument = questionnaires.load("post_sale")
    every = unconditional(instrument)
    assert instrument.branches
    assert not every.branches
    assert [item.id for item in every.items] == [item.id for item in instrument.items]
    assert answers_of(every, {"not_there": "1"}) == {}
