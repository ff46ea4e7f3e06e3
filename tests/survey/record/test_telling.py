"""Mail about cards that are let out, over a real mail server: who gets which link, and who none."""

import dataclasses
import datetime as dt
import re

import pytest
import sqlalchemy as sa

from survey.mail_settings import Mailbox, Quiet, SmtpServer
from survey.services.audit import COMMAND_LINE
from survey.services.mail import outlook, stopping, troubles
from survey.services.mail.codes import person_code, secret_of
from survey.services.mail.sending import Terms, send
from survey.services.record import releases, replies, telling
from survey.services.record.errors import UnknownReply
from survey.services.register import archiving, editing
from survey.storage.models import CardRelease, Contact, Outbox, Partner
from tests.survey.mail.mail_server import mail_server
from tests.survey.record.cards import let_out

EVA, MORNING = "eva@fjord.no", dt.datetime(2099, 10, 5, 9, tzinfo=dt.UTC)
LINK = re.compile(r"https?://\S+/reply/([\w-]+)")
TODAY, UNTIL = MORNING.date(), dt.date(2099, 11, 2)  # when all that is queued now is due


@pytest.fixture(scope="module")
def running():
    with mail_server() as server:
        yield server


@pytest.fixture
def server(running):
    running.taken.clear()
    running.answers.clear()
    return running


class Post:
    """One card that was let out to Eva, and the mail about it."""

    def __init__(self, survey, settings, server, key, token):
        self.storage, self.settings = survey.storage, settings
        self.server, self.key, self.first = server, key, token

    def do(self, act, *given, **options):
        with self.storage.write() as session:
            return act(session, COMMAND_LINE, *given, **options)

    def invite(self):
        return self.do(telling.invite, self.key)

    def send(self, at=MORNING, **terms):
        return send(self.storage, self.settings, Terms(clock=lambda: at, **terms))

    @property
    def card(self):
        with self.storage.read() as session:
            row = session.get_one(CardRelease, self.key)
            return releases.found(session, row.partner_id, self.key)

    @property
    def told(self):
        with self.storage.read() as session:
            return [
                (each.kind, each.state, each.why) for each in telling.messages(session, self.key)
            ]

    def leads(self, token, day=TODAY):
        try:
            with self.storage.read() as session:
                return releases.by_token(session, token, day).id == self.key
        except UnknownReply:
            return False

    def tokens(self):
        return [LINK.search(taken.body("plain"))[1] for taken in self.server.to(EVA)]


@pytest.fixture
def post(make_study, settings, server):
    """Let a card out, in a language, to somebody with a name."""

    def one(language="en", name="Eva Strand"):
        survey = make_study(1)
        mailing = dataclasses.replace(
            settings, smtp_url=SmtpServer.from_text(server.url),
            mail_from=Mailbox("Vík", "brm@vik.no"),
        )  # fmt: skip
        with survey.storage.write() as session:
            token, key = let_out(session, language=language, until=UNTIL)
            session.execute(sa.update(Contact).values(name=name))
        return Post(survey, mailing, server, key, token)

    return one


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ("would like to know what you think", "until 2 November 2099")),
        ("nb", ("vil gjerne vite hva du mener", "til og med 2. november 2099")),
        ("nn", ("vil gjerne vite kva du meiner", "til og med 2. november 2099")),
        ("is", ("vill gjarnan vita hvað þér finnst", "til og með 2. nóvember 2099")),
    ],
)
def test_the_link_is_made_when_its_message_leaves(post, language, said):
    one = post(language)
    assert one.invite()
    assert not one.invite(), "one is on its way"
    assert one.leads(one.first), "until another has left"
    one.send()
    (taken,) = one.server.to(EVA)
    (token,) = one.tokens()
    assert (one.leads(token), one.leads(one.first)) == (True, False)
    plain = " ".join(taken.body("plain").split())
    for words in (*said, "Fjord", "Eva Strand"):
        assert words in plain
    assert taken.message["Content-Language"] == language
    assert "/mail/stop/" in taken.message["List-Unsubscribe"]
    for part in ("plain", "html"):
        body = taken.body(part)
        assert not re.search(r"3[.,]4|2[.,]9|3[.,]9|Trust|Openness|\bn\b", body), "a number of it"
        assert not re.search(r"<img|src=|https?://(?!127\.0\.0\.1|localhost)", body), "it tracks"
        assert set(LINK.findall(body)) == {token}
    assert one.told == [("reply_invitation", "sent", "")]
    with one.storage.read() as session:
        row = session.scalars(sa.select(Outbox)).one()
        assert (row.recipient, row.facts) == (None, {})


def test_names_are_data_in_a_message(post):
    one = post(name="Eva <script>{link}\r\nBcc: x@y.no")
    with one.storage.write() as session:
        session.execute(sa.update(Partner).values(name="Fjord\r\nTo: <b>z@y.no</b>"))
    one.invite()
    one.send()
    (taken,) = one.server.to(EVA)
    assert taken.message["Bcc"] is None
    assert taken.message.get_all("To") == ['"Eva <script>{link} Bcc: x@y.no" <eva@fjord.no>']
    assert "\n" not in taken.message["Subject"]
    assert "<script" not in taken.body("html")
    assert "<b>" not in taken.body("html")
    assert len(one.server.taken) == 1


def test_a_card_that_was_taken_back_is_not_mailed(post):
    one = post()
    one.invite()
    one.do(releases.revoke, one.card, TODAY)
    one.send()
    why = "the link was taken back, or its last day is over"
    assert (one.server.taken, one.told) == ([], [("reply_invitation", "cancelled", why)])


@pytest.mark.parametrize(
    "change", [{"revoked_on": TODAY}, {"document": None}, {"reply_by": dt.date(2099, 10, 4)}]
)
def test_what_became_of_a_card_between_queueing_and_sending_is_asked_twice(
    post, change, monkeypatch
):
    one = post()
    one.invite()
    with one.storage.write() as session:
        session.execute(sa.update(CardRelease).values(**change))
    monkeypatch.setattr("survey.services.record.links.leads", lambda *_: True)
    one.send()  # found out by the line that marks it as leaving
    monkeypatch.undo()
    assert (one.server.taken, one.told[0][1]) == ([], "cancelled")
    one.invite()
    one.send()  # found out when it is claimed
    assert (one.server.taken, one.told[0][1]) == ([], "cancelled")


def test_a_message_that_fails_is_tried_again_with_one_link_that_works(post):
    one = post()
    one.server.answers[("DATA", "eva")] = "451 later"
    one.invite()
    assert one.send().again == 1
    assert one.told[0][1] == "queued"
    assert one.told[0][2].startswith("the mail server answered 451: ")
    one.server.answers[("DATA", "eva")] = "drop"
    one.send(MORNING + dt.timedelta(hours=1))
    assert one.told[0][1] == "doubtful"
    one.server.answers.clear()
    with one.storage.write() as session:
        (trouble,) = troubles.listing(session).troubles
        assert (trouble.name, trouble.address, trouble.kind) == (
            "Eva Strand", EVA, "reply_invitation"
        )  # fmt: skip
        assert troubles.decide(session, trouble.key, "again")
    one.invite()
    with one.storage.write() as session:
        session.execute(sa.update(Outbox).values(next_at=MORNING))
    one.send(MORNING + dt.timedelta(hours=2))
    assert [one.leads(token) for token in one.tokens()] == [False, True]


def test_an_address_that_takes_no_mail_is_told_and_the_old_link_still_works(post):
    one = post()
    one.server.answers[("RCPT", "eva")] = "550 5.1.1 no such box"
    one.invite()
    one.send()
    assert one.told[0][1:] == (
        "failed",
        "the mail server answered 550 5.1.1: there is no such mailbox",
    )
    assert one.leads(one.first)
    with one.storage.read() as session:
        eva = session.scalars(sa.select(Contact)).one()
        assert telling.obstacle(session, one.settings, eva) == "mail to this address came back"
        unset = dataclasses.replace(one.settings, smtp_url=None)
        assert telling.obstacle(session, unset, eva) == "no mail server is set"
        assert "forgotten" in telling.obstacle(session, one.settings, None)


def test_who_asked_for_no_more_mail_gets_none(post):
    one = post()
    one.invite()
    with one.storage.write() as session:
        stopping.stop(session, person_code(secret_of(session), EVA))
    one.send()
    assert one.server.taken == []
    assert one.told == [
        ("reply_invitation", "cancelled", "the person asked for no more mail about surveys")
    ]


def test_a_link_that_is_shown_is_the_one_that_works(post):
    one = post()
    one.invite()
    shown = one.do(telling.show, one.key)
    one.send()
    assert one.server.taken == []
    assert one.told[0][1:] == ("cancelled", "a new link was made instead")
    assert (one.leads(shown), one.leads(one.first)) == (True, False)


def test_an_answer_can_be_read_for_a_while_and_is_told(post):
    one = post()
    over = UNTIL + dt.timedelta(days=10)
    with one.storage.write() as session:
        assert replies.give(session, one.card, "contest", "Not so", {}, today=UNTIL) == {}
    assert one.card.awaits_answer
    assert one.do(releases.answer, one.card, "We see", over, seen=2)["answer"].startswith("the rep")
    assert one.do(releases.answer, one.card, "We see", over, seen=1) == {}
    assert not one.card.awaits_answer
    with one.storage.write() as session:
        replies.give(session, one.card, "contest", "Not so at all", {}, today=over)
    assert one.card.awaits_answer, "on the day of the answer"
    assert one.do(releases.answer, one.card, "We see", over, seen=2) == {}
    assert (one.leads(one.first, over), one.card.takes_reply(over)) == (True, False)
    one.do(telling.tell_answered, one.key)
    one.send(dt.datetime.combine(over, MORNING.timetz()))
    (taken,) = one.server.to(EVA)
    assert "We see" not in taken.body("plain")
    assert "10 December 2099" in taken.body("plain")
    (token,) = one.tokens()
    assert (one.leads(token, one.card.last_day), one.leads(one.first, over)) == (True, False)
    assert not one.leads(token, one.card.last_day + dt.timedelta(days=1))
    one.invite()
    one.send(dt.datetime.combine(over, MORNING.timetz()))
    assert len(one.server.taken) == 1, "nobody is invited to reply once no reply is taken"


def test_quiet_hours_hold_for_it_and_the_queue_names_it(post):
    one = post()
    one.invite()
    one.settings = dataclasses.replace(
        one.settings, mail_quiet=Quiet.from_text("08:00-12:00 Europe/Oslo")
    )
    one.send()
    assert one.server.taken == []
    with one.storage.read() as session:
        (row,) = outlook.queue_of(session)
        assert (row.slug, row.kind, row.counts["waiting"]) == ("", "reply_invitation", 1)
    one.send(MORNING + dt.timedelta(hours=2))
    assert len(one.server.taken) == 1


@pytest.mark.parametrize("whole", [True, False], ids=["partner", "person"])
def test_who_is_forgotten_is_in_no_message(post, whole):
    one = post()
    one.server.answers[("RCPT", "eva")] = "450 later"
    one.invite()
    one.send()
    with one.storage.write() as session:
        eva = session.scalars(sa.select(Contact)).one()
        if whole:
            session.execute(sa.text("DELETE FROM study_partner"))
            archiving.anonymise(session, COMMAND_LINE, "Fjord")
        else:
            editing.remove_contact(session, COMMAND_LINE, eva.partner_id, eva.id)
    one.server.answers.clear()
    one.send(MORNING + dt.timedelta(hours=2))
    with one.storage.read() as session:
        row = session.scalars(sa.select(Outbox)).one()
        assert (row.state, row.recipient, row.facts) == ("cancelled", None, {})
    assert one.server.taken == []
    if one.storage.is_sqlite:
        one.storage.close()
        found = b"".join(f.read_bytes() for f in one.storage.path.parent.glob("tillit.sqlite3*"))
        assert EVA.encode() not in found


def test_the_same_reply_twice_is_one_and_another_window_is_not_overwritten(post):
    one = post()

    def give(text, seen):
        with one.storage.write() as session:
            return replies.give(session, one.card, "comment", text, {}, today=TODAY, seen=seen)

    assert (give("First", 0), give("First", 0)) == ({}, {})
    assert "another window" in give("Second", 0)[""]
    assert (one.card.reply.text, one.card.reply.times) == ("First", 1)
    assert give("Second", 1) == {}
