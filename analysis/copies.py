"""Tell copied rows from respondents who happen to agree.

On few items many honest rows are alike, and then many more differ in a single answer. Copies
have no such neighbours. So rows count as copied only if alike rows are far more common than
rows that differ in one column.
"""

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.intp]
_AGREEMENT = 0.9  # honest rows alike in all columns but one agree in that one less often
_DOUBT = 2  # neighbours assumed unseen, so that one chance pair among few columns stays silent


def copied_rows(codes: Codes) -> Codes:
    """Return the rows that look like copies of an earlier row.

    Parameters
    ----------
    codes
        Shape `(n, columns)`: for each column which of its values the row has.

    Returns
    -------
    numpy.ndarray
        Indices of rows alike an earlier row in every column, if a row that agrees with another
        in all columns but one agrees in that one too in more than 90 % of the cases; else none.
    """
    marks = _marks(codes)
    whole = marks.sum(axis=1, dtype=np.uint64)
    alike = _pairs(whole)
    if not alike:
        return np.empty(0, dtype=np.intp)
    width = codes.shape[1]
    matches = _DOUBT + sum(_pairs(whole - marks[:, column]) for column in range(width))
    return _repeats(whole) if alike * width > _AGREEMENT * matches else np.empty(0, dtype=np.intp)


def repeated_rows(codes: Codes) -> Codes:
    """Return the indices of all rows that are alike an earlier row in every column."""
    return _repeats(_marks(codes).sum(axis=1, dtype=np.uint64))


def _marks(codes: Codes) -> NDArray[np.uint64]:
    """Give each value of each column a random number; a row's sum is then its fingerprint."""
    rng = np.random.default_rng(2015)
    marks = np.empty(codes.shape, dtype=np.uint64)
    for column, values in enumerate(codes.T):
        table = rng.integers(0, 2**64, size=values.max(initial=0) + 2, dtype=np.uint64)
        marks[:, column] = table[values]
    return marks


def _pairs(fingerprints: NDArray[np.uint64]) -> int:
    counts = np.unique(fingerprints, return_counts=True)[1]
    return int((counts * (counts - 1) // 2).sum())


def _repeats(fingerprints: NDArray[np.uint64]) -> Codes:
    first = np.unique(fingerprints, return_index=True)[1]
    repeats = np.ones(len(fingerprints), dtype=np.bool_)
    repeats[first] = False
    return np.flatnonzero(repeats)
