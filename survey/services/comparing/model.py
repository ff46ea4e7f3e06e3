"""What is kept of a closed wave for those who compare partners, as small as it can be.

Everything is by the place of a partner in ``names``. Numbers are those of the report for
researchers and of nothing else; what may not be shown is ``None`` there and here.
"""

from typing import Final

import msgspec

EDITION: Final = 2  # another one when the shape changes: older files are made anew, not read
SURE: Final = 0.05  # a difference with a smaller p, allowed for its family, is one beyond error


class Score(msgspec.Struct, frozen=True, array_like=True):
    """One partner on one scale, or by its composite, as one side sees it.

    `score` is the shrunken one where `shrunken` of the measure says so, else the mean; `first`
    and `last` are the places that it may hold, all partners at once; `beyond` is 1 or -1 where
    it surely lies above or below the others, else 0; `among_all` is the same where that also
    holds when all scales of the side are allowed for.
    """

    n: int | None = None
    mean: float | None = None
    mean_low: float | None = None
    mean_high: float | None = None
    score: float | None = None
    low: float | None = None
    high: float | None = None
    first: int | None = None
    last: int | None = None
    beyond: int = 0
    reliability: float | None = None  # of the mean, with as many answers as there are
    among_all: int = 0


class Measure(msgspec.Struct, frozen=True, array_like=True):
    """A scale or the composite: its ends, the mean of all, who is tied with whom."""

    lowest: float
    highest: float
    centre: float | None
    shrunken: bool
    scores: list[Score]
    bands: list[list[int]]
    alpha: float | None = None
    alpha_low: float | None = None
    reliability: float | None = None  # of a mean of as many raters as partners have
    icc: float | None = None  # reliability of one rater
    icc_low: float | None = None
    icc_high: float | None = None
    needed: float | None = None  # raters whose mean has reliability .70, unrounded


class Seen(msgspec.Struct, frozen=True, array_like=True):
    """A relationship as both sides see it on one scale; a is ours, b is theirs.

    Means are over the items that were guessed too, where only some were. `gap` is a less b;
    `verdict` says whether it lies beyond the margin; states are those of co-orientation, from
    where each side stands.
    """

    n_a: int | None = None
    a: float | None = None
    a_low: float | None = None
    a_high: float | None = None
    a_guess: float | None = None
    n_b: int | None = None
    b: float | None = None
    b_low: float | None = None
    b_high: float | None = None
    b_guess: float | None = None
    gap: float | None = None
    gap_low: float | None = None
    gap_high: float | None = None
    verdict: str | None = None
    state_a: str | None = None
    state_b: str | None = None


class Point(msgspec.Struct, frozen=True, array_like=True):
    """One wave of one partner; the interval is that of its mean."""

    wave: int
    n: int
    value: float
    low: float | None = None
    high: float | None = None


class Shift(msgspec.Struct, frozen=True, array_like=True):
    """The score of the last wave less that of an earlier one, with its interval.

    `shrunken` says whether it is drawn towards the mean change of all partners; `sure` whether the
    partner's own difference, not drawn to anything, lies beyond error.
    """

    wave: int
    value: float
    low: float | None = None
    high: float | None = None
    shrunken: bool = False
    sure: bool = False


class Course(msgspec.Struct, frozen=True, array_like=True):
    """How one partner went on one scale: its points, slope per wave, change since the last.

    `since` has the change since each earlier wave in which it was shown.
    """

    points: list[Point]
    slope: float | None = None
    slope_low: float | None = None
    slope_high: float | None = None
    change: float | None = None
    change_low: float | None = None
    change_high: float | None = None
    since: list[Shift] = []


class ItemScore(msgspec.Struct, frozen=True, array_like=True):
    """One partner on one item: the mean of the answers with its t interval."""

    n: int
    mean: float
    low: float | None
    high: float | None


class Item(msgspec.Struct, frozen=True, array_like=True):
    """An item of a scale: one score per partner, ``None`` where it may not be shown."""

    scale: str
    scores: list[ItemScore | None]


class Sign(msgspec.Struct, frozen=True, array_like=True):
    """An early warning; `sure` where it stands after all that was looked at is allowed for."""

    scale: str
    partner: int
    rule: str
    value: float | None
    low: float | None
    high: float | None
    threshold: float | None
    evidence: str
    false_alarms: float | None
    sure: bool


class Driver(msgspec.Struct, frozen=True, array_like=True):
    """Share of the outcome's explained variance that a scale has, from 0 to 1."""

    scale: str
    share: float
    low: float | None
    high: float | None


class Lead(msgspec.Struct, frozen=True, array_like=True):
    """How often a partner leads: when weights vary near, far, any; and by chance in answers."""

    near: float | None = None
    far: float | None = None
    every: float | None = None
    chance: float | None = None


class Workspace(msgspec.Struct, frozen=True):
    """All that is kept of a wave for comparison.

    `scales` leaves guesses out; `items` are of the same side. `theirs` and `seen` are empty where
    one side alone was asked; `courses` and `composite_courses` where this is the first wave that
    can be compared.
    """

    edition: int
    study: str
    title: str
    organisation: str
    wave: int
    closed_on: str
    side: str
    instrument: str
    version: str
    sha256: str
    data_version: int
    min_group: int
    min_group_text: int
    level: float
    n_rows: int
    names: list[str]
    labels: dict[str, dict[str, str]]
    scales: dict[str, Measure]
    composite: Measure | None
    weights: dict[str, float]
    equal_weights: bool
    near: float | None
    far: float | None
    holds_within: float | None
    leads: list[Lead]
    theirs: dict[str, list[Score]]
    seen: dict[str, list[Seen]]
    margin: float | None
    waves: list[int]
    closed: list[str]
    courses: dict[str, list[Course | None]]
    composite_courses: list[Course | None]
    warnings: list[Sign]
    looked_at: int | None
    by_chance: float | None
    outcome: str | None
    drivers: list[Driver]
    no_drivers: str | None
    explained: float | None
    alike: list[list[str]]
    notes: list[str]
    earlier: list[str] = []  # SHA-256 of the frozen copies of the earlier waves, oldest first
    items: dict[str, Item] = {}
    told: dict[str, list[str]] = {}  # scale → partners whose items were ever shown in this wave
    between: float | None = None  # variance of composites between waves, beyond chance of raters
    judged: int | None = None  # assessments that were looked at for careless answers
    careless: int | None = None  # how many were flagged; ``None`` where fewer than `min_group`
    unknown: dict[str, float] = {}  # scale → share of answers that were «don't know»


DECODER: Final = msgspec.json.Decoder(Workspace)  # types are read here, not in two threads at once
ENCODER: Final = msgspec.json.Encoder()
