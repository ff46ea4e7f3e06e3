"""Reliability from halves of a scale, and Guttman's lower bounds."""

import math
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.covariance import proper_correlation, proper_covariance
from analysis.data import Floats, Frame
from analysis.errors import NotComputable
from analysis.estimate import one_of
from analysis.moments import MISSING, Moments
from analysis.readable import Readable
from analysis.scale import Scale

if TYPE_CHECKING:
    import pandas as pd

Half = NDArray[np.bool_]

_ALL_SPLITS = 18  # items up to which every split into halves is tried
_STARTS = 200
_DEPENDENT = 1e-10  # smallest eigenvalue, as a share of the largest, of items that are distinct


@dataclass(frozen=True, slots=True, repr=False)
class SplitHalf(Readable):
    """Reliability of one scale from its halves, and Guttman's bounds; None where not computable.

    Parameters
    ----------
    odd_even_r
        Correlation of the sum of the 1st, 3rd, … item with that of the others.
    spearman_brown
        Reliability of the whole scale by that correlation.
    odd_even_lambda4
        The same without the assumption that the halves vary alike.
    lambda2, lambda6
        Lower bounds of the reliability.
    lambda4, halves
        The largest that any split gives, and the items of its two halves.
    method
        How the largest was found: "all splits" or "search from 200 starts".
    n_used, n_total
        Rows that entered; rows in the data.
    notes
        What a reader must know, in sentences.
    """

    scale: str
    odd_even_r: float | None
    spearman_brown: float | None
    odd_even_lambda4: float | None
    lambda2: float | None
    lambda4: float | None
    lambda6: float | None
    halves: tuple[tuple[str, ...], tuple[str, ...]] | None
    method: str
    n_used: int
    n_total: int
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a plain dictionary, tuples as lists."""
        halves = None if self.halves is None else [list(half) for half in self.halves]
        return {**asdict(self), "halves": halves, "notes": list(self.notes)}

    def to_frame(self) -> "pd.DataFrame":
        """Return the fields as one row of a pandas data frame."""
        import pandas as pd  # noqa: PLC0415 - pandas takes a third of a second to import

        return pd.DataFrame([self.to_dict()])


def split_half(
    data: Frame,
    scale: Scale,
    *,
    missing: str = "pairwise",
    standardized: bool = False,
    seed: int = 1,
) -> SplitHalf:
    """Estimate the reliability of a scale from its halves.

    Parameters
    ----------
    data
        One row per respondent.
    scale
        The scale; reversed items are turned round first.
    missing
        "pairwise" or "listwise" covariances.
    standardized
        Of the standardized items, from their correlations, as psych does by default.
    seed
        Seed of the starts where not every split can be tried (19 items and more).

    Returns
    -------
    SplitHalf
        Shares between 0 and 1 where the halves go together; no intervals.

    Notes
    -----
    Missing data: `n_used` counts the rows with at least one answer (pairwise) or with all
    (listwise). λ4 is the largest of many numbers, so it is too high in small samples (Benton
    2015); alpha or omega is the number to report.

    Raises
    ------
    UnknownChoice
        If `missing` is neither.
    OutOfRange, NotNumeric, UnknownColumn
        If the data do not fit the scale.

    References
    ----------
    Formula: with S the covariances, V their sum, C those off the diagonal:
    λ2 = (ΣC + √(k/(k-1)·ΣC²))/V; λ4 = 4·cov(A, B)/V for halves A and B of ⌊k/2⌋ and ⌈k/2⌉ items;
    λ6 = 1 - Σ(1/(S⁻¹)ᵢᵢ)/V; Spearman-Brown: 2r/(1+r).
    Guttman (1945), Psychometrika 10, 255-282; Spearman (1910), Brown (1910), British Journal of
    Psychology 3, 271 and 296; Benton (2015), in Quantitative Psychology Research, 301-314.
    Checked against psych::splitHalf and psych::guttman 2.2.9, to 1e-10.

    Examples
    --------
    >>> import pandas as pd
    >>> answers = pd.DataFrame(
    ...     {"t1": [1, 2, 3, 4, 5, 5], "t2": [2, 1, 3, 5, 4, 5], "t3": [1, 3, 2, 5, 4, 4]}
    ... )
    >>> found = split_half(answers, Scale("trust", ("t1", "t2", "t3"), 1, 5))
    >>> round(found.lambda2, 3), found.halves
    (0.921, (('t1',), ('t2', 't3')))
    """
    one_of("missing", missing, MISSING)
    moments = Moments.of(data, scale)
    return split_half_of_moments(moments, missing, standardized=standardized, seed=seed)


def split_half_of_moments(
    moments: Moments, missing: str = "pairwise", *, standardized: bool = False, seed: int = 1
) -> SplitHalf:
    """Estimate split-half reliability from mergeable sums, as `split_half` does."""
    scale = moments.scale
    used = moments.n_answered if missing == "pairwise" else moments.complete_n
    method = "all splits" if scale.k <= _ALL_SPLITS else f"search from {_STARTS} starts"
    nothing = SplitHalf(scale.name, *(None,) * 7, method, used, moments.n_rows)
    try:
        matrix = _matrix(moments, missing, standardized=standardized)
    except NotComputable as reason:
        return replace(nothing, notes=(f"split-half reliability is not computable: {reason}",))
    odd = np.arange(scale.k) % 2 == 0
    r, notes = _halves_r(matrix, odd)
    bounds = bounds_of(matrix)
    if bounds["lambda6"] is None:
        notes += ("no λ6: the items are linearly dependent",)
    best = best_split(matrix, seed)
    named = [tuple(np.array(scale.items)[half].tolist()) for half in (best, ~best)]
    first, second = sorted(named, key=lambda half: (len(half), scale.items.index(half[0])))
    return replace(
        nothing,
        odd_even_r=r,
        lambda4=lambda4_of_split(matrix, best),
        spearman_brown=bounds["spearman_brown"],
        odd_even_lambda4=bounds["odd_even_lambda4"],
        lambda2=bounds["lambda2"],
        lambda6=bounds["lambda6"],
        halves=(first, second),
        notes=notes,
    )


def lambda4_of_split(matrix: Floats, half: Half) -> float:
    """Return 4·cov(A, B)/V of the items in `half` `(k,)`, true for A, and the others."""
    return float(4 * matrix[half][:, ~half].sum() / matrix.sum())


def bounds_of(matrix: Floats) -> dict[str, float | None]:
    """Return odd-even reliability two ways, λ2 and λ6 of covariances `(k, k)`, by name."""
    odd = np.arange(len(matrix)) % 2 == 0
    r, _ = _halves_r(matrix, odd)
    return {
        "spearman_brown": None if r is None or r <= -1 else 2 * r / (1 + r),
        "odd_even_lambda4": lambda4_of_split(matrix, odd),
        "lambda2": _lambda2(matrix),
        "lambda6": _lambda6(matrix),
    }


def best_split(matrix: Floats, seed: int = 1) -> Half:
    """Return the halves with the largest λ4, as a mark `(k,)` of the items of one of them.

    Parameters
    ----------
    matrix
        Covariances or correlations `(k, k)`, with at least 2 items.
    seed
        Seed of the starts of the search, used from 19 items on: from each, the exchange of two
        items that helps most is made until none helps.
    """
    k = len(matrix)
    if k <= _ALL_SPLITS:
        rest = combinations(range(1, k), k // 2 - 1)
        chosen = [(0, *others) for others in rest]
        if k % 2:
            chosen += combinations(range(1, k), k // 2)
        signs = np.full((len(chosen), k), -1.0)
        np.put_along_axis(signs, np.array(chosen), 1.0, axis=1)
    else:
        signs = _searched(matrix, np.random.default_rng(seed))
    within = np.einsum("nk,nk->n", signs @ matrix, signs)
    best: Half = signs[np.argmin(within)] > 0
    return best


def _matrix(moments: Moments, missing: str, *, standardized: bool) -> Floats:
    matrix = (proper_correlation if standardized else proper_covariance)(moments, missing)
    if not matrix.sum() > 1e-12 * np.trace(matrix):
        raise NotComputable("the items cancel out: their sum does not vary")
    return matrix


def _searched(matrix: Floats, rng: np.random.Generator) -> Floats:
    """Return locally best splits as signs `(starts, k)`."""
    k = len(matrix)
    start = np.where(np.arange(k) < k // 2, 1.0, -1.0)
    found = rng.permuted(np.tile(start, (_STARTS, 1)), axis=1)
    for signs in found:
        while True:
            pull = signs * (matrix @ signs) - matrix.diagonal()
            a, b = np.flatnonzero(signs > 0), np.flatnonzero(signs < 0)
            gain = pull[a][:, None] + pull[b] + 2 * matrix[np.ix_(a, b)]
            one, other = np.unravel_index(np.argmax(gain), gain.shape)
            if gain[one, other] <= 1e-12 * np.trace(matrix):
                break
            signs[a[one]], signs[b[other]] = -1.0, 1.0
    return found


def _halves_r(matrix: Floats, half: Half) -> tuple[float | None, tuple[str, ...]]:
    """Return the correlation of the two half sums, and what to say about it."""
    one, other = matrix[half][:, half].sum(), matrix[~half][:, ~half].sum()
    if not min(one, other) > 1e-12 * np.trace(matrix):
        return None, ("no odd-even correlation: one half does not vary",)
    r = float(matrix[half][:, ~half].sum() / math.sqrt(one * other))
    if r < 0:
        return r, ("the halves are negatively correlated: an item may be keyed wrongly",)
    return r, ()


def _lambda2(matrix: Floats) -> float:
    k = len(matrix)
    off = matrix - np.diag(matrix.diagonal())
    return float((off.sum() + math.sqrt(k / (k - 1) * (off**2).sum())) / matrix.sum())


def _lambda6(matrix: Floats) -> float | None:
    eigenvalues = np.linalg.eigvalsh(matrix)
    if eigenvalues[0] < _DEPENDENT * eigenvalues[-1]:
        return None
    return float(1 - (1 / np.linalg.inv(matrix).diagonal()).sum() / matrix.sum())
