"""The respondent's way: from a link to a receipt, one page at a time.

Every entry point comes through here. A respondent is read with two queries; saving and
submitting check again, under lock, that the wave is still open. How answers are kept differs
by privacy mode and is told in `assessments` and `anonymous`, which have the same functions.
"""

import logging
from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from survey.errors import AlreadySubmitted, PageTooEarly
from survey.kinds import Answer, Given
from survey.services.answers import next_page, off_path, read_page
from survey.services.arrivals import by_ticket, by_token, notice, set_language
from survey.services.assessments import Saved
from survey.services.notices import Notice
from survey.services.receipts import ReceiptView, receipt
from survey.services.respondents import Respondent, RosterEntry
from survey.services.saving import changes, held, keeping, merged, numbered

__all__ = [
    "Answer",
    "Notice",
    "ReceiptView",
    "Respondent",
    "RosterEntry",
    "Saved",
    "answers",
    "autosave",
    "begin",
    "by_ticket",
    "by_token",
    "decline",
    "notice",
    "receipt",
    "receipt_of",
    "save_page",
    "set_language",
    "state",
    "submit",
    "undecline",
]

log = logging.getLogger(__name__)


def begin(session: Session, known: Respondent) -> None:
    """Note that Start was pressed on a personal link, once; no time is noted.

    Parameters
    ----------
    session
        A writing session.
    known
        From `by_token` in the same session.
    """
    keeping(known).open_(session, known)


def state(session: Session, known: Respondent, place: int) -> Saved:
    """Give what is stored about the partner at a place: answers, pages done, order, receipt.

    Of an anonymous study the answers are gone from here once they are submitted.
    """
    saved: Saved = keeping(known).read(session, known, known.entry(place))
    return saved


def answers(session: Session, known: Respondent, place: int) -> dict[str, Answer]:
    """Give what is saved about the partner at a place: item id → answer."""
    return state(session, known, place).answers


def save_page(  # noqa: PLR0913 (what a form carries)
    session: Session,
    known: Respondent,
    place: int,
    page: int,
    given: Mapping[str, Given],
    *,
    order: Sequence[str] | None = None,
    client: str = "",
    number: int = 0,
) -> None:
    """Keep one posted page of the assessment of one partner.

    Parameters
    ----------
    session
        A writing session.
    known
        From `by_ticket` in the same session.
    place, page
        The partner's place on the list and the page, both from 1.
    given
        Item id → answer as it came. A rating item that is blank is kept as ``skipped``, and
        so is one that is absent unless something is saved of it: an older tab did not show
        it. Items of pages never posted stay absent, which a snapshot calls ``not_reached``.
    order
        All item ids as they were drawn, where a page shuffles; kept the first time.
    client, number
        The browser tab and its last autosave, if it has any: those that were sent
        before the page, but arrive after it, are then ignored.

    Raises
    ------
    UnknownPartner, UnknownPage, PageTooEarly, UnknownItem, OffScale, TooManyChosen,
    TextTooLong, WrongOrder, AlreadySubmitted, WaveClosed
        Nothing is stored then, and nothing that was stored is lost.
    """
    entry, saved = held(session, known, place, page)
    changed = merged(saved, read_page(known.instrument, page, given, saved.answers))
    values = changes(known, saved, changed, max(saved.pages_done, page), order)
    if client:
        values["autosaves"] = numbered(saved.autosaves, client, number)
    keeping(known).write_page(session, known, entry, saved, page, **values)
    if saved.declined:
        keeping(known).decline(session, known, entry, declined=False)
    _log(known, "page saved")


def autosave(  # noqa: PLR0913 (what a message carries)
    session: Session,
    known: Respondent,
    place: int,
    page: int,
    given: Mapping[str, Given],
    *,
    client: str,
    number: int,
    order: Sequence[str] | None = None,
) -> None:
    """Keep single answers of a page that is still open; the page does not count as done.

    Parameters
    ----------
    session, known, place, page, order
        As for `save_page`.
    given
        Only what changed; other answers stay as they are.
    client, number
        The browser tab, and the number of the change in it. A number that is not higher
        than the last one is an old message, and is ignored.

    Raises
    ------
    BadAutosave
        And as `save_page`.
    """
    entry, saved = held(session, known, place, page)
    autosaves = numbered(saved.autosaves, client, number)
    if saved.autosaves.get(client, 0) >= number:
        return
    read = read_page(known.instrument, page, given, saved.answers, whole=False)
    values = changes(known, saved, merged(saved, read), saved.pages_done, order)
    keeping(known).write(session, known, entry, saved, autosaves=autosaves, **values)


def submit(session: Session, known: Respondent, place: int, *, key: str = "") -> str:
    """Hand in the assessment of one partner; again and again gives the same receipt.

    Parameters
    ----------
    session, known, place
        As for `save_page`.
    key
        A secret of the browser session, at least 22 random characters. The receipts of an
        anonymous study are made from it, since they are not kept; it is not kept either.

    Returns
    -------
    str
        The receipt code: 140 random bits in groups of four, which show no answers.

    Raises
    ------
    UnknownPartner, PageTooEarly, WaveClosed
        `PageTooEarly` names the first page that is missing.
    AlreadySubmitted
        In an anonymous study, from another browser: nobody but the first one knows the receipt.
    """
    entry = known.entry(place)
    saved = keeping(known).hold(session, known, entry)
    if saved.submitted:
        code = saved.receipt or receipt_of(session, known, place, key=key)
        if code is None:
            raise AlreadySubmitted(receipt=None)
        return code
    due = next_page(known.instrument, saved.answers, saved.pages_done)
    if due is not None:
        raise PageTooEarly(allowed=due)
    off = off_path(known.instrument, saved.answers)
    code = str(keeping(known).submit(session, known, entry, saved, off, key))
    if saved.declined:
        keeping(known).decline(session, known, entry, declined=False)
    _log(known, "submitted")
    return code


def receipt_of(session: Session, known: Respondent, place: int, *, key: str) -> str | None:
    """Give the receipt of answers that were submitted; ``None`` where only another browser can."""
    code: str | None = keeping(known).receipt_of(session, known, known.entry(place), key)
    return code


def decline(session: Session, known: Respondent, place: int) -> None:
    """Note that the person does not know this partner; what was saved stays.

    Raises
    ------
    AlreadySubmitted, UnknownPartner, WaveClosed
    """
    _decline(session, known, place, declined=True)


def undecline(session: Session, known: Respondent, place: int) -> None:
    """Put a partner back on the list; raises as `decline` does."""
    _decline(session, known, place, declined=False)


def _decline(session: Session, known: Respondent, place: int, *, declined: bool) -> None:
    entry = known.entry(place)
    saved = keeping(known).hold(session, known, entry)
    if saved.submitted:
        raise AlreadySubmitted(receipt=saved.receipt)
    keeping(known).decline(session, known, entry, declined=declined)
    _log(known, "declined" if declined else "put back on the list")


def _log(known: Respondent, what: str) -> None:
    """Write one line, except in an anonymous study, where its time would be finer than a day."""
    if not known.is_anonymous:
        log.info("%s: study %s, wave %d", what, known.study_slug, known.wave_number)
