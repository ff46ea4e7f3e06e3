"""Robust tests of models fitted to rows with gaps: what gaps and odd answers do to χ².

The moments are stacked as (μ, lower triangle of Σ), p + p(p+1)/2 numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.data import Floats
from analysis.fit import ChiSquare
from analysis.likelihood import Block, discrepancy, patterns
from analysis.sample import Sample

_ROWS = 2_048  # rows whose scores are held at a time


@dataclass(frozen=True, slots=True, eq=False)
class Saturated:
    """Moments without a model, with what their estimates are worth.

    Parameters
    ----------
    sample
        The data.
    information
        Observed information of the moments per row.
    meat
        Mean product of the rows' scores.
    """

    sample: Sample
    information: Floats
    meat: Floats

    @classmethod
    def of(cls, sample: Sample) -> "Saturated":
        """Compute both at the estimates of the sample."""
        return cls(
            sample, _information(sample.blocks, sample.covariance, sample.mean), _meat(sample)
        )

    @property
    def inflation(self) -> float:
        """Return tr(I⁻¹B): the number of moments if answers were normal."""
        return float(np.trace(np.linalg.solve(self.information, self.meat)))

    def complete_test(self, mean: Floats, covariance: Floats, slopes: Floats) -> ChiSquare:
        """Test a model as if the estimated moments were those of complete rows.

        Parameters
        ----------
        mean, covariance
            Moments that the model implies at its estimates.
        slopes
            Derivatives `(moments, q)` of the implied moments.

        Returns
        -------
        ChiSquare
            Its statistic, and by how much gaps and answers that are not normal inflate it.

        References
        ----------
        Zhang & Savalei (2023), Psychological Methods 28, 263-283: indices of fit from the
        likelihood with gaps depend on how much is missing; these do not.
        """
        n = self.sample.n
        whole = Block(0, np.arange(len(mean)), n, self.sample.mean, self.sample.covariance)
        fitted = discrepancy([whole], covariance, mean)
        best = discrepancy([whole], self.sample.covariance, self.sample.mean)
        complete = _information([whole], self.sample.covariance, self.sample.mean)
        spread = np.linalg.inv(self.information)
        turned = self.information @ slopes
        rest = self.information - turned @ np.linalg.solve(slopes.T @ turned, turned.T)
        away = spread @ rest @ spread @ self.meat @ spread @ rest @ spread
        df = len(slopes) - slopes.shape[1]
        scaling = float(np.trace(complete @ away)) / df if df else 1.0
        return ChiSquare(max(fitted - best, 0.0), df, scaling)


def stacked(mean_slopes: Floats, covariance_slopes: Floats) -> Floats:
    """Stack derivatives `(q, p)` and `(q, p, p)` of the moments as `(moments, q)`."""
    lower = np.tril_indices(mean_slopes.shape[1])
    return np.vstack([mean_slopes.T, covariance_slopes[:, lower[0], lower[1]].T])


def independent_moments(sample: Sample) -> tuple[Floats, Floats, Floats]:
    """Return means, covariances and slopes of independent items, each from its own answers."""
    p = len(sample.mean)
    mean, variances = np.nanmean(sample.rows, axis=0), np.nanvar(sample.rows, axis=0)
    of_mean, of_variance = np.zeros((2 * p, p)), np.zeros((2 * p, p, p))
    of_mean[np.arange(p), np.arange(p)] = 1.0
    of_variance[p + np.arange(p), np.arange(p), np.arange(p)] = 1.0
    return mean, np.diag(variances), stacked(of_mean, of_variance)


def _information(blocks: Sequence[Block], covariance: Floats, mean: Floats) -> Floats:
    """Return the observed information of the stacked moments per row."""
    p = len(mean)
    row, column = np.tril_indices(p)
    own = np.zeros((p, p))
    cross, square = np.zeros((p, p, p)), np.zeros((p, p, p, p))
    for block in blocks:
        seen = block.observed
        inverse = np.linalg.inv(covariance[np.ix_(seen, seen)])
        gap = block.mean - mean[seen]
        fitted = inverse @ (block.covariance + np.outer(gap, gap)) @ inverse
        own[np.ix_(seen, seen)] += block.n * inverse
        cross[np.ix_(seen, seen, seen)] += block.n * inverse[:, :, None] * (inverse @ gap)
        half = np.einsum("ik,jl->ijkl", inverse, fitted - inverse / 2)
        square[np.ix_(seen, seen, seen, seen)] += block.n / 2 * (half + half.transpose(1, 0, 3, 2))
    once = np.where(row == column, 0.5, 1.0)  # the diagonal is met twice below
    mixed = (cross + cross.transpose(0, 2, 1))[:, row, column] * once
    both = square + square.transpose(1, 0, 2, 3)
    both = both + both.transpose(0, 1, 3, 2)
    pairs = both[row[:, None], column[:, None], row, column] * np.outer(once, once)
    n = sum(block.n for block in blocks)
    return np.block([[own, mixed], [mixed.T, pairs]]) / n


def _meat(sample: Sample) -> Floats:
    """Return the mean product of the rows' scores on the stacked moments, summed in clusters."""
    p = len(sample.mean)
    row, column = np.tril_indices(p)
    weight = np.where(row == column, 0.5, 1.0)
    centred = sample.rows - sample.mean
    together = sample.clusters
    total = np.zeros((p + len(row), p + len(row)))
    sums = np.zeros((0 if together is None else together.count, len(total)))
    for seen, members in patterns(sample.rows):
        inverse = np.zeros((p, p))
        inverse[np.ix_(seen, seen)] = np.linalg.inv(sample.covariance[np.ix_(seen, seen)])
        for start in range(0, len(members), _ROWS):
            u = np.nan_to_num(centred[members[start : start + _ROWS]]) @ inverse
            products = (u[:, row] * u[:, column] - inverse[row, column]) * weight
            scores = np.hstack([u, products])
            if together is None:
                total += scores.T @ scores
            else:
                np.add.at(sums, together.codes[members[start : start + _ROWS]], scores)
    if together is not None:
        total = sums.T @ sums * together.correction
    return total / sample.n
