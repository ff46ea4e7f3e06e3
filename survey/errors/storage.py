"""The installation and its database."""

# ruff: noqa: N818 (as in survey.errors.base)

from survey.errors.base import SurveyError


class BadSettings(SurveyError):
    """The environment does not describe a server that may run."""

    status = 500
    exit_code = 2
    text = "{problem}"


class NotSetUp(SurveyError):
    """The database has no tables yet."""

    status = 503
    text = "the database has not been set up: run `tillit init --organisation NAME`"


class AlreadySetUp(SurveyError):
    """`tillit init` was run a second time."""

    status = 409
    text = "this installation is already set up, for {organisation!r}: nothing was changed"


class OldSchema(SurveyError):
    """The database is older than the program."""

    status = 503
    text = (
        "the database is at schema {found}, this program needs {expected}: "
        "run `tillit upgrade` (it backs up an SQLite database first)"
    )


class UnknownSchema(SurveyError):
    """The database was written by a newer program, or is no tillit database."""

    status = 503
    text = (
        "the database is at schema {found!r}, which this program does not know (it knows {known}): "
        "install the version of tillit that wrote it, or restore a backup; nothing was changed"
    )


class StorageUnreachable(SurveyError):
    """The database does not answer."""

    status = 503
    text = "the database cannot be used: {reason}; nothing was stored"


class StorageBusy(SurveyError):
    """Another writer held the database for too long."""

    status = 503
    text = "the database was busy for {seconds} seconds: nothing was stored, try again"
