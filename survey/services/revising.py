"""Rows taken back after closing: the data written anew without them, and when results may follow.

Published numbers stay as they are: two editions of a result, held side by side, would tell
what the erased rows said. So results are computed anew only when, for every partner and side
that lost rows since they were published, at least the threshold of rows, of answers to each
item and of scores on each scale is gone, and of published scores with gaps also elsewhere. Nor
do they follow where they would tell of others beside the means of items that were shown before
(`comparing.apart`).
"""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import polars as pl
from sqlalchemy.orm import Session

from analysis.disclosure import protect
from analysis.scale import Scale
from survey.errors import DataDisagree
from survey.services import closing, snapshots
from survey.services.assessing import data_of, sides_of
from survey.services.comparing.apart import still_apart
from survey.services.comparing.gathering import gather
from survey.services.files import destroy
from survey.services.published import older_snapshots, snapshot_path
from survey.services.researched import published_versions
from survey.services.snapshots import Snapshot
from survey.services.studies import find
from survey.services.withholding import GROUP
from survey.settings import Settings
from survey.storage.engine import Storage
from survey.storage.models import Study, Wave

log = logging.getLogger(__name__)

_MADE_ANEW: Final = frozenset({"content_sha256", "items", "scoring_key", "labels", "removed"})
_SHOWN: Final = "gaps "  # scores with gaps, of those that may be published
Counts = dict[tuple[str, str], dict[str, int]]  # partner and side → what is counted → how many


def without(session: Session, settings: Settings, study: Study, wave: Wave) -> None:
    """Write the data of a closed wave anew, from the rows that are left in the database.

    The new version has a file of its own, so that the wave is whole whether or not the
    transaction succeeds; `settle` takes the old file away once it has.

    Parameters
    ----------
    session
        A writing session, in which the answers that are taken back are gone already.
    settings
        Of the installation.
    study, wave
        A closed wave; it gets the hash and the number of the new version.

    Raises
    ------
    SnapshotMissing, SnapshotChanged
        The present file is not the one that was written.
    DataDisagree
        The database has rows that the file does not have.
    """
    session.flush()
    place = (study.slug, wave.number)
    old = snapshots.read(snapshot_path(settings, *place, wave.data_version), wave.snapshot_sha256)
    version = wave.data_version + 1
    meta = {key: value for key, value in old.meta.items() if key not in _MADE_ANEW}
    new = closing.rows_of(session, study, wave, {**meta, "data_version": version})
    gone = _less(_counts(old), _counts(new))
    raw = (each for counts in gone.values() for each in counts.items())
    if any(count < 0 and not what.startswith(_SHOWN) for what, count in raw):
        raise DataDisagree(slug=study.slug, wave=wave.number)
    removed = [*old.meta.get("removed", ()), *_listed(gone, version)]
    new = snapshots.sealed(new.frame, {**new.meta, "removed": removed})
    wave.snapshot_sha256 = closing.keep_rows(new, snapshot_path(settings, *place, version))
    wave.data_version = version
    session.flush()
    log.info("data written anew: study %s, wave %d, version %d", *place, version)


def settle(storage: Storage, settings: Settings, slug: str, number: int | None = None) -> bool:
    """Destroy what earlier versions of a wave's data left, and publish anew if that is allowed.

    To be called after the transaction of `without`; again and again does no harm.

    Returns
    -------
    bool
        Whether the results were published anew.
    """
    with storage.read() as session:
        study, wave = find(session, slug, number)
    place, version = (study.slug, wave.number), wave.data_version
    for path in older_snapshots(settings, *place, version):
        destroy(path)
    if version == 1 or wave.purged_on is not None:
        return False
    snapshot = data_of(settings, study.slug, wave).snapshot
    gather(settings, *place, snapshot)
    published = published_versions(settings, *place, study.sides)
    if not published or set(published) != set(sides_of(snapshot)):
        return False
    oldest = min(published.values())
    if oldest == version or not _may_follow(snapshot.meta["removed"], oldest, study.min_group):
        return False
    if not still_apart(settings, *place, snapshot):
        return False
    closing.publish(storage, settings, *place, anew=True)
    return True


def _may_follow(removed: list[dict[str, Any]], published: int, least: int) -> bool:
    """Whether nothing can be read from the difference to what is published."""
    lost: dict[tuple[str, str, str], int] = Counter()
    for entry in removed:
        if entry["data_version"] > published:
            for what, count in entry["counts"].items():
                lost[entry["partner"], entry["side"], what] += count
    return all(count == 0 or abs(count) >= least for count in lost.values())


def _counts(snapshot: Snapshot) -> Counts:
    """Count what a partner's numbers rest on: rows, answers, scores with gaps and without."""
    scales = Scale.from_key(snapshot.scoring_key)
    items = dict.fromkeys(item for scale in scales for item in scale.items)
    counted = [pl.len().alias("rows"), *(pl.col(i).count().alias(f"item {i}") for i in items)]
    for scale in scales:
        answered = pl.sum_horizontal(pl.col(item).is_not_null() for item in scale.items)
        counted.append((answered >= scale.needed).sum().alias(f"scores {scale.name}"))
        counted.append((answered == scale.k).sum().alias(f"complete {scale.name}"))
    groups = snapshot.frame.group_by(*GROUP).agg(counted)
    found = {(row.pop("partner"), row.pop("side")): row for row in groups.iter_rows(named=True)}
    for group, gaps in _gaps(snapshot, scales).items():
        found[group] |= gaps
    return found


def _gaps(snapshot: Snapshot, scales: Sequence[Scale]) -> Counts:
    """Count the scores with gaps that are published: fewer can be, and more, when rows go."""
    found: Counts = {}
    for (side,), rows in snapshot.frame.partition_by("side", as_dict=True).items():
        least = snapshot.meta["thresholds"]["min_group"]
        shown: Any = protect(rows, scales, "partner", least)
        counted = []
        for scale in scales:
            answered = pl.sum_horizontal(pl.col(item).is_not_null() for item in scale.items)
            with_gap = (answered > 0) & (answered < scale.k)
            counted.append(with_gap.sum().alias(f"{_SHOWN}{scale.name}"))
        for row in shown.group_by("partner").agg(counted).iter_rows(named=True):
            found[row.pop("partner"), side] = row
    return found


def _less(old: Counts, new: Counts) -> Counts:
    return {
        group: {
            what: count - new.get(group, {}).get(what, 0)
            for what, count in (old.get(group) or dict.fromkeys(new[group], 0)).items()
        }
        for group in {**old, **new}
    }


def _listed(gone: Mapping[tuple[str, str], dict[str, int]], version: int) -> list[dict[str, Any]]:
    return [
        {"data_version": version, "partner": partner, "side": side, "counts": counts}
        for (partner, side), counts in sorted(gone.items())
        if any(counts.values())
    ]
