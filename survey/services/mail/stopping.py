"""People who want no more mail about surveys, and those who want it again."""

import logging

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.services.mail.codes import person_code, read_stop_code, secret_of
from survey.storage.inserting import insert_into
from survey.storage.models import Base, Bounce, OptOut, today

log = logging.getLogger(__name__)


def person_of(session: Session, code: str) -> str | None:
    """Give the person whose mail a code stops, ``None`` for a code that is none."""
    return read_stop_code(secret_of(session), code)


def is_stopped(session: Session, person: str) -> bool:
    """Whether a person gets no more mail about surveys."""
    return session.get(OptOut, person) is not None


def stop(session: Session, person: str) -> None:
    """Send a person no more invitations, reminders or thanks; the links they have keep working."""
    row = {"person": person, "day": today()}
    made = insert_into(session, Base.metadata.tables[OptOut.__tablename__]).values(row)
    session.execute(made.on_conflict_do_nothing(index_elements=["person"]))
    log.info("mail stopped by somebody who got it")


def forget(session: Session, address: str) -> bool:
    """Forget that mail to an address was stopped or came back; false if neither is known."""
    return forget_person(session, person_code(secret_of(session), address))


def forget_person(session: Session, person: str) -> bool:
    """Forget that mail to a person was stopped or came back; false if neither is known."""
    done = [
        session.execute(sa.delete(table).where(table.person == person)).rowcount  # type: ignore[attr-defined]
        for table in (OptOut, Bounce)
    ]
    return any(done)
