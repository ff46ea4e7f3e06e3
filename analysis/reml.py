"""One-way random effects from three numbers per partner: how many raters, their mean, their spread.

The model is ``rating = mu + partner + rater``, with variance tau2 between partners and sigma2
between the raters of one partner. Given the ratio tau2/sigma2 everything else has a closed
form, so the likelihood is searched along that one line. The search looks for zeros of the
exact slope: a minimum found by comparing function values is known to half the digits only.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq

from analysis.data import Floats
from analysis.errors import NotComputable
from analysis.estimate import one_of

Method = Literal["reml", "ml"]

_STEPS_PER_DECADE = 4


@dataclass(frozen=True, slots=True)
class VarianceComponents:
    """Grand mean and variances, in the unit of the ratings (squared for the variances)."""

    mu: float
    mu_se: float
    tau2: float
    sigma2: float
    icc: float | None
    log_likelihood: float | None
    method: Method
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shrunken:
    """Empirical Bayes scores; three arrays of shape (partners,), in the order given."""

    score: Floats
    se: Floats
    reliability: Floats


@dataclass(frozen=True, slots=True)
class Profile:
    """The likelihood along ratio = tau2/sigma2, mu and sigma2 at their best; see `profile`.

    `n` may be any weight that divides sigma2, such as that of a slope; `within_freedom` then
    says on how many degrees of freedom `within` rests.
    """

    n: Floats
    mean: Floats
    within: float
    restricted: bool
    within_freedom: float | None = None

    @property
    def freedom(self) -> float:
        """N - 1 for REML, N for ML."""
        if self.within_freedom is None:
            return float(self.n.sum()) - self.restricted
        return self.within_freedom + self.n.size - self.restricted

    def solve(self, ratio: ArrayLike) -> tuple[Floats, Floats, Floats]:
        """Return weights (…, partners), weighted mean and residual sum of squares (…) at ratios."""
        weight = self.n / (1 + self.n * np.asarray(ratio)[..., None])
        mu = np.asarray(weight @ self.mean / weight.sum(axis=-1))
        rss = self.within + (weight * (self.mean - mu[..., None]) ** 2).sum(axis=-1)
        return weight, mu, np.asarray(rss)

    def deviance(self, ratio: ArrayLike) -> Floats:
        """Return minus twice the log-likelihood at each ratio."""
        weight, _, rss = self.solve(ratio)
        fit = self.freedom * (1 + np.log(2 * np.pi * rss / self.freedom))
        spread = np.log1p(self.n * np.asarray(ratio)[..., None]).sum(axis=-1)
        return np.asarray(fit + spread + self.restricted * np.log(weight.sum(axis=-1)))

    def slope(self, ratio: ArrayLike) -> Floats:
        """Return the derivative of the deviance at each ratio."""
        weight, mu, rss = self.solve(ratio)
        gain = self.freedom * (weight * (self.mean - mu[..., None])) ** 2 / rss[..., None]
        total = weight.sum(axis=-1)
        cost = total - self.restricted * (weight**2).sum(axis=-1) / total
        return np.asarray(cost - gain.sum(axis=-1))


def fit(
    n: ArrayLike, mean: ArrayLike, ss: ArrayLike, *, method: Method = "reml"
) -> VarianceComponents:
    """Estimate the variance between and within partners by REML or ML.

    Parameters
    ----------
    n : array of shape (partners,)
        Raters per partner; partners with none are left out.
    mean : array of shape (partners,)
        Mean rating per partner, in the unit of the ratings.
    ss : array of shape (partners,)
        Sum of squared deviations from the partner's own mean.
    method : "reml" or "ml"

    Returns
    -------
    VarianceComponents
        ``mu`` and ``mu_se`` in the unit of the ratings, ``tau2`` and ``sigma2`` in its square,
        ``icc`` = tau2/(tau2 + sigma2), None where nothing varies; ``log_likelihood`` is None
        where it has no maximum (all raters of each partner agree).

    Raises
    ------
    NotComputable
        If there are fewer than two partners, or no partner has two raters.
    UnknownChoice
        If `method` is neither "reml" nor "ml".

    Notes
    -----
    With w = n/(1 + n r), r = tau2/sigma2: mu = Σwm/Σw, R = Σss + Σw(m − mu)²,
    sigma2 = R/(N − 1), and −2 log L = (N − 1) log R + Σ log(1 + n r) + log Σw + constant
    (ML: N for N − 1 and no log Σw). Its slope in r is
    Σw − Σw²/Σw − (N − 1) Σw²(m − mu)²/R.

    Checked against lme4 1.1-31 ``lmer(y ~ 1 + (1 | g))``: tau2 and sigma2 to 1e-5 relative.

    References
    ----------
    Patterson & Thompson (1971), Biometrika 58, 545-554. Bates, Mächler, Bolker & Walker (2015),
    Journal of Statistical Software 67(1), section 3.4 (the profiled criterion).

    Examples
    --------
    >>> found = fit([4, 4, 4], [3.0, 4.0, 5.0], [3.0, 3.0, 3.0])
    >>> round(found.tau2, 6), round(found.sigma2, 6)
    (0.75, 1.0)
    """
    one_of("method", method, ("reml", "ml"))
    return fit_along(profile(n, mean, ss, restricted=method == "reml"))


def fit_along(along: Profile) -> VarianceComponents:
    """Find the highest likelihood along a profile; see `fit`."""
    method: Method = "reml" if along.restricted else "ml"
    if along.within == 0:
        return _all_agree(along, method)
    ratio = best_ratio(along)
    weight, mu, rss = along.solve(ratio)
    sigma2 = float(rss) / along.freedom
    none = "No variance between partners was found (tau2 = 0); every shrunken score is their mean."
    return VarianceComponents(
        mu=float(mu),
        mu_se=float(np.sqrt(sigma2 / weight.sum())),
        tau2=ratio * sigma2,
        sigma2=sigma2,
        icc=ratio / (1 + ratio),
        log_likelihood=-float(along.deviance(ratio)) / 2,
        method=method,
        notes=() if ratio > 0 else (none,),
    )


def shrink(n: ArrayLike, mean: ArrayLike, components: VarianceComponents) -> Shrunken:
    """Pull each partner's mean towards the grand mean by what its raters cannot settle.

    Parameters
    ----------
    n, mean : arrays of shape (partners,)
        Raters and mean rating per partner; every n must be at least 1.
    components : VarianceComponents
        From `fit`.

    Returns
    -------
    Shrunken
        ``score`` and ``se`` in the unit of the ratings, ``reliability`` from 0 to 1. ``se`` is
        the conditional standard deviation given the variance components (lme4's ``condVar``).

    Notes
    -----
    reliability = n tau2/(n tau2 + sigma2), score = mu + reliability (mean − mu),
    se² = tau2 (1 − reliability) = tau2 sigma2/(sigma2 + n tau2).

    Checked against lme4 1.1-31 ``ranef(condVar = TRUE)`` to 1e-5.

    References
    ----------
    Morris (1983), Journal of the American Statistical Association 78, 47-55.

    Examples
    --------
    >>> found = fit([4, 4, 4], [3.0, 4.0, 5.0], [3.0, 3.0, 3.0])
    >>> shrink([4, 4, 4], [3.0, 4.0, 5.0], found).score.round(6).tolist()
    [3.25, 4.0, 4.75]
    """
    counts, means = np.asarray(n, dtype=float), np.asarray(mean, dtype=float)
    tau2, sigma2 = components.tau2, components.sigma2
    if tau2 == 0:
        nothing = np.zeros_like(means)
        return Shrunken(np.full_like(means, components.mu), nothing, nothing.copy())
    total = counts * tau2 + sigma2
    reliability = counts * tau2 / total
    score = components.mu + reliability * (means - components.mu)
    return Shrunken(score, np.sqrt(tau2 * sigma2 / total), reliability)


def profile(n: ArrayLike, mean: ArrayLike, ss: ArrayLike, *, restricted: bool) -> Profile:
    """Read the sums of the partners; those without raters are left out.

    Raises
    ------
    NotComputable
        If there are fewer than two partners, or no partner has two raters.
    """
    counts = np.asarray(n, dtype=float)
    some = counts > 0
    counts = counts[some]
    means = np.asarray(mean, dtype=float)[some]
    within = float(np.asarray(ss, dtype=float)[some].sum())
    if counts.size < 2:
        raise NotComputable(
            f"The variance between partners needs 2 partners with answers; there are {counts.size}."
        )
    if counts.max() < 2:
        raise NotComputable(
            "Every partner has a single rater, so differences between partners cannot be told "
            "from differences between raters; at least one partner needs 2 raters."
        )
    return Profile(counts, means, within, restricted)


def _all_agree(along: Profile, method: Method) -> VarianceComponents:
    """Take the limit sigma2 → 0, where the likelihood grows without bound."""
    partners = along.n.size
    mu = float(along.mean.mean())
    tau2 = float(((along.mean - mu) ** 2).sum()) / (partners - along.restricted)
    notes = ("All raters of each partner agree (sigma2 = 0); every mean is taken as exact.",)
    if tau2 == 0:
        notes = ("All ratings of all partners are the same (tau2 = 0, sigma2 = 0).",)
    return VarianceComponents(
        mu=mu,
        mu_se=float(np.sqrt(tau2 / partners)),
        tau2=tau2,
        sigma2=0.0,
        icc=1.0 if tau2 > 0 else None,
        log_likelihood=None,
        method=method,
        notes=notes,
    )


def best_ratio(along: Profile) -> float:
    """Return the ratio of the lowest deviance: the boundary 0 or a zero of the slope."""
    low = 1e-4 / float(along.n.max())
    high = 1.0
    while along.slope(high) <= 0:
        high *= 10
    steps = 2 + int(_STEPS_PER_DECADE * np.log10(high / low))
    grid = np.concatenate([[0.0], np.geomspace(low, high, steps)])
    slopes = along.slope(grid)
    minima = [0.0] if slopes[0] >= 0 else []
    minima.extend(
        _zero(lambda ratio: float(along.slope(ratio)), grid[i], grid[i + 1])
        for i in range(grid.size - 1)
        if slopes[i] < 0 <= slopes[i + 1]
    )
    return minima[int(np.argmin(along.deviance(minima)))]


def _zero(slope: Callable[[float], float], low: float, high: float) -> float:
    return float(brentq(slope, low, high, xtol=high * 1e-15, rtol=1e-14))
