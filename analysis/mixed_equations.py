"""The mixed-model equations of two crossed factors, solved for given ratios of variances.

The equations of the factor with more levels are diagonal and are eliminated at once; what is left
is one dense matrix with a row per level of the other. So thousands of raters cost no more than
their ratings, and memory is that of partners × partners.
"""

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, cholesky
from scipy.linalg.lapack import dtrtri
from scipy.sparse import csr_array, diags_array

from analysis.data import Floats

_AT_ONCE = 4_000_000  # numbers held at a time: 32 MB
_DENSE = 200_000  # cells of a table of counts that is quicker to multiply as it is


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """The equations solved at variances (many, few), each divided by that of the residuals.

    `effects` holds the two factors in that order, `ones` the share of a common constant that each
    effect would take up; `inverse` is that of the equations left after the first was eliminated.
    """

    ratios: tuple[float, float]
    deviance: float
    mu: float
    weight: float
    sigma2: float
    effects: tuple[Floats, Floats]
    ones: tuple[Floats, Floats]
    inverse: Floats


class Equations:
    """Ratings of crossed factors, by the factor with more levels and that with fewer."""

    def __init__(
        self, values: Floats, many: NDArray[np.intp], few: NDArray[np.intp], counts: csr_array
    ) -> None:
        self.centre = float(values.mean())
        self.values, self.many, self.few, self.counts = values - self.centre, many, few, counts
        self.sizes: tuple[Floats, Floats] = (
            np.asarray(counts.sum(axis=1), dtype=np.float64),
            np.asarray(counts.sum(axis=0), dtype=np.float64),
        )
        self.sums = self._sums(self.values)
        self.freedom = len(values) - 1
        self.table = counts.toarray() if counts.shape[0] * counts.shape[1] <= _DENSE else None

    def solve(self, ratios: tuple[float, float]) -> Solution:
        """Return everything that follows from the two ratios of variances.

        Notes
        -----
        H = I + r₁Z₁Z₁ᵀ + r₂Z₂Z₂ᵀ, C = I + ΛZᵀZΛ with Λ² = r: log|H| = log|C|, and
        H⁻¹ = I − ZΛC⁻¹ΛZᵀ. With P = H⁻¹ − H⁻¹11ᵀH⁻¹/(1ᵀH⁻¹1) and R = yᵀPy, minus twice the
        restricted log-likelihood is (N − 1)(1 + log 2πR/(N − 1)) + log|C| + log 1ᵀH⁻¹1.
        """
        diagonal = 1 + ratios[0] * self.sizes[0]
        factor, inverse = self._reduced(ratios, diagonal)
        ones = self._effects(ratios, diagonal, factor, self.sizes)
        own = self._effects(ratios, diagonal, factor, self.sums)
        weight = len(self.values) - sum(float(n @ e) for n, e in zip(self.sizes, ones, strict=True))
        total = -sum(float(n @ e) for n, e in zip(self.sizes, own, strict=True))
        mu = total / weight
        effects = own[0] - mu * ones[0], own[1] - mu * ones[1]
        rest = self.values - mu - self._fitted(effects)
        rss = float(self.values @ rest)
        log_c = float(np.log(diagonal).sum() + 2 * np.log(np.diag(factor)).sum())
        fit = self.freedom * (1 + np.log(2 * np.pi * rss / self.freedom))
        return Solution(
            ratios=ratios,
            deviance=float(fit + log_c + np.log(weight)),
            mu=mu + self.centre,
            weight=weight,
            sigma2=rss / self.freedom,
            effects=effects,
            ones=ones,
            inverse=inverse,
        )

    def slope(self, solution: Solution) -> tuple[float, float]:
        """Return the derivatives of the deviance in the logarithms of the ratios.

        Notes
        -----
        In rᵢ it is tr ZᵢᵀPZᵢ − (N − 1)|ZᵢᵀPy|²/R.
        """
        ratios, inverse = solution.ratios, solution.inverse
        diagonal = 1 + ratios[0] * self.sizes[0]
        within = self._crossed(1 / diagonal**2)
        many = (1 - 1 / diagonal).sum() - ratios[0] * ratios[1] * (inverse * within).sum()
        few = len(inverse) - np.trace(inverse)
        mean = solution.mu - self.centre
        rest = self.values - mean - self._fitted(solution.effects)
        gain = [float(total @ total) / solution.sigma2 for total in self._sums(rest)]
        flat = 1 - self._fitted(solution.ones)
        shared = [float(total @ total) / solution.weight for total in self._sums(flat)]
        return (
            float(many) - ratios[0] * (shared[0] + gain[0]),
            float(few) - ratios[1] * (shared[1] + gain[1]),
        )

    def variances(self, solution: Solution, place: int) -> Floats:
        """Return the conditional variances of one factor's effects, over that of the residuals."""
        ratios = solution.ratios
        if place == 1:
            return np.asarray(ratios[1] * np.diag(solution.inverse))
        diagonal = 1 + ratios[0] * self.sizes[0]
        spread = np.empty(len(diagonal))
        step = max(1, _AT_ONCE // self.counts.shape[1])
        for start in range(0, len(diagonal), step):
            part = self.counts[start : start + step].toarray()
            spread[start : start + step] = ((part @ solution.inverse) * part).sum(axis=1)
        return np.asarray(ratios[0] * (1 / diagonal + ratios[0] * ratios[1] * spread / diagonal**2))

    def combined(self, solution: Solution, place: int, weights: Floats) -> Floats:
        """Return the conditional variances of weighted sums of one factor's effects.

        Parameters
        ----------
        solution : Solution
            The equations solved.
        place : int
            Which of the two factors is meant.
        weights : array of shape (levels, sums)
            Weight of each effect in each sum.

        Returns
        -------
        array of shape (sums,)
            Over the variance of the residuals; that of the mean is allowed for.

        Notes
        -----
        With q = Zw the variance is r wᵀw − r² qᵀPq, and qᵀPq = qᵀH⁻¹q − (1ᵀH⁻¹q)²/(1ᵀH⁻¹1).
        """
        ratios, ratio = solution.ratios, solution.ratios[place]
        diagonal = (1 + ratios[0] * self.sizes[0])[:, None]
        own = self.sizes[place][:, None] * weights
        other = (self.counts.T if place == 0 else self.counts) @ weights
        sums = (own, other) if place == 0 else (other, own)
        first = ratios[0] * sums[0] / diagonal
        few = ratios[1] * (solution.inverse @ (sums[1] - self.counts.T @ first))
        many = first - ratios[0] * (self.counts @ few) / diagonal
        left = (own * weights).sum(axis=0) - (sums[0] * many).sum(axis=0)
        left = left - (sums[1] * few).sum(axis=0)
        flat = own.sum(axis=0) - self.sizes[0] @ many - self.sizes[1] @ few
        held = ratio**2 * (left - flat**2 / solution.weight)
        return np.asarray(ratio * (weights**2).sum(axis=0) - held)

    def _sums(self, values: Floats) -> tuple[Floats, Floats]:
        size = self.counts.shape
        many = np.bincount(self.many, weights=values, minlength=size[0])
        few = np.bincount(self.few, weights=values, minlength=size[1])
        return many.astype(np.float64), few.astype(np.float64)

    def _fitted(self, effects: tuple[Floats, Floats]) -> Floats:
        """Return the sum of both effects for each rating."""
        return np.asarray(effects[0][self.many] + effects[1][self.few])

    def _crossed(self, weights: Floats) -> Floats:
        """Return countsᵀ · diag(weights) · counts."""
        if self.table is not None:
            return cast("Floats", (self.table * weights[:, None]).T @ self.table)
        product = self.counts.T @ (diags_array(weights) @ self.counts)
        return cast("Floats", product.toarray())

    def _reduced(self, ratios: tuple[float, float], diagonal: Floats) -> tuple[Floats, Floats]:
        """Return the Cholesky factor of the equations left, and their inverse."""
        matrix = -ratios[0] * ratios[1] * self._crossed(1 / diagonal)
        matrix[np.diag_indices_from(matrix)] += 1 + ratios[1] * self.sizes[1]
        factor = cholesky(matrix, lower=True, overwrite_a=True, check_finite=False)
        # Quicker than dpotri, which starts threads for the smallest matrix.
        half, _ = dtrtri(factor, lower=1)
        return factor, half.T @ half

    def _effects(
        self,
        ratios: tuple[float, float],
        diagonal: Floats,
        factor: Floats,
        sums: tuple[Floats, Floats],
    ) -> tuple[Floats, Floats]:
        """Solve for the effects on a right-hand side given by its sums over both factors."""
        first = ratios[0] * sums[0] / diagonal
        right = np.sqrt(ratios[1]) * (sums[1] - self.counts.T @ first)
        few = np.sqrt(ratios[1]) * cho_solve((factor, True), right)
        return first - ratios[0] * (self.counts @ few) / diagonal, few
