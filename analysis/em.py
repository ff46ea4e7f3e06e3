"""Means and covariances from rows with gaps, by maximum likelihood (EM), as a sample to fit."""

from collections.abc import Sequence

import numpy as np

from analysis.data import Floats
from analysis.errors import NotComputable
from analysis.likelihood import Block, discrepancy
from analysis.sample import Sample, refuse_dependent

_STEPS = 20_000
_STANDSTILL = 1e-10  # largest step, in standard deviations, at which the estimates stand still


def incomplete_sample(rows: Floats, items: tuple[str, ...]) -> Sample:
    """Return the sample of rows `(n, p)` with gaps; rows without any answer are left out.

    Raises
    ------
    NotComputable
        If there are too few answers, an item is constant, two items were never answered together,
        the items are linearly dependent, or the estimates do not stand still.
    """
    used = rows[~np.isnan(rows).all(axis=1)]
    _determined(used, items)
    blocks = Block.patterns(used)
    mean, covariance = saturated_moments(blocks, used)
    refuse_dependent(covariance, items, len(used))
    given = (~np.isnan(used)).sum(axis=0)
    variances = np.nanvar(used, axis=0)
    return Sample(
        rows=used,
        blocks=blocks,
        mean=mean,
        covariance=covariance,
        saturated=discrepancy(blocks, covariance, mean) / len(used),
        independent=float(given @ (np.log(variances) + 1)) / len(used),
        gaps=True,
    )


def saturated_moments(blocks: Sequence[Block], rows: Floats) -> tuple[Floats, Floats]:
    """Estimate means `(p,)` and covariances `(p, p)` without a model, dividing by n.

    Parameters
    ----------
    blocks
        Sums of the rows by what they answered.
    rows
        The rows `(n, p)`, from which the first guess is made.

    Raises
    ------
    NotComputable
        If 20,000 steps do not suffice.

    References
    ----------
    Formula: each gap is replaced by its expectation given the answers of its row; the covariances
    add what that expectation leaves open. Dempster, Laird & Rubin (1977), Journal of the Royal
    Statistical Society B 39, 1-38; Little & Rubin (2019), Statistical Analysis with Missing Data,
    section 11.2.
    Checked against lavaan 0.6-14 (sampstat with missing = "fiml"): 1e-6.
    """
    mean, variances = np.nanmean(rows, axis=0), np.nanvar(rows, axis=0)
    covariance, sd = np.diag(variances), np.sqrt(variances)
    n = sum(block.n for block in blocks)
    for _ in range(_STEPS):
        total, products = np.zeros_like(mean), np.zeros_like(covariance)
        for block in blocks:
            filled, spread = _expected(block, mean, covariance)
            total += block.n * filled
            products += block.n * (spread + np.outer(filled, filled))
        reached = total / n
        spread = products / n - np.outer(reached, reached)
        step = max(
            np.abs((reached - mean) / sd).max(),
            np.abs((spread - covariance) / np.outer(sd, sd)).max(),
        )
        mean, covariance = reached, spread
        if step < _STANDSTILL:
            return mean, covariance
    raise NotComputable("the estimates from rows with gaps did not converge: too much is missing")


def _expected(block: Block, mean: Floats, covariance: Floats) -> tuple[Floats, Floats]:
    """Return the expected mean `(p,)` and covariance `(p, p)` of the rows of a block."""
    seen = block.observed
    if len(seen) == len(mean):
        return block.mean, block.covariance
    gaps = np.setdiff1d(np.arange(len(mean)), seen)
    known, between = covariance[np.ix_(seen, seen)], covariance[np.ix_(seen, gaps)]
    try:
        weights = np.linalg.solve(known, between).T
    except np.linalg.LinAlgError:  # dependent items; they are named when the search has ended
        weights = (np.linalg.pinv(known, hermitian=True) @ between).T
    fill = np.zeros((len(mean), len(seen)))
    fill[seen, np.arange(len(seen))] = 1.0
    fill[gaps] = weights
    filled: Floats = mean + fill @ (block.mean - mean[seen])
    spread: Floats = fill @ block.covariance @ fill.T
    spread[np.ix_(gaps, gaps)] += covariance[np.ix_(gaps, gaps)] - weights @ between
    return filled, spread


def _determined(rows: Floats, items: tuple[str, ...]) -> None:
    given = ~np.isnan(rows)
    for index, item in enumerate(items):
        answers = rows[given[:, index], index]
        if len(answers) < 2:
            raise NotComputable(f"needs 2 answers to {item!r}; there are {len(answers)}")
        if np.ptp(answers) <= 1e-12 * np.abs(answers).max():
            raise NotComputable(f"constant item: every answer to {item!r} is the same")
    together = given.T.astype(float) @ given
    lonely = np.argwhere(together < 2)
    if len(lonely):
        one, other = (repr(items[index]) for index in sorted(lonely[0]))
        raise NotComputable(f"{one} and {other} were hardly ever answered together")
