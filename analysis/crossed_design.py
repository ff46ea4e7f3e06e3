"""Who rated whom: what a model with raters and partners can tell apart, and its sums."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from analysis.data import Floats, Label
from analysis.errors import BadFrame, NotComputable
from analysis.partner_sums import coded

_MOST_NAMED = 6


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """Ratings `(n,)` with the index of the rater and of the partner of each."""

    values: Floats
    raters: tuple[Label, ...]
    partners: tuple[Label, ...]
    rater: NDArray[np.intp]
    partner: NDArray[np.intp]
    n_total: int

    @property
    def counts(self) -> csr_array:
        """Ratings of each rater (row) of each partner (column)."""
        ones = np.ones(len(self.values))
        shape = (len(self.raters), len(self.partners))
        return coo_array((ones, (self.rater, self.partner)), shape=shape).tocsr()

    @property
    def components(self) -> tuple[tuple[Label, ...], ...]:
        """Groups of partners linked by common raters, the largest first."""
        links = self.counts
        rater, partner = links.nonzero()
        size = sum(links.shape)
        linked = coo_array((np.ones(rater.size), (rater, partner + links.shape[0])), (size, size))
        found, of = connected_components(linked, directed=False)
        own = of[len(self.raters) :]
        groups = (np.flatnonzero(own == each) for each in range(found))
        named = [tuple(self.partners[i] for i in group) for group in groups if group.size]
        return tuple(sorted(named, key=len, reverse=True))


def design(
    values: ArrayLike, rater: Iterable[object], partner: Iterable[object], *, min_n: int = 1
) -> Design:
    """Read the ratings; rows without a value, a rater or a partner are left out.

    Parameters
    ----------
    values : array of shape (rows,)
        One score per row, NaN where there is none.
    rater, partner : labels of shape (rows,)
        Who rated, and who was rated.
    min_n : int
        Partners with fewer ratings are left out.

    Raises
    ------
    BadFrame
        If the three differ in length.
    NotComputable
        If the design cannot separate raters, partners and the rest.
    """
    scores = np.asarray(values, dtype=np.float64)
    raters, by = coded(rater)
    partners, of = coded(partner)
    if not scores.shape == by.shape == of.shape:
        raise BadFrame(
            f"There are {scores.size} values, {by.size} raters and {of.size} partners; give one "
            "of each per row."
        )
    known = ~np.isnan(scores) & (by >= 0) & (of >= 0)
    enough = np.bincount(of[known], minlength=len(partners)) >= max(1, min_n)
    known[known] = enough[of[known]]
    by_kept, by = np.unique(by[known], return_inverse=True)
    of_kept, of = np.unique(of[known], return_inverse=True)
    names = tuple(raters[i] for i in by_kept), tuple(partners[i] for i in of_kept)
    found = Design(scores[known], *names, by, of, len(scores))
    _check(found)
    return found


def _check(found: Design) -> None:
    """Refuse a design in which something cannot be told from something else."""
    if len(found.partners) < 2:
        raise NotComputable(
            f"Differences between partners need 2 partners; there are {len(found.partners)}."
        )
    links = found.counts.astype(bool)
    if links.sum(axis=1).max() < 2:
        raise NotComputable(
            "Each rater rated one partner, so a severe rater cannot be told from a weak partner; "
            "let some raters rate two partners or more."
        )
    if links.sum(axis=0).max() < 2:
        raise NotComputable(
            "Each partner was rated by one rater, so a weak partner cannot be told from a severe "
            "rater; let two raters or more rate some partners."
        )
    if np.ptp(found.values) == 0:
        raise NotComputable("All ratings are the same: there is nothing to tell apart.")


def told_of(components: tuple[tuple[Label, ...], ...]) -> tuple[str, ...]:
    """Say which partners have no raters in common, directly or by way of others.

    Examples
    --------
    >>> told_of((("a", "b"), ("c",)))[0].split(":")[0]
    'No rater links these 2 groups of partners'
    """
    if len(components) < 2:
        return ()
    shown = ["{" + _named(group) + "}" for group in components[:_MOST_NAMED]]
    rest = len(components) - len(shown)
    groups = ", ".join([*shown, *([f"and {rest} more"] if rest else [])])
    told = (
        f"No rater links these {len(components)} groups of partners: {groups}. Between groups a "
        "difference of the partners cannot be told from one of their raters; scores take the "
        "raters of all groups for equally severe on average."
    )
    return (told,)


def _named(group: tuple[Label, ...]) -> str:
    names = [str(name) for name in group[:_MOST_NAMED]]
    rest = len(group) - len(names)
    return ", ".join([*names, *([f"and {rest} more"] if rest else [])])
