"""The report for researchers: all sides of a closed wave and its earlier waves, computed once.

It is kept beside the results of the wave and shown as it was kept. Earlier waves are in it as far
as they are whole, and as they were published: a report made from data of which something was
withdrawn since would show, beside the published one, what it was.
"""

import gzip
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

from analysis.report import inside, render
from survey.errors import ResultsHeldBack, ResultsMissing, SnapshotChanged, SnapshotMissing
from survey.services.assessing import (
    Frozen,
    Stack,
    compared,
    data_of,
    is_plain,
    sides_of,
    titles_of,
)
from survey.services.comparing.keeping import keep
from survey.services.files import replacing
from survey.services.published import research_paths
from survey.services.researched import (
    EDITION,
    LARGEST_PAGE,
    Edition,
    Made,
    is_as_published,
    published_versions,
)
from survey.services.studies import find, require_state
from survey.settings import Settings
from survey.storage.engine import Storage
from survey.storage.models import Study, Wave

log = logging.getLogger(__name__)

_LEVEL: Final = 3  # as our pages are compressed when they are sent
_FRAME: Final = 4 * 1024  # what the frame of a page weighs beside its inside
_SAVED: Final = re.compile(r'<p class="save">.*?</p>\n?', re.DOTALL)  # a table as a file in a link

Documents = Mapping[str | None, dict[str, Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """What a report is made of, and why some earlier waves are not in it."""

    place: tuple[str, int]
    stack: Stack
    left_out: tuple[str, ...]


def make(
    storage: Storage,
    settings: Settings,
    slug: str,
    number: int | None = None,
    *,
    thorough: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Path, Path]:
    """Make the report of a closed wave anew.

    Parameters
    ----------
    storage, settings
        Of the installation. No transaction may be open.
    slug, number
        The study, and its wave: the latest if not given.
    thorough
        With the parts that take long.
    progress
        Called with what is done and of how much.

    Returns
    -------
    tuple of Path
        Numbers and report.

    Raises
    ------
    UnknownStudy, UnknownWave, WaveState, WavePurged
    ResultsMissing
        The wave's own results come first.
    ResultsHeldBack
        Answers were withdrawn since its results were published.
    """
    with storage.read() as session:
        study, wave = find(session, slug, number)
        hint = f"; run `tillit study close {slug}`" if wave.status == "open" else ""
        require_state(slug, wave, "closed", act="make its report", hint=hint)
        last = data_of(settings, slug, wave)
        if not published_versions(settings, slug, wave.number, study.sides):
            raise ResultsMissing(wave=wave.number, slug=slug)
        if not is_as_published(settings, study, wave):
            raise ResultsHeldBack(wave=wave.number, slug=slug)
        gathered = gather(session, settings, study, wave, last)
    document = compared(gathered.stack, thorough=thorough, progress=progress)
    return _keep(settings, gathered, document, thorough=thorough)


def follow(storage: Storage, settings: Settings, place: tuple[str, int], made: Documents) -> None:
    """Make the report after the results of each side, without what takes long.

    Where it is the document of the one side in the one wave, that is not computed twice.
    Nothing is made where something was withdrawn since a side was published.
    """
    with storage.read() as session:
        study, wave = find(session, *place)
        if not is_as_published(settings, study, wave):
            return
        gathered = gather(session, settings, study, wave, data_of(settings, study.slug, wave))
    side = sides_of(gathered.stack.last.snapshot)[0]
    known = made.get(side) if is_plain(gathered.stack) else None
    _keep(settings, gathered, known or compared(gathered.stack), thorough=False)


def gather(
    session: Session, settings: Settings, study: Study, wave: Wave, last: Frozen
) -> Gathered:
    """Read the earlier waves that a wave may be compared with, oldest first."""
    earlier = session.scalars(
        sa.select(Wave)
        .where(Wave.study_id == study.id, Wave.number < wave.number, Wave.status == "closed")
        .order_by(Wave.number)
    ).all()
    found, left_out = [], []
    for each in earlier:
        frozen = _frozen(settings, study, each, last)
        if isinstance(frozen, Frozen):
            found.append(frozen)
        else:
            left_out.append(f"Wave {each.number} is left out: {frozen}.")
    return Gathered((study.slug, wave.number), Stack(last, tuple(found)), tuple(left_out))


def _frozen(settings: Settings, study: Study, wave: Wave, last: Frozen) -> Frozen | str:
    """Read an earlier wave, or say why it cannot be compared with."""
    if wave.purged_on is not None:
        return f"its data were deleted on {wave.purged_on.isoformat()}, as was promised"
    if not is_as_published(settings, study, wave):
        return (
            "its data are not those of which its results were published, since answers were "
            "withdrawn, and the difference would show them"
        )
    try:
        frozen = data_of(settings, study.slug, wave)
    except (SnapshotMissing, SnapshotChanged):
        return "its data file is missing or was changed"
    rules = ("scoring_key", "thresholds", "sides")
    if any(frozen.snapshot.meta[rule] != last.snapshot.meta[rule] for rule in rules):
        return "it had other scales, thresholds or sides"
    return frozen


def _keep(
    settings: Settings, gathered: Gathered, document: Mapping[str, Any], *, thorough: bool
) -> tuple[Path, Path]:
    stack, snapshot = gathered.stack, gathered.stack.last.snapshot
    made = Made(
        edition=EDITION,
        rests_on=tuple(Edition(**each.edition) for each in (*stack.earlier, stack.last)),
        left_out=gathered.left_out,
        side=stack.side,
        outcome=stack.outcome,
        thorough=thorough,
        groups=stack.groups if thorough else (),
        weights=stack.last.snapshot.meta.get("weights", {}),
    )
    whole = render(
        {**document, "notes": [*gathered.left_out, *document["notes"]]},
        titles=titles_of(snapshot),
        command=made.command(),
        title=snapshot.meta["title"],
    )
    body = inside(whole)
    made = replace(made, saves_tables=_weight(body) <= LARGEST_PAGE - _FRAME)
    body = body if made.saves_tables else _SAVED.sub("", body)
    made = replace(made, weight=_weight(body))
    numbers, report, page = research_paths(settings, *gathered.place)
    encoded = msgspec.json.encode({**document, "research": asdict(made)})
    page.unlink(missing_ok=True)
    for path, data in (
        (numbers, msgspec.json.format(encoded)),
        (report, whole.encode()),
        (page, body.encode()),
    ):
        with replacing(path) as file:
            file.write(data)
    slug, _ = gathered.place
    keep(settings, slug, document, stack)
    log.info("report for researchers made: study %s, wave %d", *gathered.place)
    return numbers, report


def _weight(body: str) -> int:
    return len(gzip.compress(body.encode(), _LEVEL, mtime=0))
