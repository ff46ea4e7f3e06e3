"""What people are told about privacy: complete, kept as it was shown, and only what holds."""

import hashlib
import re
import string

import msgspec
import pytest
import sqlalchemy as sa

from survey.services import notices, respond, studies
from survey.storage.models import PRIVACY_MODES, SIDES, Notice, Study, Wave

LANGUAGES = ("en", "nb", "nn", "is")
FACTS = {"organisation", "least", "least_text", "days", "contact"}


@pytest.mark.parametrize("mode", PRIVACY_MODES)
def test_every_text_is_there_in_every_language_with_the_same_facts(mode):
    document = notices.texts(mode)
    for text in (document["headline"], *document["paragraphs"]):
        assert set(text) - {"side", "with"} == set(LANGUAGES)
        facts = [set(re.findall(r"\{([a-z_]+)\}", text[language])) for language in LANGUAGES]
        assert facts.count(facts[0]) == len(LANGUAGES), text["en"]
        assert facts[0] <= FACTS
        assert len({text[language] for language in LANGUAGES}) == len(LANGUAGES)
        assert text.get("side", "ours") in SIDES
    for language in LANGUAGES:
        told = " ".join(text[language] for text in document["paragraphs"])
        unsaid = {"least_text"} if mode == "identified" else set()
        assert {fact for fact in FACTS if "{" + fact + "}" not in told} == unsaid
        assert "  " not in told
        assert not set(told) & set("*<>")


@pytest.mark.parametrize("mode", PRIVACY_MODES)
@pytest.mark.parametrize("side", SIDES)
def test_a_notice_names_organisation_thresholds_retention_and_contact(make_study, mode, side):
    survey = make_study(
        privacy_mode=mode,
        sides=(side,),
        min_group=4,
        min_group_text=12,
        contact="Kari {days} Nordmann",
        retention_days=365,
    )
    with survey.storage.read() as session:
        known = respond.by_token(session, survey.tokens["p1@vik.no"])
        told = [respond.notice(session, known, language) for language in LANGUAGES]
    assert told[0] == known.notice
    for notice in told:
        text = " ".join(notice.paragraphs)
        for fact in ("Vik", "4", "12" if mode != "identified" else "Vik", "365"):
            assert fact in text
        assert "Kari {days} Nordmann" in text, "what people typed is no placeholder"
        assert not {"{", "}"} & set(text.replace("{days}", ""))
    assert len({notice.sha256 for notice in told}) == 4


def test_without_a_contact_or_a_date_nothing_is_said_of_them(make_study):
    survey = make_study()
    with survey.storage.read() as session:
        known = respond.by_token(session, survey.tokens["p1@vik.no"])
    assert not [text for text in known.notice.paragraphs if "Questions about" in text]
    assert [text for text in known.notice.paragraphs if "730 days" in text]


def test_opening_keeps_one_text_for_each_side_and_language(make_study):
    survey = make_study(sides=("ours", "theirs"), languages=("nb", "is"), partners=("Fjord",))
    with survey.storage.read() as session:
        kept = session.scalars(sa.select(Notice)).all()
        assert {(row.side, row.language) for row in kept} == {
            (side, language) for side in SIDES for language in ("nb", "is")
        }
        for row in kept:
            content = msgspec.json.encode([row.text["headline"], *row.text["paragraphs"]])
            assert row.sha256 == hashlib.sha256(content).hexdigest()
            assert set(row.sha256) <= set(string.hexdigits)


def test_the_text_that_was_shown_stays_when_texts_change(make_study, monkeypatch):
    survey = make_study()
    with survey.storage.read() as session:
        before = respond.by_token(session, survey.tokens["p1@vik.no"]).notice
    monkeypatch.setattr(notices, "texts", lambda _mode: pytest.fail("they are stored"))
    survey.storage._info["notices"].clear()
    with survey.storage.read() as session:
        assert respond.by_token(session, survey.tokens["p1@vik.no"]).notice == before


def test_a_wave_that_opened_before_notices_were_kept_gets_its_own(make_study):
    survey = make_study()
    with survey.storage.write() as session:
        session.execute(sa.delete(Notice))
        session.execute(sa.text("DROP TRIGGER tillit_study_frozen"
                                + ("" if survey.storage.is_sqlite else " ON study")))  # fmt: skip
        session.execute(sa.update(Study).values(retention_days=None))
    with survey.storage.read() as session:
        notice = respond.by_token(session, survey.tokens["p1@vik.no"]).notice
    assert notice.headline == "Who sees what"
    assert not [text for text in notice.paragraphs if "days" in text]


def test_a_notice_is_read_once_per_process(make_study):
    survey = make_study(2)
    statements = []
    sa.event.listen(
        survey.storage.reader,
        "before_cursor_execute",
        lambda _connection, _cursor, statement, *_: statements.append(statement),
    )
    for token in survey.tokens.values():
        with survey.storage.read() as session:
            respond.by_token(session, token)
    assert len([text for text in statements if "FROM notice" in text]) == 1


def test_a_second_wave_has_notices_of_its_own(make_study):
    survey = make_study()
    with survey.storage.write() as session:
        study, _ = studies.find(session, survey.slug)
        session.add(Wave(study_id=study.id, number=2))
        session.flush()
        studies.open_wave(session, survey.slug, 2)
    with survey.storage.read() as session:
        waves = session.scalars(sa.select(Notice.wave_id)).all()
    assert len(set(waves)) == 2
