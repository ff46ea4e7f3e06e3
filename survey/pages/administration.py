"""How this installation is set up and how it is doing, for admins; nothing is changed here."""

import datetime as dt
from typing import Any, Final

import sqlalchemy as sa
from flask import Blueprint, Response

from survey.pages import access, visitor
from survey.pages.actions import ACTIONS
from survey.pages.explanations import N_
from survey.pages.languages import decimal, moment
from survey.pages.site import database, site
from survey.pages.studies import STATES
from survey.services import configuration, deadlines, last_runs, storage_report, workers
from survey.services.storage_report import StorageReport
from survey.storage.models import Outbox
from survey.words import say_in

blueprint = Blueprint("administration", __name__, url_prefix="/administration")

BACKUP_IS_OLD: Final = dt.timedelta(days=7)
PURGE_IS_LATE: Final = dt.timedelta(days=2)
LITTLE_ROOM: Final = 500_000_000  # bytes
SOURCES: Final = {
    configuration.ENVIRONMENT: N_("environment variable"),
    configuration.FILE: N_("file"),
    configuration.DEFAULT: N_("default"),
    configuration.PROGRAM: N_("set by the command that started the server"),
}
MAIL: Final = {
    "queued": N_("waiting"),
    "claimed": N_("about to be sent"),
    "sending": N_("being sent"),
    "sent": N_("sent"),
    "failed": N_("failed"),
    "doubtful": N_("perhaps sent"),
    "cancelled": N_("not sent, since it was not needed any more"),
}
_TROUBLE: Final = ("failed", "doubtful")
_UNITS: Final = ("kB", "MB", "GB", "TB")


@blueprint.get("")
def see() -> Response:
    """Show settings, storage, retention, mail and the processes that serve."""
    known = access.authorised("administration.see").known
    language, settings = visitor.language(), site().settings
    stored = storage_report.report(database(), settings)
    backup = last_runs.last(settings, last_runs.BACKUP)
    purge = last_runs.last(settings, last_runs.PURGE)
    mail = _mail()
    return access.page(
        known,
        "administration.html",
        settings=[(each, _say(each.help)) for each in configuration.listed(settings)],
        sources=SOURCES,
        stored=stored,
        sizes={name: _size(getattr(stored, name), language) for name in _SIZES},
        backup=_run(backup, language),
        purge=_run(purge, language),
        warnings=_warnings(stored, backup, purge, mail),
        waves=deadlines.kept(database()),
        states=STATES,
        today=access.now().date(),
        mails=bool(settings.smtp_url),
        mail=[(MAIL[state], mail[state], state in _TROUBLE) for state in MAIL if state in mail],
        mail_page="/mail" if _has_mail_page() else "",
        workers=[
            (each, moment(dt.datetime.fromtimestamp(each.started, dt.UTC), language))
            for each in workers.running(site().worker)
        ],
    )


_SIZES: Final = ("database_bytes", "snapshots_bytes", "free_bytes")


def _say(text: str) -> str:
    return say_in(site().renderer.catalogues[visitor.language()], text)


def _mail() -> dict[str, int]:
    """Count messages by state."""
    counted = sa.select(Outbox.state, sa.func.count()).group_by(Outbox.state)
    return {str(state): int(number) for state, number in database().execute(counted)}


def _has_mail_page() -> bool:
    return "mail.see" in ACTIONS


def _run(last: dict[str, Any] | None, language: str) -> dict[str, Any] | None:
    """Say when something was last done, in words, and how long ago."""
    if last is None:
        return None
    days = max(0, (access.now() - last["at"]).days)
    return {**last, "when": moment(last["at"], language), "days": days}


def _warnings(
    stored: StorageReport,
    backup: dict[str, Any] | None,
    purge: dict[str, Any] | None,
    mail: dict[str, int],
) -> list[str]:
    """Say what somebody has to do something about."""
    at = access.now()
    rules = (
        (backup is None, N_("No backup has been made that this installation knows of.")),
        (
            backup is not None and at - backup["at"] > BACKUP_IS_OLD,
            N_("The last backup is more than seven days old."),
        ),
        (
            purge is None or at - purge["at"] > PURGE_IS_LATE,
            N_(
                "Data whose time is over are not deleted every day: let your system run "
                "“tillit purge” daily."
            ),
        ),
        (stored.free_bytes < LITTLE_ROOM, N_("The disk is nearly full.")),
        (
            any(mail.get(state) for state in _TROUBLE),
            N_("Some messages failed, or nobody knows whether they were delivered."),
        ),
    )
    return [text for applies, text in rules if applies]


def _size(number: int, language: str) -> str:
    """Write a size in the unit that fits it."""
    size, unit = number / 1000, 0
    while size >= 1000 and unit < len(_UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{decimal(round(size, 1), language)} {_UNITS[unit]}"
