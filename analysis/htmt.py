"""Heterotrait-monotrait ratio: whether two scales measure two things."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from analysis.data import Floats, Frame
from analysis.scale import Scale
from analysis.scoring import item_matrix

if TYPE_CHECKING:
    import pandas as pd

_FEWEST_ROWS = 3  # of two rows all correlations are 1


@dataclass(frozen=True, slots=True, eq=False)
class Matrix:
    """A ratio for each pair of scales.

    Parameters
    ----------
    names
        Names of the scales.
    values
        Ratios `(scales, scales)`, symmetric, 1 on the diagonal; NaN where not computable.
    n_used, n_total
        Rows that answered every item of all scales; rows in the data.
    notes
        Why a pair has no ratio, or a scale is left out.
    """

    names: tuple[str, ...]
    values: Floats
    n_used: int
    n_total: int
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, dict[str, float | None]]:
        """Return scale to other scale to ratio, both ways; None where not computable."""
        return {
            name: {
                other: None if math.isnan(value) else float(value)
                for other, value in zip(self.names, row, strict=True)
                if other != name
            }
            for name, row in zip(self.names, self.values, strict=True)
        }

    def to_frame(self) -> "pd.DataFrame":
        """Return the ratios as a pandas data frame with the scales as rows and columns."""
        import pandas as pd  # noqa: PLC0415 - pandas takes a third of a second to import

        return pd.DataFrame(self.values, index=list(self.names), columns=list(self.names))

    def sentences(self, threshold: float = 0.90) -> tuple[str, ...]:
        """Say of which scales the data do not show that they measure different things.

        Parameters
        ----------
        threshold
            Ratio from which two scales count as not distinct; .90, or .85 to be strict.

        References
        ----------
        Henseler, Ringle & Sarstedt (2015), Journal of the Academy of Marketing Science 43, 115.
        """
        return tuple(
            f"{self.names[one]} and {self.names[other]} cannot be told apart in these data "
            f"(HTMT {self.values[one, other]:.3f}, at or above {threshold:.2f})."
            for one, other in _pairs(self.names)
            if self.values[one, other] >= threshold
        )


def htmt(data: Frame, scales: Sequence[Scale]) -> Matrix:
    """Compute the heterotrait-monotrait ratio of each pair of scales.

    Parameters
    ----------
    data
        One row per respondent.
    scales
        Scales; those with a single item have no ratio and are left out with a note.

    Returns
    -------
    Matrix
        Near 1 where items of two scales correlate as highly as items of one.

    Notes
    -----
    Missing data: only rows that answered every item of all scales are used.

    Raises
    ------
    OutOfRange, NotNumeric, UnknownColumn
        If the data do not fit a scale.

    References
    ----------
    Formula: mean |r| between items of A and B, over √(mean |r| within A · mean |r| within B).
    Henseler, Ringle & Sarstedt (2015), Journal of the Academy of Marketing Science 43, 115-135.
    Checked against semTools 0.5-6, htmt(htmt2 = FALSE), to 1e-8.

    Examples
    --------
    >>> import pandas as pd
    >>> answers = pd.DataFrame(
    ...     {"a1": [1, 2, 4, 5], "a2": [2, 1, 5, 4], "b1": [3, 1, 4, 2], "b2": [4, 1, 3, 2]}
    ... )
    >>> ratios = htmt(answers, [Scale("a", ("a1", "a2"), 1, 5), Scale("b", ("b1", "b2"), 1, 5)])
    >>> round(ratios.to_dict()["a"]["b"], 3)
    0.442
    """
    measured = [scale for scale in scales if scale.k > 1]
    notes = [f"{scale.name} has one item, so no ratio" for scale in scales if scale.k == 1]
    items = [item_matrix(data, scale) for scale in measured]
    joined = np.hstack(items) if items else np.empty((0, 0))
    complete = joined[~np.isnan(joined).any(axis=1)]
    values = _ratios(complete, measured)
    for one, other in _pairs(measured):
        reason = _obstacle(values[one, other], measured[one], measured[other], len(complete))
        if reason:
            values[one, other] = values[other, one] = np.nan
            notes.append(f"{measured[one].name} and {measured[other].name}: {reason}")
    names = tuple(scale.name for scale in measured)
    return Matrix(names, values, len(complete), len(joined), tuple(notes))


def _pairs(members: Sequence[object]) -> Iterator[tuple[int, int]]:
    return combinations(range(len(members)), 2)


def _ratios(complete: Floats, scales: Sequence[Scale]) -> Floats:
    """Return the ratios of complete rows; NaN where a scale does not vary."""
    owner = np.repeat(np.eye(len(scales)), [scale.k for scale in scales], axis=0)
    sizes = owner.sum(axis=0)
    x = complete - complete.mean(axis=0) if len(complete) else complete
    with np.errstate(divide="ignore", invalid="ignore"):
        r = np.abs(x.T @ x)
        r /= np.sqrt(np.outer(r.diagonal(), r.diagonal()))
        means = owner.T @ r @ owner / np.outer(sizes, sizes)
        within = (np.diagonal(owner.T @ r @ owner) - sizes) / (sizes * (sizes - 1))
        values: Floats = means / np.sqrt(np.outer(within, within))
    np.fill_diagonal(values, 1.0)
    return values


def _obstacle(value: float, one: Scale, other: Scale, n: int) -> str | None:
    shared = [item for item in one.items if item in other.items]
    if shared:
        return f"no ratio, since both hold {shared[0]!r}"
    if n < _FEWEST_ROWS:
        return f"no ratio, since {n} rows answered every item and {_FEWEST_ROWS} are needed"
    if not math.isfinite(value):
        return "no ratio, since an item is constant or no items of a scale correlate"
    return None
