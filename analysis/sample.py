"""What a factor model is fitted to: rows, their sums, and how well two simple models do."""

import math
from dataclasses import dataclass

import numpy as np

from analysis.clusters import Clusters
from analysis.data import Floats
from analysis.errors import NotComputable
from analysis.likelihood import Block

_DEPENDENT = 1e-10  # smallest eigenvalue, as a share of the largest, of items that are distinct


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Answers of one group to p items.

    Parameters
    ----------
    rows
        Scored answers `(n, p)`, each row with at least one.
    blocks
        Their sums.
    mean, covariance
        Estimates `(p,)` and `(p, p)` without a model, dividing by n.
    saturated, independent
        -2 log likelihood per row, without its constant, of these estimates, and of independent
        items.
    gaps
        Whether answers are missing, so that means are modelled too.
    clusters
        Rows that belong together; None: rows are independent.
    """

    rows: Floats
    blocks: tuple[Block, ...]
    mean: Floats
    covariance: Floats
    saturated: float
    independent: float
    gaps: bool
    clusters: Clusters | None = None

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.rows)

    @property
    def n_moments(self) -> int:
        """Number of means and covariances that a model can reproduce."""
        p = len(self.mean)
        return p * (p + 1) // 2 + (p if self.gaps else 0)

    def log_likelihood(self, discrepancy: float) -> float:
        """Return the log likelihood of a model from its discrepancy per row."""
        answers = np.count_nonzero(~np.isnan(self.rows))
        return float(-(self.n * discrepancy + answers * math.log(2 * math.pi)) / 2)


def complete_sample(rows: Floats, items: tuple[str, ...]) -> Sample:
    """Return the sample of rows `(n, p)` without gaps.

    Raises
    ------
    NotComputable
        If there are too few rows, an item is constant, or the items are linearly dependent.
    """
    _enough(rows, items)
    block = Block.complete(rows)
    refuse_dependent(block.covariance, items, len(rows))
    p = len(items)
    return Sample(
        rows=rows,
        blocks=(block,),
        mean=block.mean,
        covariance=block.covariance,
        saturated=float(np.linalg.slogdet(block.covariance)[1]) + p,
        independent=float(np.log(block.covariance.diagonal()).sum()) + p,
        gaps=False,
    )


def _enough(rows: Floats, items: tuple[str, ...]) -> None:
    if len(rows) < 2:
        raise NotComputable(f"needs 2 rows that answered every item; there are {len(rows)}")
    spread, size = np.ptp(rows, axis=0), np.abs(rows).max(axis=0)
    flat = [item for item, same in zip(items, spread <= 1e-12 * size, strict=True) if same]
    if flat:
        raise NotComputable(f"constant item: every answer to {_listed(flat)} is the same")


def refuse_dependent(covariance: Floats, items: tuple[str, ...], n: int) -> None:
    """Refuse covariances `(p, p)` of items that are linearly dependent in n rows.

    Raises
    ------
    NotComputable
        Naming the items, or saying that there are too few rows.
    """
    sd = np.sqrt(covariance.diagonal())
    values, vectors = np.linalg.eigh(covariance / np.outer(sd, sd))
    if values[0] >= _DEPENDENT * values[-1]:
        return
    if n <= len(items):
        raise NotComputable(f"needs more rows than items; {n} rows answered {len(items)} items")
    bound = [item for item, weight in zip(items, vectors[:, 0], strict=True) if abs(weight) > 0.1]
    raise NotComputable(
        f"not positive definite: {_listed(bound)} are linearly dependent; leave one of them out"
    )


def _listed(items: list[str]) -> str:
    return ", ".join(repr(item) for item in items)
