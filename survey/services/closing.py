"""Closing a wave: its rows frozen in a file, then its results computed from that file, once."""

import datetime as dt
import hashlib
import logging
import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

from analysis.report import render
from survey.errors import NothingSubmitted
from survey.services import anonymous, counters, research, snapshots, submitted
from survey.services.assessing import Frozen, assessed, data_of, sides_of, titles_of
from survey.services.comparing.gathering import gather
from survey.services.deadlines import keep_until
from survey.services.files import replacing
from survey.services.instruments import stored
from survey.services.mail import ending
from survey.services.published import (
    comments_path,
    report_path,
    research_paths,
    results_path,
    snapshot_path,
)
from survey.services.snapshots import Snapshot
from survey.services.studies import Status, find, require_state, status
from survey.settings import Settings
from survey.storage.engine import Storage
from survey.storage.models import ANONYMOUS, Installation, Study, Wave, now

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Closed:
    """A closed wave, and the files that it left."""

    study: str
    wave: int
    submitted: int
    snapshot: Path
    snapshot_sha256: str
    results: tuple[Path, ...]
    reports: tuple[Path, ...]
    research: tuple[Path, ...]


def close(
    storage: Storage,
    settings: Settings,
    slug: str,
    number: int | None = None,
    *,
    at: dt.datetime | None = None,
) -> Closed:
    """Close a wave and compute its results, now if no other time is told.

    The rows are frozen in one transaction; the results are computed afterwards
    from the file, without holding up anyone who is answering another study.

    Raises
    ------
    UnknownStudy, UnknownWave
    WaveState
        It is a draft, or closed already with its results in place.
    NothingSubmitted
        It stays open.
    WavePurged
        Its data have been deleted.
    """
    with storage.read() as session:
        _, wave = find(session, slug, number)
        unfinished = wave.status == "closed" and not _is_published(settings, slug, wave)
    if not unfinished:
        with storage.write() as session:
            freeze(session, settings, slug, number, at=at)
    return publish(storage, settings, slug, number)


def freeze(
    session: Session,
    settings: Settings,
    slug: str,
    number: int | None = None,
    *,
    at: dt.datetime | None = None,
) -> Path:
    """Write the snapshot of a wave and mark the wave as closed, in one commit.

    The file is on the disk under its name before the transaction ends; if that
    fails, the wave stays open and the next closing replaces the file.
    """
    study, wave = find(session, slug, number)
    # Waits for answers that are being saved; later ones find the wave closed.
    session.refresh(wave, with_for_update=True)
    counts = status(session, slug, wave.number)
    _require_open(wave, counts)
    if study.privacy_mode == ANONYMOUS:
        wave.counted = {name: getattr(counts, name) for name in counters.KEPT}
        anonymous.settle(session, wave.id)
    day = at or now()
    frozen = rows_of(session, study, wave, _meta(session, study, counts, day.date()))
    if frozen.frame.is_empty():
        raise NothingSubmitted(wave=wave.number, slug=slug, started=counts.started)
    path = snapshot_path(settings, slug, wave.number)
    wave.snapshot_sha256 = keep_rows(frozen, path)
    wave.keep_until = keep_until(study.retention_days, day.date())
    wave.status, wave.closed_at = "closed", day
    session.flush()
    ending.give_up(session, day)  # nobody is written to about it any more
    log.info("wave closed: study %s, wave %d, %d rows", slug, wave.number, frozen.frame.height)
    return path


def rows_of(session: Session, study: Study, wave: Wave, meta: Mapping[str, Any]) -> Snapshot:
    """Read what was submitted in a wave and not withdrawn, in an order that is anew each time."""
    rows = submitted.rows(session, study, wave)
    random.SystemRandom().shuffle(rows)
    instrument = stored(session, study.instrument_id, study.instrument_version)
    scored = {
        "scoring_key": instrument.scoring_key(),
        "labels": {construct.id: construct.label for construct in instrument.constructs},
    }
    return snapshots.build(rows, instrument, wave.number, {**meta, **scored})


def keep_rows(snapshot: Snapshot, path: Path) -> str:
    """Write rows to a file that is there whole or not at all; give the hash of its bytes."""
    data = snapshots.parquet_bytes(snapshot)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with replacing(path) as file:
        file.write(data)
    return hashlib.sha256(data).hexdigest()


def publish(
    storage: Storage,
    settings: Settings,
    slug: str,
    number: int | None = None,
    *,
    anew: bool = False,
) -> Closed:
    """Compute the results of a closed wave from its snapshot and keep them beside it.

    What is kept already is left as it is, since published numbers do not change; ``anew`` is
    for `revising`, which knows when they may.
    """
    with storage.read() as session:
        study, wave = find(session, slug, number)
        place = (study.slug, wave.number)
        frozen = data_of(settings, slug, wave)
    sides = sides_of(frozen.snapshot)
    made = {
        side: _keep(settings, frozen, place, side)
        for side in sides
        if anew or not report_path(settings, *place, side).exists()
    }
    if anew or not comments_path(settings, *place).exists():
        gather(settings, *place, frozen.snapshot)
    whole = research_paths(settings, *place)
    if sides and (anew or not whole[-1].exists()):
        research.follow(storage, settings, place, made)
    return Closed(
        study=place[0],
        wave=place[1],
        submitted=frozen.snapshot.frame.height,
        snapshot=snapshot_path(settings, *place, wave.data_version),
        snapshot_sha256=frozen.sha256,
        results=tuple(results_path(settings, *place, side) for side in sides),
        reports=tuple(report_path(settings, *place, side) for side in sides),
        research=whole[:2] if whole[-1].exists() else (),
    )


def _keep(
    settings: Settings, frozen: Frozen, place: tuple[str, int], side: str | None
) -> dict[str, Any]:
    """Compute what is published of one side and keep it."""
    document = assessed(frozen.snapshot, frozen.sha256, side)
    title = frozen.snapshot.meta["title"]
    page = render(document, titles=titles_of(frozen.snapshot), title=title)
    with replacing(results_path(settings, *place, side)) as file:
        file.write(msgspec.json.format(msgspec.json.encode(document)))
    # The report comes last: where it lies, the results lie too.
    with replacing(report_path(settings, *place, side)) as file:
        file.write(page.encode())
    return document


def _is_published(settings: Settings, slug: str, wave: Wave) -> bool:
    sides = sides_of(data_of(settings, slug, wave).snapshot)
    return all(report_path(settings, slug, wave.number, side).exists() for side in sides)


def _require_open(wave: Wave, counts: Status) -> None:
    done = f", with snapshot {wave.snapshot_sha256}"
    hint = f"; run `tillit study open {counts.study}`" if wave.status == "draft" else done
    require_state(counts.study, wave, "open", act="close it", hint=hint)


def _meta(session: Session, study: Study, counts: Status, day: dt.date) -> dict[str, Any]:
    participation = asdict(counts)
    return {
        "study": study.slug,
        "title": study.title,
        "wave": counts.wave,
        "organisation": session.scalars(sa.select(Installation.organisation)).one(),
        "instrument": {"id": study.instrument_id, "version": study.instrument_version},
        "privacy_mode": study.privacy_mode,
        "sides": study.sides,
        "languages": study.languages,
        "thresholds": {
            "min_group": study.min_group,
            "min_group_text": study.min_group_text,
        },
        "participation": {
            name: participation[name]
            for name in ("invited", "assessments", "submitted", "withdrawn")
        },
        "closed_on": day.isoformat(),
        "data_version": 1,
        **({"weights": study.weights} if study.weights else {}),
    }
