"""Mail in the browser: words, previews, trials, the queue, what failed, who gets none."""

import dataclasses
import re

import pytest
import sqlalchemy as sa

from survey.mail_settings import Mailbox, Quiet, SmtpServer
from survey.services import invitations, studies
from survey.services.mail import codes, ending, inviting, stopping
from survey.services.mail.bouncing import note

SHEET = b"name,email,language,partners\nAda,ada@vik.no,en,\nBo,bo@vik.no,nb,\n"
HERE = "/studies/suppliers/mail/invitation/ours/en"


@pytest.fixture
def mailing(app):
    """Let the application have a mail server, which these tests never reach."""

    def set_(**changes):
        server = SmtpServer.from_text("smtp://127.0.0.1:1")
        found = app.extensions["tillit"]
        settings = dataclasses.replace(
            found.settings, smtp_url=server, mail_from=Mailbox("Vik", "survey@vik.no"), **changes
        )
        app.extensions["tillit"] = dataclasses.replace(found, settings=settings)

    return set_


@pytest.fixture
def queued(make_study, storage):
    """Make a study in which two people are to be invited by mail."""

    def make(*, opened=True, **choices):
        survey = make_study(0, opened=False, **choices)
        with storage.write() as session:
            invitations.enrol(session, survey.slug, SHEET, "p.csv")
            inviting.queue_invitations(session, survey.slug)
            if opened:
                studies.open_wave(session, survey.slug)
        return survey

    return make


def outbox(storage, columns="state, reason, recipient"):
    with storage.read() as session:
        return session.execute(sa.text(f"SELECT {columns} FROM outbox ORDER BY key")).all()  # noqa: S608


def everything(storage):
    """Give all rows of the tables that these pages could change."""
    tables = ("outbox", "mail_text", "mail_choice", "opt_out", "bounce", "audit_log")
    with storage.read() as session:
        return {
            name: sorted(map(str, session.execute(sa.text(f"SELECT * FROM {name}"))))  # noqa: S608
            for name in tables
        }


def log_of(storage):
    with storage.read() as session:
        rows = session.execute(sa.text("SELECT action, object FROM audit_log ORDER BY at, action"))
        return [tuple(row) for row in rows if row.action != "user added"]


def test_words_are_written_looked_at_and_taken_back(staff, queued, storage):
    queued()
    manager = staff()
    assert "our words" in manager.get("/studies/suppliers/mail").text
    before = everything(storage)
    page = manager.get(HERE)
    assert "We would be" not in page.text
    assert page.ids["lead"][1]["lang"] == "en"
    assert "2 messages wait and will say what is kept here." in page.text
    words = {"subject": "Dear {name}: {study}", "lead": "First <b>.\n\nSecond, {contact}."}
    page = manager.send(HERE, do="look", **words)
    assert (page.status, page.forms[-1]["texts"]) == (200, words)
    assert "Dear Kari Nordmann: Our suppliers" in page.text
    assert "First <b>." in page.text  # escaped on the page
    assert page.headers["Cache-Control"] == "no-store, no-transform"
    assert everything(storage) == before
    page = manager.send(HERE, do="save", **words)
    assert (page.path, "Kept. Messages" in page.text) == (HERE, True)
    assert "own words" in manager.get("/studies/suppliers/mail").text
    manager.get(HERE)
    manager.send(HERE, do="house", **words)
    assert everything(storage)["mail_text"] == []
    assert log_of(storage) == [("words of mail changed", "study/suppliers")] * 2


def test_the_html_is_what_is_sent_and_may_do_nothing(staff, queued):
    queued()
    manager = staff()
    manager.get(HERE)
    form = manager.page.forms[-1]
    data = {**form["fields"], **form["texts"], "lead": "<script>x</script>\n\nHi", "do": "html"}
    response = manager.client.post(HERE, data=data, base_url="http://127.0.0.1:8000")
    html, policy = response.get_data(as_text=True), response.headers["Content-Security-Policy"]
    assert "&lt;script&gt;x&lt;/script&gt;" in html
    assert "/r/xxxxxxxxxxxxxxxxxxxxxx" in html
    assert "unsafe-inline" not in policy
    assert policy.startswith("default-src 'none'; style-src 'unsafe-hashes' 'sha256-")
    assert len(re.findall("sha256-", policy)) == len(set(re.findall(r'style="([^"]*)"', html)))
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"subject": "Dear {firstname}"}, "subject", "{firstname} stands for nothing"),
        ({"lead": "x" * 4001}, "lead", "4001 characters, at most 4000"),
        ({"lead": " \n "}, "lead", "it is empty"),
        ({"subject": ""}, "subject", "it is empty"),
        ({"lead": "https://a/r/4Kj2mQx9TzVb7LpNc3RwYd"}, "lead", "somebody's personal link"),
    ],
)
def test_nothing_typed_is_lost_when_something_is_wrong(staff, queued, storage, given, field, said):
    queued()
    manager = staff()
    manager.get(HERE)
    before = everything(storage)
    for act in ("save", "html"):
        typed = {"subject": "Mine", "lead": "My words.", **given}
        page = manager.send(HERE, do=act, **typed)
        assert (page.status, page.title.startswith("Error: ")) == (400, True)
        assert page.forms[-1]["texts"] == {key: text.strip() for key, text in typed.items()}
        assert said in page.text
        assert page.ids[field][1]["aria-invalid"] == "true"
        assert f"#{field}" in page.links
    page = manager.send(HERE, do="save", csrf_token="", **typed)
    assert (page.status, page.forms[-1]["texts"]["subject"]) == (400, typed["subject"].strip())
    assert everything(storage) == before


def test_a_trial_goes_to_oneself_and_needs_a_server(staff, queued, storage, mailing):
    queued()
    manager = staff()
    manager.get(HERE)
    typed = {"subject": "Try", "lead": "Out."}
    assert manager.send(HERE, do="try", **typed).status == 409
    mailing()
    for _ in range(2):
        page = manager.send(HERE, do="try", **typed)
        assert "On its way to kim@vik.no" in page.text
        assert page.forms[-1]["texts"] == typed
    found = [row for row in outbox(storage, "kind, recipient") if row.kind == "trial"]
    assert found == [("trial", "kim@vik.no")]


def test_whom_the_next_messages_go_to_without_telling_who_has_answered(staff, queued, storage):
    queued(privacy_mode="confidential")
    manager = staff()
    page = manager.get("/studies/suppliers/mail")
    assert "Ada: Invitation" in page.text
    assert "2 people would get a reminder." in page.text
    assert "They are not named" in page.text
    assert "Names of those who would be reminded" not in page.text
    with storage.write() as session:
        inviting.remind(session, "suppliers")
    page = manager.get("/studies/suppliers/mail")
    assert "Reminder: 2 wait" in page.text
    assert "Ada: Reminder" not in page.text
    assert "2 would not: reminded a short while ago" in page.text


@pytest.mark.parametrize(("mode", "named"), [("identified", True), ("anonymous", False)])
def test_names_are_for_identified_studies_only(staff, queued, mode, named):
    queued(privacy_mode=mode)
    page = staff().get("/studies/suppliers/mail")
    assert ("Ada: Invitation" in page.text) == named
    assert ("Names of those who would be reminded" in page.text) == named
    if not named:
        assert "Ada" not in page.text
        assert "In an anonymous study nobody is named." in page.text
        assert "2 would not: not invited by mail yet" in page.text
        assert staff("admin", "a").get("/studies/suppliers/mail/reminder/ours/en").status == 404


def test_thanks_are_chosen(staff, queued, storage):
    queued()
    manager = staff()
    for wanted, said in (("yes", "Whoever has answered"), ("no", "Nobody is thanked")):
        manager.get("/studies/suppliers/mail")
        assert said in manager.send("/studies/suppliers/mail", thanks=wanted).text
    assert manager.send("/studies/suppliers/mail", thanks="x").status == 400
    assert [action for action, _ in log_of(storage)] == ["thanks chosen"] * 2


def test_rates_quiet_hours_and_the_next_message(staff, queued, mailing, storage):
    queued()
    manager = staff()
    assert "No mail server is set" in manager.get("/mail").text
    mailing(mail_per_hour=2, mail_quiet=Quiet.from_text("13:00-15:00 Europe/Oslo"))
    with storage.write() as session:
        session.execute(sa.text("UPDATE outbox SET next_at = '2026-10-05 11:00:00'"))
    page = manager.get("/mail")
    assert "The next message leaves 5 Oct 2026, 13:00 UTC" in page.text  # noon is quiet in Oslo
    assert "13:00–15:00 Europe/Oslo" in page.text
    assert "2, of which 2 are left" in page.text
    mailing(mail_per_hour=2, mail_quiet=None)
    with storage.write() as session:
        session.execute(
            sa.text("INSERT INTO mail_minute (minute, sent) VALUES ('2026-10-05 11:30:00', 2)")
        )
    assert "The next message leaves 5 Oct 2026, 12:31 UTC" in manager.get("/mail").text


def failed(storage):
    with storage.write() as session:
        keys = session.scalars(sa.text("SELECT id FROM outbox ORDER BY key")).all()
        keys = [sa.Uuid().result_processor(session.bind.dialect, None)(key) for key in keys] if (
            storage.is_sqlite
        ) else keys  # fmt: skip
        ending.failed(session, keys[0], "the mail server refuses it with 550 5.1.1", attempts=1)
        ending.doubtful(session, keys[1], "while it was sent: no answer in time")
    return keys


def test_what_failed_is_said_plainly_and_decided_once(staff, queued, storage):
    queued()
    keys = failed(storage)
    manager = staff(language="en")
    page = manager.get("/mail")
    assert "the mail server answered 550 5.1.1: there is no such mailbox" in page.text
    assert "the line broke while it was sent (no answer in time)" in page.text
    assert "ada@vik.no" in page.text
    assert "bo@vik.no" in page.text
    page = manager.send(f"/mail/{keys[0]}", do="again")
    assert "The message waits and is sent once more." in page.text
    manager.get("/mail")
    token = manager.page.forms[-1]["fields"]
    assert "is dropped" in manager.send(f"/mail/{keys[1]}", do="drop").text
    for key in keys:  # a second press, from a page that is older
        page = manager.post(f"/mail/{key}", {**token, "do": "drop"})
        assert "Somebody had decided about this message already" in page.text
    assert sorted(row.state for row in outbox(storage)) == ["cancelled", "queued"]
    assert log_of(storage) == [
        ("message dropped", "study/suppliers"),
        ("message sent again", "study/suppliers"),
    ] or log_of(storage) == [
        ("message sent again", "study/suppliers"),
        ("message dropped", "study/suppliers"),
    ]
    assert manager.post(f"/mail/{keys[0]}", {**token, "do": "burn"}).status == 400


def test_nobody_is_named_in_an_anonymous_study_and_no_second_link_is_made(staff, queued, storage):
    queued(privacy_mode="anonymous")
    keys = failed(storage)
    manager = staff()
    page = manager.get("/mail")
    assert "vik.no" not in page.text.replace("kim@vik.no", "")
    page = manager.send(f"/mail/{keys[1]}", do="again")
    assert (page.status, "second one could be used" in page.text) == (409, True)


def test_a_reminder_that_failed_does_not_tell_who_has_not_answered(staff, queued, storage):
    queued()
    with storage.write() as session:
        session.execute(sa.text("UPDATE outbox SET kind = 'reminder'"))
    failed(storage)
    page = staff().get("/mail")
    assert "A later message, Our suppliers. Dropped by itself on" in page.text
    table = page.html[page.html.index('id="troubles"') :]
    assert "Reminder" not in table


def silence(storage, address, *, hard=False):
    with storage.write() as session:
        person = codes.person_code(codes.secret_of(session), address)
        if hard:
            note(session, person, hard=True)
        else:
            stopping.stop(session, person)
    return person


def test_who_gets_no_mail_gets_it_again_with_a_reason(staff, queued, storage):
    queued()
    ada, stranger = silence(storage, "ada@vik.no"), silence(storage, "x@y.no", hard=True)
    manager = staff()
    assert "2 people get no mail" in manager.get("/mail").text
    page = manager.get("/mail/stopped")
    assert "Ada" in page.text
    assert "in no study and not in the register" in page.text
    assert "ada@vik.no" not in page.text
    here = "/mail/stopped"
    for given, said in (
        ({"person": ada}, "Choose a reason"),
        ({"person": ada, "reason": "works"}, "This person asked for no more mail"),
        ({"person": "", "reason": "asked"}, "Choose somebody"),
        ({"address": "bo@vik.no", "reason": "asked"}, "Choose somebody"),
        ({"address": "none", "reason": "asked"}, "Type the whole address"),
        ({"person": "x' OR 1", "reason": "asked"}, "Choose somebody"),
    ):
        page = manager.send(here, **given)
        assert (page.status, said in page.text) == (400, True), given
    assert "Mail goes there again." in manager.send(here, person=ada, reason="asked").text
    assert "Mail goes there again." in manager.send(here, address="X@y.no ", reason="works").text
    assert "0 people get no mail" in manager.get("/mail").text
    assert sorted(log_of(storage)) == [
        ("mail taken up again", "mail/asked"),
        ("mail taken up again", "mail/works"),
    ]
    assert "The person asked for mail again" in staff("admin", "a").get("/log").text
    assert stranger


def test_long_lists_have_pages(staff, queued, storage):
    queued()
    with storage.write() as session:
        secret = codes.secret_of(session)
        for number in range(51):
            stopping.stop(session, codes.person_code(secret, f"p{number}@x.no"))
    manager = staff()
    page = manager.get("/mail/stopped")
    assert page.html.count('name="person"') == 50
    assert page.links[-1].endswith("page=2&lang=en")
    assert manager.get("/mail/stopped?page=2").html.count('name="person"') == 1
    assert manager.get("/mail/stopped?page=99").html.count('name="person"') == 1


def test_to_look_at_mail_changes_nothing(staff, queued, storage, mailing):
    queued()
    failed(storage)
    silence(storage, "ada@vik.no")
    mailing()
    manager = staff()
    before = everything(storage)
    for path in ("/mail", "/mail/stopped", "/studies/suppliers/mail", HERE):
        for language in ("nn", "is"):
            assert manager.get(f"{path}?lang={language}").status == 200
    assert everything(storage) == before
