"""Closing a wave: its rows frozen in a file, then its results computed from that file, once."""

import datetime as dt
import hashlib
import logging
import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import polars as pl
import sqlalchemy as sa
from sqlalchemy.orm import Session

from analysis import Source, assess
from analysis.report import render
from survey.errors import NothingSubmitted
from survey.services import anonymous, snapshots, submitted
from survey.services.files import replacing
from survey.services.instruments import stored
from survey.services.published import (
    report_path,
    require_data,
    results_path,
    snapshot_name,
    snapshot_path,
)
from survey.services.retention import keep_until
from survey.services.snapshots import Snapshot
from survey.services.studies import Status, find, require_state, status
from survey.settings import Settings
from survey.storage.engine import Storage
from survey.storage.models import ANONYMOUS, Installation, Study, Wave, now

log = logging.getLogger(__name__)

REPORT_LANGUAGE: Final = "en"
# The number submitted, less the rows shown, would be the n of the partners that are hidden, and
# what was removed the answers of those who took them back.
UNPUBLISHED: Final = frozenset({"scoring_key", "participation", "items", "removed"})


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


def close(storage: Storage, settings: Settings, slug: str, number: int | None = None) -> Closed:
    """Close a wave and compute its results.

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
            freeze(session, settings, slug, number)
    return publish(storage, settings, slug, number)


def freeze(session: Session, settings: Settings, slug: str, number: int | None = None) -> Path:
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
        anonymous.settle(session, wave.id)
    day = now()
    frozen = rows_of(session, study, wave, _meta(session, study, counts, day.date()))
    if frozen.frame.is_empty():
        raise NothingSubmitted(wave=wave.number, slug=slug, started=counts.started)
    path = snapshot_path(settings, slug, wave.number)
    wave.snapshot_sha256 = keep_rows(frozen, path)
    wave.keep_until = keep_until(study.retention_days, day.date())
    wave.status, wave.closed_at = "closed", day
    session.flush()
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
        path, snapshot = data_of(settings, slug, wave)
        digest = str(wave.snapshot_sha256)
    sides = sides_of(snapshot)
    for side in sides:
        if anew or not report_path(settings, *place, side).exists():
            _keep(settings, snapshot, digest, place, side)
    return Closed(
        study=place[0],
        wave=place[1],
        submitted=snapshot.frame.height,
        snapshot=path,
        snapshot_sha256=digest,
        results=tuple(results_path(settings, *place, side) for side in sides),
        reports=tuple(report_path(settings, *place, side) for side in sides),
    )


def data_of(settings: Settings, slug: str, wave: Wave) -> tuple[Path, Snapshot]:
    """Read the rows of a closed wave, in their newest version."""
    require_data(slug, wave)
    path = snapshot_path(settings, slug, wave.number, wave.data_version)
    return path, snapshots.read(path, wave.snapshot_sha256)


def _keep(
    settings: Settings,
    snapshot: Snapshot,
    digest: str,
    place: tuple[str, int],
    side: str | None,
) -> None:
    document = assessed(snapshot, digest, side)
    page = render(document, titles=_titles(snapshot), title=snapshot.meta["title"])
    with replacing(results_path(settings, *place, side)) as file:
        file.write(msgspec.json.format(msgspec.json.encode(document)))
    # The report comes last: where it lies, the results lie too.
    with replacing(report_path(settings, *place, side)) as file:
        file.write(page.encode())


def assessed(snapshot: Snapshot, digest: str, side: str | None) -> dict[str, Any]:
    """Compute everything that is published of one side, for no group below the threshold."""
    frame = snapshot.frame
    if side is not None:
        frame = frame.filter(pl.col("side") == side)
    meta = snapshot.meta
    document = assess(
        frame,
        snapshot.scoring_key,
        partner="partner",
        min_n=meta["thresholds"]["min_group"],
        titles=_titles(snapshot),
        source=Source(
            snapshot_name(meta["study"], meta["wave"], meta.get("data_version", 1)), digest
        ),
    ).to_dict()
    own = {key: value for key, value in meta.items() if key not in UNPUBLISHED}
    return {**document, "snapshot": {**own, "side": side or meta["sides"][0]}}


def _titles(snapshot: Snapshot) -> dict[str, str]:
    return {name: texts[REPORT_LANGUAGE] for name, texts in snapshot.meta["labels"].items()}


def sides_of(snapshot: Snapshot) -> tuple[str | None, ...]:
    """Give the sides that have results: those who answered, ``None`` where one alone was asked."""
    answered, asked = set(snapshot.frame["side"]), snapshot.meta["sides"]
    if len(asked) == 1:
        return (None,) if answered else ()
    return tuple(side for side in asked if side in answered)


def _is_published(settings: Settings, slug: str, wave: Wave) -> bool:
    _, snapshot = data_of(settings, slug, wave)
    return all(
        report_path(settings, slug, wave.number, side).exists() for side in sides_of(snapshot)
    )


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
    }
