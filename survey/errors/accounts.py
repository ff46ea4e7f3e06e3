"""People who work with the surveys."""

# ruff: noqa: N818 (as in survey.errors.base)

from survey.errors.base import SurveyError


class UnknownUser(SurveyError):
    """Nobody has this name or e-mail address."""

    status = 404
    text = "there is no user {given!r}; `tillit user list` shows all"


class SeveralUsers(SurveyError):
    """More than one user has this name."""

    status = 409
    text = "{count} users are called {given!r}: give the e-mail address instead"


class UserExists(SurveyError):
    """An e-mail address that someone logs in with already."""

    status = 409
    text = "there is a user with this e-mail address already: nobody was added"


class LastAdmin(SurveyError):
    """Nobody would be left who can let people in."""

    status = 409
    text = "this is the only admin who may log in: make someone else an admin first"


class UserDisabled(SurveyError):
    """A user who may not log in at present."""

    status = 409
    text = "this user is disabled: run `tillit user enable` first"


class WeakPassword(SurveyError):
    """A password that is not taken; ``reason`` names the rule."""

    exit_code = 2
    text = "the password is not taken: {why}"

    def __init__(self, *, reason: str, why: str) -> None:
        super().__init__(reason=reason, why=why)
        self.reason = reason


class WrongLogin(SurveyError):
    """E-mail address, password or code that do not open anything; which one is not said."""

    text = "the log-in was refused"


class TooManyTries(SurveyError):
    """Someone has tried in vain too often, and has to wait."""

    status = 429
    text = "too many tries: wait {seconds} seconds"

    def __init__(self, *, seconds: int) -> None:
        super().__init__(seconds=seconds)
        self.seconds = seconds


class UnknownReset(SurveyError):
    """A link for a new password that is wrong, used or too old; which, is not said."""

    status = 404
    text = "this link does not work any more"
