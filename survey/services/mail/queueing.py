"""Putting messages into the outbox, each once."""

import secrets
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from questionnaires import LANGUAGES
from survey.errors import BadMail, BadSettings
from survey.services.mail.kinds import KINDS, Kind
from survey.services.mail.sealing import seal
from survey.services.naming import email_problem
from survey.storage.engine import SEALS
from survey.storage.inserting import insert_into
from survey.storage.models import Base, new_id, now

_OUTBOX: Final = Base.metadata.tables["outbox"]
LONGEST_KEY: Final = 200
SEALED: Final = "sealed"


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one person, not yet in the outbox; see `queue`."""

    kind: str
    to: str
    language: str
    values: Mapping[str, str]
    key: str
    wave_id: uuid.UUID | None = None
    invitation_id: uuid.UUID | None = None


def queue(
    session: Session,
    kind: str,
    *,
    to: str,
    language: str,
    values: Mapping[str, str],
    key: str,
) -> None:
    """Let a message be sent as soon as mail is sent; it is in the outbox when this commits.

    Parameters
    ----------
    session
        A writing session.
    kind
        One of `survey.services.mail.kinds.KINDS`.
    to
        The address; it is forgotten once the message is sent.
    language
        One of `questionnaires.LANGUAGES`.
    values
        What the words of this kind need, such as ``name``; put in as data, never as markup.
        A secret, such as the link that resets a password, is sealed until then.
    key
        What this message is about, at most 200 characters: queued twice under one key it
        is sent once.

    Raises
    ------
    BadMail
        No such kind or language, a value missing or too much, no address, no key.
    BadSettings
        A secret is to be sealed, and TILLIT_SECRET_KEY is not set.
    """
    queue_all(session, [Message(kind, to, language, values, key)])


def queue_all(session: Session, messages: Iterable[Message]) -> int:
    """Queue messages; give how many are new. Raises as `queue` does."""
    rows = [_row(session, message) for message in messages]
    if not rows:
        return 0
    before = _count(session)
    session.execute(
        insert_into(session, _OUTBOX).on_conflict_do_nothing(index_elements=["key"]), rows
    )
    return _count(session) - before


def _count(session: Session) -> int:
    return session.scalars(sa.select(sa.func.count()).select_from(_OUTBOX)).one()


def _row(session: Session, message: Message) -> dict[str, Any]:
    kind = _checked(message)
    return {
        "id": new_id(),
        "kind": kind.name,
        "recipient": message.to,
        "language": message.language,
        "values": _kept(session, kind, message.values),
        "key": message.key,
        "state": "queued",
        "attempts": 0,
        "next_at": now(),
        "message_id": secrets.token_hex(16),
        "wave_id": message.wave_id,
        "invitation_id": message.invitation_id,
    }


def _checked(message: Message) -> Kind:
    kind = KINDS.get(message.kind)
    if kind is None:
        raise BadMail(kind=message.kind, problem=f"the kinds are {', '.join(KINDS)}")
    problem = None
    if email_problem(message.to):
        problem = "there is no address like kari@example.org"
    elif message.language not in LANGUAGES:
        problem = f"the languages are {', '.join(LANGUAGES)}"
    elif set(message.values) != set(kind.values):
        problem = f"its values are {', '.join(kind.values)}"
    elif not 0 < len(message.key) <= LONGEST_KEY:
        problem = f"its key has 1 to {LONGEST_KEY} characters"
    elif kind.about_study != (message.wave_id is not None):
        problem = "mail about a study, and no other, belongs to a wave"
    if problem:
        raise BadMail(kind=message.kind, problem=problem)
    return kind


def _kept(session: Session, kind: Kind, values: Mapping[str, str]) -> dict[str, Any]:
    """Give the values as they are kept: secrets sealed."""
    if not kind.sealed:
        return dict(values)
    secret_key = session.info.get(SEALS)
    if not secret_key:
        raise BadSettings(
            problem=f"TILLIT_SECRET_KEY is not set: mail of kind {kind.name!r} has a secret in it, "
            "which waits in the database sealed with that key"
        )
    open_, closed = {}, {}
    for name, value in values.items():
        if name in kind.sealed:
            closed[name] = seal(secret_key, value)
        else:
            open_[name] = value
    return {**open_, SEALED: closed}
