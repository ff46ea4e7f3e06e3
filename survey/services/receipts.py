"""Receipts: random codes that say that answers are stored, and show none."""

import datetime as dt
import secrets
import uuid
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.errors import UnknownReceipt
from survey.storage.models import Assessment, Installation, Participant, Roster, Study, Wave

_LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: none looks like another
_MISREAD: Final = str.maketrans("ILO", "110", "- ")
_LENGTH: Final = 20  # 100 random bits


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """What a receipt code shows to whoever holds it: that answers are stored, never which."""

    study_title: str
    organisation: str
    day: dt.date
    language: str
    remaining: int | None


def new_receipt() -> str:
    """Make a receipt code: 100 random bits in five groups of four."""
    return _grouped("".join(secrets.choice(_LETTERS) for _ in range(_LENGTH)))


def receipt(session: Session, code: str) -> ReceiptView:
    """Show that answers were submitted under a code, written with or without dashes.

    Returns
    -------
    ReceiptView
        With the day (UTC), and how many partners of the same list are still to be
        submitted (``None`` once the wave is closed). No answers, no partner.

    Raises
    ------
    UnknownReceipt
        The same for a malformed and an unknown code.
    """
    row = session.execute(
        sa.select(
            Assessment.participant_id,
            Assessment.wave_id,
            Assessment.submitted_at,
            Study.title,
            Wave.status,
            Participant.language,
            Installation.organisation,
        )
        .join(Wave, Wave.id == Assessment.wave_id)
        .join(Study, Study.id == Wave.study_id)
        .join(Participant, Participant.id == Assessment.participant_id)
        .join(Installation, sa.true())
        .where(Assessment.receipt == _as_kept(code))
    ).one_or_none()
    if row is None:
        raise UnknownReceipt
    is_open = row.status == "open"
    return ReceiptView(
        study_title=row.title,
        organisation=row.organisation,
        day=row.submitted_at.date(),
        language=row.language,
        remaining=_remaining(session, row.participant_id, row.wave_id) if is_open else None,
    )


def _as_kept(code: str) -> str:
    return _grouped(code.upper().translate(_MISREAD)[: _LENGTH + 1])


def _grouped(letters: str) -> str:
    return "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))


def _remaining(session: Session, participant_id: uuid.UUID, wave_id: uuid.UUID) -> int:
    listed = sa.select(sa.func.count()).where(Roster.participant_id == participant_id)
    submitted = sa.select(sa.func.count()).where(
        Assessment.participant_id == participant_id,
        Assessment.wave_id == wave_id,
        Assessment.receipt.is_not(None),
    )
    return session.scalars(listed).one() - session.scalars(submitted).one()
