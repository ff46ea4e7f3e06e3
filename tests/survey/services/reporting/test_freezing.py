"""Reports that are kept: the same for ever, save what must be forgotten."""

import datetime as dt
import uuid
import zlib

import pytest
import sqlalchemy as sa
from msgspec.structs import replace
from reports import document, figure

from survey.services import audit, studies
from survey.services.audit import COMMAND_LINE
from survey.services.record import forgetting
from survey.services.reporting import freezing
from survey.services.reporting.blocks import Text
from survey.services.reporting.errors import NoSuchReport, ReportEmptied, ReportUnreadable
from survey.services.reporting.freezing import Making
from survey.storage.models import Contact, Partner, Report

DAY = dt.date(2026, 11, 22)


@pytest.fixture
def keep(storage, make_study):
    """Keep a report on Fjord, or on all, of the first wave of a study."""
    make_study(partners=("Fjord",))

    def kept(partner="", first_wave=1, day=DAY, **other):
        with storage.write() as session:
            _, wave = studies.find(session, "suppliers")
            found = session.scalar(sa.select(Partner.id).where(Partner.name == partner))
            documents = {code: document(language=code, **other) for code in ("en", "is")}
            making = Making(wave, found, first_wave, bool(partner), {}, documents)
            return freezing.freeze(session, COMMAND_LINE, making, today=day)

    return kept


def test_a_report_says_the_same_whenever_it_is_read(storage, keep):
    key = keep("Fjord", title="Fjord")
    with storage.read() as session:
        report = freezing.found(session, "suppliers", key)
        for code in ("en", "is"):
            first, again = (freezing.document(report, code) for _ in range(2))
            assert first == again
            assert first.language == code
            assert first.blocks == document(language=code, title="Fjord").blocks
            assert first.stamp.rows[-1] == ("Fingerprint", report.sha256)


def test_the_same_report_is_kept_once_and_noted_once(storage, keep):
    assert keep("Fjord") == keep("Fjord")
    assert keep("Fjord") != keep("Fjord", title="Another")
    with storage.read() as session:
        made = [each for each in audit.page(session, 1).entries if each.action == "report made"]
        assert len(made) == len(freezing.listed(session, "suppliers")) == 2


def test_a_list_has_the_latest_first_and_says_who_what_and_when(storage, keep):
    keep("Fjord", day=dt.date(2026, 1, 2))
    keep()
    with storage.read() as session:
        rows = freezing.listed(session, "suppliers")
    assert [(row.partner, row.made_on, row.with_record) for row in rows] == [
        ("", DAY, False),
        ("Fjord", dt.date(2026, 1, 2), True),
    ]


def test_a_report_of_another_study_is_not_there(storage, keep, make_study):
    key = keep()
    make_study(slug="other", partners=("Nord",))
    with storage.read() as session:
        for slug, wanted in (("other", key), ("suppliers", uuid.UUID(int=1))):
            with pytest.raises(NoSuchReport):
                freezing.found(session, slug, wanted)


def test_deleted_data_empty_every_report_in_which_they_are_and_no_other(storage, keep):
    before, within = keep(title="Begins later", first_wave=2), keep(title="Has it")
    with storage.write() as session:
        _, wave = studies.find(session, "suppliers")
        forgetting.forget_wave(session, wave)
    with storage.read() as session:
        kept = freezing.found(session, "suppliers", before)
        assert freezing.document(kept, "en").title == "Begins later"
        with pytest.raises(ReportEmptied):
            freezing.document(freezing.found(session, "suppliers", within), "en")
        assert [row.is_there for row in freezing.listed(session, "suppliers")].count(False) == 1


def test_a_person_is_forgotten_in_reports_too_and_the_hash_says_that_they_changed(storage, keep):
    said = "Kari  Nordmann promised a truck."
    key = keep("Fjord", blocks=(Text(said),))
    with storage.write() as session:
        report = session.get_one(Report, key)
        before, partner = report.sha256, report.partner_id
        contact = Contact(partner_id=partner, name="Kari Nordmann", email="kari@fjord.no",
                          language="en")  # fmt: skip
        session.add(contact)
        session.flush()
        forgetting.forget_person(session, contact)
        assert freezing.document(report, "en").blocks == (Text("(removed) promised a truck."),)
        assert freezing.document(report, "is").stamp.rows[-1] == ("Fingerprint", report.sha256)
        assert report.sha256 != before


def forget(storage, name):
    with storage.write() as session:
        partner = session.scalars(sa.select(Partner.id).where(Partner.name == "Fjord")).one()
        contact = Contact(partner_id=partner, name=name, email="k@fjord.no", language="en")
        session.add(contact)
        session.flush()
        forgetting.forget_person(session, contact)


@pytest.mark.parametrize("name", ["Text", "Lead", "En", "Path"])
def test_forgetting_changes_words_and_nothing_that_drawing_hangs_on(storage, keep, name):
    picture = figure("course")
    labelled = replace(picture, svg=picture.svg.replace("</svg>", f"<text>{name}</text></svg>"))
    key = keep("Fjord", blocks=(Text(f"{name} called.", "lead"), labelled))
    forget(storage, name)
    with storage.read() as session:
        kept = freezing.document(freezing.found(session, "suppliers", key), "en")
    words, drawn = kept.blocks
    assert words == Text("(removed) called.", "lead")
    assert drawn.svg == picture.svg.replace("</svg>", "<text>(removed)</text></svg>")
    assert kept.language == "en"


def test_forgetting_somebody_who_is_not_named_leaves_a_report_as_it_is(storage, keep):
    key = keep("Fjord")
    with storage.read() as session:
        before = freezing.found(session, "suppliers", key).packed
    forget(storage, "Kari Nordmann")
    with storage.read() as session:
        assert freezing.found(session, "suppliers", key).packed == before


@pytest.mark.parametrize(
    "change",
    [
        lambda _: b"",
        lambda data: data[:-9],
        lambda _: zlib.compress(b"{}"),
        lambda data: zlib.compress(zlib.decompress(data).replace(b'"edition":1', b'"edition":9')),
        lambda data: zlib.compress(zlib.decompress(data).replace(b"Fjord", b"Nord")),
    ],
    ids=["empty", "cut off", "nothing in it", "another edition", "another text"],
)
def test_a_damaged_report_is_refused_and_goes_when_somebody_is_forgotten(storage, keep, change):
    key = keep("Fjord", title="Fjord")
    with storage.write() as session:
        report = session.get_one(Report, key)
        report.packed = change(report.packed)
        with pytest.raises(ReportUnreadable):
            freezing.document(report, "en")
        report.packed = b"junk"
    forget(storage, "Kari Nordmann")
    with storage.read() as session, pytest.raises(NoSuchReport):
        freezing.found(session, "suppliers", key)


def test_a_language_that_came_later_is_read_in_english(storage, keep):
    key = keep("Fjord")
    with storage.read() as session:
        report = freezing.found(session, "suppliers", key)
        assert freezing.document(report, "sv") == freezing.document(report, "en")


def test_a_partner_that_is_forgotten_takes_its_reports_along(storage, keep):
    keep("Fjord")
    keep()
    with storage.write() as session:
        partner = session.scalars(sa.select(Partner.id).where(Partner.name == "Fjord")).one()
        forgetting.forget_partner(session, partner)
        assert [row.partner for row in freezing.listed(session, "suppliers")] == [""]


def test_a_report_can_be_destroyed(storage, keep):
    key = keep()
    with storage.write() as session:
        freezing.destroy(session, COMMAND_LINE, freezing.found(session, "suppliers", key))
    with storage.read() as session:
        assert freezing.listed(session, "suppliers") == []
        assert "report destroyed" in [e.action for e in audit.page(session, 1).entries]
