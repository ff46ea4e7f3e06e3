"""Evidence on scales that is there on request: what takes long, and what needs a column."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

from analysis.cuts import Cuts
from analysis.data import Frame
from analysis.errors import UnknownChoice
from analysis.scale import Scale
from analysis.scale_assessment import Choices
from analysis.scale_evidence_groups import Comparability, comparability
from analysis.scale_evidence_retest import Stability, stability
from analysis.scale_evidence_thorough import Thorough, thorough
from analysis.steps import Steps

AS_OTHERS = (
    "people who answered in several waves count as different people in each, so that a change is "
    "hardly ever seen; name the rater (retest) to follow them"
)


@dataclass(frozen=True, slots=True)
class EvidenceWanted:
    """Which evidence on scales is wanted.

    Parameters
    ----------
    thorough
        What takes long and needs no column.
    group
        Columns over whose groups the scales are to be comparable.
    retest
        Column that names the rater over waves; None: no test-retest.
    side, wave
        Columns that name the side and the wave of each row; None where there are none.
    """

    thorough: bool = False
    group: tuple[str, ...] = ()
    retest: str | None = None
    side: str | None = None
    wave: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class EvidenceParts:
    """The evidence; each part is None where it was not wanted.

    Parameters
    ----------
    thorough
        Polychoric correlations, HTMT with intervals, common method.
    comparability
        One entry per column of groups.
    retest
        One entry per scale and two waves.
    """

    thorough: Thorough | None = None
    comparability: tuple[Comparability, ...] | None = None
    retest: tuple[Stability, ...] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the parts that there are, as they stand in the JSON."""
        parts: dict[str, Any] = {}
        if self.comparability is not None:
            parts["comparability"] = [part.to_dict() for part in self.comparability]
        if self.retest is not None:
            by_scale: dict[str, list[dict[str, Any]]] = {}
            for part in self.retest:
                by_scale.setdefault(part.scale, []).append(part.to_dict())
            parts["retest"] = by_scale
        return parts | (self.thorough.to_dict() if self.thorough is not None else {})


def evidence_parts(
    ready: Frame,
    cuts: Cuts | None,
    scales: Sequence[Scale],
    wanted: EvidenceWanted,
    choices: Choices,
    steps: Steps | None = None,
) -> EvidenceParts:
    """Compute the evidence on scales that is wanted.

    Parameters
    ----------
    ready
        Rows of the main analysis, ready to be published.
    cuts
        Rows by side and wave, each cell ready to be published; None without such columns.
    scales
        The scales; guesses of the other side's view are not among them.
    wanted, choices
        What is wanted; options.
    steps
        Is told how far it is.

    Returns
    -------
    EvidenceParts
        Groups that are sides are compared in the last wave, groups that are waves on the first
        side, other groups among the rows of the main analysis.

    Raises
    ------
    UnknownChoice
        If test-retest is wanted without waves.
    UnknownColumn
        If there is no such column.
    """
    if wanted.retest is not None and wanted.wave is None:
        raise UnknownChoice("retest compares waves; name their column too (wave).")
    steps = steps or Steps(None, 1)
    by_column = []
    for each in wanted.group:
        members = _rows_for(each, ready, cuts, wanted)
        found = comparability(members, scales, each, choices, steps.begin(4))
        told = (AS_OTHERS,) if each == wanted.wave else ()
        by_column.append(replace(found, notes=(*found.notes, *told)))
    return EvidenceParts(
        thorough(ready, scales, choices, steps.begin(8)) if wanted.thorough else None,
        tuple(by_column) if wanted.group else None,
        _retest(cuts, scales, wanted, choices),
    )


def _retest(
    cuts: Cuts | None, scales: Sequence[Scale], wanted: EvidenceWanted, choices: Choices
) -> tuple[Stability, ...] | None:
    if wanted.retest is None or wanted.wave is None or cuts is None:
        return None
    who = [wanted.retest, *([choices.partner] if choices.partner else [])]
    return stability(_all_waves(cuts), scales, who, wanted.wave, choices)


def _rows_for(column: str, ready: Frame, cuts: Cuts | None, wanted: EvidenceWanted) -> Any:  # noqa: ANN401 - a frame of either library
    if cuts is not None and column == wanted.wave:
        return _all_waves(cuts)
    if cuts is not None and column == wanted.side:
        return _joined([cuts.cells[side, cuts.last] for side in cuts.sides])
    return ready


def _all_waves(cuts: Cuts) -> Any:  # noqa: ANN401 - a frame of either library
    """Return the rows of the first side in all waves."""
    first = cuts.sides[0] if cuts.sides else None
    return _joined([cuts.cells[first, wave] for wave in cuts.waves])


def _joined(frames: list[Any]) -> Any:  # noqa: ANN401 - a frame of either library
    if hasattr(frames[0], "vstack"):
        return reduce(lambda one, other: one.vstack(other), frames)
    import pandas as pd  # noqa: PLC0415 - pandas takes a third of a second to import

    return pd.concat(frames)
