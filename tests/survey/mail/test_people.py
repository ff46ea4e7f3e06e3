"""Whom mail goes to: reminders, thanks, people who stopped it, addresses that take none."""

import datetime as dt
from email.message import EmailMessage

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from survey.cli import main
from survey.errors import BadInput, NoReminder, UnknownPerson, WaveState
from survey.services import closing, retention, studies
from survey.services.mail import codes, ending, inviting, own_words, stopping
from survey.services.mail.bouncing import note, read_report
from survey.storage.models import Participant
from tests.survey.mail.mail_server import rows, sent

P1, P2, P3, P4 = (f"p{n}@vik.no" for n in (1, 2, 3, 4))


def remind(survey, days_later=0, **options):
    moment = dt.datetime.now(dt.UTC) + dt.timedelta(days=days_later)
    with survey.storage.write() as session:
        found = inviting.remind(session, survey.slug, moment=moment, **options)
    return found.queued, found.left_out


def act(survey, do):
    with survey.storage.write() as session:
        do(session, codes.secret_of(session))


def test_only_who_is_not_done_is_reminded_and_not_too_often(mailed, server):
    survey = mailed()
    sent(survey, server)
    survey.complete(P1)
    survey.save(P2, 1, {"t1": 2})
    act(survey, lambda session, secret: stopping.stop(session, codes.person_code(secret, P3)))
    act(survey, lambda session, secret: note(session, codes.person_code(secret, P4), hard=True))
    assert remind(survey) == (
        1,
        {
            "everything is answered": 1,
            "no more mail was asked for": 1,
            "the address takes no mail": 1,
        },
    )
    first = survey.tokens[P2]
    assert sent(survey, server).sent == 1
    assert survey.tokens[P2] != first
    assert survey.answers(P2)["t1"] == 2  # its own link leads to what was saved
    for days, expected in ((2, 0), (3, 1), (9, 1)):
        assert remind(survey, days)[0] == expected
        assert sent(survey, server).sent == expected
    assert remind(survey, 99)[1]["reminded 3 times"] == 1
    survey.tokens[P2] = first
    assert survey.complete(P2)


def test_a_reminder_that_waits_is_not_sent_to_who_has_answered_meanwhile(mailed, server):
    survey = mailed()
    sent(survey, server)
    assert remind(survey)[0] == 4
    assert remind(survey)[0] == 0
    survey.complete(P1)
    act(survey, lambda session, secret: stopping.stop(session, codes.person_code(secret, P2)))
    assert sent(survey, server).sent == 2
    reasons = {row["reason"] for row in rows(survey) if row["state"] == "cancelled"}
    assert reasons == {"everything is answered", "no more mail was asked for"}


def test_in_an_anonymous_study_one_reminder_goes_to_everybody_without_a_link(mailed, server):
    survey = mailed(privacy_mode="anonymous")
    sent(survey, server)
    survey.complete(P1)
    assert remind(survey) == (4, {})
    assert sent(survey, server).sent == 4
    for taken in server.taken[4:]:
        assert "/r/" not in taken.body("plain") + taken.body("html")
    with pytest.raises(NoReminder, match="short while ago"):
        remind(survey)
    assert {row["invitation_id"] for row in rows(survey)} == {None}
    assert not any("P1" in str(dict(row)) for row in rows(survey))
    for days in (3, 9):
        assert remind(survey, days)[0] == 4
        sent(survey, server)
    with pytest.raises(NoReminder, match="3 times"):
        remind(survey, 9)


def test_thanks_once_to_who_is_done_and_only_where_wanted(mailed, server):
    survey = mailed()
    sent(survey, server)
    survey.complete(P1)
    assert sent(survey, server).sent == 0
    with survey.storage.write() as session:
        own_words.thank(session, survey.slug, wanted=True)
    for expected in (1, 0):
        assert sent(survey, server).sent == expected
    assert server.to(P1)[1].message["Subject"] == "Thank you for your answers: Our suppliers"


def test_nobody_is_thanked_in_an_anonymous_study(mailed):
    survey = mailed(privacy_mode="anonymous")
    with pytest.raises(BadInput, match="nobody knows whom to thank"), survey.storage.write() as s:
        own_words.thank(s, survey.slug, wanted=True)


def test_a_wave_that_closes_cancels_what_waits_and_purging_takes_it_along(mailed, server):
    survey = mailed()
    sent(survey, server)
    for address in (P1, P2):
        survey.complete(address)
    remind(survey)
    closing.close(survey.storage, survey.settings, survey.slug)
    assert sent(survey, server).sent == 0
    assert {row["reason"] for row in rows(survey) if row["state"] == "cancelled"} == {
        "the wave is closed"
    }
    with pytest.raises(WaveState):
        remind(survey)
    retention.purge(survey.storage, survey.settings, dt.date(2099, 1, 1))
    assert rows(survey) == []
    with survey.storage.read() as session:
        assert session.scalar(sa.text("SELECT count(*) FROM invitation_link")) == 0


def test_people_who_are_forgotten_are_written_to_no_more(mailed, server):
    survey = mailed()
    with survey.storage.write() as session:
        people = session.scalars(sa.select(Participant.id).where(Participant.email != P1)).all()
        ending.forget_people(session, people)
    assert sent(survey, server).sent == 1
    assert {row["recipient"] for row in rows(survey)} == {None}


def report(address, status="5.1.1", action="failed", to="survey@vik.no"):
    """Write what a mail server sends when it could not deliver (RFC 3464)."""
    message = EmailMessage()
    message["From"], message["To"] = "MAILER-DAEMON@mx.vik.no", to
    message["Subject"] = "Undelivered"
    message.set_content("Sorry.")
    message.make_mixed()
    head = (
        message.as_string()
        .partition("\n\n")[0]
        .replace("multipart/mixed", "multipart/report; report-type=delivery-status")
    )
    boundary = message.get_boundary() or "b"
    if "boundary" not in head:
        head = head.replace("delivery-status", f'delivery-status; boundary="{boundary}"')
    return (
        f"{head}\n\n--{boundary}\nContent-Type: text/plain\n\nSorry.\n--{boundary}\n"
        "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.vik.no\n\n"
        f"Final-Recipient: rfc822; {address}\nAction: {action}\nStatus: {status}\n\n"
        f"--{boundary}--\n"
    ).encode()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (("p1@vik.no",), [True]),
        (("P1@vik.no", "4.2.2", "delayed"), [False]),
        (("p1@vik.no", "4.2.2", "failed"), [False]),
        (("p1@vik.no", "2.0.0", "delivered"), []),
    ],
)
def test_reports_of_mail_servers(storage, given, expected):
    with storage.write() as session:
        secret = codes.secret_of(session)
        found = read_report(session, report(*given), "")
        assert [hard for _, hard in found] == expected
        assert {person for person, _ in found} <= {codes.person_code(secret, P1)}
        assert read_report(session, b"Subject: hello\n\nI am away.", "") == []


def test_a_report_to_an_address_with_a_code_is_about_that_person(storage):
    path = "bounces+{code}@vik.no"
    with storage.write() as session:
        person = codes.person_code(codes.secret_of(session), P1)
        data = report("somebody-else@elsewhere.no", to=path.replace("{code}", person.upper()))
        assert read_report(session, data, path) == [(person, True)]


def test_an_address_that_is_full_for_days_takes_no_mail(storage):
    with storage.write() as session:
        person = codes.person_code(codes.secret_of(session), P1)
        for day in range(1, 6):
            note(session, person, hard=False)
            session.execute(
                sa.text("UPDATE bounce SET day = :day WHERE day > '2026-02-01'"),
                {"day": f"2026-01-0{day}"},
            )
        kinds = session.execute(sa.text("SELECT kind FROM bounce")).scalars().all()
    assert sorted(kinds) == ["hard"] + ["soft"] * 5


def test_words_of_a_study_and_what_they_may_hold(mailed, server):
    survey = mailed()
    with survey.storage.write() as session:
        own_words.say(
            session,
            survey.slug,
            "invitation",
            "nb",
            subject="Hei {name}: {study}",
            lead="Første <avsnitt>.\n\nAndre, fra {organisation}.",
        )
        for change in (
            {"subject": "{nothing}"},
            {"subject": "a\nBcc: x@y.no"},
            {"lead": "x" * 5000},
        ):
            with pytest.raises(BadInput):
                own_words.say(session, survey.slug, "invitation", "nb", **change)
    sent(survey, server)
    (taken,) = server.to(P2)
    assert taken.message["Subject"] == "Hei P2: Our suppliers"
    assert "Første <avsnitt>.\n\nAndre, fra Vik.\n" in taken.body("plain").replace("\r\n", "\n")
    assert "<p>Første &lt;avsnitt&gt;.</p>" in taken.body("html")
    assert server.to(P1)[0].message["Subject"] == "Vik would like to hear from you: Our suppliers"
    with survey.storage.read() as session:
        shown = own_words.preview(
            session, survey.slug, "invitation", "en", base_url="https://a.no", person=P2.upper()
        )
        assert shown.subject == "Hei P2: Our suppliers"
        with pytest.raises(UnknownPerson):
            own_words.preview(
                session, survey.slug, "invitation", "en", base_url="https://a.no", person="x@y.no"
            )
    with survey.storage.write() as session:
        own_words.say(session, survey.slug, "invitation", "nb", subject="", lead="")
        assert session.scalar(sa.text("SELECT count(*) FROM mail_text")) == 0


def test_the_command_line_from_inviting_to_reminding(make_study, settings, server, tmp_path):
    survey = make_study(0, opened=False)
    with survey.storage.write() as session:
        studies.open_wave(session, survey.slug)
    environ = {
        "TILLIT_DATA_DIR": str(settings.data_dir),
        "TILLIT_DATABASE_URL": settings.database_url,
        "TILLIT_BASE_URL": settings.base_url,
        "TILLIT_SMTP_URL": server.url,
        "TILLIT_MAIL_FROM": "survey@vik.no",
    }
    (tmp_path / "people.csv").write_text("name,email,language,partners\nP1,p1@vik.no,nb,\n")
    (tmp_path / "lead.txt").write_text("Hør her.")
    (tmp_path / "bounce.eml").write_bytes(report(P1))

    def tillit(*arguments):
        done = CliRunner().invoke(main, [*map(str, arguments)], env=environ, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    slug = survey.slug
    assert "1 invitations are queued" in tillit("invite", slug, tmp_path / "people.csv", "--send")
    said = tillit("study", "mail", slug, "--language", "nb", "--file", tmp_path / "lead.txt",
                  "--preview", "--as", P1)  # fmt: skip
    assert "Hør her." in said
    before = rows(survey)
    assert tillit("send", "--dry-run") == "invitation        1 queued\n"
    assert rows(survey) == before
    assert server.taken == []
    assert "1 sent" in tillit("send")
    assert server.to(P1)[0].body("plain").count("Hør her.") == 1
    before = rows(survey)
    assert "1 people would be reminded" in tillit("remind", slug, "--dry-run")
    assert rows(survey) == before
    assert "1 people are reminded" in tillit("remind", slug)
    assert "1 addresses take no mail" in tillit("bounces", tmp_path / "bounce.eml")
    assert "0 sent" in tillit("send")
    assert "1 cancelled" in tillit("send", "--status")
    assert "1 forgotten" in tillit("bounces", "--forget", P1)
