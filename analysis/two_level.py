"""Reliability at two levels: of differences between raters of one partner, and between partners.

Alpha and omega of all rows mix the two. Here the items have one factor within partners and one
between them, fitted together by maximum likelihood.
"""

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from analysis.data import Floats, Frame, groups
from analysis.disclosure import check_min_n
from analysis.errors import NotComputable
from analysis.readable import Readable
from analysis.scale import Scale
from analysis.scoring import item_matrix

if TYPE_CHECKING:
    import pandas as pd

LEAST_PARTNERS = 10
_OUT = 1e10  # deviance of covariances that cannot be
_CLOSE = 1e-4  # slope per row at which the search has ended
_HARDLY = 0.02  # share of an item's variance below which a factor is noise
_ZERO = 1e-6  # share of an item's variance that is none


@dataclass(frozen=True, slots=True)
class LevelFactor:
    """One factor at one level: loadings and residual variances of the items, on their scale."""

    loadings: tuple[float, ...]
    residuals: tuple[float, ...]

    @property
    def omega(self) -> float:
        """(Σλ)²/((Σλ)² + Σθ)."""
        true = sum(self.loadings) ** 2
        return true / (true + sum(self.residuals))


@dataclass(frozen=True, slots=True, repr=False)
class TwoLevelOmega(Readable):
    """Omega within and between partners; None where not estimable, and `notes` say why.

    `within` and `between` hold the factor of each level where the model could be fitted.
    """

    omega_within: float | None
    omega_between: float | None
    within: LevelFactor | None
    between: LevelFactor | None
    deviance: float | None
    n_used: int
    n_total: int
    n_partners: int
    method: str
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain dictionaries and lists."""
        return {**asdict(self), "notes": list(self.notes)}

    def to_frame(self) -> "pd.DataFrame":
        """Return both omegas as one row of a pandas data frame."""
        import pandas as pd  # noqa: PLC0415 - pandas takes a third of a second to import

        return pd.DataFrame([{n: getattr(self, n) for n in ("omega_within", "omega_between")}])


def two_level_omega(
    data: Frame, scale: Scale, partner: str, *, bounded: bool = True, min_n: int = 1
) -> TwoLevelOmega:
    """Estimate omega of raters within partners, and of partners.

    Parameters
    ----------
    data : DataFrame
        One row per rater and partner.
    scale : Scale
        Items, range and scoring rule; three items or more.
    partner : str
        Column that names the partner of each row.
    bounded : bool
        Whether residual variances are kept from being negative; they often would be between
        partners, which differ on the items almost as one.
    min_n : int
        Partners with fewer complete rows are left out.

    Returns
    -------
    TwoLevelOmega
        Omegas from 0 to 1.

    Notes
    -----
    Missing data: complete rows of rows with a partner.

    Item = mean + between + within, covariances Σb = λb λbᵀ + θb and Σw = λw λwᵀ + θw. With S the
    pooled covariance within, and A = Σw + n Σb for a partner of n rows with means m:
    −2 log L = (N − G)(log|Σw| + tr Σw⁻¹S) + Σ [log|A| + n (m − μ)ᵀA⁻¹(m − μ)] + constant; μ by
    generalised least squares. omega = (Σλ)²/((Σλ)² + Σθ) at each level.

    Not estimable: fewer than three items, fewer than ten partners or no more than items, no
    partner with two rows, no end of the search; between partners also where their factor holds
    less than 2 % of the variance of every item, or items load in opposite directions.

    Checked against lavaan 0.6-14 ``cfa(cluster = )`` with `bounded=False`: loadings 1e-3,
    omegas 1e-4.

    References
    ----------
    Geldhof, Preacher & Zyphur (2014), Psychological Methods 19, 72-91. Muthén (1994),
    Sociological Methods & Research 22, 376-398.

    Examples
    --------
    >>> from analysis.simulation import Design, simulate
    >>> simulated = simulate(Design(partners=60, raters=20, icc=0.3, low=0, high=100), seed=1)
    >>> found = two_level_omega(simulated.frame, simulated.scales[0], "partner")
    >>> round(found.omega_within, 2), round(found.omega_between, 2)
    (0.79, 1.0)
    """
    check_min_n(min_n)
    items = item_matrix(data, scale)
    names, codes = groups(data, partner)
    whole = (codes >= 0) & ~np.isnan(items).any(axis=1)
    sizes = np.bincount(codes[whole], minlength=len(names))
    whole[whole] = (sizes >= max(1, min_n))[codes[whole]]
    x, codes = items[whole], np.unique(codes[whole], return_inverse=True)[1]
    n = np.bincount(codes)
    found = TwoLevelOmega(
        None, None, None, None, None, len(x), len(items), len(n), "two-level factor model, ML"
    )
    try:
        _check(x, n)
        fitted, deviance = _fit(_Sums.of(x, codes, n), bounded=bounded)
    except NotComputable as reason:
        return replace(found, notes=(f"Two-level omega is not estimable. {reason}",))
    within, between = fitted
    variances = np.var(x, axis=0, ddof=1)
    why = _improper(between, variances)
    return replace(
        found,
        omega_within=within.omega,
        omega_between=between.omega if why is None else None,
        within=within,
        between=between,
        deviance=deviance,
        notes=_bare(between, variances)
        if why is None
        else (f"Omega between partners is not estimable: {why}.",),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    """Pooled covariance within, and per partner its rows and means."""

    within: Floats
    freedom: float
    n: Floats
    means: Floats

    @classmethod
    def of(cls, x: Floats, codes: NDArray[np.intp], n: NDArray[np.intp]) -> "_Sums":
        means = np.zeros((len(n), x.shape[1]))
        np.add.at(means, codes, x)
        means /= n[:, None]
        rest = x - means[codes]
        freedom = float(len(x) - len(n))
        return cls(rest.T @ rest / freedom, freedom, n.astype(np.float64), means)


def _check(x: Floats, n: NDArray[np.intp]) -> None:
    items = x.shape[1]
    if items < 3:
        raise NotComputable(f"A factor at two levels needs 3 items; the scale has {items}.")
    needed = max(LEAST_PARTNERS, items + 1)
    if len(n) < needed:
        raise NotComputable(
            f"There are {len(n)} partners; with {items} items it takes {needed} or more."
        )
    if n.max() < 2:
        raise NotComputable("Every partner has a single complete row.")
    if (x.var(axis=0) == 0).any():
        raise NotComputable("An item does not vary.")


def _fit(sums: _Sums, *, bounded: bool) -> tuple[tuple[LevelFactor, LevelFactor], float]:
    """Minimise the deviance from where analysis of variance puts it."""
    k = len(sums.within)
    n0 = sums.n.mean()
    between = np.cov(sums.means, rowvar=False) - sums.within / n0
    start = np.concatenate(
        [*_start(sums.within, 0.4), *_start(np.diag(np.maximum(np.diag(between), 1e-3)), 0.8)]
    )
    least = [(None, None)] * k + [(0.0 if bounded else None, None)] * k
    found = minimize(
        _deviance,
        start,
        args=(sums,),
        jac=True,
        method="L-BFGS-B",
        bounds=least * 2,
        options={"maxiter": 5_000, "maxfun": 10_000, "ftol": 1e-15, "gtol": 1e-7},
    )
    slope = np.where((found.x <= 0) & (found.jac > 0) & bounded, 0.0, found.jac)
    if found.fun >= _OUT or np.abs(slope).max() > _CLOSE * (sums.freedom + len(sums.n)):
        raise NotComputable("The search for the factors did not converge.")
    lw, tw, lb, tb = np.split(found.x, 4)
    signed = (lw * np.sign(lw.sum() or 1), tw), (lb * np.sign(lb.sum() or 1), tb)
    levels = [LevelFactor(tuple(l.tolist()), tuple(t.tolist())) for l, t in signed]  # noqa: E741
    return (levels[0], levels[1]), float(found.fun)


def _start(covariance: Floats, share: float) -> tuple[Floats, Floats]:
    variance = np.diag(covariance)
    return np.sqrt(share * variance), (1 - share) * variance


def _deviance(point: Floats, sums: _Sums) -> tuple[float, Floats]:
    """Return −2 log L but for a constant, and its slope."""
    lw, tw, lb, tb = np.split(point, 4)
    within = np.outer(lw, lw) + np.diag(tw)
    between = np.outer(lb, lb) + np.diag(tb)
    try:
        value, slope_w, slope_b = _levels(within, between, sums)
    except np.linalg.LinAlgError:
        return _OUT, np.zeros_like(point)
    slope = [2 * slope_w @ lw, np.diag(slope_w), 2 * slope_b @ lb, np.diag(slope_b)]
    return value, np.concatenate(slope)


def _levels(within: Floats, between: Floats, sums: _Sums) -> tuple[float, Floats, Floats]:
    """Return the deviance and its derivatives in both covariances."""
    inverse, log_w = _inverse(within)
    value = sums.freedom * (log_w + float((inverse * sums.within).sum()))
    slope_w = sums.freedom * (inverse - inverse @ sums.within @ inverse)
    slope_b = np.zeros_like(between)
    sizes = np.unique(sums.n)
    solved = {size: _inverse(within + size * between) for size in sizes}
    counts = {size: sums.n == size for size in sizes}
    weight = sum(size * counts[size].sum() * solved[size][0] for size in sizes)
    total = sum(size * solved[size][0] @ sums.means[counts[size]].sum(axis=0) for size in sizes)
    mu = np.linalg.solve(weight, total)
    for size in sizes:
        own, log_a = solved[size]
        away = sums.means[counts[size]] - mu
        spread = size * away.T @ away
        value += len(away) * log_a + float((own * spread).sum())
        slope = len(away) * own - own @ spread @ own
        slope_w += slope
        slope_b += size * slope
    return value, slope_w, slope_b


def _inverse(covariance: Floats) -> tuple[Floats, float]:
    """Return inverse and log determinant; not of a matrix that is no covariance."""
    factor = np.linalg.cholesky(covariance)
    half = np.linalg.inv(factor)
    return half.T @ half, float(2 * np.log(np.diag(factor)).sum())


def _improper(between: LevelFactor, variances: Floats) -> str | None:
    """Say why the factor between partners means nothing; None if it does."""
    loadings = np.array(between.loadings)
    true = loadings**2 / variances
    if true.max() < _HARDLY:
        return "partners hardly differ, by less than 2\u00a0% of the variance of any item"
    if (loadings < 0).any() and true[loadings < 0].max() > 1e-3:
        return "items load in opposite directions"
    return None


def _bare(between: LevelFactor, variances: Floats) -> tuple[str, ...]:
    """Say how many items differ between partners as one."""
    none = int((np.array(between.residuals) <= _ZERO * variances).sum())
    told = f"{none} of {len(variances)} items have no residual variance between partners."
    return (told,) if none else ()
