"""What an assessment has besides scales and partners: sides, waves, drivers, careless rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.cuts import Cuts, rows
from analysis.disclosure import META, protect
from analysis.driver_assessment import assess_drivers
from analysis.dyad_assessment import Dyads, assess_dyads
from analysis.errors import RefusedData, UnknownChoice
from analysis.partner_evidence import PartnerEvidence, PartnersWanted, partner_evidence
from analysis.quality import quality
from analysis.quality_result import Quality
from analysis.scale import Scale
from analysis.scale_assessment import Choices
from analysis.scale_evidence_parts import EvidenceParts, EvidenceWanted, evidence_parts
from analysis.sensitivity import Sensitivity, compare, hidden_reason
from analysis.side_assessment import TwoSides, assess_sides
from analysis.steps import Steps
from analysis.warning_assessment import Warned, early_warnings
from analysis.wave_assessment import WaveScale, assess_waves


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which parts are wanted.

    Parameters
    ----------
    side, wave
        Columns that name the side and the wave of each row; None: no comparison.
    outcome
        Scale whose drivers are wanted; None: none.
    without_flagged
        Whether to look for careless rows and show results without them.
    seconds
        Column with the seconds that a row took.
    keep
        Rows, counted from 1, that are flagged and to be kept all the same.
    instructed
        Column to the answer that it asked for.
    thorough
        Whether to compute what takes long, among that whether scales mean the same on both sides
        and in all waves.
    group
        Columns over whose groups the scales are to be comparable.
    retest
        Column that names the rater over waves; None: no test-retest.
    partners
        What is wanted to be known of partners besides their scores.
    """

    side: str | None = None
    wave: str | None = None
    outcome: str | None = None
    without_flagged: bool = False
    seconds: str | None = None
    keep: tuple[int, ...] = ()
    instructed: Mapping[str, float | str] = field(default_factory=dict)
    thorough: bool = False
    group: tuple[str, ...] = ()
    retest: str | None = None
    partners: PartnersWanted = field(default_factory=PartnersWanted)

    def over(self, cuts: Cuts | None) -> "Wanted":
        """Add sides and waves to the groups, where all is wanted and there are several of them."""
        if cuts is None or not self.thorough:
            return self
        several = ((self.side, cuts.sides), (self.wave, cuts.waves))
        more = [name for name, labels in several if name is not None and len(labels) > 1]
        return replace(self, group=tuple(dict.fromkeys((*self.group, *more))))

    @property
    def weight(self) -> int:
        """Return the weights of what is wanted, for those who watch how far it is."""
        of_cuts = 2 if self.side or self.wave else 0
        of_columns = 4 * len(self.group) + (0 if self.retest is None else 1)
        of_partners = 4 if self.partners.anything else 0
        drivers = 0 if self.outcome is None else 1
        return of_cuts + of_columns + (8 if self.thorough else 0) + of_partners + drivers

    @property
    def times_again(self) -> int:
        """Return how often the rows are assessed again: with and without the flagged ones."""
        return 2 if self.without_flagged else 0


@dataclass(frozen=True, slots=True, eq=False)
class StudyParts:
    """The parts; each is None where it was not wanted or cannot be.

    Parameters
    ----------
    cuts
        Sides and waves of the data.
    two_sides
        Sides A and B in the last wave.
    dyads
        Both sides as pairs; None where not all is wanted.
    waves
        Scale name to its waves.
    warnings
        Early warnings; None without sides and waves.
    drivers
        Shares of an outcome's variance, or the reason why there are none.
    careless
        Rows that are flagged as careless.
    sensitivity
        Results with and without them.
    evidence
        Evidence on scales that takes long or needs a column.
    partners
        Evidence on partners.
    min_n
        Smallest group of which a number may be shown.
    """

    cuts: Cuts | None = None
    two_sides: TwoSides | None = None
    dyads: Dyads | None = None
    waves: dict[str, WaveScale] | None = None
    warnings: Warned | None = None
    drivers: dict[str, Any] | None = None
    careless: Quality | None = None
    sensitivity: Sensitivity | None = None
    evidence: EvidenceParts = field(default_factory=EvidenceParts)
    partners: PartnerEvidence = field(default_factory=PartnerEvidence)
    min_n: int = 1

    def to_dict(self) -> dict[str, Any]:
        """Return the parts that there are, as they stand in the JSON."""
        parts: dict[str, Any] = {}
        if self.two_sides is not None:
            parts["two_sides"] = self.two_sides.to_dict()
        if self.dyads is not None:
            parts["dyads"] = self.dyads.to_dict()
        if self.cuts is not None and self.waves is not None:
            scales = {name: scale.to_dict() for name, scale in self.waves.items()}
            parts["waves"] = {"waves": [str(w) for w in self.cuts.waves], "scales": scales}
        if self.warnings is not None:
            parts |= self.warnings.to_dict()
        if self.drivers is not None:
            parts["drivers"] = self.drivers
        if self.careless is not None and self.sensitivity is not None:
            told = _told(self.careless, self.min_n)
            parts["quality"] = {**told, "without_flagged": self.sensitivity.to_dict()}
        return parts | self.evidence.to_dict() | self.partners.to_dict()


def study_parts(
    frames: tuple[Any, Any],
    cuts: Cuts | None,
    scales: tuple[Scale, ...],
    wanted: Wanted,
    choices: Choices,
    *,
    again: Callable[[Any], dict[str, Any]],
    steps: Steps,
) -> StudyParts:
    """Compute the parts that are wanted.

    Parameters
    ----------
    frames
        Rows of the main analysis; the same, ready to be published.
    cuts
        Rows by side and wave, if there are any.
    scales, wanted, choices
        Scales and options; guesses of the other side's view end in «__meta».
    again
        Assesses rows and returns the document.
    steps
        Is told how far it is.

    Returns
    -------
    StudyParts
        Each side and wave is protected as if it were published alone.
    """
    main, ready = frames
    own = [scale for scale in scales if not scale.name.endswith(META)]
    found = StudyParts(min_n=choices.min_n)
    if cuts is not None:
        steps.begin(2)
        found = _over_cuts(cuts, scales, own, choices)
        if wanted.thorough and found.two_sides is not None:
            pairs = assess_dyads(found.two_sides.scales, wanted.outcome, level=choices.level)
            found = replace(found, dyads=pairs)
    columns = EvidenceWanted(wanted.thorough, wanted.group, wanted.retest, wanted.side, wanted.wave)
    found = replace(found, evidence=evidence_parts(ready, found.cuts, own, columns, choices, steps))
    if wanted.partners.anything:
        steps.begin(4)
        of = partner_evidence(ready, found.cuts, own, wanted.partners, choices, wanted.outcome)
        found = replace(found, partners=of)
    if wanted.outcome is not None:
        watched = steps.begin()
        drivers = assess_drivers(ready, own, wanted.outcome, choices, watched)
        found = replace(found, drivers=drivers)
    if not wanted.without_flagged:
        return found
    flags = _flagged(main, scales, wanted, cuts)
    without = _without(main, scales, flags, choices, again)
    return replace(found, careless=flags, sensitivity=without)


def _over_cuts(
    cuts: Cuts, scales: tuple[Scale, ...], own: Sequence[Scale], choices: Choices
) -> StudyParts:
    guarded = {
        key: protect(frame, scales, choices.partner, choices.min_n)
        for key, frame in cuts.cells.items()
    }
    cuts = replace(cuts, cells=guarded)
    sides = None
    if len(cuts.sides) == 2:
        a, b = cuts.sides
        frames = (guarded[a, cuts.last], guarded[b, cuts.last])
        sides = assess_sides(*frames, scales, (a, b), choices)
    waves = assess_waves(cuts, own, choices) if len(cuts.waves) > 1 else None
    pairs = {} if sides is None else sides.scales
    warnings = early_warnings(cuts, own, choices, waves or {}, pairs)
    return StudyParts(cuts, sides, waves=waves, warnings=warnings, min_n=choices.min_n)


def _flagged(
    data: Any,  # noqa: ANN401 - a frame of either library
    scales: tuple[Scale, ...],
    wanted: Wanted,
    cuts: Cuts | None,
) -> Quality:
    """Flag careless rows, by their numbers in the whole data."""
    options: dict[str, Any] = {"seconds": wanted.seconds, "instructed": wanted.instructed}
    if cuts is None:
        return quality(data, scales, **options, keep=wanted.keep)
    numbers: NDArray[np.intp] = np.flatnonzero(cuts.main) + 1
    place = {number: at + 1 for at, number in enumerate(numbers.tolist())}
    strangers = [row for row in wanted.keep if row not in place]
    if strangers:
        raise UnknownChoice(f"keep names row {strangers[0]}, which is not flagged; leave it out.")
    keep = [place[row] for row in wanted.keep]
    flags = quality(data, scales, **options, keep=keep)
    named = (replace(flag, row=int(numbers[flag.row - 1])) for flag in flags.flags)
    return replace(flags, flags=tuple(named))


def _without(
    data: Any,  # noqa: ANN401 - a frame of either library
    scales: tuple[Scale, ...],
    flags: Quality,
    choices: Choices,
    again: Callable[[Any], dict[str, Any]],
) -> Sensitivity:
    """Set every result beside itself without the flagged rows, or say why not."""
    reason = hidden_reason(data, scales, choices.partner, flags.flagged, choices.min_n)
    if reason:
        return Sensitivity(None, reason=reason)
    if not flags.n_flagged:
        return Sensitivity(0, reason="No row is flagged.")
    try:
        without = again(rows(data, ~flags.flagged))
    except RefusedData:
        return Sensitivity(flags.n_flagged, reason="Every row is flagged: nothing is left.")
    return compare(again(data), without, flags.n_flagged)


def _told(flags: Quality, min_n: int) -> dict[str, Any]:
    """Return what may be shown of the flags; below a threshold no rows and no counts."""
    document = flags.to_dict()
    if min_n == 1:
        return document
    notes = [
        f"Single rows are not listed, and counts below {min_n} are not shown.",
        *(note for note in flags.notes if not note[0].isdigit()),
    ]
    counts = {rule: n if n >= min_n else None for rule, n in flags.counts.items()}
    total = flags.n_flagged if flags.n_flagged >= min_n else None
    hidden = {"flags": [], "counts": counts, "n_flagged": total, "n_rows": None, "notes": notes}
    return {**document, **hidden}
