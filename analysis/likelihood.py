"""The normal likelihood of a factor model, from sums over rows that answered the same items."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.data import Floats
from analysis.structure import Structure

_NUDGE = 1e-4  # step of the numerical derivatives, in standard errors of the parameter


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Rows of one group that answered the same items.

    Parameters
    ----------
    group
        Index of the group.
    observed
        Indices `(o,)` of the items they answered.
    n
        Number of rows.
    mean, covariance
        Of those rows and items, `(o,)` and `(o, o)`, dividing by n.
    """

    group: int
    observed: NDArray[np.intp]
    n: int
    mean: Floats
    covariance: Floats

    @classmethod
    def complete(cls, rows: Floats, group: int = 0) -> "Block":
        """Sum over rows `(n, p)` without gaps."""
        centred = rows - rows.mean(axis=0)
        items = np.arange(rows.shape[1])
        return cls(group, items, len(rows), rows.mean(axis=0), centred.T @ centred / len(rows))

    @classmethod
    def patterns(cls, rows: Floats, group: int = 0) -> tuple["Block", ...]:
        """Sum over rows `(n, p)` with gaps, by what they answered; empty rows are left out."""
        return tuple(
            cls(group, items, block.n, block.mean, block.covariance)
            for items, members in patterns(rows)
            for block in [cls.complete(rows[np.ix_(members, items)])]
        )


def patterns(rows: Floats) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Yield the items of each pattern of answers in rows `(n, p)`, and the rows that have it."""
    given = ~np.isnan(rows)
    if given.all():  # sorting the rows to find this would take longer than most fits
        yield np.arange(rows.shape[1]), np.arange(len(rows))
        return
    distinct, member = np.unique(given, axis=0, return_inverse=True)
    for index, pattern in enumerate(distinct):
        if pattern.any():
            yield np.flatnonzero(pattern), np.flatnonzero(member.ravel() == index)


@dataclass(frozen=True, slots=True, eq=False)
class Likelihood:
    """-2 log likelihood per row of a factor model, without its constant p·log 2π.

    Parameters
    ----------
    structure
        The model.
    blocks
        The data.
    """

    structure: Structure
    blocks: tuple[Block, ...]

    @property
    def n(self) -> int:
        """Rows of all blocks."""
        return sum(block.n for block in self.blocks)

    def value(self, parameters: Floats) -> float:
        """Return the discrepancy; infinite where Σ of a group is no covariance matrix."""
        return self.with_gradient(parameters, slopes=False)[0]

    def with_gradient(self, parameters: Floats, *, slopes: bool = True) -> tuple[float, Floats]:
        """Return the discrepancy and its gradient `(q,)`."""
        total, gradient = 0.0, np.zeros(len(parameters))
        for index, group in enumerate(self.structure.groups):
            covariance, mean = group.covariance(parameters), group.mean(parameters)
            blocks = [block for block in self.blocks if block.group == index]
            value, by_covariance, by_mean = _summed(blocks, covariance, mean)
            if not math.isfinite(value):
                return math.inf, gradient
            total += value
            if slopes:
                gradient += group.gradient(parameters, by_covariance, by_mean)
        return total / self.n, gradient / self.n

    def expected_information(self, parameters: Floats) -> Floats:
        """Return the expected second derivatives `(q, q)`, as if every row were complete."""
        q = len(parameters)
        total = np.zeros((q, q))
        for index, group in enumerate(self.structure.groups):
            rows = sum(block.n for block in self.blocks if block.group == index)
            inverse = np.linalg.inv(group.covariance(parameters))
            by_covariance = group.covariance_slopes(parameters)
            by_mean = group.mean_slopes(parameters)
            turned = (inverse @ by_covariance @ inverse).reshape(q, -1)
            total += rows * (by_covariance.reshape(q, -1) @ turned.T)
            total += rows * 2 * by_mean @ inverse @ by_mean.T
        return total / self.n

    def hessian(self, parameters: Floats, spread: Floats) -> Floats:
        """Return the second derivatives `(q, q)` by central differences of the gradient.

        Parameters
        ----------
        parameters
            Where.
        spread
            About one standard error of each parameter, `(q,)`.
        """
        columns = []
        for index, step in enumerate(spread * _NUDGE):
            nudge = np.zeros(len(parameters))
            nudge[index] = step
            above = self.with_gradient(parameters + nudge)[1]
            below = self.with_gradient(parameters - nudge)[1]
            columns.append((above - below) / (2 * step))
        found: Floats = np.array(columns)
        symmetric: Floats = (found + found.T) / 2
        return symmetric


def discrepancy(blocks: Sequence[Block], covariance: Floats, mean: Floats | None) -> float:
    """Return -2 log likelihood of all rows, without its constant, at these moments."""
    return _summed(blocks, covariance, mean)[0]


def _summed(
    blocks: Sequence[Block], covariance: Floats, mean: Floats | None
) -> tuple[float, Floats, Floats]:
    """Return n·F of one group, and its derivatives with respect to Σ and μ."""
    total, by_covariance, by_mean = 0.0, np.zeros_like(covariance), np.zeros(len(covariance))
    for block in blocks:
        seen = block.observed
        places = np.ix_(seen, seen)
        try:
            root = np.linalg.cholesky(covariance[places])
        except np.linalg.LinAlgError:
            return math.inf, by_covariance, by_mean
        half = np.linalg.inv(root)
        inverse = half.T @ half
        gap = block.mean - mean[seen] if mean is not None else np.zeros(len(seen))
        spread = block.covariance + np.outer(gap, gap)
        fitted = inverse @ spread
        total += block.n * (2 * np.log(root.diagonal()).sum() + np.trace(fitted))
        by_covariance[places] += block.n * (inverse - fitted @ inverse)
        by_mean[seen] -= 2 * block.n * (inverse @ gap)
    return float(total), by_covariance, by_mean
