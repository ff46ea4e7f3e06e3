"""Which rows an assessment takes as belonging together, and how much hangs on that."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from analysis.alpha_interval import alpha_influence
from analysis.clusters import ENOUGH, Clusters, design_effect
from analysis.data import Floats, Frame, groups
from analysis.errors import UnknownChoice
from analysis.scale import Scale
from analysis.scoring import item_matrix

AUTO = "auto"
_FEWEST_ROWS = 5


@dataclass(frozen=True, slots=True)
class Clustering:
    """How rows of one scale belong together.

    Parameters
    ----------
    column
        Column that names the cluster of each row.
    n_clusters
        Clusters among the rows that answered every item.
    used
        Whether the intervals of the scale allow for it.
    design_effect
        By how much the variance of alpha grows because rows of one cluster are alike; None where
        that cannot be told.
    """

    column: str
    n_clusters: int
    used: bool
    design_effect: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a plain dictionary."""
        return asdict(self)


def cluster_for(
    data: Frame, scales: Sequence[Scale], asked: str | None, partner: str | None, min_n: int
) -> str | None:
    """Return the column by which rows belong together, None if they count as independent.

    Parameters
    ----------
    data
        One row per respondent, ready to be published.
    scales
        The scales.
    asked
        A column, None, or "auto": the partner, if 10 or more of them were rated.
    partner
        Column of the partners, if there is one.
    min_n
        Smallest group of which a number may be shown.

    Raises
    ------
    UnknownChoice
        If `min_n` is above 1 and a column other than the partner's is asked for: how many there
        are could tell of few people.
    UnknownColumn
        If there is no such column.
    """
    if asked is not None and asked not in (AUTO, partner) and min_n > 1:
        raise UnknownChoice(
            f"cluster is {asked!r}; with groups below {min_n} hidden it can be the partner's "
            "column only, or none."
        )
    if asked != AUTO:
        if asked is not None:
            groups(data, asked)
        return asked
    if partner is None:
        return None
    answered = np.any([(~np.isnan(item_matrix(data, s))).any(axis=1) for s in scales], axis=0)
    codes = groups(data, partner)[1][answered]
    return partner if len(np.unique(codes[codes >= 0])) >= ENOUGH else None


def clustering(
    data: Frame, rows: Floats, cluster: str | None, partner: str | None
) -> Clustering | None:
    """Say how the complete rows of one scale belong together.

    Parameters
    ----------
    data
        One row per respondent, ready to be published.
    rows
        Its scored answers `(n, k)`.
    cluster
        Column that intervals allow for; None: they take rows as independent.
    partner
        Column of the partners, which is looked at where intervals allow for none.

    Returns
    -------
    Clustering or None
        None without either column, or complete rows.
    """
    column = cluster or partner
    if column is None:
        return None
    chosen = ~np.isnan(rows).any(axis=1)
    if not chosen.any():
        return None
    complete, found = rows[chosen], Clusters.of(data, column).among(chosen)
    effect = design_effect(alpha_influence(complete), found) if _varies(complete) else None
    return Clustering(column, found.count, cluster is not None, effect)


def _varies(rows: Floats) -> bool:
    if len(rows) < _FEWEST_ROWS or rows.shape[1] < 2:
        return False
    return bool((np.ptp(rows, axis=0) > 0).all() and np.ptp(rows.sum(axis=1)) > 0)
