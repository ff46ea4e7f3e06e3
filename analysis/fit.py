"""Fit of a model of means and covariances: the χ² test and the usual indices."""

import math
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import chdtrc, chndtr

from analysis.data import Floats

_RMSEA_LEVEL = 0.90


@dataclass(frozen=True, slots=True)
class ChiSquare:
    """A likelihood-ratio statistic, its degrees of freedom, and how far it is inflated.

    Parameters
    ----------
    chisq, df
        The statistic as it is, and its degrees of freedom.
    scaling
        By how much answers that are not normal inflate it; 1 where normal answers are assumed.
    """

    chisq: float
    df: int
    scaling: float = 1.0

    @property
    def excess(self) -> float:
        """Return how far the statistic exceeds what chance gives."""
        return self.chisq - self.scaling * self.df


@dataclass(frozen=True, slots=True)
class Fit:
    """How well a model reproduces means and covariances; None where nothing is left to test.

    Parameters
    ----------
    chisq, df, p
        Test of the model against any means and covariances; divided by `scaling` if robust.
    cfi, tli
        Comparative and Tucker-Lewis index against independent items.
    rmsea, rmsea_low, rmsea_high
        Root mean square error of approximation, and its 90 % interval.
    srmr
        Standardized root mean square residual.
    log_likelihood, aic, bic, n_parameters
        Of the model.
    scaling
        What χ² was divided by; 1 where normal answers are assumed.
    """

    chisq: float
    df: int
    p: float | None
    cfi: float | None
    tli: float | None
    rmsea: float | None
    rmsea_low: float | None
    rmsea_high: float | None
    srmr: float
    log_likelihood: float | None
    aic: float | None
    bic: float | None
    n_parameters: int
    scaling: float = 1.0

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a plain dictionary."""
        return asdict(self)


def fit_indices(
    model: ChiSquare,
    baseline: ChiSquare,
    *,
    n: int,
    srmr: float,
    n_parameters: int,
    log_likelihood: float | None = None,
    groups: int = 1,
) -> Fit:
    """Compute the indices of fit.

    Parameters
    ----------
    model, baseline
        Test of the model, and of the model of independent items.
    n
        Rows.
    srmr, n_parameters, log_likelihood
        Of the model.
    groups
        Number of groups.

    References
    ----------
    Formula, with χ² and the χ²₀ of independent items, c their scalings:
    CFI = 1 - max(χ² - c·df, 0)/max(χ²₀ - c₀·df₀, χ² - c·df, 0);
    TLI = 1 - (χ² - c·df)·df₀/((χ²₀ - c₀·df₀)·df); RMSEA = √(groups·max(χ²/df - c, 0)/n).
    Bentler (1990), Psychological Bulletin 107, 238-246; Tucker & Lewis (1973), Psychometrika 38,
    1-10; Steiger (1990), Multivariate Behavioral Research 25, 173-180; with scalings:
    Brosseau-Liard, Savalei & Li (2012), Multivariate Behavioral Research 47, 904-930.
    Checked against lavaan 0.6-14, fitMeasures: 1e-6; interval of RMSEA 1e-4.
    """
    tested = model.df > 0
    low, high = rmsea_interval(model, n, groups) if tested else (None, None)
    fitted = None if log_likelihood is None else -2 * log_likelihood
    return Fit(
        chisq=model.chisq / model.scaling,
        df=model.df,
        p=float(chdtrc(model.df, model.chisq / model.scaling)) if tested else None,
        cfi=_cfi(model, baseline) if tested else None,
        tli=_tli(model, baseline) if tested else None,
        rmsea=math.sqrt(groups * max(model.excess, 0.0) / (model.df * n)) if tested else None,
        rmsea_low=low,
        rmsea_high=high,
        srmr=srmr,
        log_likelihood=log_likelihood,
        aic=None if fitted is None else fitted + 2 * n_parameters,
        bic=None if fitted is None else fitted + math.log(n) * n_parameters,
        n_parameters=n_parameters,
        scaling=model.scaling,
    )


def rescaled(fit: Fit, chisq: float, scaling: float) -> Fit:
    """Return the fit with this χ² over its scaling as its test."""
    scaled = chisq / scaling
    p = float(chdtrc(fit.df, scaled)) if fit.df else None
    return replace(fit, chisq=scaled, p=p, scaling=scaling)


def rmsea_interval(
    model: ChiSquare, n: int, groups: int = 1, level: float = _RMSEA_LEVEL
) -> tuple[float, float]:
    """Return the interval of RMSEA: noncentralities under which χ² is no surprise.

    References
    ----------
    Browne & Cudeck (1992), Sociological Methods & Research 21, 230-258. With a scaling, those of
    the scaled χ², times the scaling (Li & Bentler 2011).
    """
    found = model.chisq / model.scaling
    limits = (
        _noncentrality(found, model.df, share) for share in ((1 + level) / 2, (1 - level) / 2)
    )
    low, high = (math.sqrt(groups * model.scaling * limit / (model.df * n)) for limit in limits)
    return low, high


def srmr(
    covariance: Floats, implied: Floats, mean: Floats | None = None, at: Floats | None = None
) -> float:
    """Return the standardized root mean square residual.

    Parameters
    ----------
    covariance, implied
        Observed and implied covariances `(p, p)`.
    mean, at
        Observed and implied means `(p,)` if the model has means.

    References
    ----------
    Formula: root of the mean of the squared residuals over the standard deviations of the data,
    over the p(p+1)/2 covariances and the p means. Hu & Bentler (1999), Structural Equation
    Modeling 6, 1-55.
    """
    sd = np.sqrt(covariance.diagonal())
    residuals = ((covariance - implied) / np.outer(sd, sd))[np.tril_indices(len(sd))]
    if mean is not None and at is not None:
        residuals = np.concatenate([residuals, (mean - at) / sd])
    return float(np.sqrt((residuals**2).mean()))


def _cfi(model: ChiSquare, baseline: ChiSquare) -> float:
    worst = max(baseline.excess, model.excess, 0.0)
    return 1.0 if worst == 0 else 1 - max(model.excess, 0.0) / worst


def _tli(model: ChiSquare, baseline: ChiSquare) -> float | None:
    if baseline.excess == 0:
        return None
    return 1 - model.excess * baseline.df / (baseline.excess * model.df)


def _noncentrality(chisq: float, df: int, share: float) -> float:
    """Return under which noncentrality `share` of all χ² lie below the one found."""
    if chndtr(chisq, df, 0.0) <= share:
        return 0.0
    most = max(4 * chisq, 100.0)
    return float(brentq(lambda c: chndtr(chisq, df, c) - share, 0.0, most, xtol=1e-10))
