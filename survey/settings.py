"""The settings of an installation: read once, frozen, checked where it matters.

A setting is one row of ``SETTINGS``; docs/reference/settings.md lists the same
rows, and a test compares the two.
"""

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from survey.errors import BadSettings

PREFIX = "TILLIT_"
SECRET_LENGTH = 32
_MAKE_ONE = "`python3 -c 'import secrets; print(secrets.token_urlsafe(48))'`"
_HOST = re.compile(r"\.?[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\]")


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table: a field of `Settings` and the variable it is read from."""

    name: str
    default: str
    help: str
    secret: bool = False

    @property
    def variable(self) -> str:
        """The environment variable, such as ``TILLIT_BASE_URL``."""
        return PREFIX + self.name.upper()


SETTINGS = (
    Setting(
        "data_dir",
        "tillit-data",
        "Folder of the SQLite database, the snapshots of closed waves and the lock file.",
    ),
    Setting(
        "database_url",
        "",
        "Database: sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME. "
        "Empty means tillit.sqlite3 in the data folder.",
        secret=True,
    ),
    Setting(
        "secret_key",
        "",
        "Signs cookies and the links to results; at least 32 characters. "
        "Changing it ends all sessions, not the invitations.",
        secret=True,
    ),
    Setting(
        "base_url",
        "",
        "Address that people see, such as https://survey.example.org. "
        "Every link is made from it. http only on loopback.",
    ),
    Setting(
        "trusted_hosts",
        "",
        "Host names the server answers to, separated by commas; others get 400.",
    ),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What an installation is told from outside.

    Made by `from_environment` or `for_loopback`; commands that only use the
    database need no secret and no address, a server needs both: see `for_serving`.
    """

    data_dir: Path
    database_url: str = field(repr=False)
    secret_key: str = field(default="", repr=False)
    base_url: str = ""
    trusted_hosts: tuple[str, ...] = ()

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read the settings from the environment.

        Parameters
        ----------
        environ
            Variables by name; the process's own by default. A secret may also be
            given as ``<NAME>_FILE``, the path of a file that holds it.

        Returns
        -------
        Settings
            With every value that is present checked.

        Raises
        ------
        BadSettings
            A variable with the prefix that is no setting, a value that is not
            allowed, or a file that cannot be read.
        """
        environ = os.environ if environ is None else environ
        _refuse_unknown(environ)
        values = {row.name: _value(row, environ) for row in SETTINGS}
        data_dir = Path(values["data_dir"]).absolute()
        return cls(
            data_dir=data_dir,
            database_url=_database_url(values["database_url"], data_dir),
            secret_key=_secret(values["secret_key"]),
            base_url=_base_url(values["base_url"]),
            trusted_hosts=_hosts(values["trusted_hosts"]),
        )

    @classmethod
    def for_loopback(cls, data_dir: Path, port: int, secret: str) -> Self:
        """Make the settings of a server that only this machine can reach."""
        data_dir = data_dir.absolute()
        return cls(
            data_dir=data_dir,
            database_url=_database_url("", data_dir),
            secret_key=_secret(secret),
            base_url=f"http://127.0.0.1:{port}",
            trusted_hosts=("127.0.0.1", "localhost"),
        )

    @property
    def secure(self) -> bool:
        """Whether people reach the server by https, so that cookies may be ``Secure``."""
        return self.base_url.startswith("https://")

    @property
    def cookie_name(self) -> str:
        """Name of the session cookie; ``__Host-`` binds it to this host and to https."""
        return "__Host-tillit" if self.secure else "tillit"

    @property
    def snapshots_dir(self) -> Path:
        """Folder of the frozen files of closed waves."""
        return self.data_dir / "snapshots"

    def for_serving(self) -> Self:
        """Return these settings if a server may run with them.

        Raises
        ------
        BadSettings
            Naming everything that is not set, and how to set it.
        """
        missing = []
        if not self.secret_key:
            missing.append(
                "TILLIT_SECRET_KEY (or TILLIT_SECRET_KEY_FILE): a secret of at least "
                f"{SECRET_LENGTH} characters, such as the output of {_MAKE_ONE}"
            )
        if not self.base_url:
            missing.append(
                "TILLIT_BASE_URL: the address people see, such as https://survey.example.org"
            )
        if not self.trusted_hosts:
            missing.append(
                "TILLIT_TRUSTED_HOSTS: the host names to answer to, such as survey.example.org"
            )
        if missing:
            lines = "".join(f"\n  {line}" for line in missing)
            raise BadSettings(problem=f"the server does not start before these are set:{lines}")
        host = urlsplit(self.base_url).hostname or ""
        if not any(_answers(trusted, host) for trusted in self.trusted_hosts):
            raise BadSettings(
                problem=f"TILLIT_TRUSTED_HOSTS is {', '.join(self.trusted_hosts)}, without "
                f"{host!r}, the host of TILLIT_BASE_URL: no link would work; add {host}"
            )
        return self


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    known = {row.variable for row in SETTINGS}
    known |= {f"{row.variable}_FILE" for row in SETTINGS if row.secret}
    unknown = sorted(name for name in environ if name.startswith(PREFIX) and name not in known)
    if unknown:
        raise BadSettings(
            problem=f"{', '.join(unknown)}: no such setting; allowed are {', '.join(sorted(known))}"
        )


def _value(row: Setting, environ: Mapping[str, str]) -> str:
    given = environ.get(row.variable, "").strip()
    path = environ.get(f"{row.variable}_FILE", "").strip() if row.secret else ""
    if given and path:
        raise BadSettings(problem=f"{row.variable} and {row.variable}_FILE are both set: keep one")
    if not path:
        return given or row.default
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise BadSettings(problem=f"{row.variable}_FILE: {path} cannot be read: {reason}") from None


def _database_url(given: str, data_dir: Path) -> str:
    if not given:
        return f"sqlite:///{data_dir / 'tillit.sqlite3'}"
    if given.startswith("sqlite:///") and given not in {"sqlite:///", "sqlite:///:memory:"}:
        return given
    scheme, separator, rest = given.partition("://")
    if scheme in {"postgresql", "postgres", "postgresql+psycopg"} and separator and rest:
        return f"postgresql+psycopg://{rest}"
    raise BadSettings(
        problem=f"TILLIT_DATABASE_URL begins with {scheme!r}; allowed are sqlite:///PATH (a file) "
        "and postgresql://USER:PASSWORD@HOST/NAME"
    )


def _secret(given: str) -> str:
    if given and (len(given) < SECRET_LENGTH or len(set(given)) < 8):
        raise BadSettings(
            problem=f"TILLIT_SECRET_KEY has {len(given)} characters, {len(set(given))} different; "
            f"at least {SECRET_LENGTH} and 8 are needed: make one with {_MAKE_ONE}"
        )
    return given


def _base_url(given: str) -> str:
    if not given:
        return ""
    allowed = "an address like https://survey.example.org, or http://127.0.0.1:8000 on loopback"
    try:
        parts = urlsplit(given)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise BadSettings(problem=f"TILLIT_BASE_URL is {given!r}; allowed is {allowed}") from None
    bare = parts.path in {"", "/"} and not (parts.query or parts.fragment or parts.username)
    if parts.scheme not in {"http", "https"} or not _HOST.fullmatch(_bracketed(host)) or not bare:
        raise BadSettings(problem=f"TILLIT_BASE_URL is {given!r}; allowed is {allowed}")
    if parts.scheme == "http" and not is_loopback(host):
        raise BadSettings(
            problem=f"TILLIT_BASE_URL is {given!r}: answers would travel unencrypted; "
            f"use https://{host}, http is allowed on loopback only"
        )
    return given.rstrip("/")


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def is_loopback(host: str) -> bool:
    """Say whether a host name or address is this very machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _hosts(given: str) -> tuple[str, ...]:
    hosts = tuple(host.strip().lower() for host in given.split(",") if host.strip())
    for host in hosts:
        if not _HOST.fullmatch(host):
            raise BadSettings(
                problem=f"TILLIT_TRUSTED_HOSTS has {host!r}; allowed are host names without "
                "scheme, port or star, such as survey.example.org"
            )
    return hosts


def _answers(trusted: str, host: str) -> bool:
    return host == trusted.strip("[]") or (trusted.startswith(".") and host.endswith(trusted))
