"""Tell copied rows from respondents who happen to agree.

On few items many honest rows are alike, and then many more differ in a single answer. Copies
have no such neighbours. So rows count as copied only if they find far more rows alike than
rows that differ in one column.
"""

import numpy as np
from numpy.typing import NDArray

from analysis.data import Floats

Fingerprints = NDArray[np.uint64]
_AGREEMENT = 0.9  # honest rows alike in all columns but one agree in that one less often
_DOUBT = 4  # neighbours assumed unseen, so that one chance pair among few columns stays silent


def copied_rows(values: Floats, eligible: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the rows that look like copies of an earlier row.

    Parameters
    ----------
    values
        Shape `(n, columns)`: answers, and numbers that stand for labels; NaN where missing.
    eligible
        Shape `(n,)`: rows that can be called copies; alike rows are alike in this too.

    Returns
    -------
    numpy.ndarray
        Indices of eligible rows alike an earlier row in every column, if an eligible row that
        agrees with another in all columns but one agrees in that one too in more than 90 % of
        the cases; else none.
    """
    marks = _marks(values)
    marks = marks[:, (marks != marks[:1]).any(axis=0)]
    whole = marks.sum(axis=1, dtype=np.uint64)
    enough = _company(whole, eligible) * marks.shape[1] / _AGREEMENT
    matches: float = _DOUBT
    for column in marks.T:
        if matches < enough:
            matches += _company(whole - column, eligible)
    if matches >= enough:
        return np.empty(0, dtype=np.intp)
    repeats = _repeats(whole)
    copies: NDArray[np.intp] = repeats[eligible[repeats]]
    return copies


def repeated_rows(values: Floats) -> NDArray[np.intp]:
    """Return the indices of all rows that are alike an earlier row in every column."""
    return _repeats(_marks(values).sum(axis=1, dtype=np.uint64))


def _marks(values: Floats) -> Fingerprints:
    """Mix each value with its column into 64 bits; the sum over a row is its fingerprint.

    The mixing is the finaliser of SplitMix64 (Steele, Lea & Flood 2014).
    """
    bits = np.where(np.isnan(values), -np.inf, values + 0.0).view(np.uint64)
    mixed = bits + np.arange(1, values.shape[1] + 1, dtype=np.uint64) * 0x9E3779B97F4A7C15
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB
    marks: Fingerprints = mixed ^ (mixed >> 31)
    return marks


def _company(fingerprints: Fingerprints, eligible: NDArray[np.bool_]) -> int:
    """Count, over the eligible rows, the other rows with the same fingerprint."""
    everyone, asking = np.sort(fingerprints), np.sort(fingerprints[eligible])
    found = np.searchsorted(everyone, asking, "right") - np.searchsorted(everyone, asking, "left")
    return int(found.sum()) - len(asking)


def _repeats(fingerprints: Fingerprints) -> NDArray[np.intp]:
    first = np.unique(fingerprints, return_index=True)[1]
    repeats = np.ones(len(fingerprints), dtype=np.bool_)
    repeats[first] = False
    return np.flatnonzero(repeats)
