"""Statistics of the items of a scale, all from its mergeable sums."""

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.covariance import alpha_of_covariance, proper_correlation, proper_covariance
from analysis.data import Floats, Frame
from analysis.errors import NotComputable
from analysis.estimate import one_of
from analysis.moments import MISSING, Moments
from analysis.readable import Readable
from analysis.scale import Scale

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class ItemRow:
    """Statistics of one scored item (reversed, if its key says so); None if not computable.

    Parameters
    ----------
    item
        Column name.
    n, missing
        Rows that answered; rows that did not.
    mean, sd
        On the scale; the standard deviation divides by n - 1.
    skew, kurtosis
        m₃/s³ and m₄/s⁴ - 3 (type 3 of psych), no unit.
    item_rest_r
        Correlation with the sum of the other items.
    alpha_if_deleted
        Alpha of the scale without the item.
    floor, ceiling
        Share of the answers at the lowest and the highest point.
    """

    item: str
    n: int
    missing: int
    mean: float | None
    sd: float | None
    skew: float | None
    kurtosis: float | None
    item_rest_r: float | None
    alpha_if_deleted: float | None
    floor: float | None
    ceiling: float | None


@dataclass(frozen=True, slots=True, repr=False)
class ItemTable(Readable):
    """Statistics of all items of a scale, in the order of the scale."""

    scale: str
    rows: tuple[ItemRow, ...]
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """Return item name to a dictionary of its statistics."""
        dicts = [asdict(row) for row in self.rows]
        return {entry.pop("item"): entry for entry in dicts}

    def to_frame(self) -> "pd.DataFrame":
        """Return the statistics as a pandas data frame, one row per item."""
        import pandas as pd  # noqa: PLC0415 - pandas takes a third of a second to import

        return pd.DataFrame([asdict(row) for row in self.rows])


@dataclass(frozen=True, slots=True)
class InterItem:
    """Correlations between the items of a scale: mean, smallest, largest; None with a note."""

    mean: float | None
    min: float | None
    max: float | None
    n_pairs: int
    notes: tuple[str, ...] = ()


def item_stats(data: Frame, scale: Scale, *, missing: str = "pairwise") -> ItemTable:
    """Describe the items of a scale.

    Parameters
    ----------
    data
        One row per respondent.
    scale
        The scale; statistics are of the scored items, reversed ones turned round.
    missing
        For item-rest r and alpha-if-deleted: "pairwise" or "listwise" covariances.

    Returns
    -------
    ItemTable
        One row per item.

    Notes
    -----
    Missing data: n, mean, sd, skew, kurtosis, floor and ceiling use all answers to the item.

    Raises
    ------
    OutOfRange, NotNumeric, UnknownColumn, UnknownChoice
        If the data do not fit the scale, or `missing` is neither.

    References
    ----------
    Formula: item-rest r = (Σⱼ sᵢⱼ - sᵢᵢ) / √(sᵢᵢ · V), V the variance of the sum of the others.
    Nunnally & Bernstein (1994), Psychometric Theory, chapter 8.
    Checked against psych::alpha (r.drop, alpha.drop), psych::skew and psych::kurtosi with
    type = 3, version 2.2.9, to 1e-10.

    Examples
    --------
    >>> import pandas as pd
    >>> answers = pd.DataFrame({"t1": [1, 2, 4, 5], "t2": [2, 1, 5, 4], "t3": [1, 2, 5, 5]})
    >>> table = item_stats(answers, Scale("trust", ("t1", "t2", "t3"), 1, 5))
    >>> [round(row.item_rest_r, 3) for row in table.rows]
    [0.919, 0.851, 0.98]
    """
    return item_table(Moments.of(data, scale), missing)


def item_table(moments: Moments, missing: str = "pairwise") -> ItemTable:
    """Describe the items of a scale from its mergeable sums, as `item_stats` does."""
    one_of("missing", missing, MISSING)
    columns = {**_distributions(moments), **_discrimination(moments, missing)}
    counts = [int(n) for n in moments.item_n]
    rows = (
        ItemRow(
            item,
            n,
            moments.n_rows - n,
            **{name: _number(values[index]) for name, values in columns.items()},
        )
        for index, (item, n) in enumerate(zip(moments.scale.items, counts, strict=True))
    )
    return ItemTable(moments.scale.name, tuple(rows), _notes(moments, missing))


def interitem(data: Frame, scale: Scale, *, missing: str = "pairwise") -> InterItem:
    """Describe the correlations between the items of a scale.

    Parameters
    ----------
    data
        One row per respondent.
    scale
        The scale; reversed items are turned round.
    missing
        "pairwise" or "listwise".

    Returns
    -------
    InterItem
        Mean, smallest and largest of the k(k-1)/2 correlations.

    References
    ----------
    Clark & Watson (1995), Psychological Assessment 7, 309-319.
    Checked against cor() in R 4.2.2, to 1e-10.
    """
    return interitem_of_moments(Moments.of(data, scale), missing)


def interitem_of_moments(moments: Moments, missing: str = "pairwise") -> InterItem:
    """Describe the correlations between items from mergeable sums, as `interitem` does."""
    one_of("missing", missing, MISSING)
    k = moments.scale.k
    pairs = k * (k - 1) // 2
    try:
        correlations = proper_correlation(moments, missing)[np.triu_indices(k, 1)]
    except NotComputable as reason:
        note = f"inter-item correlations are not computable: {reason}"
        return InterItem(None, None, None, pairs, (note,))
    low, high = float(correlations.min()), float(correlations.max())
    return InterItem(float(correlations.mean()), low, high, pairs)


def _distributions(moments: Moments) -> dict[str, Floats]:
    """Return the statistics of each item by itself, `(k,)` each, from sums of powers."""
    n = moments.item_n
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = moments.pair_sum.diagonal() / n
        square = moments.pair_square.diagonal()
        cubes = moments.cube - 3 * mean * square + 2 * n * mean**3
        fourths = moments.fourth - 4 * mean * moments.cube
        fourths += 6 * mean**2 * square - 3 * n * mean**4
        variance = np.where(n > 1, (square - n * mean**2) / (n - 1), np.nan)
        constant = np.isin(moments.scale.items, moments.constant())
        variance[constant & (n > 1)] = 0.0
        shaped = np.where(constant, np.nan, variance)
        return {
            "mean": moments.scale.low + mean,
            "sd": np.sqrt(variance),
            "skew": cubes / n / shaped**1.5,
            "kurtosis": fourths / n / shaped**2 - 3,
            "floor": moments.floor / n,
            "ceiling": moments.ceiling / n,
        }


def _discrimination(moments: Moments, missing: str) -> dict[str, Floats]:
    """Return what ties each item to the others, `(k,)` each; NaN where not computable."""
    k = moments.scale.k
    item_rest_r, alphas = np.full(k, np.nan), np.full(k, np.nan)
    covariance = moments.covariance(missing)
    flat = np.isin(moments.scale.items, moments.constant(missing))
    for index in range(k if k > 1 else 0):
        others = np.arange(k) != index
        rest = covariance[np.ix_(others, others)]
        spread = covariance[index, index] * rest.sum()
        if not flat[index] and spread > 0:
            item_rest_r[index] = covariance[index, others].sum() / math.sqrt(spread)
        if k > 2 and not flat[others].any() and rest.sum() > 0:
            alphas[index] = alpha_of_covariance(rest)
    item_rest_r[np.abs(item_rest_r) > 1 + 1e-9] = np.nan
    return {"item_rest_r": item_rest_r, "alpha_if_deleted": alphas}


def _notes(moments: Moments, missing: str) -> tuple[str, ...]:
    notes = []
    if moments.scale.k < 3:
        notes.append(f"alpha if deleted needs 3 items; the scale has {moments.scale.k}")
    try:
        proper_covariance(moments, missing)
    except NotComputable as reason:
        notes.append(f"item-rest r and alpha if deleted may be missing: {reason}")
    return tuple(notes)


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
