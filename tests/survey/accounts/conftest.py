"""The cast: Anna is an admin, Rune a researcher, Mona a manager, Vera a viewer; all at Vik.

Everything here happens at noon of one day, and time goes by only when a test says so.
"""

import datetime as dt
from dataclasses import dataclass

import pytest

from survey.services.accounts import logging_in, passwords, users
from survey.services.accounts.logging_in import Visitor
from survey.services.accounts.users import NewUser
from survey.services.audit import COMMAND_LINE

NOON = dt.datetime(2026, 10, 5, 12, tzinfo=dt.UTC)
PASSWORD = "blue lamp on a quiet stair"
HOME, AWAY = Visitor("192.0.2.0/24"), Visitor("198.51.100.0/24")


@pytest.fixture(scope="session")
def password_hash():
    """Hash the password of the cast once: that is slow on purpose."""
    return passwords.hashed(PASSWORD)


@dataclass
class Cast:
    """Accounts in a database, and short ways to act with them."""

    storage: object
    settings: object
    ids: dict

    def log_in(self, name="mona", password=PASSWORD, at=NOON, visitor=HOME):
        email = name if "@" in name else f"{name}@vik.no"
        return logging_in.log_in(
            self.storage, self.settings, email, password, visitor=visitor, at=at
        )

    def row(self, session, name="mona"):
        return users.find(session, f"{name}@vik.no")


@pytest.fixture
def cast(storage, settings, password_hash):
    roles = {"anna": "admin", "rune": "researcher", "mona": "manager", "vera": "viewer"}
    ids = {}
    with storage.write() as session:
        for name, role in roles.items():
            new = NewUser(f"{name.title()} Vik", f"{name}@vik.no", role)
            ids[name] = users.add(session, COMMAND_LINE, new, password_hash=password_hash).id
    return Cast(storage, settings, ids)
