"""Agreement and consistency of scores of the same respondents: intraclass correlations."""

import math
from dataclasses import replace
from statistics import NormalDist

import numpy as np
from scipy.special import fdtri

from analysis.data import Floats
from analysis.estimate import Estimate, check_level, one_of

KINDS = ("agreement", "consistency")
INTERVALS = ("pivotal", "f")
_DRAWS = 20_000
_ROUNDING = 1e-13  # a sum of squares below this share of the scores' squares is rounding error


def icc(
    scores: Floats,
    *,
    kind: str = "agreement",
    ci: str = "pivotal",
    level: float = 0.95,
    seed: int = 1,
) -> Estimate:
    """Estimate the intraclass correlation of single scores, two-way.

    Parameters
    ----------
    scores
        `(n, k)`: n respondents (or other targets) on k occasions (or by k raters); rows with a
        gap are left out.
    kind
        "agreement": ICC(A,1), a shift of everybody counts as error; "consistency": ICC(C,1), such
        shifts do not count.
    ci
        Interval of the agreement: "pivotal", for the occasions at hand, holds its level whatever
        the shift; "f", that of McGraw & Wong, as other programs print it, takes occasions as
        drawn at random, and from two of them holds as little as 70 %. The interval of the
        consistency is exact for normal scores and has no choice.
    level
        Confidence level between 0 and 1.
    seed
        Seed of the 20,000 draws of the pivotal interval.

    Returns
    -------
    Estimate
        At most 1, unrounded.

    Notes
    -----
    Missing data: `n_used` counts the complete rows.

    Raises
    ------
    UnknownChoice
        If `kind` or `level` has a value it cannot have.

    References
    ----------
    Formula: from the mean squares of respondents R, occasions C and error E:
    (R - E)/(R + (k-1)E) for consistency, (R - E)/(R + (k-1)E + k(C - E)/n) for agreement.
    McGraw & Wong (1996), Psychological Methods 1, 30-46, tables 4 and 7. Pivotal: percentiles
    over draws of the sums of squares' χ² and the means' z that these data could come from;
    Weerahandi (1993), Journal of the American Statistical Association 88, 899-905.
    Checked against psych::ICC 2.2.9 (lmer = FALSE), types ICC2 and ICC3, to 1e-10; the pivotal
    interval by simulated coverage.

    Examples
    --------
    >>> found = icc(np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6],
    ...                       [10, 5, 6, 9], [6, 2, 4, 7]]))
    >>> [round(value, 3) for value in (found.estimate, found.ci_low, found.ci_high)]
    [0.29, 0.1, 0.727]
    """
    one_of("kind", kind, KINDS)
    one_of("ci", ci, INTERVALS)
    check_level(level)
    complete = scores[~np.isnan(scores).any(axis=1)].astype(float)
    name = "ICC(A,1)" if kind == "agreement" else "ICC(C,1)"
    result = Estimate(None, None, None, None, name, len(complete), len(scores))
    if len(complete) < 2 or complete.shape[1] < 2:
        note = f"{name} is not computable: needs 2 respondents on 2 occasions"
        return replace(result, notes=(note,))
    between, occasions, error = mean_squares(complete)
    if between == 0 and error == 0:
        note = f"{name} is not computable: all respondents have the same score"
        return replace(result, notes=(note,))
    n, k = complete.shape
    shift = k / n * (occasions - error) if kind == "agreement" else 0.0
    result = replace(result, estimate=(between - error) / (between + (k - 1) * error + shift))
    if error == 0 and (kind == "consistency" or occasions == 0):
        return replace(result, notes=(f"no interval of {name}: the scores agree perfectly",))
    if kind == "consistency":
        low, high = _exact(complete, level)
    elif ci == "f":
        low, high = _for_random_occasions(complete, level)
    else:
        low, high = _for_these_occasions(complete, level, np.random.default_rng(seed))
    return replace(result, ci_low=low, ci_high=high, level=level)


def mean_squares(complete: Floats) -> tuple[float, float, float]:
    """Return the mean squares of rows, columns and error of complete scores `(n, k)`."""
    n, k = complete.shape
    centred = complete - complete.mean()
    rows, columns = centred.mean(axis=1), centred.mean(axis=0)
    rest = centred - rows[:, None] - columns
    squares = k * float(rows @ rows), n * float(columns @ columns), float((rest**2).sum())
    noise = _ROUNDING * float((complete**2).sum())
    between, occasions, error = (0.0 if square <= noise else square for square in squares)
    return between / (n - 1), occasions / (k - 1), error / ((n - 1) * (k - 1))


def correlation(first: Floats, second: Floats, *, level: float = 0.95) -> Estimate:
    """Correlate two sets of scores, with Fisher's interval.

    Parameters
    ----------
    first, second
        `(n,)` each; rows with a gap are left out.
    level
        Confidence level between 0 and 1.

    References
    ----------
    Formula: tanh(artanh r ± z/√(n-3)). Fisher (1921), Metron 1, 3-32.
    Checked against cor.test in R 4.2.2, to 1e-10.
    """
    check_level(level)
    given = ~(np.isnan(first) | np.isnan(second))
    x, y = first[given], second[given]
    result = Estimate(None, None, None, None, "Pearson r", len(x), len(first))
    if len(x) < 3:
        return replace(result, notes=(f"r is not computable: needs 3 pairs; there are {len(x)}",))
    x, y = x - x.mean(), y - y.mean()
    noise = _ROUNDING * max(
        float(first[given] @ first[given]), float(second[given] @ second[given])
    )
    if min(float(x @ x), float(y @ y)) <= noise:
        return replace(result, notes=("r is not computable: the scores of one are all the same",))
    r = float(np.clip(x @ y / math.sqrt(float(x @ x) * float(y @ y)), -1, 1))
    result = replace(result, estimate=r)
    if len(x) < 4 or abs(r) == 1:
        return replace(result, notes=("no interval of r: needs 4 pairs that do not lie on a line",))
    reach = NormalDist().inv_cdf((1 + level) / 2) / math.sqrt(len(x) - 3)
    low, high = (math.tanh(math.atanh(r) + sign * reach) for sign in (-1, 1))
    return replace(result, ci_low=low, ci_high=high, level=level)


def _exact(complete: Floats, level: float) -> tuple[float, float]:
    """Return the F interval of ICC(C,1)."""
    between, _, error = mean_squares(complete)
    n, k = complete.shape
    tail, degrees = (1 + level) / 2, (n - 1) * (k - 1)
    low = between / error / fdtri(n - 1, degrees, tail)
    high = between / error * fdtri(degrees, n - 1, tail)
    return float((low - 1) / (low + k - 1)), float((high - 1) / (high + k - 1))


def _for_random_occasions(complete: Floats, level: float) -> tuple[float, float]:
    """Return McGraw & Wong's interval of ICC(A,1)."""
    between, occasions, error = mean_squares(complete)
    n, k = complete.shape
    tail, degrees = (1 + level) / 2, (n - 1) * (k - 1)
    spread = between + (k - 1) * error + k / n * (occasions - error)
    value = (between - error) / spread
    a, b = k * value * occasions, (n * (1 + (k - 1) * value) - k * value) * error
    v = (a + b) ** 2 / (a**2 / (k - 1) + b**2 / degrees)
    above, below = fdtri(n - 1, v, tail), fdtri(v, n - 1, tail)
    rest = k * occasions + (k * n - k - n) * error
    low = n * (between - above * error) / (above * rest + n * between)
    high = n * (below * between - error) / (rest + n * below * between)
    return float(low), float(high)


def _for_these_occasions(
    complete: Floats, level: float, rng: np.random.Generator
) -> tuple[float, float]:
    """Return the pivotal interval of ICC(A,1): the occasions' means are constants to estimate."""
    between, _, error = mean_squares(complete)
    n, k = complete.shape
    degrees = (n - 1) * (k - 1)
    noise = error * degrees / rng.chisquare(degrees, _DRAWS)
    true = np.maximum(between * (n - 1) / rng.chisquare(n - 1, _DRAWS) - noise, 0) / k
    drawn = rng.standard_normal((_DRAWS, k)) * np.sqrt(noise / n)[:, None]
    shifts = (complete.mean(axis=0) - drawn).var(axis=1, ddof=1) - noise / n
    shares = true / (true + np.maximum(shifts, 0) + noise)
    low, high = np.quantile(shares, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
