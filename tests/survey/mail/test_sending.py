"""Mail as a mail server gets it: real SMTP on loopback, each message once."""

import dataclasses
import datetime as dt
import re
import threading

import pytest
import sqlalchemy as sa

from survey.errors import BadMail, BadSettings, LinkMayBeOut, MailServerUnreachable
from survey.mail_settings import Quiet, SmtpServer
from survey.services import mail, studies
from survey.services.mail import status
from survey.services.mail.composing import Composed
from survey.services.mail.sending import Terms, send
from survey.services.mail.smtp import Connection, NotServed
from survey.services.mail.wording import as_html, as_text, subject_of, texts, words_for
from tests.survey.mail.mail_server import rows, sent, states

P1, P2, P3 = (f"p{n}@vik.no" for n in (1, 2, 3))
NOON = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)


def test_an_invitation_as_it_arrives(mailed, server):
    survey = mailed(contact="Kari, kari@vik.no")
    report = sent(survey, server)
    assert (report.sent, report.waiting, report.doubtful) == (4, 0, [])
    (taken,) = server.to(P2)
    message = taken.message
    assert taken.sender == "survey@vik.no"
    assert str(message["From"]) == "Vík <survey@vik.no>"
    assert str(message["To"]) == "P2 <p2@vik.no>"
    assert message["Subject"] == "Vik vil gjerne høre fra deg: Our suppliers"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "nb"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert re.fullmatch(r"<[0-9a-f]{32}@vik\.no>", message["Message-ID"])
    assert message["Date"].datetime.tzinfo is not None
    stop = str(message["List-Unsubscribe"]).strip("<>")
    text, html = taken.body("plain"), taken.body("html")
    for body in (text, html):
        assert "P2" in body
        assert taken.link in body
        assert stop in body
        assert "kari@vik.no" in body
    assert '<html lang="nb">' in html
    assert not re.findall(r"<img|<script|src=|url\(", html)
    assert set(re.findall(r'href="([^"]+)"', html)) == {taken.link, stop}
    assert survey.complete(P2)


@pytest.mark.parametrize("kind", ["invitation", "reminder", "general_reminder", "thanks"])
def test_every_kind_has_words_in_each_language(kind):
    facts = {"name": "Kari", "organisation": "Vik", "study": "Our suppliers", "contact": "us"}
    seen = set()
    assert set(texts(kind)) >= {"subject", "lead"}
    for language in ("en", "nb", "nn", "is"):
        words = words_for(kind, language, facts, link="https://a/r/b", stop_link="https://a/s")
        for text in (subject_of(words), as_text(words), as_html(words)):
            assert not re.search(r"\{[a-z]+\}", text)
        seen |= {as_text(words)}
    assert len(seen) == 4


def test_no_link_and_no_address_that_was_used_is_in_the_database(mailed, server, caplog):
    caplog.set_level("DEBUG")
    survey = mailed()
    assert not any("/r/" in str(dict(row)) for row in rows(survey))
    sent(survey, server)
    everything = str([dict(row) for row in rows(survey)])
    with survey.storage.read() as session:
        links = str(session.execute(sa.text("SELECT * FROM invitation_link")).all())
    ours = [each.getMessage() for each in caplog.records if each.name != "mail.log"]
    logged = "\n".join(ours)  # that one is the mail server's
    for taken in server.taken:
        assert taken.token not in everything + links
        assert taken.recipient not in everything
        assert taken.token not in logged
        assert taken.recipient not in logged
    assert "mail: 4 sent" in logged
    if survey.storage.is_sqlite:
        raw = b"".join(
            path.read_bytes() for path in survey.storage.path.parent.glob("tillit.sqlite3*")
        )
        assert not [each for each in server.taken if each.token.encode() in raw]


def test_values_are_data(storage, settings, server):
    name = "Kári, <b>{organisation}</b>\r\nBcc: x@y.no \u202eevil"
    with storage.write() as session:
        values = {"name": name, "link": "https://vik.no/reset/abc"}
        for _ in range(2):
            mail.queue(
                session, "password_reset", to=P1, language="is", values=values, key="reset:1"
            )
    with storage.read() as session:
        kept = str(session.execute(sa.text("SELECT * FROM outbox")).all())
    assert "reset/abc" not in kept
    assert send(storage, settings).sent == 1
    (taken,) = server.taken
    message = taken.message
    assert message["To"].addresses[0].addr_spec == P1
    assert message["To"].addresses[0].display_name == (
        "Kári, <b>{organisation}</b> Bcc: x@y.no evil"
    )
    assert message["Bcc"] is None
    assert message["List-Unsubscribe"] is None
    assert "https://vik.no/reset/abc" in taken.body("plain")
    assert "&lt;b&gt;{organisation}&lt;/b&gt;" in taken.body("html")
    assert "\u202e" not in taken.body("plain") + taken.body("html")


def test_what_cannot_be_queued_is_refused(storage):
    good = {"to": P1, "language": "en", "values": {"name": "P", "link": "x"}, "key": "k"}
    for kind, change in (
        ("no_such_kind", {}),
        ("password_reset", {"to": "x\r\nRCPT TO:<y>"}),
        ("password_reset", {"language": "xx"}),
        ("password_reset", {"values": {"name": "P"}}),
        ("password_reset", {"key": ""}),
        ("invitation", {"values": {"name": "P"}}),
    ):
        with pytest.raises(BadMail), storage.write() as session:
            mail.queue(session, kind, **{**good, **change})


def test_nothing_is_sent_before_the_server_is_set(storage, settings):
    with pytest.raises(BadSettings, match="TILLIT_SMTP_URL"):
        send(storage, dataclasses.replace(settings, smtp_url=None))


def test_invitations_wait_until_the_wave_is_open(mailed, server):
    survey = mailed(opened=False)
    report = sent(survey, server)
    assert (report.sent, report.waiting) == (0, 4)
    with survey.storage.write() as session:
        studies.open_wave(session, survey.slug)
    assert sent(survey, server).sent == 4


def test_a_limit_of_a_run_and_one_of_an_hour(mailed, server):
    survey = mailed()
    assert sent(survey, server, limit=1, clock=lambda: NOON + dt.timedelta(days=365)).sent == 1
    survey.settings = dataclasses.replace(survey.settings, mail_per_hour=2)
    late = dt.datetime.now(dt.UTC) + dt.timedelta(days=400)
    report = sent(survey, server, clock=lambda: late)
    assert (report.sent, report.waiting) == (2, 1)
    assert "within an hour" in report.why
    for minutes, expected in ((59, 0), (61, 1)):
        moment = late + dt.timedelta(minutes=minutes)
        assert sent(survey, server, clock=lambda moment=moment: moment).sent == expected


def test_quiet_hours_hold_back_all_but_what_was_asked_for(mailed, server):
    survey = mailed()
    survey.settings = dataclasses.replace(
        survey.settings, mail_quiet=Quiet.from_text("20:00-07:00 Europe/Oslo")
    )
    with survey.storage.write() as session:
        values = {"name": "P", "link": "https://vik.no/reset/abc"}
        mail.queue(session, "password_reset", to=P1, language="en", values=values, key="r")
    night = dt.datetime(2030, 6, 1, 18, 30, tzinfo=dt.UTC)  # half past eight in Oslo
    report = sent(survey, server, clock=lambda: night)
    assert (report.sent, report.waiting) == (1, 4)
    assert "2030-06-02T05:00" in report.why
    morning = night.replace(day=2, hour=5, minute=0)
    assert sent(survey, server, clock=lambda: morning).sent == 4


def test_two_workers_at_once_send_each_message_once(mailed, server):
    sheet = "name,email,language,partners\n" + "".join(f"P{n},p{n}@vik.no,,\n" for n in range(12))
    survey = mailed(sheet)
    terms = Terms(batch=7)
    threads = [
        threading.Thread(target=send, args=(survey.storage, survey.settings, terms))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(server.taken) == 12
    assert len({each.recipient for each in server.taken}) == 12
    assert len({each.message["Message-ID"] for each in server.taken}) == 12
    assert states(survey) == ["sent"] * 12


REFUSALS = {  # beginning of an address → what the server says, when, and what becomes of it
    "nobody": ("RCPT", "550 5.1.1 no such user", "failed"),
    "policy": ("RCPT", "550 5.7.1 not from you", "failed"),
    "later": ("RCPT", "450 later", "queued"),
    "closing": ("RCPT", "421 closing", "queued"),
    "content": ("DATA", "554 no", "failed"),
    "full": ("DATA", "451 later", "queued"),
}
BREAKS = {"gone": ("RCPT", "drop", "queued"), "taken": ("DATA", "drop", "doubtful")}


@pytest.mark.parametrize("cases", [REFUSALS, BREAKS], ids=["refusals", "breaks"])
@pytest.mark.parametrize(
    "mode", ["anonymous", pytest.param("confidential", marks=pytest.mark.durability)]
)
def test_failures(mailed, server, cases, mode):
    sheet = "name,email,language,partners\n" + "".join(
        f"P,{name}@vik.no,,\n" for name in (*cases, "good", "fine")
    )
    survey = mailed(sheet, privacy_mode=mode)
    server.answers = {(verb, name): answer for name, (verb, answer, _) in cases.items()}
    report = sent(survey, server)
    expected = {f"{name}@vik.no": state for name, (_, _, state) in cases.items()}
    assert report.sent == 2
    assert {row["recipient"]: row["state"] for row in rows(survey) if row["recipient"]} == expected
    assert not any("vik.no" in (row["reason"] or "") for row in rows(survey))
    with survey.storage.read() as session:
        bounced = session.scalar(sa.text("SELECT count(*) FROM bounce WHERE kind = 'hard'"))
        unsent = session.scalar(sa.text("SELECT count(*) FROM invitation WHERE unsent"))
    assert bounced == (2 if cases is REFUSALS else 0)  # nobody and content, not policy
    assert unsent == (len(expected) - len(report.doubtful) if mode == "anonymous" else 0)
    server.answers = {}
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=6)
    again = list(expected.values()).count("queued")
    assert sent(survey, server, clock=lambda: soon).sent == again
    for address, state in expected.items():
        assert (address in survey.tokens) == (state != "failed")
    assert survey.complete("later@vik.no" if cases is REFUSALS else "gone@vik.no")


def test_a_doubtful_message_is_sent_again_only_if_somebody_says_so(mailed, server):
    survey = mailed()
    server.answers = {("DATA", P1): "drop"}
    (number,) = sent(survey, server).doubtful
    with survey.storage.read() as session:
        (trouble,) = status.status(session).troubles
    assert (trouble.number, trouble.state) == (number, "doubtful")
    server.answers = {}
    assert sent(survey, server).sent == 0
    with survey.storage.write() as session:
        status.resend(session, number)
    assert sent(survey, server).sent == 1
    first, second = server.to(P1)
    assert first.token != second.token
    survey.tokens[P1] = first.token
    code = survey.complete(P1)
    survey.tokens[P1] = second.token
    assert survey.submit(P1) == code


def test_in_an_anonymous_study_a_doubtful_link_is_never_followed_by_a_second(mailed, server):
    survey = mailed(privacy_mode="anonymous")
    server.answers = {("DATA", P1): "drop"}
    (number,) = sent(survey, server).doubtful
    with pytest.raises(LinkMayBeOut), survey.storage.write() as session:
        status.resend(session, number)
    with survey.storage.write() as session:
        status.drop(session, number)
    assert states(survey) == ["cancelled", "sent", "sent", "sent"]
    survey.tokens[P1] = server.to(P1)[0].token  # it had arrived, and works
    assert survey.complete(P1)


def test_a_server_that_is_away_costs_nothing(mailed, server):
    survey = mailed()
    gone = SmtpServer("127.0.0.1", 1, tls=False)
    with pytest.raises(MailServerUnreachable, match="4 messages wait"):
        send(survey.storage, dataclasses.replace(survey.settings, smtp_url=gone))
    assert states(survey) == ["queued"] * 4
    assert sent(survey, server).sent == 4


def test_a_server_that_is_too_slow_leaves_a_doubt(mailed, server):
    survey = mailed("name,email,language,partners\nP1,p1@vik.no,,\n")
    server.slow = 0.6
    report = sent(survey, server, timeout=0.2)
    assert len(report.doubtful) == 1
    assert states(survey) == ["doubtful"]


def test_nothing_is_said_in_the_clear_to_another_machine(server, monkeypatch):
    """A server that is not on this machine and offers no encryption gets no message."""
    monkeypatch.setattr("survey.services.mail.smtp.is_loopback", lambda _host: False)
    line = Connection(SmtpServer.from_text(server.url), "vik.no", timeout=5)
    with pytest.raises(NotServed, match="no encryption"):
        line.offer(Composed("survey@vik.no", P1, b"Subject: x\r\n\r\n"))
    assert server.offered == []
