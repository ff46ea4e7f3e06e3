"""Mail that came back: reports of mail servers, read from a mailbox or a pipe."""

import email
import email.policy
import re
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.mail_settings import CODE
from survey.services.mail.codes import person_code, secret_of
from survey.storage.inserting import insert_into
from survey.storage.mail_models import HARD, SOFT
from survey.storage.models import Base, Bounce, new_id, today

_BOUNCE: Final = Base.metadata.tables[Bounce.__tablename__]
_REPORT: Final = "message/delivery-status"
_STATUS: Final = re.compile(r"([245])\.\d{1,3}\.\d{1,3}")
_SOFT_FOR_LONG: Final = 5  # days with a soft bounce that count as a hard one


def note(session: Session, person: str, *, hard: bool) -> None:
    """Note that mail to a person came back today; twice in a day is once."""
    row = {"id": new_id(), "person": person, "kind": HARD if hard else SOFT, "day": today()}
    made = insert_into(session, _BOUNCE).values(row)
    session.execute(made.on_conflict_do_nothing(index_elements=["person", "kind", "day"]))
    if not hard and _soft_days(session, person) >= _SOFT_FOR_LONG:
        note(session, person, hard=True)


def read_report(session: Session, data: bytes, return_path: str) -> list[tuple[str, bool]]:
    """Read one message that came to the return path, and note what it reports.

    Parameters
    ----------
    session
        A writing session.
    data
        The message, as a mailbox keeps it.
    return_path
        The setting; a code in it tells the person, whatever the report says.

    Returns
    -------
    list of (str, bool)
        The code of each person, and whether the address takes no mail at all. Empty for a
        message that reports nothing, such as an answer or a note of being away.
    """
    message = email.message_from_bytes(data, policy=email.policy.default)
    if not isinstance(message, EmailMessage):
        return []
    secret = secret_of(session)
    by_path = _coded(message, return_path)
    found = []
    for address, status in _reported(message):
        person = by_path or (person_code(secret, address) if address else None)
        if person and status != "2":
            found.append((person, status == "5"))
    for person, hard in found:
        note(session, person, hard=hard)
    return found


def _reported(message: EmailMessage) -> Iterator[tuple[str, str]]:
    """Give address and class of status of each recipient that a report (RFC 3464) tells of."""
    for part in message.walk():
        if part.get_content_type() != _REPORT:
            continue
        for block in part.get_payload():
            if not isinstance(block, EmailMessage):
                continue
            status = _STATUS.search(str(block.get("Status", "")))
            action = str(block.get("Action", "")).strip().lower()
            recipient = block.get("Original-Recipient") or block.get("Final-Recipient")
            if status and recipient and action in {"failed", "delayed"}:
                _, _, address = str(recipient).rpartition(";")
                yield address.strip().strip("<>"), status[1] if action == "failed" else "4"


def _coded(message: EmailMessage, return_path: str) -> str | None:
    """Give the person whose code stands in the address that the report came to."""
    if CODE not in return_path:
        return None
    before, _, after = return_path.partition(CODE)
    pattern = re.compile(
        f"{re.escape(before)}([a-z2-7]{{26}}){re.escape(after)}(?![a-z0-9.-])", re.IGNORECASE
    )
    for header in ("Delivered-To", "X-Original-To", "Envelope-To", "To"):
        for value in message.get_all(header, []):
            match = pattern.search(str(value))
            if match:
                return match[1].lower()
    return None


def _soft_days(session: Session, person: str) -> int:
    return session.scalars(
        sa.select(sa.func.count())
        .select_from(_BOUNCE)
        .where(_BOUNCE.c.person == person, _BOUNCE.c.kind == SOFT)
    ).one()
