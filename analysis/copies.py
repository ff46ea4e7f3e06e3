"""Tell copied rows from respondents who happen to agree.

On few items many honest rows are alike, and then many more differ in a single answer. Copies
have no such neighbours. So rows count as copied only if they find far more rows alike than
rows that differ in one column.
"""

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.intp]
Fingerprints = NDArray[np.uint64]
_AGREEMENT = 0.9  # honest rows alike in all columns but one agree in that one less often
_DOUBT = 4  # neighbours assumed unseen, so that one chance pair among few columns stays silent


def copied_rows(codes: Codes, eligible: NDArray[np.bool_]) -> Codes:
    """Return the rows that look like copies of an earlier row.

    Parameters
    ----------
    codes
        Shape `(n, columns)`: for each column which of its values the row has.
    eligible
        Shape `(n,)`: rows that can be called copies; alike rows are alike in this too.

    Returns
    -------
    numpy.ndarray
        Indices of eligible rows alike an earlier row in every column, if an eligible row that
        agrees with another in all columns but one agrees in that one too in more than 90 % of
        the cases; else none.
    """
    none = np.empty(0, dtype=np.intp)
    if not eligible.any():
        return none
    telling = codes[:, np.ptp(codes, axis=0) > 0]
    marks = _marks(telling)
    whole = marks.sum(axis=1, dtype=np.uint64)
    alike = _company(whole, eligible)
    if not alike:
        return none
    width = telling.shape[1]
    matches = _DOUBT + sum(_company(whole - marks[:, c], eligible) for c in range(width))
    repeats = _repeats(whole)
    return repeats[eligible[repeats]] if alike * width > _AGREEMENT * matches else none


def repeated_rows(codes: Codes) -> Codes:
    """Return the indices of all rows that are alike an earlier row in every column."""
    return _repeats(_marks(codes).sum(axis=1, dtype=np.uint64))


def _marks(codes: Codes) -> Fingerprints:
    """Give each value of each column a random number; a row's sum is then its fingerprint."""
    rng = np.random.default_rng(2015)
    marks = np.empty(codes.shape, dtype=np.uint64)
    for column, values in enumerate(codes.T):
        table = rng.integers(0, 2**64, size=values.max(initial=0) + 1, dtype=np.uint64)
        marks[:, column] = table[values]
    return marks


def _company(fingerprints: Fingerprints, eligible: NDArray[np.bool_]) -> int:
    """Count, over the eligible rows, the other rows with the same fingerprint."""
    _, group, counts = np.unique(fingerprints, return_inverse=True, return_counts=True)
    return int((counts[group[eligible]] - 1).sum())


def _repeats(fingerprints: Fingerprints) -> Codes:
    first = np.unique(fingerprints, return_index=True)[1]
    repeats = np.ones(len(fingerprints), dtype=np.bool_)
    repeats[first] = False
    return np.flatnonzero(repeats)
