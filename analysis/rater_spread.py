"""Raters of a partner who disagree more than those of the others, as an early warning."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.data import Floats, Label
from analysis.disclosure import check_min_n
from analysis.early_warning import EarlyWarning, beyond, chosen
from analysis.errors import BadFrame
from analysis.estimate import check_level
from analysis.gaps import Sample, independent, pooled
from analysis.partner_sums import coded


def spread(
    values: ArrayLike,
    partner: Iterable[object],
    *,
    level: float = 0.95,
    min_n: int = 1,
    every: bool = False,
) -> tuple[EarlyWarning, ...]:
    """Warn of partners whose raters disagree more than those of the other partners.

    Parameters
    ----------
    values : array of shape (rows,)
        One score per row.
    partner : labels of shape (rows,)
        Who is rated.
    level
        Level of the interval.
    min_n
        Partners with fewer raters are left out; three are needed in any case.
    every
        As for `falling`.

    Notes
    -----
    Each rater's distance from the median of the partner; the mean distance of the partner less
    that of all other partners' raters. The alarm is Student's test, which takes all raters to
    vary alike, as they do where nothing is wrong; it holds for skewed answers, unlike a ratio of
    variances. The interval is Welch's, which holds where they do not, is wider, and may reach
    below 0 all the same. Near an end of the scale there is less room to differ, so a partner in
    the middle may be named for that alone.

    References
    ----------
    Brown & Forsythe (1974), Journal of the American Statistical Association 69, 364-367 (here
    for one group against the rest).

    Examples
    --------
    >>> calm = [3, 3, 4, 3, 4, 3, 3, 4, 4, 3]
    >>> who = ["a"] * 10 + ["b"] * 10 + ["c"] * 10
    >>> [w.partner for w in spread([*calm, *calm, 1, 5, 1, 5, 1, 5, 1, 5, 1, 5], who)]
    ['c']
    """
    check_level(level)
    check_min_n(min_n)
    scores = np.asarray(values, dtype=np.float64)
    names, codes = coded(partner)
    if scores.shape != codes.shape:
        raise BadFrame(
            f"There are values of shape {scores.shape} and {len(codes)} partner labels; "
            "give one value and one label per row."
        )
    distance, codes = _distances(scores, codes, len(names), max(min_n, 3))
    return chosen(_loose(distance, codes, names, level), every=every)


def _loose(
    distance: Floats, codes: NDArray[np.intp], names: tuple[Label, ...], level: float
) -> Iterator[EarlyWarning]:
    for code in np.unique(codes[codes >= 0]).tolist():
        own = Sample.of(distance[codes == code])
        rest = Sample.of(distance[(codes >= 0) & (codes != code)])
        alike, gap = (
            compare(own, rest, level=level, margin=1.0) for compare in (pooled, independent)
        )
        if gap.estimate is None or gap.ci_low is None or gap.ci_high is None or not alike.se:
            continue
        told = (
            f"Raters lie {own.mean:.2f} from their middle on average, those of other partners "
            f"{rest.mean:.2f}: {gap.estimate:.2f} more, interval {gap.ci_low:.2f} to "
            f"{gap.ci_high:.2f}."
        )
        p = beyond(gap.estimate / alike.se, alike.df or np.inf)
        row = (gap.estimate, gap.ci_low, gap.ci_high, 0.0, told, p)
        yield EarlyWarning(names[code], "spread", *row, raised=p < 1 - level)


def _distances(
    scores: Floats, codes: NDArray[np.intp], partners: int, least: int
) -> tuple[Floats, NDArray[np.intp]]:
    """Return each row's distance from its partner's median, and its partner: -1 if too small."""
    codes = np.where(np.isnan(scores), -1, codes)
    distance = np.full(len(scores), np.nan)
    for code in range(partners):
        own = codes == code
        if own.sum() < least:
            codes = np.where(own, -1, codes)
        else:
            distance[own] = np.abs(scores[own] - np.median(scores[own]))
    return distance, codes
