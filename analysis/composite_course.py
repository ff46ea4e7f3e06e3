"""Composites over the waves: their lines, and how far each partner's has moved since a wave."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import stdtrit

from analysis import reml
from analysis.composite import scores_on_one_metric
from analysis.data import Floats, Frame, Label, groups
from analysis.errors import NotComputable
from analysis.mean_composite import scale_means
from analysis.posterior import intervals_along
from analysis.scale import Scale

_FEWEST_LEFT: Final = 3  # degrees of freedom from which spread between waves is told at all


@dataclass(frozen=True, slots=True, eq=False)
class CompositeWave:
    """Composites of one wave.

    `mean`, `variance` and `raters` `(partners,)` are those of `partners`, raters on the scale that
    has fewest; `sigma2` is the variance between
    the composites of the raters of a partner, on `freedom` degrees of freedom.
    """

    partners: tuple[Label, ...]
    mean: Floats
    variance: Floats
    sigma2: float
    freedom: float
    raters: NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Moved:
    """A difference or a slope with its interval; `shrunken` towards the mean of all or not.

    `sure` says whether the t interval of what is not shrunken lies beyond 0 as well.
    """

    estimate: float
    ci_low: float | None = None
    ci_high: float | None = None
    shrunken: bool = False
    sure: bool = False


@dataclass(frozen=True, slots=True)
class Lines:
    """The slope of each partner, and what lies between its waves.

    `between` is the variance of a wave's composite round its line beyond what raters explain,
    pooled over partners; None where too few waves tell.
    """

    of: Mapping[Label, Moved]
    between: float | None


def composite_wave(
    data: Frame, scales: Sequence[Scale], weights: Mapping[str, float], partner: str, min_n: int
) -> CompositeWave | None:
    """Weigh the scales of one wave into a composite of each partner, as `mean_composite` does.

    Parameters
    ----------
    data
        Rows of one wave (and side), ready to be published.
    scales
        Scales that weigh, and others.
    weights
        Scale to its weight, adding up to 1.
    partner
        Column that names the partner.
    min_n
        Raters that a partner must have on every scale.

    Returns
    -------
    CompositeWave or None
        None where chance among raters cannot be told.
    """
    chosen = tuple(scale for scale in scales if scale.name in weights)
    names, codes = groups(data, partner)
    _, scores, _ = scores_on_one_metric(data, chosen)
    shares = np.array([weights[scale.name] for scale in chosen])
    found = scale_means(scores, codes, len(names), min_n)
    variance = found.variances(shares)
    if found.within is None or not len(variance) or not (variance > 0).all():
        return None
    return CompositeWave(
        partners=tuple(names[at] for at in found.partners.tolist()),
        mean=found.means @ shares,
        variance=variance,
        sigma2=float(shares @ found.within @ shares),
        freedom=found.freedom,
        raters=found.counts.min(axis=1).astype(np.intp),
    )


def composite_since(
    first: CompositeWave, last: CompositeWave, level: float = 0.95
) -> dict[Label, Moved]:
    """Compare the composites of two waves, each difference drawn towards the mean of all.

    Returns
    -------
    dict
        Partner to the last composite less the first. Of a single partner, or where the posterior
        cannot be told, the difference as it is, with its t interval.

    Notes
    -----
    The raters of both waves count as different people, as in `change.change`. Differences d with
    sampling variances v are shrunken like means of n = σ²/v raters, σ² pooled over both waves
    (`mean_composite`), and the interval averages over what the variances might be.

    Checked against `change.change` where there is one scale without gaps, and by simulated
    coverage.
    """
    at = {name: place for place, name in enumerate(first.partners)}
    both = [(at[name], place) for place, name in enumerate(last.partners) if name in at]
    if not both:
        return {}
    one, two = np.array(both).T
    moved, variance = last.mean[two] - first.mean[one], last.variance[two] + first.variance[one]
    freedom = first.freedom + last.freedom
    sigma2 = (first.sigma2 * first.freedom + last.sigma2 * last.freedom) / freedom
    names = [last.partners[place] for place in two.tolist()]
    half = stdtrit(freedom, (1 + level) / 2) * np.sqrt(variance)
    sure = np.abs(moved) > half
    plain = _told(names, (moved, moved - half, moved + half), sure, shrunken=False)
    if len(names) < 2:
        return plain
    weight = sigma2 / variance
    along = reml.Profile(weight, moved, sigma2 * freedom, restricted=True, within_freedom=freedom)
    try:
        score = reml.shrink(weight, moved, reml.fit_along(along)).score
        return _told(names, (score, *intervals_along(along, level)), sure, shrunken=True)
    except NotComputable:
        return plain


def composite_lines(waves: Mapping[float, CompositeWave], level: float = 0.95) -> Lines:
    """Draw a line through the composites of each partner that has two waves or more.

    Parameters
    ----------
    waves
        Point in time to the composites of that wave.
    level
        Of the intervals.

    Returns
    -------
    Lines
        Slopes per unit of time.

    Notes
    -----
    A wave's composite lies off its line by chance among raters, with its sampling variance v,
    and by what moves all answers of that wave, with a variance b of its own, the same for all
    partners: b is where Σ(m − line)²/(v + b) equals its degrees of freedom, or 0 (Paule and
    Mandel). Slopes are weighted by 1/(v + b); their interval is ± t √(1/Σw(t − t̄)²), on the
    degrees of freedom of b where it is above 0, else on those of the raters. With two waves each,
    or fewer than three degrees of freedom, b cannot be told: intervals allow for raters only.

    What moves all partners of a wave together is not parted from a partner's own course.

    Checked by simulated coverage, with and without a variance between waves.

    References
    ----------
    Paule & Mandel (1982), Journal of Research of the National Bureau of Standards 87, 377-385.
    """
    series = _series(waves)
    left = sum(len(t) - 2 for t, _, _ in series.values())
    between = _between(series, left) if left >= _FEWEST_LEFT else None
    freedom = sum(each.freedom for each in waves.values())
    quantile = float(stdtrit(min(left, freedom) if between else freedom, (1 + level) / 2))
    found = {}
    for name, (t, mean, variance) in series.items():
        slope, square, _ = _line(t, mean, variance + (between or 0.0))
        half = quantile / sqrt(square)
        found[name] = Moved(slope, slope - half, slope + half)
    return Lines(found, between)


_Series = dict[Label, tuple[Floats, Floats, Floats]]


def _series(waves: Mapping[float, CompositeWave]) -> _Series:
    """Give times, composites and their variances of each partner that has two or more."""
    points: dict[Label, list[tuple[float, float, float]]] = {}
    for time in sorted(waves):
        wave = waves[time]
        rows = zip(wave.partners, wave.mean.tolist(), wave.variance.tolist(), strict=True)
        for name, mean, variance in rows:
            points.setdefault(name, []).append((time, mean, variance))
    arrays = ((name, np.array(each).T) for name, each in points.items() if len(each) >= 2)
    return {name: (each[0], each[1], each[2]) for name, each in arrays}


def _line(t: Floats, mean: Floats, variance: Floats) -> tuple[float, float, float]:
    """Return the slope, Σw(t − t̄)², and the weighted squares round the line."""
    weight = 1 / variance
    apart = t - weight @ t / weight.sum()
    centre = float(weight @ mean / weight.sum())
    square = float(weight @ apart**2)
    slope = float((weight * apart) @ mean) / square
    return slope, square, float(weight @ (mean - centre - slope * apart) ** 2)


def _between(series: _Series, left: int) -> float:
    """Return the variance between waves, by Paule and Mandel."""

    def excess(between: float) -> float:
        return sum(_line(t, m, v + between)[2] for t, m, v in series.values()) - left

    if excess(0.0) <= 0:
        return 0.0
    high = max(float(v.max()) for _, _, v in series.values())
    while excess(high) > 0:
        high *= 2
    return float(brentq(excess, 0.0, high))


def _told(
    names: Sequence[Label],
    numbers: tuple[Floats, Floats, Floats],
    sure: NDArray[np.bool_],
    *,
    shrunken: bool,
) -> dict[Label, Moved]:
    rows = zip(names, *(each.tolist() for each in numbers), sure.tolist(), strict=True)
    return {name: Moved(value, a, b, shrunken, own) for name, value, a, b, own in rows}
