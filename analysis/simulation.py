"""Answers with known truth: partners, raters, constructs and items as one designs them."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import ndtr

from analysis.data import Floats
from analysis.errors import UnknownChoice
from analysis.scale import Scale

MOST_ANSWERS = 200_000_000


@dataclass(frozen=True, slots=True)
class Design:
    """What is to be simulated.

    Parameters
    ----------
    partners
        Partners that are rated.
    raters
        Raters of each partner; with `each` above 1 the same number, on average.
    each
        Partners that one rater rates: 1 is nested, more is crossed.
    constructs
        Names of the scales.
    items
        Items of each.
    icc
        Share of the variance of a scale score that lies between partners.
    severity
        Share that lies between raters.
    alpha
        Alpha of each scale, over raters and partners.
    correlation
        Between constructs, alike for partners, raters and the rest.
    low, high
        Lowest and highest answer, whole numbers.
    mean
        Mean answer before it is rounded to a point of the scale; None: a little above the middle.
    sd
        Standard deviation of an answer before rounding; None: a quarter of the range.
    reverse
        Items of each scale, its last ones, that are asked the other way round.
    missing
        Share of answers that are left out, at random.

    Raises
    ------
    UnknownChoice
        If the numbers contradict each other.
    """

    partners: int = 12
    raters: int = 10
    each: int = 1
    constructs: tuple[str, ...] = ("trust",)
    items: int = 4
    icc: float = 0.15
    severity: float = 0.0
    alpha: float = 0.85
    correlation: float = 0.5
    low: int = 1
    high: int = 5
    mean: float | None = None
    sd: float | None = None
    reverse: int = 0
    missing: float = 0.0

    def __post_init__(self) -> None:
        for told, holds in self._rules():
            if not holds:
                raise UnknownChoice(told)

    def _rules(self) -> list[tuple[str, bool]]:
        counts = f"partners {self.partners}, raters {self.raters}, items {self.items}"
        shares = f"icc {self.icc} and severity {self.severity}"
        return [
            (f"{counts}: each must be 1 or more.", min(self.partners, self.raters, self.items) > 0),
            (
                f"each is {self.each}; give 1 to {self.partners}, the number of partners.",
                1 <= self.each <= self.partners,
            ),
            (
                f"constructs are {list(self.constructs)}; give names of letters and _, each once.",
                bool(self.constructs)
                and len(set(self.constructs)) == len(self.constructs)
                and all(name.isascii() and name.isidentifier() for name in self.constructs),
            ),
            (f"{shares} must not be negative.", min(self.icc, self.severity) >= 0),
            (f"alpha is {self.alpha}; give a share above 0 and below 1.", 0 < self.alpha < 1),
            (
                f"{shares} add up to more than alpha, {self.alpha:g}, the true part of a score.",
                self.icc + self.severity <= self.alpha,
            ),
            (f"correlation is {self.correlation}; give 0 to 1.", 0 <= self.correlation <= 1),
            (f"The scale runs from {self.low} to {self.high}.", self.low < self.high),
            (f"sd is {self.sd}; give a number above 0.", self.sd is None or self.sd > 0),
            (
                f"reverse is {self.reverse}; give 0 to {self.items}, the number of items.",
                0 <= self.reverse <= self.items,
            ),
            (f"missing is {self.missing}; give a share below 1.", 0 <= self.missing < 1),
            (
                f"That is more than {MOST_ANSWERS:,} answers; simulate fewer.",
                self.partners * self.raters * self.items * len(self.constructs) <= MOST_ANSWERS,
            ),
        ]

    @property
    def centre(self) -> float:
        """Mean answer before rounding."""
        if self.mean is not None:
            return self.mean
        return (self.low + self.high) / 2 + 0.1 * (self.high - self.low)

    @property
    def spread(self) -> float:
        """Standard deviation of an answer before rounding."""
        return (self.high - self.low) / 4 if self.sd is None else self.sd

    @property
    def common(self) -> float:
        """Share of an item's variance that it has in common with the others of its scale."""
        return self.alpha / (self.items - (self.items - 1) * self.alpha)

    @property
    def of_true(self) -> tuple[float, float, float]:
        """Shares of a construct's variance between partners, between raters, and the rest."""
        partner, rater = self.icc / self.alpha, self.severity / self.alpha
        return partner, rater, max(1 - partner - rater, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Simulated:
    """Answers, one row per rater and partner, their scales, and the truth behind them."""

    frame: pl.DataFrame
    scales: tuple[Scale, ...]
    truth: dict[str, Any]


def simulate(design: Design, seed: int | np.random.Generator | None = None) -> Simulated:
    """Draw answers from a design.

    Parameters
    ----------
    design : Design
        What is to be simulated.
    seed : int, Generator or None
        Source of the draws; the same seed gives the same answers.

    Returns
    -------
    Simulated
        `frame` with columns rater, partner and `<construct>_<number>` per item (whole numbers,
        null where missing); `truth` with the design, and per construct and partner its true
        score: the mean that endlessly many raters would give it on the scale's points, and its
        rank, 1 the highest.

    Notes
    -----
    construct = partner + rater + rest, normal, with variance 1 and the shares of `of_true`;
    item = √c construct + √(1 − c) noise, c = alpha/(k − (k − 1) alpha); answer = centre + spread
    item, rounded to the nearest point and cut at the ends. Partner, rater and rest correlate
    between constructs as `correlation` says. ICC(1) of the scores is `icc` and alpha is `alpha`
    before rounding; rounding to five points takes some hundredths off both.

    Examples
    --------
    >>> found = simulate(Design(partners=3, raters=2, items=2), seed=1)
    >>> found.frame.columns, found.frame.height
    (['rater', 'partner', 'trust_1', 'trust_2'], 6)
    """
    source = np.random.default_rng(seed)
    rater, partner = _pairs(design, source)
    shares = design.of_true
    own = _effects(design, design.partners, shares[0], source)
    mild = _effects(design, int(rater.max()) + 1, shares[1], source)
    rest = _effects(design, len(rater), shares[2], source)
    scales = tuple(_scale(design, name) for name in design.constructs)
    columns: dict[str, Any] = {
        "rater": _named("r", rater, int(rater.max()) + 1),
        "partner": _named("p", partner, design.partners),
    }
    for index, scale in enumerate(scales):
        construct = own[partner, index] + mild[rater, index] + rest[:, index]
        for item in scale.items:
            columns[item] = _answers(design, construct, source, turned=item in scale.reverse)
    frame = pl.DataFrame(columns, strict=False)
    return Simulated(frame, scales, _truth(design, own, frame))


def scales_toml(simulated: Simulated) -> str:
    """Return the scales as the TOML that `tillit analyse` reads.

    Examples
    --------
    >>> print(scales_toml(simulate(Design(items=2, reverse=1), seed=1)))
    range = [1, 5]
    <BLANKLINE>
    [scales.trust]
    items = ["trust_1", "trust_2"]
    reverse = ["trust_2"]
    <BLANKLINE>
    """
    first = simulated.scales[0]
    lines = [f"range = [{first.low:g}, {first.high:g}]", ""]
    for scale in simulated.scales:
        lines += [f"[scales.{scale.name}]", f"items = {_listed(scale.items)}"]
        lines += [f"reverse = {_listed(scale.reverse)}"] if scale.reverse else []
        lines.append("")
    return "\n".join(lines)


def _listed(names: tuple[str, ...]) -> str:
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"


def _scale(design: Design, name: str) -> Scale:
    items = tuple(f"{name}_{number + 1}" for number in range(design.items))
    turned = items[design.items - design.reverse :]
    return Scale(name, items, design.low, design.high, turned)


def _pairs(
    design: Design, source: np.random.Generator
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return rater and partner of each row; each rater's partners are drawn without repeats."""
    rows = design.partners * design.raters
    if design.each == 1:
        return np.arange(rows), np.repeat(np.arange(design.partners), design.raters)
    raters = max(1, round(rows / design.each))
    order = np.argsort(source.random((raters, design.partners)), axis=1)[:, : design.each]
    return np.repeat(np.arange(raters), design.each), order.ravel()


def _named(letter: str, numbers: NDArray[np.intp], most: int) -> list[str]:
    """Name by letter and number, with as many digits as the last one has."""
    width = len(str(most))
    return [f"{letter}{number + 1:0{width}}" for number in numbers.tolist()]


def _effects(design: Design, rows: int, share: float, source: np.random.Generator) -> Floats:
    """Return normal effects `(rows, constructs)` that correlate between constructs."""
    shape = (rows, len(design.constructs))
    common = np.sqrt(design.correlation) * source.standard_normal((rows, 1))
    own = np.sqrt(1 - design.correlation) * source.standard_normal(shape)
    return np.asarray(np.sqrt(share) * (common + own))


def _answers(
    design: Design, construct: Floats, source: np.random.Generator, *, turned: bool
) -> pl.Series:
    noise = source.standard_normal(len(construct))
    item = np.sqrt(design.common) * construct + np.sqrt(1 - design.common) * noise
    raw = np.rint(design.centre + design.spread * item)
    answer = np.clip(raw, design.low, design.high).astype(np.int16)
    if turned:
        answer = (design.low + design.high - answer).astype(np.int16)
    left_out = source.random(len(construct)) < design.missing
    return pl.Series(answer).set(pl.Series(left_out), None)


def _truth(design: Design, own: Floats, frame: pl.DataFrame) -> dict[str, Any]:
    names = _named("p", np.arange(design.partners), design.partners)
    constructs = {}
    for index, name in enumerate(design.constructs):
        scores = _expected(design, own[:, index])
        places = 1 + (scores[:, None] < scores).sum(axis=1)
        pairs = zip(names, scores.tolist(), places.tolist(), strict=True)
        constructs[name] = [
            {"partner": partner, "score": score, "rank": rank} for partner, score, rank in pairs
        ]
    return {"design": asdict(design), "rows": frame.height, "partners": constructs}


def _expected(design: Design, own: Floats) -> Floats:
    """Return the mean answer of endlessly many raters: the rounding is part of the truth."""
    partner = design.of_true[0]
    middle = design.centre + design.spread * np.sqrt(design.common) * own
    sd = design.spread * np.sqrt(max(1 - design.common * partner, 1e-12))
    cuts = np.arange(design.low, design.high) + 0.5
    above = 1 - ndtr((cuts - middle[:, None]) / sd)
    return np.asarray(design.low + above.sum(axis=1))
