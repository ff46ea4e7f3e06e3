"""Reports are frozen: what was said on the day is kept, in every language, and never made anew.

So a report reads the same after an upgrade, after answers were taken back, after the register
changed. Only what must be forgotten goes: a person's name, or all of it with the data of a wave.
"""

import datetime as dt
import hashlib
import logging
import uuid
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.services import audit
from survey.services.audit import Actor
from survey.services.reporting.blocks import FINGERPRINT, Document, Facts
from survey.services.reporting.errors import NoSuchReport, ReportEmptied
from survey.storage.models import Partner, Report, Study, User, Wave

log = logging.getLogger(__name__)

EDITION: Final = 1
_PACKED: Final = 6  # level of zlib; what it gives is not hashed, so another version may pack better


class Kept(msgspec.Struct, frozen=True):
    """What a report says, by language."""

    edition: int
    documents: dict[str, Document]


_DECODER: Final = msgspec.json.Decoder(Kept)


@dataclass(frozen=True, slots=True)
class Making:
    """A report that is to be kept: about a wave, and about one partner where one is named.

    `first_wave` is the earliest wave whose numbers are in it, `chosen` by which values of the
    register its partners were chosen.
    """

    wave: Wave
    partner_id: uuid.UUID | None
    first_wave: int
    with_record: bool
    chosen: Mapping[str, str]
    documents: Mapping[str, Document]


@dataclass(frozen=True, slots=True)
class Made:
    """A report as a list shows it; ``by`` is empty for who did not log in."""

    id: uuid.UUID
    partner: str
    wave: int
    made_on: dt.date
    by: str
    with_record: bool
    chosen: Mapping[str, str]
    is_there: bool
    sha256: str


def freeze(session: Session, actor: Actor, making: Making, *, today: dt.date) -> uuid.UUID:
    """Keep a report, or find the same one that is kept already.

    Parameters
    ----------
    session, actor
        A writing session, and who makes it.
    making
        The report.
    today
        The day on which it is made.

    Returns
    -------
    uuid.UUID
        Key of the report. Making the same twice gives the same one: what it says is hashed.
    """
    data = msgspec.json.encode(Kept(EDITION, dict(making.documents)), order="deterministic")
    sha256 = hashlib.sha256(data).hexdigest()
    there = session.scalar(
        sa.select(Report.id).where(
            Report.wave_id == making.wave.id,
            Report.partner_id.is_not_distinct_from(making.partner_id),
            Report.sha256 == sha256,
            Report.packed.is_not(None),
        )
    )
    if there is not None:
        return there
    row = Report(
        kind="portfolio" if making.partner_id is None else "partner",
        wave_id=making.wave.id,
        partner_id=making.partner_id,
        user_id=actor.user_id,
        made_on=today,
        first_wave=making.first_wave,
        with_record=making.with_record,
        chosen=dict(making.chosen),
        packed=zlib.compress(data, _PACKED),
        sha256=sha256,
    )
    session.add(row)
    session.flush()
    audit.note(session, actor, "report made", _about(session, row))
    log.info("report made: wave %d, %d bytes", making.wave.number, len(data))
    return row.id


def listed(session: Session, slug: str) -> list[Made]:
    """Give the reports of a study, the latest first, without what they say."""
    rows = session.execute(
        sa.select(
            Report.id,
            Partner.name,
            Wave.number,
            Report.made_on,
            User.name,
            Report.with_record,
            Report.chosen,
            Report.packed.is_not(None),
            Report.sha256,
        )
        .join(Wave, Wave.id == Report.wave_id)
        .join(Study, Study.id == Wave.study_id)
        .outerjoin(Partner, Partner.id == Report.partner_id)
        .outerjoin(User, User.id == Report.user_id)
        .where(Study.slug == slug)
        .order_by(Report.made_on.desc(), Wave.number.desc(), Partner.name, Report.id)
    )
    return [
        Made(key, partner or "", wave, day, by or "", *further)
        for key, partner, wave, day, by, *further in rows
    ]


def found(session: Session, slug: str, report_id: uuid.UUID) -> Report:
    """Find a report of a study.

    Raises
    ------
    NoSuchReport
    """
    row = session.scalar(
        sa.select(Report)
        .join(Wave, Wave.id == Report.wave_id)
        .join(Study, Study.id == Wave.study_id)
        .where(Report.id == report_id, Study.slug == slug)
    )
    if row is None:
        raise NoSuchReport
    return row


def document(report: Report, language: str) -> Document:
    """Give what a report says in a language; the hash of all of it stands at the end of its stamp.

    Raises
    ------
    ReportEmptied
        The data of a wave in it were deleted.
    """
    if report.packed is None:
        raise ReportEmptied
    kept = _DECODER.decode(zlib.decompress(report.packed)).documents[language]
    stamp = (*kept.stamp.rows, (kept.words[FINGERPRINT], report.sha256))
    return msgspec.structs.replace(kept, stamp=Facts(stamp))


def destroy(session: Session, actor: Actor, report: Report) -> None:
    """Let go of a report for good."""
    audit.note(session, actor, "report destroyed", _about(session, report))
    session.delete(report)
    session.flush()


def forget_partner(session: Session, partner_id: uuid.UUID) -> None:
    """Delete the reports about a partner."""
    session.execute(sa.delete(Report).where(Report.partner_id == partner_id))


def forget_wave(session: Session, wave: Wave) -> None:
    """Empty the reports in which there are numbers of a wave; that they were made stays known."""
    later = sa.select(Wave.id).where(Wave.study_id == wave.study_id, Wave.number >= wave.number)
    session.execute(
        sa.update(Report)
        .where(Report.wave_id.in_(later), Report.first_wave <= wave.number)
        .values(packed=None)
    )


def reword(session: Session, partner_id: uuid.UUID, cleaned: Any) -> None:  # noqa: ANN401
    """Change the words of all reports about a partner, so that they forget somebody.

    Parameters
    ----------
    session
        A writing session.
    partner_id
        Whose reports.
    cleaned
        A function that takes a document of plain JSON values, and gives it without the words.
    """
    rows = session.scalars(
        sa.select(Report).where(Report.partner_id == partner_id, Report.packed.is_not(None))
    )
    for row in rows.all():
        before = zlib.decompress(row.packed or b"")
        after = msgspec.json.encode(cleaned(msgspec.json.decode(before)), order="deterministic")
        if after != before:
            row.packed = zlib.compress(after, _PACKED)
            row.sha256 = hashlib.sha256(after).hexdigest()


def _about(session: Session, report: Report) -> str:
    if report.partner_id is not None:
        return audit.of_partner(report.partner_id)
    wave = session.get_one(Wave, report.wave_id)
    return audit.of_study(session.get_one(Study, wave.study_id).slug, wave.number)
