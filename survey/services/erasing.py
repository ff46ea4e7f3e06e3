"""Taking answers back by their receipt: in every privacy mode, before and after closing."""

import importlib
import logging
import uuid
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.errors import UnknownReceipt
from survey.services.files import destroy
from survey.services.published import snapshot_path, unfinished
from survey.services.receipt_codes import as_kept, receipt_hash
from survey.services.receipts import ReceiptView, receipt
from survey.settings import Settings
from survey.storage.engine import Storage, leave_no_trace
from survey.storage.models import (
    ANONYMOUS,
    AnonymousAnswers,
    Assessment,
    Base,
    PageVisit,
    Study,
    Wave,
    now,
    today,
)

log = logging.getLogger(__name__)

_ASSESSMENT: Final = Base.metadata.tables[Assessment.__tablename__]
_ANSWERS: Final = Base.metadata.tables[AnonymousAnswers.__tablename__]


@dataclass(frozen=True, slots=True)
class _Found:
    """The row under a receipt."""

    key: uuid.UUID
    wave_id: uuid.UUID
    withdrawn: bool
    table: sa.Table


def withdraw(storage: Storage, settings: Settings, code: str) -> ReceiptView:
    """Destroy the answers under a receipt, and give what the receipt shows from now on.

    The row stays, empty, so that the counts of a wave still add up; in the database file
    nothing of the answers is left. Of a closed wave the data are written anew without the row
    and the old file is destroyed; results that were published stay as they are. Doing it
    again does no harm, and ends what a crash may have left undone.

    Parameters
    ----------
    storage, settings
        Of the installation. No transaction may be open.
    code
        The receipt, written with or without dashes.

    Raises
    ------
    UnknownReceipt
        The same for a malformed and an unknown code.
    """
    with storage.write() as session:
        found = _found(session, code)
        # The wave first, as closing does: either it closes without these answers or waits.
        wave = session.get_one(Wave, found.wave_id, with_for_update=True)
        study = session.get_one(Study, wave.study_id)
        closed, place = wave.status == "closed", (study.slug, wave.number)
        if not found.withdrawn:
            leave_no_trace(session)
            _empty(session, found)
            _destroy_failed(settings, *place, closed=closed)
            if closed and wave.purged_on is None:
                _revising().without(session, settings, study, wave)
            if study.privacy_mode != ANONYMOUS:
                log.info("withdrawn: study %s, wave %d", *place)
        view = receipt(session, code)
    if closed:
        _revising().settle(storage, settings, *place)
    return view


def _found(session: Session, code: str) -> _Found:
    kept = as_kept(code)
    if kept is None:
        raise UnknownReceipt
    for table, column, value in (
        (_ASSESSMENT, _ASSESSMENT.c.receipt, kept),
        (_ANSWERS, _ANSWERS.c.receipt_sha256, receipt_hash(kept)),
    ):
        chosen = sa.select(table.c.id, table.c.wave_id, table.c.withdrawn_on)
        row = session.execute(chosen.where(column == value)).one_or_none()
        if row is not None:
            return _Found(row.id, row.wave_id, row.withdrawn_on is not None, table)
    raise UnknownReceipt


def _empty(session: Session, found: _Found) -> None:
    """Leave of a row that it was withdrawn, and the days."""
    values: dict[str, Any] = {
        "answers": {},
        "off_path": None,
        "item_order": None,
        "withdrawn_on": today(),
    }
    if found.table is _ASSESSMENT:
        session.execute(sa.delete(PageVisit).where(PageVisit.assessment_id == found.key))
        day = now().replace(hour=0, minute=0, second=0, microsecond=0)
        submitted = session.scalars(
            sa.select(_ASSESSMENT.c.submitted_at).where(_ASSESSMENT.c.id == found.key)
        ).one()
        on = submitted.replace(hour=0, minute=0, second=0, microsecond=0)
        values |= {"autosaves": None, "started_at": on, "saved_at": day, "submitted_at": on}
    session.execute(sa.update(found.table).where(found.table.c.id == found.key).values(values))


def _destroy_failed(settings: Settings, slug: str, number: int, *, closed: bool) -> None:
    """Destroy copies of answers that a closing or withdrawal left when it did not succeed."""
    left = [path for path in unfinished(settings, slug, number) if ".parquet." in path.name]
    whole = snapshot_path(settings, slug, number)
    if not closed and whole.exists():
        left.append(whole)
    for path in left:
        destroy(path)


def _revising() -> Any:  # noqa: ANN401 (a module)
    """Load what writes the data of a closed wave anew: it needs polars, the web server does not."""
    return importlib.import_module("survey.services.revising")
