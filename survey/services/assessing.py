"""What is computed from the frozen rows of closed waves: one document for each side, one of all."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from analysis import Source, assess
from survey.services import snapshots
from survey.services.published import require_data, snapshot_name, snapshot_path
from survey.services.snapshots import Snapshot
from survey.settings import Settings
from survey.storage.models import Wave

REPORT_LANGUAGE: Final = "en"
OUTCOME: Final = "overall"  # the construct whose drivers are looked for, where it was asked
BOTH: Final = "both"
# The number submitted, less the rows shown, would be the n of the partners that are hidden, and
# what was removed the answers of those who took them back.
UNPUBLISHED: Final = frozenset({"scoring_key", "participation", "items", "removed", "instructed"})


@dataclass(frozen=True, slots=True, eq=False)
class Frozen:
    """The rows of a closed wave, with the SHA-256 of the file that holds them."""

    snapshot: Snapshot
    sha256: str

    @property
    def edition(self) -> dict[str, Any]:
        """Say which file this is: wave, name, hash and version of the data."""
        meta = self.snapshot.meta
        version = meta.get("data_version", 1)
        file = snapshot_name(meta["study"], meta["wave"], version)
        return {
            "wave": meta["wave"],
            "file": file,
            "sha256": self.sha256,
            "data_version": version,
        }


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """A closed wave with the earlier ones that it is compared with, oldest first."""

    last: Frozen
    earlier: tuple[Frozen, ...] = ()

    @property
    def side(self) -> str | None:
        """Tell whose rows these are: one side's, ``both``, or ``None`` where one alone was asked.

        Two sides are compared in the last wave, so both must have answered in it.
        """
        answered = sides_of(self.last.snapshot)
        return BOTH if len(answered) > 1 else next(iter(answered), None)

    @property
    def outcome(self) -> str | None:
        """Name the scale whose drivers are wanted."""
        return outcome_of(self.last.snapshot)

    @property
    def side_column(self) -> str | None:
        """Name the column of sides, if they are compared."""
        return "side" if self.side == BOTH else None

    @property
    def wave_column(self) -> str | None:
        """Name the column of waves, if they are compared."""
        return "wave" if self.earlier else None

    @property
    def groups(self) -> tuple[str, ...]:
        """Name the columns over which it can be told whether scales mean the same.

        These are the cuts that were fixed at closing; the language is none of them.
        """
        return tuple(name for name in (self.side_column, self.wave_column) if name)

    @property
    def frame(self) -> pl.DataFrame:
        """Give the rows of all waves, earlier ones first."""
        frames = [frozen.snapshot.frame for frozen in (*self.earlier, self.last)]
        rows = pl.concat(frames, how="diagonal_relaxed")
        return rows if self.side in (None, BOTH) else rows.filter(pl.col("side") == self.side)


def data_of(settings: Settings, slug: str, wave: Wave) -> Frozen:
    """Read the rows of a closed wave, in their newest version.

    Raises
    ------
    WavePurged, SnapshotMissing, SnapshotChanged
    """
    require_data(slug, wave)
    path = snapshot_path(settings, slug, wave.number, wave.data_version)
    return Frozen(snapshots.read(path, wave.snapshot_sha256), str(wave.snapshot_sha256))


def assessed(snapshot: Snapshot, digest: str, side: str | None) -> dict[str, Any]:
    """Compute everything that is published of one side, for no group below the threshold."""
    frame = snapshot.frame
    if side is not None:
        frame = frame.filter(pl.col("side") == side)
    last = Frozen(snapshot, digest)
    document = _assessed(frame, last, outcome=outcome_of(snapshot))
    return {**document, "snapshot": told(snapshot, side)}


def compared(
    stack: Stack,
    *,
    thorough: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Compute what is published of all sides and waves together.

    Parameters
    ----------
    stack
        The wave, and the earlier ones; their scales and thresholds are the same.
    thorough
        Compute also what takes long: whether the scales mean the same on both sides and in all
        waves, and what needs resampling.
    progress
        Called with what is done and of how much.

    Returns
    -------
    dict
        Scales and partners of the first side in the last wave, then both sides, waves, warnings
        and drivers. Nothing in it reveals a hidden partner, also beside the documents of
        `assessed`: each side of each wave is protected by the same rule, and so loses the same
        answers here as there before anything is computed.
    """
    document = _assessed(
        stack.frame,
        stack.last,
        side=stack.side_column,
        wave=stack.wave_column,
        outcome=stack.outcome,
        thorough=thorough,
        group=stack.groups if thorough else (),
        progress=progress,
    )
    side = sides_of(stack.last.snapshot)[0]
    return {**document, "snapshot": told(stack.last.snapshot, side)}


def is_plain(stack: Stack) -> bool:
    """Whether the document of all sides and waves is that of the one side in the one wave."""
    return stack.side != BOTH and not stack.earlier


def _assessed(frame: pl.DataFrame, last: Frozen, **options: Any) -> dict[str, Any]:  # noqa: ANN401
    meta = last.snapshot.meta
    return assess(
        frame,
        last.snapshot.scoring_key,
        partner="partner",
        min_n=meta["thresholds"]["min_group"],
        titles=titles_of(last.snapshot),
        source=Source(last.edition["file"], last.sha256),
        composite=True,
        weights=meta.get("weights"),
        **options,
    ).to_dict()


def told(snapshot: Snapshot, side: str | None) -> dict[str, Any]:
    """Give what a snapshot says about itself, as far as it may be published."""
    own = {key: value for key, value in snapshot.meta.items() if key not in UNPUBLISHED}
    return {**own, "side": side or snapshot.meta["sides"][0]}


def titles_of(snapshot: Snapshot) -> dict[str, str]:
    """Give what the constructs are called in reports."""
    return {name: texts[REPORT_LANGUAGE] for name, texts in snapshot.meta["labels"].items()}


def outcome_of(snapshot: Snapshot) -> str | None:
    """Name the scale whose drivers are looked for, if it was asked beside others."""
    key = snapshot.scoring_key
    return OUTCOME if OUTCOME in key and len(key) > 1 else None


def sides_of(snapshot: Snapshot) -> tuple[str | None, ...]:
    """Give the sides that have results: those who answered, ``None`` where one alone was asked."""
    answered, asked = set(snapshot.frame["side"]), snapshot.meta["sides"]
    if len(asked) == 1:
        return (None,) if answered else ()
    return tuple(side for side in asked if side in answered)
