"""Turn answers into scores: reversal, range, and the mean of the answered items."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.data import Floats, Frame, matrix
from analysis.errors import BadScale, OutOfRange
from analysis.readable import Readable
from analysis.scale import Scale

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Scores(Readable):
    """One score per respondent and scale.

    Parameters
    ----------
    values
        Scale name to an array `(n,)` on the metric of the scale; NaN where fewer than
        `min_answered` of the items were answered.
    prorated
        Scale name to the share, among the scored rows, that left at least one item out;
        0 where no row has a score.
    """

    values: dict[str, Floats]
    prorated: dict[str, float]

    def to_frame(self) -> "pd.DataFrame":
        """Return the scores as a pandas data frame, one column per scale."""
        import pandas as pd  # noqa: PLC0415 - pandas takes a third of a second to import

        return pd.DataFrame(self.values)


def score(data: Frame, scales: Sequence[Scale]) -> Scores:
    """Score respondents: the mean of the answered items, reversed items turned round.

    Parameters
    ----------
    data
        One row per respondent.
    scales
        Scales with distinct names.

    Returns
    -------
    Scores
        Scores on the metric of each scale.

    Notes
    -----
    Missing data: a row has a score if it answered at least `min_answered` of the items. A mean
    of fewer items is biased where item means differ; `prorated` says how many are concerned.

    Raises
    ------
    OutOfRange, NotNumeric, UnknownColumn
        If the data do not fit the scale.

    References
    ----------
    Mazza, Enders & Ruehlman (2015), Multivariate Behavioral Research 50, 504-519.

    Examples
    --------
    >>> import pandas as pd
    >>> trust = Scale("trust", ("t1", "t2"), 1, 5, reverse=("t2",))
    >>> score(pd.DataFrame({"t1": [4, 5], "t2": [1, None]}), [trust]).values["trust"]
    array([4.5, 5. ])
    """
    names = [scale.name for scale in scales]
    if len(set(names)) < len(names):
        raise BadScale(f"Two of the scales {names} share a name; give each its own.")
    values: dict[str, Floats] = {}
    prorated: dict[str, float] = {}
    for scale in scales:
        items = item_matrix(data, scale)
        values[scale.name] = mean_scores(items, scale)
        scored = ~np.isnan(values[scale.name])
        partial = np.isnan(items[scored]).any(axis=1)
        prorated[scale.name] = float(partial.mean()) if partial.size else 0.0
    return Scores(values, prorated)


def item_matrix(data: Frame, scale: Scale) -> Floats:
    """Return the answers `(n, k)` to a scale, reversed items turned round, NaN if missing.

    Raises
    ------
    OutOfRange
        If an answer is not on the scale, naming item and values.
    """
    raw = matrix(data, scale.items)
    if raw.size and (
        np.fmin.reduce(raw, None) < scale.low or np.fmax.reduce(raw, None) > scale.high
    ):
        raise _out_of_range(raw, scale)
    return scale.scored(raw)


def complete_rows(items: Floats) -> Floats:
    """Return the rows of `(n, k)` without gaps; the same array where all are."""
    gaps = np.isnan(items).any(axis=1)
    return items[~gaps] if gaps.any() else items


def mean_scores(items: Floats, scale: Scale) -> Floats:
    """Return the mean `(n,)` of the answered items, NaN where too few were answered."""
    answered = (~np.isnan(items)).sum(axis=1)
    total = np.nansum(items, axis=1)
    enough = answered >= scale.needed
    scores: Floats = np.full(len(items), np.nan)
    np.divide(total, answered, out=scores, where=enough)
    return scores


def _out_of_range(raw: Floats, scale: Scale) -> OutOfRange:
    off = (raw < scale.low) | (raw > scale.high)
    index = int(np.flatnonzero(off.any(axis=0))[0])
    values = ", ".join(f"{value:g}" for value in np.unique(raw[off[:, index], index])[:5])
    return OutOfRange(
        f"Item {scale.items[index]!r} holds {values}, off scale {scale.name!r} "
        f"({scale.low} to {scale.high}); declare codes for «no answer» as missing, "
        "or correct the range."
    )
