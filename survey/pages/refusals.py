"""Refusals that only a page can meet: sessions, links and forms."""

# ruff: noqa: N818 (each name says what is wrong, as in survey.errors)

from survey.errors import SurveyError


class NoSession(SurveyError):
    """A page of the questionnaire without an opened personal link."""

    status = 403
    text = "no personal link was opened in this browser, or too long ago"


class OtherLink(SurveyError):
    """A form that was made for another personal link than the one opened last."""

    status = 409
    text = "this form belongs to another personal link"


class UsedLink(SurveyError):
    """A personal link of which everything was submitted."""

    status = 410
    text = "everything was submitted with this link"


class NothingLeft(UsedLink):
    """A link of an anonymous study of which everything was submitted, from another browser."""


class NothingHere(SurveyError):
    """An address that shows nothing, or nothing to this visitor."""

    status = 404
    text = "there is no page at this address"


class SignInFirst(SurveyError):
    """Something that only people who are logged in may do."""

    status = 401
    text = "nobody is logged in in this browser, or not any more"


class FormTooOld(SurveyError):
    """A form of a page that keeps nothing that was typed: it was open for too long."""

    status = 400
    text = "the form is too old, or the browser sent no cookie: nothing was stored"
