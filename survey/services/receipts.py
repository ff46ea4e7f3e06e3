"""Receipts: codes that say that answers are stored, and show none."""

import datetime as dt
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from survey.errors import UnknownReceipt
from survey.services.receipt_codes import as_kept, receipt_hash
from survey.storage.models import (
    AnonymousAnswers,
    Assessment,
    Installation,
    Participant,
    Roster,
    Study,
    Wave,
)

_ALSO: Final = aliased(Assessment)
_LISTED: Final = (
    sa.select(sa.func.count())
    .where(Roster.participant_id == Assessment.participant_id, Roster.declined.is_(False))
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
        Assessment.withdrawn_on,
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
_ANONYMOUS: Final = (
    sa.select(
        AnonymousAnswers.submitted_on,
        AnonymousAnswers.withdrawn_on,
        Study.title,
        Wave.status,
        Study.languages,
        Installation.organisation,
    )
    .join(Wave, Wave.id == AnonymousAnswers.wave_id)
    .join(Study, Study.id == Wave.study_id)
    .join(Installation, sa.true())
    .where(AnonymousAnswers.receipt_sha256 == sa.bindparam("code"))
)


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """What a receipt code shows to whoever holds it: that answers are stored, never which."""

    study_title: str
    organisation: str
    day: dt.date
    language: str
    remaining: int | None
    withdrawn_on: dt.date | None = None
    closed: bool = False


def receipt(session: Session, code: str) -> ReceiptView:
    """Show that answers were submitted under a code, written with or without dashes.

    Returns
    -------
    ReceiptView
        With the day (UTC), the day of withdrawal if there was one, and how many partners of
        the same list are still to be submitted (``None`` once the wave is closed, and in an
        anonymous study, where no list is known). No answers, no partner.

    Raises
    ------
    UnknownReceipt
        The same for a malformed and an unknown code.
    """
    kept = as_kept(code)
    if kept is None:
        raise UnknownReceipt
    row = session.execute(_RECEIPT, {"code": kept}).one_or_none()
    if row is None:
        return _anonymous(session, kept)
    return ReceiptView(
        study_title=row.title,
        organisation=row.organisation,
        day=row.submitted_at.date(),
        language=row.language,
        remaining=row.listed - row.submitted if row.status == "open" else None,
        withdrawn_on=row.withdrawn_on,
        closed=row.status == "closed",
    )


def _anonymous(session: Session, code: str) -> ReceiptView:
    row = session.execute(_ANONYMOUS, {"code": receipt_hash(code)}).one_or_none()
    if row is None:
        raise UnknownReceipt
    return ReceiptView(
        study_title=row.title,
        organisation=row.organisation,
        day=row.submitted_on,
        language=row.languages[0],
        remaining=None,
        withdrawn_on=row.withdrawn_on,
        closed=row.status == "closed",
    )
