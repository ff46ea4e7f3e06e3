"""The respondent's way: from a link to a receipt, one page at a time.

Every entry point comes through here. A respondent is read with two queries;
saving and submitting check again, under lock, that the wave is still open.
"""

import logging
import uuid
from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.errors import AlreadySubmitted, PageTooEarly, UnknownLanguage, UnknownPage
from survey.services import assessments
from survey.services.answers import Answer, read_page
from survey.services.paradata import note_post
from survey.services.receipts import ReceiptView, new_receipt, receipt
from survey.services.respondents import Respondent, RosterEntry, by_id, by_token
from survey.storage.models import Participant, now

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
    return assessments.read(session, respondent, respondent.entry(place)).answers


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
    saved = assessments.hold(session, respondent, entry)
    if saved.receipt is not None:
        raise AlreadySubmitted(receipt=saved.receipt)
    if page > saved.pages_done + 1:
        raise PageTooEarly(allowed=saved.pages_done + 1)
    changed = saved.answers | read_page(respondent.instrument, page, given, saved.answers)
    key = assessments.write(
        session,
        respondent,
        entry,
        saved,
        language=respondent.language,
        answers={item: answer for item, answer in changed.items() if answer is not None},
        pages_done=max(saved.pages_done, page),
    )
    note_post(session, key, page)
    log.info("page saved: study %s, wave %d", respondent.study_slug, respondent.wave_number)


def submit(session: Session, respondent: Respondent, place: int) -> str:
    """Hand in the assessment of one partner; again and again gives the same receipt.

    Returns
    -------
    str
        The receipt code: 140 random bits in groups of four, which show no answers.

    Raises
    ------
    UnknownPartner, PageTooEarly, WaveClosed
        `PageTooEarly` names the first page that is missing.
    """
    entry = respondent.entry(place)
    saved = assessments.hold(session, respondent, entry)
    if saved.receipt is not None:
        return saved.receipt
    if saved.pages_done < len(respondent.instrument.pages):
        raise PageTooEarly(allowed=saved.pages_done + 1)
    code = new_receipt()
    assessments.write(session, respondent, entry, saved, submitted_at=now(), receipt=code)
    log.info("submitted: study %s, wave %d", respondent.study_slug, respondent.wave_number)
    return code
