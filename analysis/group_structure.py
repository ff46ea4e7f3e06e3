"""Factor models of several groups, from all different to all alike."""

from dataclasses import dataclass

import numpy as np

from analysis.data import Floats
from analysis.solution import Solution
from analysis.structure import FIXED, GroupModel, Part, Places, Structure

STEPS = ("configural", "metric", "scalar", "strict")


@dataclass(frozen=True, slots=True)
class Apart:
    """Items that differ between groups although the step has the others equal.

    Parameters
    ----------
    loadings, intercepts
        Indices of the items whose loading or intercept is free in each group.
    """

    loadings: frozenset[int] = frozenset()
    intercepts: frozenset[int] = frozenset()


class FreePlaces:
    """Hands out indices of free parameters, with where each begins."""

    def __init__(self) -> None:
        self.start: list[float] = []

    def new(self, values: Floats) -> Places:
        """Return places for as many new parameters as there are values."""
        first = len(self.start)
        self.start += values.tolist()
        return np.arange(first, len(self.start))

    def shared(
        self, common: Places | None, values: Floats, apart: frozenset[int], *, first: bool
    ) -> Places:
        """Return the common places, but new ones of those that are apart; all new if none are."""
        if common is None:
            return self.new(values)
        if first or not apart:
            return common
        own, items = common.copy(), np.array(sorted(apart))
        own[items] = self.new(values[items])
        return own


_NONE = Apart()


def group_structure(
    step: str,
    owner: Places,
    alone: list[Solution],
    means: list[Floats],
    apart: Apart = _NONE,
) -> Structure:
    """Return the model of all groups at one step of the ladder.

    Parameters
    ----------
    step
        "configural": nothing is equal; "metric": loadings are; "scalar": intercepts too;
        "strict": uniquenesses too.
    owner
        Index `(p,)` of the factor of each item.
    alone
        The solution of each group by itself, from which the search starts.
    means
        Item means `(p,)` of each group.
    apart
        Items that differ between groups all the same.

    Returns
    -------
    Structure
        Factor variances are 1 and means 0 in the first group; in the others they are free from
        the step on at which loadings (variances) or intercepts (means) are equal.
    """
    level = STEPS.index(step)
    p, m = len(owner), int(owner.max()) + 1
    places = FreePlaces()
    groups: list[GroupModel] = []
    typical = np.mean([solution.parameters[:p] for solution in alone], axis=0)
    shared_loadings = places.new(typical) if level >= 1 else None
    shared_intercepts = places.new(means[0]) if level >= 2 else None
    rests = [solution.parameters[-p:] for solution in alone]
    shared_rests = places.new(np.mean(rests, axis=0)) if level >= 3 else None
    for index, solution in enumerate(alone):
        first = index == 0
        own = solution.parameters
        loads = places.shared(shared_loadings, own[:p], apart.loadings, first=first)
        cut = places.shared(shared_intercepts, means[index], apart.intercepts, first=first)
        rest = places.new(rests[index]) if shared_rests is None else shared_rests
        by_item = np.full((p, m), FIXED)
        by_item[np.arange(p), owner] = loads
        level_of = np.full(m, FIXED)
        if shared_intercepts is not None and not first:
            level_of = places.new(_factor_means(means[index] - means[0], typical, owner))
        groups.append(
            GroupModel(
                loadings=Part(by_item, np.zeros((p, m))),
                factors=_factors(places, own[p:-p], m, free=level >= 1 and not first),
                uniquenesses=Part(rest, np.zeros(p)),
                intercepts=Part(cut, np.zeros(p)),
                factor_means=Part(level_of, np.zeros(m)),
            )
        )
    return Structure(tuple(groups), np.array(places.start))


def _factors(places: FreePlaces, correlations: Floats, m: int, *, free: bool) -> Part:
    """Return factor covariances; `free` variances begin at 1."""
    where = np.full((m, m), FIXED)
    lower = np.tril_indices(m, -1)
    where[lower] = places.new(correlations)
    where.T[lower] = where[lower]
    if free:
        where[np.diag_indices(m)] = places.new(np.ones(m))
    return Part(where, np.eye(m))


def _factor_means(gap: Floats, loadings: Floats, owner: Places) -> Floats:
    """Return by how much each factor must differ to explain the items' gap `(p,)`."""
    size = np.bincount(owner, loadings**2)
    found: Floats = np.bincount(owner, loadings * gap) / np.where(size > 0, size, 1.0)
    return found


def carried(known: Structure, parameters: Floats, wider: Structure) -> Floats:
    """Return the parameters of a wider structure at which it is what a known one is.

    Parameters
    ----------
    known, parameters
        A structure, and its parameters `(q,)`.
    wider
        The same structure with fewer of the parameters equal.
    """
    found = wider.start.copy()
    for ours, theirs in zip(wider.groups, known.groups, strict=True):
        for name in _PARTS:
            part, source = getattr(ours, name), getattr(theirs, name)
            free = part.place >= 0
            found[part.place[free]] = source.filled(parameters)[free]
    return found


_PARTS = ("loadings", "factors", "uniquenesses", "intercepts", "factor_means")
