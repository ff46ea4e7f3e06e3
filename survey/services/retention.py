"""How long the data of a wave are kept, and their deletion when that time has come."""

import datetime as dt
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.services.deadlines import due
from survey.services.files import destroy
from survey.services.published import (
    comments_path,
    older_snapshots,
    report_path,
    research_paths,
    results_path,
    snapshot_path,
    unfinished,
    workspace_path,
)
from survey.services.record.forgetting import forget_wave
from survey.services.researched import resting_on
from survey.settings import Settings
from survey.storage.engine import Storage, leave_no_trace
from survey.storage.models import (
    SIDES,
    AnonymousAnswers,
    Assessment,
    Draft,
    Invitation,
    OpenLink,
    Outbox,
    Participant,
    Participation,
    Roster,
    Wave,
    today,
)
from survey.storage.schema import copies

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Purged:
    """A wave whose data are deleted; the counts of what was found."""

    study: str
    wave: int
    keep_until: dt.date
    rows: int
    people: int
    files: int


def purge(storage: Storage, settings: Settings, day: dt.date | None = None) -> tuple[Purged, ...]:
    """Delete the data of all waves whose last day is over: rows, people, data files, results.

    Parameters
    ----------
    storage, settings
        Of the installation.
    day
        Today, unless it is to be another day.

    Returns
    -------
    tuple of Purged
        The wave itself stays with its study, instrument and notices, without data. People
        stay only where they are invited to another wave of the study. Cards that were let out
        lose their numbers, what partners replied to them stays; reports in which the wave is
        are emptied. The copies that
        upgrades made of the database go too, since they hold what it held before, and so do
        reports of later waves that were compared with this one; they can be made anew without.
    """
    with storage.read() as session:
        found = [(study.slug, wave.number, wave.id) for study, wave in due(session, day)]
    done = []
    for slug, number, wave_id in found:
        with storage.write() as session:
            wave = session.get_one(Wave, wave_id, with_for_update=True)
            if wave.purged_on is not None or wave.keep_until is None:
                continue  # another process was first
            leave_no_trace(session)
            # Files first: a wave that counts as purged is not looked at again.
            later = resting_on(session, settings, slug, number)
            files = _destroy_files(settings, slug, wave) + _destroyed([*later, *copies(storage)])
            rows, people = _delete_rows(session, wave)
            forget_wave(session, wave)
            wave.purged_on = day or today()
            done.append(Purged(slug, number, wave.keep_until, rows, people, files))
        log.info("purged: study %s, wave %d", slug, number)
    return tuple(done)


def _destroy_files(settings: Settings, slug: str, wave: Wave) -> int:
    place = (slug, wave.number)
    paths: list[Path] = [
        snapshot_path(settings, *place, wave.data_version),
        snapshot_path(settings, *place, wave.data_version + 1),  # of a withdrawal that failed
        *older_snapshots(settings, *place, wave.data_version),
        *unfinished(settings, *place),
    ]
    for side in (None, *SIDES):
        paths += [results_path(settings, *place, side), report_path(settings, *place, side)]
    paths += reversed(research_paths(settings, *place))
    paths += [workspace_path(settings, *place), comments_path(settings, *place)]
    return _destroyed(paths)


def _destroyed(paths: Iterable[Path]) -> int:
    there = [path for path in paths if path.exists()]
    for path in there:
        destroy(path)
    return len(there)


def _delete_rows(session: Session, wave: Wave) -> tuple[int, int]:
    """Delete what people gave in a wave, and the people who are in no other wave."""
    counted = sa.select(sa.func.count())
    rows = sum(
        session.scalars(counted.select_from(table).where(table.wave_id == wave.id)).one()
        for table in (Assessment, AnonymousAnswers)
    )
    invited = session.scalars(
        sa.select(Invitation.participant_id).where(Invitation.wave_id == wave.id)
    ).all()
    kept = (Assessment, AnonymousAnswers, Draft, Participation, OpenLink, Outbox, Invitation)
    for table in kept:
        session.execute(sa.delete(table).where(table.wave_id == wave.id))
    elsewhere = sa.exists().where(Invitation.participant_id == Participant.id)
    gone = session.scalars(
        sa.select(Participant.id).where(Participant.study_id == wave.study_id, ~elsewhere)
    ).all()
    leaving = set(gone) & set(invited)
    session.execute(sa.delete(Roster).where(Roster.participant_id.in_(leaving)))
    session.execute(sa.delete(Participant).where(Participant.id.in_(leaving)))
    return rows, len(leaving)
