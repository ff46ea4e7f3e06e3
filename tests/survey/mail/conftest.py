"""A mail server that runs, and a study whose people are to be invited by mail."""

import dataclasses

import pytest

from survey.mail_settings import Mailbox, SmtpServer
from survey.services import invitations, studies
from survey.services.mail import inviting
from tests.survey.mail.mail_server import mail_server

SHEET = "name,email,language,partners\n" + "".join(
    f"P{n},p{n}@vik.no,{language},\n" for n, language in enumerate(("en", "nb", "nn", "is"), 1)
)


@pytest.fixture
def server():
    with mail_server() as running:
        yield running


@pytest.fixture
def settings(settings, server):
    return dataclasses.replace(
        settings,
        smtp_url=SmtpServer.from_text(server.url),
        mail_from=Mailbox("Vík", "survey@vik.no"),
    )


@pytest.fixture
def mailed(make_study, settings):
    """Make a study in which four people are to be invited by mail, each in another language."""

    def make(sheet=SHEET, *, opened=True, **choices):
        survey = make_study(0, opened=False, **choices)
        survey.settings = settings
        with survey.storage.write() as session:
            invitations.enrol(session, survey.slug, sheet.encode(), "people.csv")
            inviting.queue_invitations(session, survey.slug)
            if opened:
                studies.open_wave(session, survey.slug)
        return survey

    return make
