"""Right of reply in the browser: the link by mail or shown, the card in words, two windows."""

import dataclasses
import datetime as dt
import logging
import re

import pytest
import sqlalchemy as sa

from survey.mail_settings import Mailbox, SmtpServer
from survey.pages.released_card import (
    ABOVE,
    ALIKE,
    APART,
    HIGHEST,
    LOWEST,
    Row,
    card_of,
    order_said,
)
from survey.pages.voice import Voice
from survey.services.mail import stopping
from survey.services.mail.codes import person_code, secret_of
from survey.services.record import letting_out
from survey.storage.account_models import AuditEntry
from survey.storage.models import CardRelease, CardReply, Contact, Outbox, Partner, Wave
from tests.survey.pages.test_access import NOON
from tests.survey.record.cards import card, let_out

TODAY = NOON.date()
UNTIL = (TODAY + dt.timedelta(days=9)).isoformat()
ASPECTS = {"low": 1, "high": 5, "n": 6, "suppressed_reason": None}


@pytest.fixture
def fjord(make_study, app):
    """Give the partner about which a study asks, where a mail server is set."""
    survey = make_study(partners=("Fjord",))
    found = app.extensions["tillit"]
    settings = dataclasses.replace(
        found.settings, smtp_url=SmtpServer.from_text("smtp://127.0.0.1:1"),
        mail_from=Mailbox("Vik", "brm@vik.no"),
    )  # fmt: skip
    app.extensions["tillit"] = dataclasses.replace(found, settings=settings)
    with survey.storage.read() as session:
        return session.scalars(sa.select(Partner.id)).one()


@pytest.fixture
def eva(fjord, storage):
    """Add somebody at Fjord."""
    with storage.write() as session:
        person = Contact(partner_id=fjord, name="Eva", email="eva@fjord.no", language="is")
        session.add(person)
        session.flush()
        return person.id


@pytest.fixture
def closed(monkeypatch, storage, fjord):
    """Let a card be let out of the wave as if it were closed, with numbers made by hand."""
    assert fjord
    with storage.read() as session:
        wave = session.scalars(sa.select(Wave)).first()
    monkeypatch.setattr(letting_out, "choices", lambda *_: [("suppliers", 1, "Our suppliers")])
    monkeypatch.setattr(letting_out, "_allowed", lambda *_: wave)
    made = letting_out.Released(card("Fjord"))
    monkeypatch.setattr(letting_out, "released", lambda *_: made)


def kept(storage, table):
    with storage.read() as session:
        return session.scalars(sa.select(table)).all()


def noted(storage):
    return [entry.action for entry in kept(storage, AuditEntry) if "card" in entry.action]


def choose(manager, here, eva, send="mail"):
    manager.get(here)
    return manager.send(here, wave="suppliers/1", contact=eva.hex, until=UNTIL, send=send)


@pytest.mark.usefixtures("closed")
def test_the_link_goes_by_mail_unless_it_is_to_be_shown(staff, fjord, eva, storage):
    manager, here = staff(), f"/partners/{fjord}/replies"
    form = manager.get(here).forms[-1]
    assert form["fields"]["send"] == "mail"
    page = choose(manager, here, eva)
    assert page.path.startswith(f"{here}/")
    assert "The card is let out." in page.text
    assert "The link: waits to be sent" in page.text
    assert "/reply/" not in page.html, "nobody sees the link"
    again = manager.post(here, {**form["fields"], "key": page.path.rpartition("/")[2],
                                "wave": "suppliers/1", "contact": eva.hex, "send": "show",
                                "until": TODAY.isoformat()})  # fmt: skip
    assert again.path == page.path, "the same form once more"
    assert choose(manager, here, eva).status == 400
    assert "this person has a link to this card already" in manager.page.text
    assert (len(kept(storage, CardRelease)), len(kept(storage, Outbox))) == (1, 1)
    (mark,) = {f["fields"]["mark"] for f in manager.get(again.path).forms if "mark" in f["fields"]}
    form = next(f["fields"] for f in manager.page.forms if "mark" in f["fields"])
    shown = manager.post(f"{again.path}/link", {**form, "do": "show"})
    path = re.search(r"http://127.0.0.1:8000(/reply/[\w-]+)", shown.text)[1]
    assert "waits to be sent" not in shown.text, "what waited would have made it worthless"
    assert manager.get(path).status == 200
    page = manager.post(f"{again.path}/link", {**form, "mark": mark, "do": "show"})
    assert "nothing was done" in page.text
    form = next(f["fields"] for f in page.forms if "mark" in f["fields"])
    assert "leaves as soon as" in manager.post(f"{again.path}/link", {**form, "do": "mail"}).text
    states = sorted(row.state for row in kept(storage, Outbox))
    assert states == ["cancelled", "queued"]
    assert noted(storage) == [
        "card released", "link to a card mailed", "link to a card made", "link to a card mailed"
    ]  # fmt: skip


@pytest.mark.usefixtures("closed")
def test_who_gets_no_mail_is_handed_the_link(staff, fjord, eva, storage):
    with storage.write() as session:
        stopping.stop(session, person_code(secret_of(session), "eva@fjord.no"))
    manager, here = staff(), f"/partners/{fjord}/replies"
    page = choose(manager, here, eva)
    assert page.status == 400
    assert "No mail goes to this person: the person asked for no more mail" in page.text
    assert page.forms[-1]["fields"]["send"] == "show"
    page = choose(manager, here, eva, "show")
    assert re.search(r"/reply/[\w-]{22}", page.text)
    key = kept(storage, CardRelease)[0].id
    assert "hand it over yourself" in manager.get(f"{here}/{key}").text
    form = next(f["fields"] for f in manager.page.forms if "mark" in f["fields"])
    assert manager.post(f"{here}/{key}/link", {**form, "do": "mail"}).status == 400
    assert kept(storage, Outbox) == []
    assert manager.post(here, {**form, "key": "x"}).status in {400, 404}


@pytest.fixture
def link(fjord, storage):
    assert fjord
    with storage.write() as session:
        token, key = let_out(session, language="en", until=TODAY)
    return f"/reply/{token}", key


def test_a_reply_waits_for_our_answer_until_it_has_one(
    make_visitor, staff, fjord, link, storage, caplog, app
):
    caplog.set_level(logging.DEBUG)
    path, key = link
    manager, here = staff(), f"/partners/{fjord}/replies/{key}"
    there, other = make_visitor(), make_visitor()
    there.get(path)
    other.get(path)
    late = {**there.page.form["fields"], "text": "Late"}
    there.send(path, text="Not <b>so</b>\r\nBcc: x", stance="contest")
    page = other.send(path, text="Quite so", stance="comment")
    assert (page.status, "another window" in page.text) == (409, True)
    assert "Not <b>so</b>" in page.text
    assert kept(storage, CardReply)[0].text == "Not <b>so</b>\nBcc: x"
    assert other.send(path, text="x" * 100_000, stance="comment").status == 400
    assert other.send(path, text="x" * 3_000_000, stance="comment").status == 413
    assert "1 reply waits for our answer" in manager.get(f"/partners/{fjord}").text
    for address in (f"/partners/{fjord}/record", f"/partners/{fjord}/replies"):
        assert "waits for our answer" in manager.get(address).text
    manager.get(here)
    page = manager.send(f"{here}/answer", answer="We see", tell="1", seen="9")
    assert "changed meanwhile" in page.text
    page = manager.send(f"{here}/answer", answer="We see", tell="1", seen="1")
    assert "the person is told by e-mail" in page.text
    assert "That there is an answer: waits to be sent" in page.text
    assert "waits for our answer" not in manager.get(f"/partners/{fjord}").text
    found = app.extensions["tillit"]
    later = NOON + dt.timedelta(days=20)
    app.extensions["tillit"] = dataclasses.replace(found, clock=lambda: later)
    page = make_visitor().get(path)
    assert ("We see" in page.text, "Not <b>so</b>" in page.text) == (True, True)
    assert (page.forms, "Replies were taken until" in page.text) == ([], True)
    assert there.post(path, late).status == 409
    assert len(kept(storage, CardReply)) == 1
    written = caplog.text + repr([(e.action, e.object) for e in kept(storage, AuditEntry)])
    for secret in (path.rpartition("/")[2], "Not <b>", "We see", "eva@fjord.no"):
        assert secret not in written


def row(name, low, high):
    score = None if low is None else (low + high) / 2
    return Row(id=name, label=name, score=score, ci_low=low, ci_high=high, **ASPECTS)


@pytest.mark.parametrize(
    ("intervals", "said"),
    [
        (((4, 5), (2, 3), (1, 1.5)), APART),
        (((4, 5), (2, 3), (1, 2.5)), HIGHEST),
        (((3, 5), (2, 4), (1, 1.5)), LOWEST),
        (((3, 5), (2, 4), (1, 2.5)), ABOVE),
        (((3, 5), (2, 4), (1, 3)), ALIKE),
        (((4, 5), *[(2, 4.2)] * 9, (1, 3.9)), ALIKE),
        (((4, 5), *[(2, 4.2)] * 9, (1, 3)), ABOVE),
        (((4, 5), (None, None)), ""),
        ((), ""),
    ],
)
def test_an_order_is_said_only_where_intervals_do_not_meet(app, intervals, said):
    voice = Voice("en", app.extensions["tillit"].renderer.catalogues["en"])
    rows = [row(f"a{n}", *ends) for n, ends in enumerate(intervals)]
    high, low = "a0", f"a{len(rows) - 1}"
    assert order_said(rows, voice) == (said % {"high": high, "low": low} if said else "")


@pytest.mark.usefixtures("fjord")
def test_a_card_is_drawn_from_its_document_alone(make_visitor, storage):
    document = card("Fjord")
    names = ("availability", "trust", "credibility")
    more = [card("Fjord")["aspects"][0] | {"id": name, "label": {"en": name.title()}}
            for name in names]  # fmt: skip
    document["aspects"] = [*more, document["aspects"][1]]
    odd = more[0] | {"id": "overall", "label": {"en": "Overall"}, "low": 0, "high": 10}
    document["aspects"].append(odd)
    with storage.write() as session:
        token, _ = let_out(session)
        made = letting_out.msgspec.json.encode(document)
        session.execute(sa.update(CardRelease).values(document=made))
    page = make_visitor().get(f"/reply/{token}")
    assert page.html.count('<svg class="chart petals"') == 1, "one scale has a single aspect"
    assert page.html.count('<g class="petal hue-') == len(names)
    assert re.findall(r'<th scope="row">(\w+)</th>', page.html) == [
        "Availability", "Trust", "Credibility", "Openness", "Overall"
    ]  # fmt: skip
    assert page.html.count('<td class="num">7</td><td class="num">3.4</td>') == len(names) + 1
    assert "These aspects cannot be told apart" in page.text
    assert "Left out, because fewer than 5 people answered" in page.text
    assert "median" not in page.text.lower()
    assert "<script" not in page.html


def test_no_document_is_no_card():
    assert card_of(None, "en") is None
