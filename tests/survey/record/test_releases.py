"""Cards that are let out, their links, what is replied, and what is forgotten of all of it."""

import dataclasses
import datetime as dt
import hashlib
import uuid

import msgspec
import pytest
import sqlalchemy as sa

from survey.services import closing, retention
from survey.services.audit import COMMAND_LINE
from survey.services.record import entries, letting_out, releases, replies
from survey.services.record.errors import NoSuchRelease, NotReleased, UnknownReply
from survey.services.record.fields import Unfit
from survey.services.record.letting_out import Wanted
from survey.services.record.timeline import timeline
from survey.services.register import archiving, editing
from survey.services.results import results
from survey.storage.models import CardRelease, Contact, Partner, Study
from tests.survey.record.examples import TODAY

UNTIL = dt.date(2026, 11, 2)
NOBODY = uuid.UUID(int=5)


@pytest.fixture
def closed(make_study):
    """Close a wave with six answers about Fjord and four about Nord; the threshold is three."""

    def one(**choices):
        survey = make_study(10, partners=("Fjord", "Nord"), min_group=3, **choices)
        survey.fill_in((6, 4))
        closing.close(survey.storage, survey.settings, survey.slug)
        return survey

    return one


def person_at(storage, name):
    with storage.write() as session:
        partner = session.scalars(sa.select(Partner).where(Partner.name == name)).one()
        person = Contact(
            partner_id=partner.id, name="Eva Strand", email="eva@nord.no", language="is"
        )
        session.add(person)
        session.flush()
        return person.id


def let_out(survey, name, contact, *, slug="suppliers", wave=1):
    wanted = Wanted(slug, wave, contact, UNTIL)
    with survey.storage.write() as session:
        partner = session.scalars(sa.select(Partner).where(Partner.name == name)).one()
        return letting_out.release(
            session, survey.settings, COMMAND_LINE, partner, wanted, today=TODAY
        ).token


def opened(survey, token, day=TODAY):
    with survey.storage.read() as session:
        return releases.by_token(session, token, day)


def test_a_card_is_let_out_as_it_was_published_and_stays_so(book, contact, closed):
    survey = closed(slug="suppliers")
    token = let_out(survey, "Fjord", contact)
    card = opened(survey, token)
    assert (card.partner, card.contact, card.wave) == ("Fjord", "Tordis Quist", 1)
    with survey.storage.read() as session:
        kept = results(session, survey.settings, "suppliers", 1)
        row = session.scalars(sa.select(CardRelease)).one()
        assert hashlib.sha256(row.document).hexdigest() == row.document_sha256 == card.sha256
        assert msgspec.json.decode(row.document) == card.document
        assert token not in repr(vars(row))
        assert letting_out.choices(session, book.partner_id) == [("suppliers", 1, "Our suppliers")]
    shown = {aspect["id"]: aspect for aspect in card.document["aspects"]}
    assert set(shown) == {"trust", "openness", "overall"}
    for name, aspect in shown.items():
        (published,) = [r for r in kept["partners"][name] if r["partner"] == "Fjord"]
        assert (aspect["score"], aspect["n"]) == (published["mean"], 6)
        assert (aspect["ci_low"], aspect["ci_high"]) == (published["ci_low"], published["ci_high"])
        assert (aspect["low"], aspect["high"]) == (1, 5)
    assert "Nord" not in row.document.decode()
    assert opened(survey, token, UNTIL)
    for wrong, day in ((token, UNTIL + dt.timedelta(days=1)), ("x" * 22, TODAY), ("é", TODAY)):
        with pytest.raises(UnknownReply):
            opened(survey, wrong, day)
    with survey.storage.write() as session:
        releases.revoke(session, COMMAND_LINE, card, TODAY)
        releases.revoke(session, COMMAND_LINE, card, UNTIL)
    with pytest.raises(UnknownReply):
        opened(survey, token)
    with survey.storage.read() as session:
        (listed,) = releases.listed(session, book.partner_id)
        assert listed.revoked_on == TODAY
        assert releases.found(session, book.partner_id, card.id) == listed
        with pytest.raises(NoSuchRelease):
            releases.found(session, NOBODY, card.id)


def test_a_card_of_few_answers_stays_in_the_house(contact, closed):
    survey = closed()
    there = person_at(survey.storage, "Nord")
    with pytest.raises(NotReleased, match="too few people"):
        let_out(survey, "Nord", there)
    for name, person, place, said in (
        ("Fjord", there, {}, "a person at the partner"),
        ("Fjord", NOBODY, {}, "a person at the partner"),
        ("Fjord", contact, {"wave": 2}, "a wave about this partner"),
        ("Fjord", contact, {"slug": "none"}, "a wave about this partner"),
    ):
        with pytest.raises(NotReleased, match=said):
            let_out(survey, name, person, **place)
    survey.settings.snapshots_dir.joinpath("suppliers-w1.json").unlink()
    with pytest.raises(NotReleased, match="the results of the wave are not there"):
        let_out(survey, "Fjord", contact)


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ({}, "the wave is not closed"),
        ({"privacy_mode": "identified"}, "promised to stay with us"),
        ({"sides": ("theirs",)}, "asks the partner about us"),
    ],
)
def test_what_forbids_letting_a_card_out(book, contact, make_study, choices, said):
    survey = make_study(1, **choices)
    if choices:
        with survey.storage.write() as session:
            study = session.scalars(sa.select(Study)).one()
            wave = retention.Wave(number=2, study_id=study.id, status="closed",
                                  opened_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
                                  closed_at=dt.datetime(2026, 2, 1, tzinfo=dt.UTC),
                                  snapshot_sha256="0" * 64)  # fmt: skip
            session.add(wave)
    with pytest.raises(NotReleased, match=said):
        let_out(survey, "Fjord", contact, wave=2 if choices else 1)
    with survey.storage.read() as session:
        assert letting_out.choices(session, book.partner_id) == []


@pytest.mark.parametrize("text", ["2026-10-04", "2027-10-06", "soon", ""])
def test_until_when_a_reply_is_taken(text):
    assert letting_out.read_until("2026-10-05", TODAY) == TODAY
    with pytest.raises(Unfit):
        letting_out.read_until(text, TODAY)


@pytest.fixture
def card(book, contact, make_study):
    """Give a card that is let out, with a document made by hand, and how it is looked at."""
    survey = make_study(1)
    document = msgspec.json.encode({"aspects": [{"id": "trust"}, {"id": "openness"}]})
    with survey.storage.write() as session:
        wave = session.scalars(sa.select(retention.Wave)).one()
        row = CardRelease(
            partner_id=book.partner_id, wave_id=wave.id, contact_id=contact, language="nb",
            token_sha256="a" * 64, document=document, made_on=TODAY, reply_by=UNTIL,
            document_sha256=hashlib.sha256(document).hexdigest(),
        )  # fmt: skip
        session.add(row)
        session.flush()
        key = row.id

    def look():
        with survey.storage.read() as session:
            return releases.found(session, book.partner_id, key)

    return look


def reply(book, card, stance="contest", text="", day=TODAY, **remarks):
    with book.storage.write() as session:
        return replies.give(session, card(), stance, text, remarks, today=day)


def test_a_reply_is_kept_with_the_card_and_may_be_revised(book, card):
    assert "needed" in reply(book, card)["text"]
    assert "choose" in reply(book, card, stance="shout", text="x")["stance"]
    assert "at most 1000" in reply(book, card, text="x", trust="y" * 1001)["trust"]
    assert card().reply is None
    assert reply(book, card, trust="We told you the day before", pay="nothing") == {}
    later = TODAY + dt.timedelta(days=3)
    assert reply(book, card, "comment", "Thank you", later, openness="True") == {}
    kept = card().reply
    assert (kept.stance, kept.text, kept.aspects) == ("comment", "Thank you", {"openness": "True"})
    assert (kept.sent_on, kept.changed_on, kept.times) == (TODAY, later, 2)
    with book.storage.write() as session:
        assert "needed" in releases.answer(session, COMMAND_LINE, card(), " ", later)["answer"]
        assert releases.answer(session, COMMAND_LINE, card(), "We look into it", later) == {}
    assert card().answer == "We look into it"
    with book.storage.read() as session:
        states = [event.state for event in timeline(session, book.partner_id, ("card",))]
    assert states == ["released", "reply_comment", "answered"]


def left(book):
    """Give all bytes that the database left on the disk, where it is a file."""
    if not book.storage.is_sqlite:
        return b""
    book.storage.close()
    return b"".join(f.read_bytes() for f in book.storage.path.parent.glob("tillit.sqlite3*"))


def full(book, contact, card):
    """Write the name of a person wherever the record takes words."""
    name = "tordis  QUIST"
    key = book.make("action", owner=f"contact/{contact.hex}", party="")
    book.do(entries.save, key, {"text": f"Call {name} (tordis@fjord.no)", "day": "2026-04-01"})
    book.move(key, "dropped", "2026-05-01", f"{name} left; Tordisquist did not")
    brief = book.make("brief", limits=f"With {name}", give=name, gain=name)
    book.do(entries.strike, brief, f"Asked for by {name}")
    book.make("expectation", party="Tordis Quist and Ann")
    assert reply(book, card, text=f"Regards, {name}", trust=name) == {}
    with book.storage.write() as session:
        releases.answer(session, COMMAND_LINE, card(), f"Dear {name}", TODAY)
    return key


def test_a_person_called_like_a_code_of_the_record_leaves_its_codes(book, contact):
    key = book.make("action", text="Call Planned")
    book.move(key, "dropped", "2026-05-01", "Planned left")
    with book.storage.write() as session:
        session.get_one(Contact, contact).name = "Planned"
        editing.remove_contact(session, COMMAND_LINE, book.partner_id, contact)
    told = {field: pair for c in book.history(key) for field, *pair in c.fields}
    assert told["state"][0] == "planned"
    assert told["note"][1] == "(removed) left"
    assert told["text"][1] == "Call (removed)"


def test_a_person_who_is_forgotten_is_named_nowhere_in_the_record(book, contact, card):
    key = full(book, contact, card)
    with book.storage.write() as session:
        editing.remove_contact(session, COMMAND_LINE, book.partner_id, contact)
        editing.remove_contact(session, COMMAND_LINE, book.partner_id, contact)
    entry = book.entry(key)
    assert entry.text == "Call (removed) ((removed))"
    assert entry.owner == ""
    assert entry.steps[0].note == "(removed) left; Tordisquist did not"
    told = repr([dataclasses.astuple(change) for change in book.history(key)])
    assert "Quist" not in told
    kept = card()
    assert (kept.contact, kept.reply.text, kept.answer) == (
        "",
        "Regards, (removed)",
        "Dear (removed)",
    )
    assert kept.reply.aspects == {"trust": "(removed)"}
    assert kept.revoked_on is not None
    assert any(entry.party == "(removed) and Ann" for entry in book.read().entries)
    found = left(book)
    assert b"Ann" in found or not found
    for words in (b"Tordis Quist", b"tordis  QUIST", b"tordis@fjord"):
        assert words not in found


def test_with_a_partner_that_is_forgotten_its_whole_record_goes(book, contact, card):
    full(book, contact, card)
    words = (b"QUIST", b"Weekly call", b"Tordisquist", b"Regards, ", b"told the day before")
    assert all(word in left(book) for word in words) or not book.storage.is_sqlite
    with book.storage.write() as session:
        session.execute(sa.text("DELETE FROM study_partner"))  # nothing asks about it any more
        archiving.anonymise(session, COMMAND_LINE, "Fjord")
    assert book.read().entries == ()
    with book.storage.read() as session:
        for table in ("record_step", "record_change", "card_release", "card_reply"):
            assert session.scalar(sa.text(f"SELECT count(*) FROM {table}")) == 0  # noqa: S608
    found = left(book)
    assert [word for word in words if word in found] == []


def test_a_card_loses_its_numbers_with_the_data_of_its_wave(book, contact, closed):
    survey = closed(retention_days=30)
    card = opened(survey, let_out(survey, "Fjord", contact))
    with survey.storage.write() as session:
        assert replies.give(session, card, "comment", "Thank you", {}, today=TODAY) == {}
    assert retention.purge(survey.storage, survey.settings, dt.date(2100, 1, 1))
    with survey.storage.read() as session:
        (kept,) = releases.listed(session, book.partner_id)
        assert (kept.document, kept.reply.text) == (None, "Thank you")
        assert not kept.is_open(TODAY)
        assert kept.sha256 == card.sha256
