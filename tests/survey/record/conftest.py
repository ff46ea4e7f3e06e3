"""The record of Fjord: a partner with one contact, and short ways to write entries."""

import uuid

import pytest
import sqlalchemy as sa

from survey.services.audit import COMMAND_LINE
from survey.services.record import entries, whole
from survey.storage.models import Contact, Partner
from tests.survey.record.examples import GIVEN, TODAY


class Book:
    """The record of one partner, and who writes in it."""

    def __init__(self, storage, partner_id):
        self.storage, self.partner_id = storage, partner_id

    def make(self, kind, key=None, today=TODAY, **given):
        """Add an entry; gives its key, or what is wrong."""
        key = key or uuid.uuid4()
        with self.storage.write() as session:
            partner = session.get(Partner, self.partner_id)
            fields = GIVEN[kind] | given
            problems = entries.make(
                session, COMMAND_LINE, partner, kind, fields, key=key, today=today
            )
        return problems or key

    def do(self, act, key, *given, **options):
        """Change, move or strike an entry; gives what is wrong."""
        with self.storage.write() as session:
            entry = entries.found(session, self.partner_id, key)
            if act is entries.save:
                options.setdefault("seen", entries.digest(entry))
            return act(session, COMMAND_LINE, entry, *given, **{"today": TODAY, **options})

    def move(self, key, state, on, note=""):
        return self.do(entries.move, key, {"state": state, "on": on, "note": note})

    def read(self):
        with self.storage.read() as session:
            return whole.whole(session, self.partner_id)

    def entry(self, key):
        return next(entry for entry in self.read().entries if entry.id == key)

    def history(self, key):
        with self.storage.read() as session:
            return whole.history(session, entries.found(session, self.partner_id, key))


@pytest.fixture
def book(storage):
    with storage.write() as session:
        partner = Partner(name="Fjord", kind="supplier")
        session.add(partner)
        session.flush()
        person = {"name": "Tordis Quist", "email": "tordis@fjord.no", "language": "nb"}
        session.add(Contact(partner_id=partner.id, **person))
        session.flush()
        key = partner.id
    return Book(storage, key)


@pytest.fixture
def contact(book):
    with book.storage.read() as session:
        return session.scalars(sa.select(Contact.id)).one()
