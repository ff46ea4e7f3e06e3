"""Factor models of ordinal answers in several groups, from all different to all alike.

The variables behind the answers have the means and covariances of a factor model; an answer says
between which two thresholds its variable lies. In the first group uniquenesses are 1, intercepts
and factor means 0, factor variances 1; what a step has equal takes over from these constants.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.data import Floats
from analysis.group_structure import FreePlaces
from analysis.polychoric import NOBODY
from analysis.polychoric_errors import OrdinalSample
from analysis.structure import FIXED, GroupModel, Part, Places

Flags = NDArray[np.bool_]

ORDINAL_STEPS = ("configural", "thresholds", "metric", "scalar", "strict")


@dataclass(frozen=True, slots=True, eq=False)
class OrdinalGroup:
    """The model of one group.

    Parameters
    ----------
    model
        Of the variables behind the p answers.
    cuts
        Thresholds `(p, c - 1)`, in the unit of these variables.
    used
        Which of them an item has.
    """

    model: GroupModel
    cuts: Part
    used: Flags

    def statistics(self, parameters: Floats) -> tuple[Floats, Floats]:
        """Return thresholds in standard deviations, then correlations; and their slopes.

        Returns
        -------
        tuple
            Statistics `(T + P,)` and slopes `(q, T + P)`; NaN where a variance is not positive.
        """
        item, _ = place = np.nonzero(self.used)
        one, other = np.triu_indices(len(self.used), 1)
        covariance, by_covariance = (
            self.model.covariance(parameters),
            self.model.covariance_slopes(parameters),
        )
        variance = np.where(covariance.diagonal() > 0, covariance.diagonal(), np.nan)
        growth = np.einsum("qpp->qp", by_covariance) / variance / 2
        sd = np.sqrt(variance)
        mean, by_mean = self.model.mean(parameters), self.model.mean_slopes(parameters)
        height = self.cuts.filled(parameters)[place] - (0.0 if mean is None else mean[item])
        by_cut = -by_mean[:, item]
        free = self.cuts.place[place]
        by_cut[free, np.arange(len(free))] += 1.0
        thresholds, between = height / sd[item], covariance[one, other] / sd[one] / sd[other]
        by_threshold = by_cut / sd[item] - thresholds * growth[:, item]
        by_between = by_covariance[:, one, other] / sd[one] / sd[other]
        by_between = by_between - between * (growth[:, one] + growth[:, other])
        return np.concatenate([thresholds, between]), np.hstack([by_threshold, by_between])


@dataclass(frozen=True, slots=True, eq=False)
class OrdinalStart:
    """One group by itself, in the unit in which its thresholds are those of the first group.

    Parameters
    ----------
    sample
        Its answers.
    loadings, uniquenesses, intercepts
        Of the variables behind the answers, each `(p,)`.
    correlations
        Of the factors, row by row below the diagonal.
    """

    sample: OrdinalSample
    loadings: Floats
    uniquenesses: Floats
    intercepts: Floats
    correlations: Floats

    @classmethod
    def of(
        cls, sample: OrdinalSample, standardized: Floats, correlations: Floats, cuts: Floats
    ) -> "OrdinalStart":
        """Stretch standardized loadings `(p,)` to the thresholds `(p, c - 1)` of all groups."""
        own, p = sample.tables.thresholds, len(standardized)
        sd, level = np.ones(p), np.zeros(p)
        for item in range(p):
            used = own[item] < NOBODY
            slope, level[item] = np.polyfit(own[item][used], cuts[item][used], 1)
            sd[item] = max(slope, 0.1)
        rest = sd**2 * (1 - standardized**2)
        return cls(sample, standardized * sd, rest, level, correlations)


def ordinal_groups(
    step: str, owner: Places, starts: list[OrdinalStart], cuts: Floats
) -> tuple[tuple[OrdinalGroup, ...], Floats]:
    """Return the model of all groups at one step, and where a search begins.

    Parameters
    ----------
    step
        "configural": nothing is equal; "thresholds": thresholds are; "metric": loadings too;
        "scalar": intercepts too; "strict": uniquenesses too.
    owner
        Index `(p,)` of the factor of each item.
    starts
        Each group by itself.
    cuts
        Thresholds `(p, c - 1)` of the first group, in the unit in which its uniquenesses are 1.

    References
    ----------
    Wu & Estabrook (2016), Psychometrika 81, 1014-1045.
    """
    level, places = ORDINAL_STEPS.index(step), FreePlaces()
    p, m = len(owner), int(owner.max()) + 1
    used = cuts < NOBODY
    shared_cuts = places.new(cuts[used]) if level >= 1 else None
    shared_loads = places.new(starts[0].loadings) if level >= 2 else None
    groups = []
    for index, start in enumerate(starts):
        later = index > 0
        plain = np.sqrt(1 - _standardized(start) ** 2)
        own = start.loadings if level >= 1 else _standardized(start) / plain
        heights = start.sample.tables.thresholds / plain[:, None]
        where = np.full(cuts.shape, FIXED)
        where[used] = places.new(heights[used]) if shared_cuts is None else shared_cuts
        by_item = np.full((p, m), FIXED)
        by_item[np.arange(p), owner] = places.new(own) if shared_loads is None else shared_loads
        model = GroupModel(
            loadings=Part(by_item, np.zeros((p, m))),
            factors=_factors(places, start, m, free=later and level >= 2),
            uniquenesses=_free(places, start.uniquenesses, 1.0, free=later and 1 <= level <= 3),
            intercepts=_free(places, start.intercepts, 0.0, free=later and 1 <= level <= 2),
            factor_means=_free(places, _means(start, owner, m), 0.0, free=later and level >= 3),
        )
        groups.append(OrdinalGroup(model, Part(where, np.full(cuts.shape, NOBODY)), used))
    return tuple(groups), np.array(places.start)


def _standardized(start: OrdinalStart) -> Floats:
    spread: Floats = np.sqrt(start.loadings**2 + start.uniquenesses)
    return start.loadings / spread


def _free(places: FreePlaces, values: Floats, constant: float, *, free: bool) -> Part:
    where = places.new(values) if free else np.full(values.shape, FIXED)
    return Part(where, np.full(values.shape, constant))


def _factors(places: FreePlaces, start: OrdinalStart, m: int, *, free: bool) -> Part:
    where = np.full((m, m), FIXED)
    lower = np.tril_indices(m, -1)
    where[lower] = places.new(start.correlations)
    where.T[lower] = where[lower]
    if free:
        where[np.diag_indices(m)] = places.new(np.ones(m))
    return Part(where, np.eye(m))


def _means(start: OrdinalStart, owner: Places, m: int) -> Floats:
    """Return how far factors must lie for the intercepts to be 0, `(m,)`."""
    size = np.bincount(owner, start.loadings**2, m)
    pull = np.bincount(owner, start.loadings * start.intercepts, m)
    found: Floats = pull / np.where(size > 0, size, 1.0)
    return found
