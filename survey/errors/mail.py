"""Mail."""

# ruff: noqa: N818 (as in survey.errors.base)

from survey.errors.base import SurveyError


class BadMail(SurveyError):
    """A message that cannot be queued as it was given."""

    exit_code = 2
    text = "a message of kind {kind!r} was not queued: {problem}"


class SealBroken(SurveyError):
    """What was sealed cannot be read: it was changed, or TILLIT_SECRET_KEY was."""

    text = "the message was sealed with another TILLIT_SECRET_KEY: it is asked for anew"


class MailServerUnreachable(SurveyError):
    """The mail server does not answer, or breaks off again and again."""

    status = 503
    text = "the mail server cannot be used: {reason}; {waiting} messages wait, nothing is lost"


class MailServerRefuses(SurveyError):
    """The mail server takes nothing from us, whomever it is for."""

    status = 503
    text = (
        "the mail server takes nothing from us: {reason}; {waiting} messages wait: look at "
        "TILLIT_SMTP_URL and TILLIT_MAIL_FROM"
    )


class UnknownMessage(SurveyError):
    """No message of this number is in a state in which this can be done to it."""

    status = 404
    text = "no message {number} is doubtful or failed; `tillit send --status` lists those that are"


class LinkMayBeOut(SurveyError):
    """A second link for somebody who may have the first, in a study that can tell no one apart."""

    status = 409
    text = (
        "message {number} belongs to an anonymous study, where a second link could be used for a "
        "second answer: drop it, and give that person the open link (`tillit study link {slug}`)"
    )


class NoReminder(SurveyError):
    """Reminders that would come too soon, or once too often."""

    status = 409
    text = "no one in {slug!r} is reminded: {problem}"


class UnknownPerson(SurveyError):
    """An address that is invited to no wave of the study."""

    status = 404
    text = "--as: nobody with this address is invited to {slug!r}"


class NoLetters(SurveyError):
    """Nobody to write a letter to."""

    status = 409
    text = "there is no letter to write in {slug!r}: {problem}"
