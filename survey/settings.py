"""The settings of an installation: read once, frozen, checked where it matters.

A setting is one row of `survey.settings_table`, and one field here.
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
from survey.mail_settings import Mailbox, Quiet, SmtpServer, per_hour, return_path
from survey.settings_table import PREFIX, SETTINGS, Setting

__all__ = ["PREFIX", "SECRET_LENGTH", "SETTINGS", "Setting", "Settings", "is_loopback"]

SECRET_LENGTH = 32
_MAKE_ONE = "`python3 -c 'import secrets; print(secrets.token_urlsafe(48))'`"
_HOST = re.compile(r"\.?[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\]")


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
    smtp_url: SmtpServer | None = field(default=None, repr=False)
    mail_from: Mailbox | None = None
    mail_reply_to: Mailbox | None = None
    mail_return_path: str = ""
    mail_per_hour: int | None = None
    mail_quiet: Quiet | None = None
    metrics_token: str = field(default="", repr=False)

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
            smtp_url=SmtpServer.from_text(values["smtp_url"]),
            mail_from=Mailbox.from_text("TILLIT_MAIL_FROM", values["mail_from"]),
            mail_reply_to=Mailbox.from_text("TILLIT_MAIL_REPLY_TO", values["mail_reply_to"]),
            mail_return_path=return_path(values["mail_return_path"]),
            mail_per_hour=per_hour(values["mail_per_hour"]),
            mail_quiet=Quiet.from_text(values["mail_quiet"]),
            metrics_token=_secret(values["metrics_token"], "TILLIT_METRICS_TOKEN"),
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

    def as_environment(self) -> dict[str, str]:
        """Give the variables with which a process of ours works on the same installation.

        Mail is left out: what sends it was told so itself.
        """
        return {
            "TILLIT_DATA_DIR": str(self.data_dir),
            "TILLIT_DATABASE_URL": self.database_url,
            "TILLIT_SECRET_KEY": self.secret_key,
            "TILLIT_BASE_URL": self.base_url,
            "TILLIT_TRUSTED_HOSTS": ",".join(self.trusted_hosts),
        }

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

    def for_mailing(self) -> Self:
        """Return these settings if mail can be sent with them.

        Raises
        ------
        BadSettings
            Naming everything that is not set.
        """
        needed = (
            ("TILLIT_SMTP_URL", self.smtp_url, "the mail server, smtps://USER:PASSWORD@HOST"),
            ("TILLIT_MAIL_FROM", self.mail_from, "whom mail is from, survey@example.org"),
            ("TILLIT_BASE_URL", self.base_url, "what links begin with, https://survey.example.org"),
        )
        missing = "".join(f"\n  {name}: {what}" for name, value, what in needed if not value)
        if missing:
            raise BadSettings(problem=f"no mail is sent before these are set:{missing}")
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


def _secret(given: str, name: str = "TILLIT_SECRET_KEY") -> str:
    if given and (len(given) < SECRET_LENGTH or len(set(given)) < 8):
        raise BadSettings(
            problem=f"{name} has {len(given)} characters, {len(set(given))} different; "
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
