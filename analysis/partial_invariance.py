"""Partial comparability: which items differ between groups, so that the others are equal.

Items are set free one at a time, the one whose score test is largest first, until the step fits
about as well as the step before, or two equal items per factor are left. Once it is known that
something differs, a rise of RMSEA counts at any degrees of freedom, lest the search ends too soon.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import chdtrc

from analysis.data import Floats, Label
from analysis.errors import NotComputable
from analysis.fit import ChiSquare
from analysis.group_solution import GroupSolution, released, solve_groups
from analysis.group_structure import Apart, group_structure
from analysis.invariance_steps import Step, likelihood_change, next_step
from analysis.partial import FreedItem, LatentMean, Partial
from analysis.sample import Sample
from analysis.solution import Solution
from analysis.structure import Part, Places, Structure

FEWEST_EQUAL = 2
PARAMETERS = {"metric": "loading", "scalar": "intercept"}


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """The groups that are compared.

    Parameters
    ----------
    labels, items, factors
        Their names.
    owner
        Index `(p,)` of the factor of each item.
    samples, alone
        Answers of each group, and its solution by itself.
    robust
        Whether tests hold for answers that are not normal.
    """

    labels: tuple[Label, ...]
    items: tuple[str, ...]
    factors: tuple[str, ...]
    owner: Places
    samples: list[Sample]
    alone: list[Solution]
    robust: bool

    def structure(self, step: str, apart: Apart) -> Structure:
        """Return the model of a step with some items apart."""
        means = [sample.mean for sample in self.samples]
        return group_structure(step, self.owner, self.alone, means, apart)

    def solve(self, step: str, apart: Apart) -> GroupSolution:
        """Fit it."""
        return solve_groups(self.structure(step, apart), self.samples, robust=self.robust)


def seek_partial(groups: Groups, steps: Sequence[Step]) -> Partial | None:
    """Set items free until the rest is equal enough for latent means to be compared.

    Parameters
    ----------
    groups
        What is compared.
    steps
        The ladder in which every item is equal.

    Returns
    -------
    Partial or None
        None where the scalar step holds in full.

    References
    ----------
    Byrne, Shavelson & Muthén (1989), Psychological Bulletin 105, 456-466; stop rule ΔCFI:
    Cheung & Rensvold (2002), Structural Equation Modeling 9, 233-255. Items are chosen on the same
    data, so a freed item is one that stands out here, and means carry no interval.
    Checked against lavaan 0.6-14, cfa(group.partial = ): χ² 1e-5 relative.
    """
    known = {step.name: step for step in steps}
    if known["configural"].holds and known["metric"].holds and known["scalar"].holds:
        return None
    if not known["configural"].holds:
        return Partial((), (), (), known["configural"].reason or _MISFIT, comparable=False)
    before = groups.solve("configural", Apart())
    search = _Search(groups, before)
    try:
        for name in PARAMETERS:
            before = search.climb(name, before)
    except NotComputable as reason:
        return Partial(tuple(search.steps), search.described(), (), str(reason), comparable=False)
    means = tuple(search.means(before))
    return Partial(tuple(search.steps), search.described(), means, None, comparable=True)


_MISFIT = "the items do not even go with the same scales in all groups"


class _Search:
    """Items set free so far, with the score tests that chose them, and the steps reached."""

    def __init__(self, groups: Groups, configural: GroupSolution) -> None:
        self.groups, self.latest = groups, configural
        self.apart = Apart()
        self.chosen: list[tuple[str, int, ChiSquare | None]] = []
        self.steps: list[Step] = []

    def climb(self, name: str, before: GroupSolution) -> GroupSolution:
        """Fit a step, setting items free until it holds against the step before.

        Raises
        ------
        NotComputable
            If too few equal items would be left, or a model cannot be fitted.
        """
        if name == "scalar":  # where loadings differ, levels at the factor's mean differ at will
            self.apart = replace(self.apart, intercepts=self.apart.loadings)
            self.chosen += [(name, item, None) for item in sorted(self.apart.loadings)]
        while True:
            try:
                now = self.groups.solve(name, self.apart)
            except NotComputable as reason:
                self._free_any(name, reason)
                continue
            self.latest = now
            change = likelihood_change(now.test, before.test)
            step = next_step(name, now.fit, before.fit, change, rmsea_from=1)
            if step.holds:
                self.steps.append(step)
                return now
            try:
                self._free_one(name, now)
            except NotComputable:
                self.steps.append(step)
                raise

    def means(self, scalar: GroupSolution) -> Iterator[LatentMean]:
        """Yield the factor means of all groups but the first."""
        groups = self.groups
        try:
            whole = groups.solve("scalar", Apart())
        except NotComputable:
            whole = None
        for index in range(1, len(groups.labels)):
            own = _part(scalar, "factor_means", index)
            plain = None if whole is None else _part(whole, "factor_means", index).tolist()
            for factor, name in enumerate(groups.factors):
                equal = None if plain is None else plain[factor]
                yield LatentMean(groups.labels[index], name, float(own[factor]), equal)

    def described(self) -> tuple[FreedItem, ...]:
        """Return the items with their parameters in the last model that was fitted."""
        return tuple(self._described(name, item, test) for name, item, test in self.chosen)

    def _free_one(self, name: str, now: GroupSolution) -> None:
        tests = {
            item: released(now, self.groups.structure(name, self._with(name, item)), samples)
            for samples in [self.groups.samples]
            for item in self._candidates(name)
        }
        if not tests:
            raise NotComputable(
                f"the {PARAMETERS[name]}s differ even where only {FEWEST_EQUAL} items per factor "
                "are kept equal"
            )
        worst = max(tests, key=lambda item: tests[item].chisq)
        self.chosen.append((name, worst, tests[worst]))
        self.apart = self._with(name, worst)

    def _free_any(self, name: str, reason: NotComputable) -> None:
        """Set free the item without which the model fits best, where it has no solution with it."""
        fits: dict[int, float] = {}
        for item in self._candidates(name):
            try:
                fits[item] = self.groups.solve(name, self._with(name, item)).test.chisq
            except NotComputable:
                continue
        if not fits:
            raise NotComputable(f"{name}: {reason}, whichever item is set free") from None
        best = min(fits, key=lambda item: fits[item])
        self.chosen.append((name, best, None))
        self.apart = self._with(name, best)

    def _candidates(self, name: str) -> list[int]:
        free = self.apart.loadings if name == "metric" else self.apart.intercepts
        owner = self.groups.owner
        equal = np.bincount(owner[[item not in free for item in range(len(owner))]])
        return [
            item
            for item in range(len(owner))
            if item not in free and equal[owner[item]] > FEWEST_EQUAL
        ]

    def _with(self, name: str, item: int) -> Apart:
        if name == "metric":
            return replace(self.apart, loadings=self.apart.loadings | {item})
        return replace(self.apart, intercepts=self.apart.intercepts | {item})

    def _described(self, name: str, item: int, test: ChiSquare | None) -> FreedItem:
        groups, values = self.groups, self._values(name, item)
        lowest, highest = int(np.argmin(values)), int(np.argmax(values))
        return FreedItem(
            item=groups.items[item],
            factor=groups.factors[groups.owner[item]],
            parameter=PARAMETERS[name],
            chisq=None if test is None else test.chisq,
            df=None if test is None else test.df,
            p=None if test is None else float(chdtrc(test.df, test.chisq)),
            by_group=tuple(values),
            lowest=groups.labels[lowest],
            highest=groups.labels[highest],
            difference=values[highest] - values[lowest],
        )

    def _values(self, name: str, item: int) -> list[float]:
        factor = self.groups.owner[item]
        each = range(len(self.groups.labels))
        if name == "metric":
            return [float(_part(self.latest, "loadings", g)[item, factor]) for g in each]
        return [float(_part(self.latest, "intercepts", g)[item]) for g in each]


def _part(solution: GroupSolution, name: str, group: int) -> Floats:
    part: Part = getattr(solution.structure.groups[group], name)
    return part.filled(solution.parameters)
