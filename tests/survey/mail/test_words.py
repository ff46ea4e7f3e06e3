"""What messages say: to each side, by which day, tried out; and how long an address is kept."""

import datetime as dt

import pytest
import sqlalchemy as sa

from survey.errors import BadInput
from survey.services import closing, studies
from survey.services.accounts import sessions, users
from survey.services.accounts.users import NewUser
from survey.services.audit import COMMAND_LINE
from survey.services.mail import ending, letters, own_words
from survey.services.mail.trying import Trial, try_out
from survey.services.mail.wording import texts
from survey.storage.base import today
from tests.survey.mail.mail_server import rows, sent, states

P1, P2, P3, P4 = (f"p{n}@vik.no" for n in (1, 2, 3, 4))
SIDED = (
    "name,email,language,partners,side\nOur,our@vik.no,en,,ours\nTheir,their@fjord.no,en,,theirs\n"
)
LATER = dt.timedelta(days=40)


def plain(taken):
    return taken.body("plain").replace("\r\n", "\n")


def test_each_side_has_words_of_its_own(mailed, server):
    survey = mailed(SIDED, sides=("ours", "theirs"))
    with survey.storage.write() as session:
        own_words.say(session, survey.slug, "invitation", "en", lead="To both.")
        own_words.say(session, survey.slug, "invitation", "en", side="theirs", lead="To them.")
        with pytest.raises(BadInput, match="--side 'x'"):
            own_words.say(session, survey.slug, "invitation", "en", side="x", lead="")
    sent(survey, server)
    assert "To both." in plain(server.to("our@vik.no")[0])
    assert "To them." in plain(server.to("their@fjord.no")[0])


def test_words_that_are_ours_again_are_not_kept(mailed):
    survey = mailed()
    ours = own_words.house("reminder", "nn")
    with survey.storage.write() as session:
        study, _ = studies.find(session, survey.slug)
        own_words.say(session, survey.slug, "reminder", "nn", subject="Hei", lead=ours.lead)
        found = own_words.said(session, study, "reminder", "ours", "nn")
        assert (found.subject, found.lead, found.own) == ("Hei", ours.lead, True)
        own_words.say(session, survey.slug, "reminder", "nn", subject=ours.subject)
        assert own_words.with_own_words(session, study) == set()


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"subject": "Dear {firstname}"}, "subject", "{firstname} stands for nothing"),
        ({"lead": "Click {link}, {Name}"}, "lead", "{link}, {Name} stands for nothing"),
        ({"subject": "x" * 151}, "subject", "151 characters, at most 150"),
        ({"subject": "a\nBcc: x@y.no"}, "subject", "one line"),
        ({"lead": "https://a.no/r/4Kj2mQx9TzVb7LpNc3RwYd"}, "lead", "somebody's personal link"),
    ],
)
def test_what_words_may_not_hold(given, field, said):
    found = own_words.problems(given.get("subject"), given.get("lead"))
    assert list(found) == [field]
    assert said in found[field][0]


@pytest.mark.parametrize("mode", ["anonymous"])
def test_the_day_is_said_in_each_language_and_left_out_where_there_is_none(mailed, server, mode):
    survey = mailed(privacy_mode=mode)
    day = dt.date(today().year + 1, 10, 5)
    written = ("5 October", "5. oktober", "5. oktober", "5. október")
    with survey.storage.write() as session:
        studies.ask_until(session, survey.slug, day)
    sent(survey, server)
    for address, words in zip((P1, P2, P3, P4), written, strict=True):
        (taken,) = server.to(address)
        assert f"{words} {day.year}" in plain(taken)
        assert f"{words} {day.year}" in taken.body("html")
    with survey.storage.write() as session:
        shown = own_words.preview(session, survey.slug, "invitation", "en", base_url="https://a.no")
        assert f"Please answer by 5 October {day.year}." in shown.text
        thanks = own_words.preview(session, survey.slug, "thanks", "en", base_url="https://a.no")
        assert "answer by" not in thanks.text
        session.execute(sa.text("UPDATE wave SET answer_by = '2020-01-01'"))
        over = own_words.preview(session, survey.slug, "reminder", "en", base_url="https://a.no")
        assert "answer by" not in over.text


def test_letters_say_the_day(mailed):
    survey = mailed(opened=False)
    with survey.storage.write() as session:
        studies.ask_until(session, survey.slug, dt.date(2099, 3, 1))
        made = letters.write(session, survey.slug, base_url="https://a.no")
        leads = {each.language: letters._page(each, today())["lead"][-1] for each in made}
    assert leads == {
        "en": "Please answer by 1 March 2099.",
        "nb": "Svar gjerne innen 1. mars 2099.",
        "nn": "Svar gjerne innan 1. mars 2099.",
        "is": "Vinsamlegast svaraðu í síðasta lagi 1. mars 2099.",
    }


def test_a_trial_looks_as_the_message_will_and_leads_nowhere(mailed, server):
    survey = mailed(opened=False)
    moment = dt.datetime.now(dt.UTC)
    with survey.storage.write() as session:
        user = users.add(session, COMMAND_LINE, NewUser("Mona", "mona@vik.no", "manager")).id

    def queue(at):
        with survey.storage.write() as session:
            token = sessions.begin(session, user, at)
            known = sessions.find(session, token, at)
            words = own_words.Said("Hugs {study}, {name}", "Hei.")
            trial = Trial(survey.slug, "reminder", "ours", "nn", words)
            return try_out(session, known, trial, at)

    assert [queue(moment), queue(moment), queue(moment + dt.timedelta(minutes=1))] == [1, 0, 1]
    assert sent(survey, server).sent == 2  # at once, before the wave is open; nobody else's goes
    taken = server.to("mona@vik.no")[0]
    assert taken.message["Subject"] == "Hugs Our suppliers, Mona"
    assert taken.token == "x" * 22
    assert "mail/stop/" + "x" * 36 in taken.message["List-Unsubscribe"]
    assert texts("reminder")["button"]["nn"] in plain(taken)
    assert not any("mona" in str(dict(row)) for row in rows(survey))


def raw(survey):
    folder = survey.settings.data_dir
    return b"".join(path.read_bytes() for path in folder.rglob("*.sqlite3*"))


def test_what_failed_and_nobody_decides_about_ends_after_a_month(mailed, server, storage):
    survey = mailed()
    server.answers[("RCPT", "p1")] = "550 5.1.1 no such box"
    server.answers[("DATA", "p2")] = "drop"
    sent(survey, server)
    assert states(survey) == ["doubtful", "failed", "sent", "sent"]
    with survey.storage.write() as session:
        session.execute(sa.text("UPDATE participant SET email = id"))  # as if it stood nowhere else
    now = dt.datetime.now(dt.UTC)
    for moment, ended in ((now + dt.timedelta(days=29), 0), (now + LATER, 2), (now + LATER, 0)):
        with survey.storage.write() as session:
            assert ending.give_up(session, moment) == ended
    assert states(survey) == ["cancelled", "cancelled", "sent", "sent"]
    assert {row["recipient"] for row in rows(survey)} == {None}
    if storage.is_sqlite:
        assert P1.encode() not in raw(survey)
        assert P2.encode() not in raw(survey)


@pytest.mark.parametrize("mode", ["confidential", "anonymous"])
def test_closing_a_wave_ends_all_mail_about_it(mailed, server, mode, storage):
    survey = mailed(privacy_mode=mode)
    server.answers[("RCPT", "p1")] = "550 5.1.1 no such box"
    server.answers[("DATA", "p2")] = "drop"
    sent(survey, server)
    survey.complete(P3)
    with survey.storage.write() as session:
        session.execute(sa.text("UPDATE participant SET email = id"))  # as if it stood nowhere else
    closing.close(survey.storage, survey.settings, survey.slug)
    assert states(survey) == ["cancelled", "cancelled", "sent", "sent"]
    with survey.storage.read() as session:
        assert session.scalar(sa.text("SELECT count(recipient) FROM outbox")) == 0
    if storage.is_sqlite:
        assert P1.encode() not in raw(survey)
        assert P2.encode() not in raw(survey)
