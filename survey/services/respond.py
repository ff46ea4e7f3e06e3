"""The respondent's way: from a link to a receipt, one page at a time.

Every entry point comes through here. A respondent is read with two queries;
saving and submitting check again, under lock, that the wave is still open.
"""

import logging
import uuid
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.errors import AlreadySubmitted, PageTooEarly, UnknownLanguage, UnknownPage
from survey.services.answers import Answer, read_page
from survey.services.paradata import note_post
from survey.services.receipts import ReceiptView, new_receipt, receipt
from survey.services.respondents import (
    Respondent,
    RosterEntry,
    by_id,
    by_token,
    require_open,
)
from survey.storage.models import Assessment, Participant, Roster, Wave, new_id, now

__all__ = [
    "Answer",
    "ReceiptView",
    "Respondent",
    "RosterEntry",
    "answers",
    "by_id",
    "by_token",
    "receipt",
    "save_page",
    "set_language",
    "submit",
]

log = logging.getLogger(__name__)


def set_language(session: Session, invitation_id: uuid.UUID, language: str) -> None:
    """Remember the language in which a person goes on; `UnknownLanguage` if it is not offered."""
    respondent = by_id(session, invitation_id)
    if language not in respondent.languages:
        raise UnknownLanguage(language=language[:20], allowed=", ".join(respondent.languages))
    session.execute(
        sa.update(Participant)
        .where(Participant.id == respondent.participant_id)
        .values(language=language)
    )


def answers(session: Session, respondent: Respondent, place: int) -> dict[str, Answer]:
    """Give what is saved about the partner at a place: item id → value, missing code or text."""
    entry = respondent.entry(place)
    saved = session.scalar(
        sa.select(Assessment.answers).where(*_is_assessment(respondent, entry.partner_id))
    )
    return dict(saved or {})


def save_page(
    session: Session, respondent: Respondent, place: int, page: int, given: Mapping[str, Answer]
) -> None:
    """Keep one posted page of the assessment of one partner.

    Parameters
    ----------
    session
        A writing session.
    respondent
        From `by_id` in the same session.
    place, page
        The partner's place on the list and the page, both from 1.
    given
        Item id → value (``3`` or ``"3"``), off-scale code or text. A rating item that
        is blank or absent is kept as ``skipped``; items of pages never posted stay
        absent, which a snapshot calls ``not_reached``.

    Raises
    ------
    UnknownPartner, UnknownPage, PageTooEarly, UnknownItem, OffScale, TextTooLong,
    AlreadySubmitted, WaveClosed
        Nothing is stored then, and nothing that was stored is lost.
    """
    entry = respondent.entry(place)
    pages = len(respondent.instrument.pages)
    if not 1 <= page <= pages:
        raise UnknownPage(page=page, last=pages)
    row = _hold(session, respondent, entry)
    if row is not None and row.receipt is not None:
        raise AlreadySubmitted(receipt=row.receipt)
    done = 0 if row is None else row.pages_done
    if page > done + 1:
        raise PageTooEarly(allowed=done + 1)
    kept = read_page(respondent.instrument, page, given)
    document = {**(row.answers if row else {}), **kept}
    document = {item: answer for item, answer in document.items() if answer is not None}
    key = _write(session, respondent, entry, row, answers=document, pages_done=max(done, page))
    note_post(session, key, page)
    log.info("page saved: study %s, wave %d", respondent.study_slug, respondent.wave_number)


def submit(session: Session, respondent: Respondent, place: int) -> str:
    """Hand in the assessment of one partner; again and again gives the same receipt.

    Returns
    -------
    str
        The receipt code: 100 random bits in groups of four, which show no answers.

    Raises
    ------
    UnknownPartner, PageTooEarly, WaveClosed
        `PageTooEarly` names the first page that is missing.
    """
    entry = respondent.entry(place)
    row = _hold(session, respondent, entry)
    if row is not None and row.receipt is not None:
        return str(row.receipt)
    done = 0 if row is None else row.pages_done
    if row is None or done < len(respondent.instrument.pages):
        raise PageTooEarly(allowed=done + 1)
    code = new_receipt()
    _write(session, respondent, entry, row, submitted_at=now(), receipt=code)
    log.info("submitted: study %s, wave %d", respondent.study_slug, respondent.wave_number)
    return code


def _is_assessment(
    respondent: Respondent, partner_id: uuid.UUID
) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        Assessment.participant_id == respondent.participant_id,
        Assessment.partner_id == partner_id,
        Assessment.wave_id == respondent.wave_id,
    )


def _hold(session: Session, respondent: Respondent, entry: RosterEntry) -> sa.Row[Any] | None:
    """Lock the wave against closing and the assessment against other tabs, and read it."""
    status = session.scalar(
        sa.select(Wave.status).where(Wave.id == respondent.wave_id).with_for_update(read=True)
    )
    require_open(status or "closed", respondent.study_title, respondent.language)
    # The list's row is there before the assessment is, so two first posts queue here as well.
    session.execute(
        sa.select(Roster.place)
        .where(
            Roster.participant_id == respondent.participant_id,
            Roster.partner_id == entry.partner_id,
        )
        .with_for_update()
    )
    return session.execute(
        sa.select(
            Assessment.id, Assessment.answers, Assessment.pages_done, Assessment.receipt
        ).where(*_is_assessment(respondent, entry.partner_id))
    ).one_or_none()


def _write(
    session: Session,
    respondent: Respondent,
    entry: RosterEntry,
    row: sa.Row[Any] | None,
    **values: object,
) -> uuid.UUID:
    """Update the assessment that was read, or insert the first page of a new one."""
    if row is not None:
        session.execute(
            sa.update(Assessment).where(Assessment.id == row.id).values(saved_at=now(), **values)
        )
        return row.id  # type: ignore[no-any-return]
    key = new_id()
    session.execute(
        sa.insert(Assessment).values(
            id=key,
            participant_id=respondent.participant_id,
            partner_id=entry.partner_id,
            wave_id=respondent.wave_id,
            instrument_id=respondent.instrument.id,
            instrument_version=respondent.instrument.version,
            language=respondent.language,
            **values,
        )
    )
    return key
