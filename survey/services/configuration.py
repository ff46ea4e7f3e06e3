"""The settings as an administrator may see them: value, where it comes from, what it is for."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from survey.settings import SETTINGS, Setting, Settings

ENVIRONMENT, FILE, DEFAULT, PROGRAM = SOURCES = ("environment", "file", "default", "program")
_PLAIN: Final = (str, int, os.PathLike)


@dataclass(frozen=True, slots=True)
class Shown:
    """A setting as it may be shown.

    Parameters
    ----------
    variable
        Of the environment, such as ``TILLIT_BASE_URL``.
    value
        Empty of a secret, and of what has none.
    is_secret, is_set
        Of a secret only this is told: whether it has a value.
    source
        One of `SOURCES`; a program of ours that sets up a server by itself gives values as well.
    help
        What it is for.
    """

    variable: str
    value: str
    is_secret: bool
    is_set: bool
    source: str
    help: str


def listed(settings: Settings, environ: Mapping[str, str] | None = None) -> tuple[Shown, ...]:
    """Give each setting of the table as it may be shown.

    Parameters
    ----------
    settings
        As the process uses them.
    environ
        What they were read from; the environment of the process unless it is given.
    """
    environ = os.environ if environ is None else environ
    return tuple(_shown(row, getattr(settings, row.name), environ) for row in SETTINGS)


def _shown(row: Setting, used: Any, environ: Mapping[str, str]) -> Shown:  # noqa: ANN401
    given = environ.get(row.variable, "").strip()
    in_file = row.secret and bool(environ.get(f"{row.variable}_FILE", "").strip())
    value = _text(used) if isinstance(used, (*_PLAIN, tuple)) else given
    if given or in_file:
        source = ENVIRONMENT if given else FILE
    else:
        # An address of the database is always there: by default that of a file of ours.
        made = not row.default and bool(used) and row.name != "database_url"
        source = PROGRAM if made else DEFAULT
    return Shown(
        variable=row.variable,
        value="" if row.secret else value,
        is_secret=row.secret,
        is_set=bool(given or in_file) if row.name == "database_url" else bool(used),
        source=source,
        help=row.help,
    )


def _text(used: Any) -> str:  # noqa: ANN401
    return ", ".join(map(str, used)) if isinstance(used, tuple) else str(used)
