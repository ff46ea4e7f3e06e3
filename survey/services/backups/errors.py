"""Why a backup is not made, or not brought back."""

# ruff: noqa: N818 (as in survey.errors)

from survey.errors import SurveyError


class NoBackupProgram(SurveyError):
    """PostgreSQL is backed up by its own programs, which are not installed here."""

    text = (
        "{program} is not installed here: install PostgreSQL's client programs of the server's "
        "version, or back the database up yourself; nothing was written"
    )


class BackupProgramFailed(SurveyError):
    """A program of PostgreSQL's said no."""

    text = "{program} failed: {said}; nothing was kept"


class UnsettledFiles(SurveyError):
    """The data of closed waves kept changing while they were copied."""

    text = "the data of {wave} changed again and again, or their file is not what it was: try again"


class NoBackup(SurveyError):
    """The file is no backup, or not whole."""

    exit_code = 2
    text = "{path} is no whole backup: {why}; nothing was changed"


class OtherDatabase(SurveyError):
    """A backup of one kind of database is brought back into the other."""

    exit_code = 2
    text = "{path} holds a {held} database, TILLIT_DATABASE_URL names {named}; nothing was changed"


class DataInTheWay(SurveyError):
    """Something stands where a backup would be brought back to."""

    status = 409
    text = "{place} holds data already, which a backup never overwrites: name another place"
