"""PostgreSQL's own programs: a dump of one consistent state, and bringing it back whole."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from survey.services.backups.errors import BackupProgramFailed, NoBackupProgram

_LONGEST_SAID: Final = 300


def dump(url: sa.URL, target: Path, snapshot: str) -> None:
    """Write the state that a transaction has exported to a file.

    Raises
    ------
    NoBackupProgram, BackupProgramFailed
    """
    command = ("--format=custom", f"--snapshot={snapshot}", f"--file={target}")
    _run("pg_dump", *command, "--no-owner", "--no-privileges", url=url)


def bring_back(url: sa.URL, source: Path) -> None:
    """Fill an empty database from a dump, whole or not at all; raises as `dump` does."""
    command = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges")
    _run("pg_restore", *command, f"--dbname={url.database}", str(source), url=url)


def _run(program: str, *arguments: str, url: sa.URL) -> None:
    """Run a program; the password goes through its environment, which others cannot see."""
    path = shutil.which(program)
    if path is None:
        raise NoBackupProgram(program=program)
    known = {
        "PGHOST": url.host,
        "PGPORT": url.port,
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
        **{f"PG{name.upper()}": value for name, value in url.query.items()},
    }
    environment = {name: str(value) for name, value in known.items() if value is not None}
    done = subprocess.run(  # noqa: S603 (PostgreSQL's own)
        [path, *arguments],
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = " ".join(done.stderr.split())[:_LONGEST_SAID] or f"exit code {done.returncode}"
        raise BackupProgramFailed(program=program, said=said)
