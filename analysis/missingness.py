"""Why answers are missing, where the data say so in a column of their own beside the item."""

from collections import Counter

import numpy as np

from analysis.data import Frame, columns, labels, matrix
from analysis.scale import Scale

KINDS = ("not_reached", "skipped", "dont_know", "not_applicable", "withdrawn", "withheld")
GIVEN = ("dont_know", "not_applicable")  # said on the form; the others are blanks of some kind
OTHER = "other"


def missing_kinds(data: Frame, scale: Scale, *, min_n: int = 1) -> dict[str, dict[str, int]]:
    """Count the missing answers to each item by their kind.

    Parameters
    ----------
    data
        One row per respondent. Beside an item `t1` a column `t1_missing` may say why it was not
        answered: not_reached, skipped, dont_know, not_applicable, withdrawn, withheld.
    scale
        The scale.
    min_n
        Above 1, all kinds but dont_know and not_applicable are counted together as "other": who
        knows of one request to withdraw must not see from a count that this person is among
        the rows, nor from a count that is missing.

    Returns
    -------
    dict
        Item to kind to rows, the most frequent kind first. Items without such a column, or with
        anything else in it, are left out.

    Notes
    -----
    Missing data: rows without an answer and without a kind are in no count. With `min_n` above
    1 nothing is counted of an item that no row answers: its answers may have been taken out.

    Examples
    --------
    >>> import pandas as pd
    >>> gaps = pd.DataFrame({"t1": [4, None, None], "t1_missing": [None, "skipped", "skipped"]})
    >>> missing_kinds(gaps, Scale("trust", ("t1",), 1, 5))
    {'t1': {'skipped': 2}}
    """
    known = set(columns(data))
    found = {}
    for item in scale.items:
        beside = f"{item}_missing"
        if beside not in known:
            continue
        kinds = labels(data, beside)
        if {*kinds.tolist()} <= {None, *KINDS}:
            absent = np.isnan(matrix(data, [item])[:, 0])
            told = Counter(kind for kind in kinds[absent].tolist() if kind is not None)
            found[item] = {} if min_n > 1 and absent.all() else _shown(told, min_n)
    return found


def _shown(told: Counter[str], min_n: int) -> dict[str, int]:
    """Order the kinds, the most frequent first, so that no withdrawal shows."""
    if min_n > 1:
        given = {kind: n for kind, n in told.items() if kind in GIVEN}
        rest = told.total() - sum(given.values())
        told = Counter({**given, OTHER: rest} if rest else given)
    order = (*KINDS, OTHER)
    return dict(sorted(told.items(), key=lambda pair: (-pair[1], order.index(pair[0]))))
