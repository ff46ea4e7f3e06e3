"""How mail is sent: the values of the settings about mail, read from text and checked."""

import datetime as dt
import re
from dataclasses import dataclass, field
from email.utils import getaddresses
from typing import Final, Self
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from survey.errors import BadSettings

CODE: Final = "{code}"
_PORTS: Final = {"smtp": 587, "smtps": 465}
_ADDRESS: Final = re.compile(
    r"[!#-'*+/-9=?A-Z^-~.-]{1,64}@[a-z0-9]([a-z0-9.-]*[a-z0-9])?", re.IGNORECASE
)
_QUIET: Final = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d) +(\S+)")


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """The mail server that takes what we send, from ``smtp(s)://USER:PASSWORD@HOST:PORT``.

    ``tls`` means a connection that is encrypted from the beginning; without it the
    connection is encrypted by STARTTLS, or the server is on this machine.
    """

    host: str
    port: int
    tls: bool
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def from_text(cls, given: str) -> Self | None:
        """Read an address; ``None`` for an empty one. Raises `BadSettings`."""
        if not given:
            return None
        try:
            parts = urlsplit(given)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            host, port = "", None
        else:
            bare = parts.path in {"", "/"} and not parts.query and not parts.fragment
            whole = (parts.username is None) == (parts.password is None)
            if parts.scheme in _PORTS and host and bare and whole:
                user, password = unquote(parts.username or ""), unquote(parts.password or "")
                port = port or _PORTS[parts.scheme]
                return cls(host, port, parts.scheme == "smtps", user, password)
        raise BadSettings(  # without the value, which has a password in it
            problem="TILLIT_SMTP_URL is not an address like smtps://USER:PASSWORD@mail.example.org "
            "or smtp://USER:PASSWORD@mail.example.org:587 (letters such as @ and / in a password "
            "are written %40 and %2F)"
        )


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A name and an address, such as ``Vik <survey@example.org>``."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        """What stands after the @."""
        return self.address.rpartition("@")[2]

    @classmethod
    def from_text(cls, variable: str, given: str) -> Self | None:
        """Read a mailbox; ``None`` for an empty one. Raises `BadSettings`."""
        if not given:
            return None
        found = getaddresses([given])
        name, address = found[0] if len(found) == 1 else ("", "")
        if not _ADDRESS.fullmatch(address) or any(ord(letter) < 32 for letter in given):
            raise BadSettings(
                problem=f"{variable} is {given!r}; allowed is an address such as "
                "survey@example.org or Vik <survey@example.org>"
            )
        return cls(name, address)


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of the day in which nothing is sent, on the clock of a time zone."""

    begin: dt.time
    end: dt.time
    zone: ZoneInfo

    @classmethod
    def from_text(cls, given: str) -> Self | None:
        """Read hours such as ``20:00-07:00 Europe/Oslo``. Raises `BadSettings`."""
        if not given:
            return None
        match = _QUIET.fullmatch(given)
        try:
            if match is None:
                raise ValueError  # noqa: TRY301 (one message for every mistake)
            begin = dt.time(int(match[1]), int(match[2]))
            end = dt.time(int(match[3]), int(match[4]))
            zone = ZoneInfo(match[5])
        except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
            begin = end = dt.time()
        if begin == end:
            raise BadSettings(
                problem=f"TILLIT_MAIL_QUIET is {given!r}; allowed are two different times and a "
                "time zone, such as 20:00-07:00 Europe/Oslo"
            )
        return cls(begin, end, zone)

    def until(self, moment: dt.datetime) -> dt.datetime | None:
        """Give the end of the quiet hours in which a moment lies; ``None`` outside them."""
        local = moment.astimezone(self.zone)
        time = local.time()
        after, before = time >= self.begin, time < self.end
        if not (after and before if self.begin < self.end else after or before):
            return None
        day = local.date() + dt.timedelta(days=0 if before else 1)
        return dt.datetime.combine(day, self.end, self.zone).astimezone(dt.UTC)


def return_path(given: str) -> str:
    """Check the address to which mail servers report; it may have ``{code}`` in it once."""
    plain = given.replace(CODE, "x" * 26, 1)
    if given and ("{" in plain or not _ADDRESS.fullmatch(plain)):
        raise BadSettings(
            problem=f"TILLIT_MAIL_RETURN_PATH is {given!r}; allowed is an address such as "
            f"bounces@example.org, or bounces+{CODE}@example.org where each person has an own one"
        )
    return given


def per_hour(given: str) -> int | None:
    """Read how many messages may be sent within an hour; ``None`` for no limit."""
    if not given:
        return None
    if not re.fullmatch(r"[1-9]\d{0,6}", given):
        raise BadSettings(
            problem=f"TILLIT_MAIL_PER_HOUR is {given!r}; allowed is a whole number from 1, or "
            "nothing for no limit"
        )
    return int(given)
