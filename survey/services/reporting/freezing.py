"""Reports are frozen: what was said on the day is kept, in every language, and never made anew.

So a report reads the same after an upgrade, after answers were taken back, after the register
changed. Only what must be forgotten goes: a person's name, or all of it with the data of a wave.
"""

import datetime as dt
import hashlib
import html
import logging
import re
import uuid
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.services import audit
from survey.services.audit import Actor
from survey.services.reporting.blocks import FINGERPRINT, Document, Facts
from survey.services.reporting.errors import NoSuchReport, ReportEmptied, ReportUnreadable
from survey.storage.models import Partner, Report, Study, User, Wave

log = logging.getLogger(__name__)

EDITION: Final = 1
_PACKED: Final = 6  # level of zlib; what it gives is not hashed, so another version may pack better
_FIRST: Final = "en"  # read where a report has none of a language that came later
_STEERS: Final = frozenset({"type", "role", "language", "day"})  # fields that are no words
_WORDS: Final = re.compile("(?<=>)[^<]+")  # of a picture: what stands between its tags


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
    ReportUnreadable
        Its bytes are damaged, or those of another edition.
    """
    if report.packed is None:
        raise ReportEmptied
    try:
        data = zlib.decompress(report.packed)
        kept = _DECODER.decode(data)
    except (zlib.error, msgspec.DecodeError, UnicodeDecodeError):
        raise ReportUnreadable from None
    found = kept.documents.get(language) or kept.documents.get(_FIRST)
    is_whole = hashlib.sha256(data).hexdigest() == report.sha256
    if found is None or kept.edition != EDITION or not is_whole:
        raise ReportUnreadable
    stamp = (*found.stamp.rows, (found.words[FINGERPRINT], report.sha256))
    return msgspec.structs.replace(found, stamp=Facts(stamp))


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


def reword(session: Session, partner_id: uuid.UUID, cleaned: Callable[[str], str]) -> None:
    """Change the words of all reports about a partner, so that they forget somebody.

    A report that cannot be read goes, since nobody can tell whom it names.

    Parameters
    ----------
    session
        A writing session.
    partner_id
        Whose reports.
    cleaned
        A function that takes a text, and gives it without the words.
    """
    held = sa.select(Partner.id).where(Partner.id == partner_id).with_for_update()
    session.execute(held).all()  # no report that was composed before is kept from now on
    rows = session.scalars(
        sa.select(Report).where(Report.partner_id == partner_id, Report.packed.is_not(None))
    )
    for row in rows.all():
        try:
            before = msgspec.json.decode(zlib.decompress(row.packed or b""))
        except (zlib.error, msgspec.DecodeError, UnicodeDecodeError):
            session.delete(row)
            continue
        after = _reworded(before, cleaned)
        if after != before:
            data = msgspec.json.encode(after)
            row.packed, row.sha256 = zlib.compress(data, _PACKED), hashlib.sha256(data).hexdigest()


def _reworded(tree: Any, cleaned: Callable[[str], str]) -> Any:  # noqa: ANN401 (JSON)
    """Clean the words of a document, and nothing that its drawing hangs on."""
    if isinstance(tree, str):
        return cleaned(tree)
    if isinstance(tree, list):
        return [_reworded(each, cleaned) for each in tree]
    if not isinstance(tree, dict):
        return tree
    return {
        key: _redrawn(each, cleaned) if key == "svg" else _reworded(each, cleaned)
        for key, each in tree.items()
        if key not in _STEERS
    } | {key: tree[key] for key in _STEERS & tree.keys()}


def _redrawn(svg: str, cleaned: Callable[[str], str]) -> str:
    """Clean the words in a picture, and nothing of what it is drawn by."""

    def told(found: re.Match[str]) -> str:
        before = html.unescape(found[0])
        after = cleaned(before)
        return found[0] if after == before else html.escape(after)

    return _WORDS.sub(told, svg)


def _about(session: Session, report: Report) -> str:
    if report.partner_id is not None:
        return audit.of_partner(report.partner_id)
    wave = session.get_one(Wave, report.wave_id)
    return audit.of_study(session.get_one(Study, wave.study_id).slug, wave.number)
