"""Receipts: random codes that say that answers are stored, and show none."""

import datetime as dt
import secrets
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from survey.errors import UnknownReceipt
from survey.storage.models import Assessment, Installation, Participant, Roster, Study, Wave

_LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: none looks like another
_MISREAD: Final = str.maketrans("ILO", "110", "- ")
_LENGTH: Final = 28  # 140 random bits
_ALSO: Final = aliased(Assessment)
_LISTED: Final = (
    sa.select(sa.func.count())
    .where(Roster.participant_id == Assessment.participant_id)
    .correlate(Assessment)
    .scalar_subquery()
)
_SUBMITTED: Final = (
    sa.select(sa.func.count())
    .where(
        _ALSO.participant_id == Assessment.participant_id,
        _ALSO.wave_id == Assessment.wave_id,
        _ALSO.receipt.is_not(None),
    )
    .correlate(Assessment)
    .scalar_subquery()
)
_RECEIPT: Final = (
    sa.select(
        Assessment.submitted_at,
        Study.title,
        Wave.status,
        Participant.language,
        Installation.organisation,
        _LISTED.label("listed"),
        _SUBMITTED.label("submitted"),
    )
    .join(Wave, Wave.id == Assessment.wave_id)
    .join(Study, Study.id == Wave.study_id)
    .join(Participant, Participant.id == Assessment.participant_id)
    .join(Installation, sa.true())
    .where(Assessment.receipt == sa.bindparam("code"))
)


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """What a receipt code shows to whoever holds it: that answers are stored, never which."""

    study_title: str
    organisation: str
    day: dt.date
    language: str
    remaining: int | None


def new_receipt() -> str:
    """Make a receipt code: 140 random bits in seven groups of four."""
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
    kept = _as_kept(code)
    row = session.execute(_RECEIPT, {"code": kept}).one_or_none() if _is_code(kept) else None
    if row is None:
        raise UnknownReceipt
    return ReceiptView(
        study_title=row.title,
        organisation=row.organisation,
        day=row.submitted_at.date(),
        language=row.language,
        remaining=row.listed - row.submitted if row.status == "open" else None,
    )


def _as_kept(code: str) -> str:
    return _grouped(code.upper().translate(_MISREAD)[: _LENGTH + 1])


def _is_code(kept: str) -> bool:
    """Whether a code is made of our letters: others, such as NUL, no database need see."""
    return set(kept) <= {*_LETTERS, "-"}


def _grouped(letters: str) -> str:
    return "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))
