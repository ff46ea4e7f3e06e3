"""What researchers read of a closed wave, as it was kept. No statistics are computed here."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.services.published import research_paths, results_path, workspace_path
from survey.services.studies import find
from survey.settings import Settings
from survey.storage.models import Study, Wave

LARGEST_PAGE: Final = 60 * 1024  # bytes that a page should not exceed on its way
EDITION: Final = 1  # another one when the kept files change, so that the page says which are older


@dataclass(frozen=True, slots=True)
class Edition:
    """A file of rows: its wave, its name, the SHA-256 of its bytes, the version of its data."""

    wave: int
    file: str
    sha256: str
    data_version: int


@dataclass(frozen=True, slots=True)
class Made:
    """How the numbers were made.

    Parameters
    ----------
    edition
        Of the kept files.
    rests_on
        The data, earlier waves first.
    left_out
        Sentences on earlier waves that are not in it.
    side
        ``both``, the side whose rows these are, or ``None`` where one alone was asked.
    outcome
        The scale whose drivers were looked for.
    thorough
        Whether the parts that take long are there.
    groups
        The columns over which it was looked whether scales mean the same.
    weights
        Scale and weight, where the study weighs a composite.
    weight
        Bytes of the inside of the report as it is sent, compressed.
    saves_tables
        Whether each table is in it once more, as a file to be saved; not where that would make
        the page too heavy.
    """

    edition: int
    rests_on: tuple[Edition, ...]
    left_out: tuple[str, ...] = ()
    side: str | None = None
    outcome: str | None = None
    thorough: bool = False
    groups: tuple[str, ...] = ()
    weights: dict[str, float] = field(default_factory=dict)
    weight: int = 0
    saves_tables: bool = True

    def command(self, folder: Path | None = None) -> str:
        """Write the command that computes the same numbers again.

        Parameters
        ----------
        folder
            Where the data files lie; none where the command is run beside them.
        """
        *earlier, last = [str((folder or Path()) / each.file) for each in self.rests_on]
        words = ["tillit", "analyse", last]
        words += ["--side", self.side] if self.side else []
        for file in earlier:
            words += ["--earlier", file]
        words += ["--outcome", self.outcome] if self.outcome else []
        words += ["--thorough"] if self.thorough else []
        for column in self.groups:
            words += ["--group", column]
        words += [] if self.weights else ["--composite"]
        for scale, weight in self.weights.items():
            words += ["--weight", f"{scale}={weight:g}"]
        return shlex.join(words)


@dataclass(frozen=True, slots=True)
class Told:
    """What the snapshot said about itself."""

    title: str
    organisation: str
    thresholds: Mapping[str, int]
    closed_on: str
    sides: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """What the page says about the kept report: size, what it rests on, and by whom it was made."""

    tillit: str
    n_rows: int
    snapshot: Told
    research: Made


def latest(session: Session, slug: str) -> int:
    """Give the number of the latest closed wave of a study; of the latest while none is closed.

    Raises
    ------
    UnknownStudy
    """
    study, last = find(session, slug)
    closed = session.scalar(
        sa.select(sa.func.max(Wave.number)).where(
            Wave.study_id == study.id, Wave.status == "closed"
        )
    )
    return closed or last.number


def kept(settings: Settings, slug: str, wave: int) -> Kept | None:
    """Read what is known of the report that was kept; ``None`` where there is none."""
    numbers, _, page = research_paths(settings, slug, wave)
    if not page.exists():
        return None
    return msgspec.json.decode(numbers.read_bytes(), type=Kept)


def still_there(session: Session, study: Study, made: Made) -> bool:
    """Whether the very data that a report rests on are still kept, so that it can be recomputed."""
    waves = session.scalars(sa.select(Wave).where(Wave.study_id == study.id))
    present = {wave.number: wave.snapshot_sha256 for wave in waves if wave.purged_on is None}
    return all(present.get(each.wave) == each.sha256 for each in made.rests_on)


def resting_on(session: Session, settings: Settings, slug: str, wave: int) -> list[Path]:
    """Find the reports of later waves that hold numbers of this one too.

    Where a report has no page, its writer or who deleted it was ended midway: what is left of it
    may hold them.
    """
    study, _ = find(session, slug, wave)
    later = session.scalars(
        sa.select(Wave.number).where(Wave.study_id == study.id, Wave.number > wave)
    )
    return [
        path
        for number in later
        if (report := kept(settings, slug, number)) is None
        or wave in {each.wave for each in report.research.rests_on}
        for path in (
            *reversed(research_paths(settings, slug, number)),
            workspace_path(settings, slug, number),
        )
    ]


def published_versions(
    settings: Settings, slug: str, wave: int, asked: list[str]
) -> dict[str | None, int]:
    """Tell for each side that has results of which version of the data they are."""
    found: dict[str | None, int] = {}
    for side in asked if len(asked) > 1 else (None,):
        path = results_path(settings, slug, wave, side)
        if path.exists():
            document = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
            found[side] = int(document["snapshot"].get("data_version", 1))
    return found


def is_as_published(settings: Settings, study: Study, wave: Wave) -> bool:
    """Whether the data of a wave are those of which its results were published.

    After a withdrawal they are not. Anything computed from them would show, beside the results,
    what was withdrawn, until the results themselves may be published anew.
    """
    versions = published_versions(settings, study.slug, wave.number, study.sides)
    return bool(versions) and set(versions.values()) == {wave.data_version}
