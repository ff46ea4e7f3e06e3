"""Fit factor models of ordinal answers to several groups, with their robust tests."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import block_diag, null_space

from analysis.data import Floats
from analysis.errors import NotComputable
from analysis.fit import ChiSquare, Fit, fit_indices, srmr
from analysis.ordinal_groups import Flags, OrdinalGroup
from analysis.polychoric_errors import OrdinalSample
from analysis.search import inverse_of, minimise


@dataclass(frozen=True, slots=True, eq=False)
class OrdinalGroupSolution:
    """A fitted model.

    Parameters
    ----------
    parameters
        Estimates `(q,)`.
    plain
        Σ(n - 1)·F over the groups; it follows no χ² and enters difference tests.
    fit
        Indices, from the scaled and shifted χ².
    slopes
        Of all thresholds and correlations, `(q, S)`.
    """

    parameters: Floats
    plain: ChiSquare
    fit: Fit
    slopes: Floats


class OrdinalData:
    """Thresholds and correlations of all groups, one after another, and what they are worth."""

    def __init__(self, samples: Sequence[OrdinalSample], used: Flags) -> None:
        self.samples, self.used = samples, used
        self.sizes = [sample.n for sample in samples]
        self.shares = np.array(self.sizes) / sum(self.sizes)
        self.gammas = [_gamma(sample, used) for sample in samples]
        self.found = np.concatenate([_statistics(sample, used) for sample in samples])
        self.length = len(self.gammas[0])
        self.weights = np.concatenate([1 / gamma.diagonal() for gamma in self.gammas])

    @property
    def pull(self) -> Floats:
        """Return the weights, each group by its share of the rows."""
        pull: Floats = np.repeat(self.shares, self.length) * self.weights
        return pull

    def solve(self, groups: Sequence[OrdinalGroup], start: Floats) -> OrdinalGroupSolution:
        """Fit a model.

        Raises
        ------
        NotComputable
            If it is not identified or does not converge.

        References
        ----------
        Formula: minimise Σ(n/N)·F over the groups, F = Σ(s - σ)²/γ over thresholds and
        correlations s, γ n times their variances; χ² is Σ(n - 1)F, scaled and shifted.
        Muthén, du Toit & Spisic (1997); Asparouhov & Muthén (2010).
        Checked against lavaan 0.6-14, estimator = "WLSMV", parameterization = "theta", with the
        syntax of semTools::measEq.syntax 0.5-6 (ID.cat = "Wu.Estabrook.2016"): χ² 1e-5 relative.
        """
        pull = self.pull

        def misfit(free: Floats) -> tuple[float, Floats]:
            implied, slopes = _stacked(groups, free)
            gap = self.found - implied
            value = float(pull @ gap**2)
            return (value if math.isfinite(value) else math.inf), -2 * slopes @ (pull * gap)

        _, first = _stacked(groups, start)
        found = minimise(misfit, start, 2 * (first * pull) @ first.T)
        implied, slopes = _stacked(groups, found)
        plain = ChiSquare(self._chisq(self.found - implied), len(pull) - len(found))
        apart = np.where(self._is_threshold(), 0.0, self.found)
        alone = np.eye(len(pull))[self._is_threshold()]
        baseline = ChiSquare(self._chisq(apart), len(pull) - len(alone))
        scaling, model = self._scaled(plain, slopes)
        fit = fit_indices(
            model,
            self._scaled(baseline, alone)[1],
            n=sum(self.sizes) - len(groups),
            srmr=self._residual(implied),
            n_parameters=len(found),
            groups=len(groups),
        )
        return OrdinalGroupSolution(found, plain, replace(fit, scaling=scaling), slopes)

    def change(self, now: OrdinalGroupSolution, before: OrdinalGroupSolution) -> ChiSquare | None:
        """Test what a stricter model has equal; None where that is nothing.

        References
        ----------
        Formula: (χ²₁ - χ²₀)·a + b, a and b from the first two moments of the difference under the
        restrictions A that part the slopes of the two models. Satorra (2000), in Innovations in
        Multivariate Statistical Analysis, 233-247; Asparouhov & Muthén (2010).
        Checked against lavaan 0.6-14, lavTestLRT(method = "satorra.2000"): 1e-5 relative.
        """
        df = now.plain.df - before.plain.df
        if df == 0:
            return None
        wide, narrow = before.slopes.T, now.slopes.T
        restrictions = null_space((np.linalg.pinv(wide) @ narrow).T).T
        inverse = inverse_of((before.slopes * self.pull) @ wide)
        held = restrictions @ inverse
        inner = held.T @ np.linalg.pinv(held @ restrictions.T) @ held
        weighted = wide * self.weights[:, None]
        gamma = block_diag(*(s * g for s, g in zip(self.shares, self.gammas, strict=True)))
        product = weighted @ inner @ weighted.T @ gamma
        first, second = float(np.trace(product)), float((product * product.T).sum())
        stretch = math.sqrt(df / second)
        raw = now.plain.chisq - before.plain.chisq
        return ChiSquare(raw * stretch + df - stretch * first, df)

    def _scaled(self, test: ChiSquare, slopes: Floats) -> tuple[float, ChiSquare]:
        """Return the scaling, and the test scaled and shifted to mean and variance of a χ²."""
        if test.df == 0:
            return 1.0, test
        through = slopes * self.pull
        rest = np.diag(self.pull) - through.T @ inverse_of(through @ slopes.T) @ through
        gamma = block_diag(*(g / s for s, g in zip(self.shares, self.gammas, strict=True)))
        product = rest @ gamma
        first, second = float(np.trace(product)), float((product * product.T).sum())
        if second <= 0:
            raise NotComputable("no robust test: its scaling is not positive")
        scaling = math.sqrt(second / test.df)
        return scaling, ChiSquare(test.chisq / scaling + test.df - first / scaling, test.df)

    def _chisq(self, gap: Floats) -> float:
        freedom = np.repeat(np.array(self.sizes) - 1.0, self.length)
        return float((freedom * self.weights) @ gap**2)

    def _is_threshold(self) -> Flags:
        one = np.arange(self.length) < int(self.used.sum())
        return np.tile(one, len(self.sizes))

    def _residual(self, implied: Floats) -> float:
        """Return the SRMR of the correlations, the mean over the groups by their rows."""
        total, pairs = 0.0, np.triu_indices(len(self.used), 1)
        for sample, part, share in zip(
            self.samples, np.split(implied, len(self.sizes)), self.shares, strict=True
        ):
            model = np.eye(len(self.used))
            model[pairs] = model.T[pairs] = part[int(self.used.sum()) :]
            total += share * srmr(sample.values, model)
        return float(total)


def _stacked(groups: Sequence[OrdinalGroup], free: Floats) -> tuple[Floats, Floats]:
    statistics, slopes = zip(*(group.statistics(free) for group in groups), strict=True)
    return np.concatenate(statistics), np.hstack(slopes)


def _statistics(sample: OrdinalSample, used: Flags) -> Floats:
    tables = sample.tables
    between = sample.values[tables.one, tables.other]
    return np.concatenate([tables.thresholds[np.nonzero(used)], between])


def _gamma(sample: OrdinalSample, used: Flags) -> Floats:
    """Return n times the covariances of the thresholds and correlations."""
    influence = np.hstack(
        [sample.on_thresholds[:, np.flatnonzero(used.ravel())], sample.on_correlations]
    )
    spread: Floats = influence.T @ influence / sample.n
    return spread
