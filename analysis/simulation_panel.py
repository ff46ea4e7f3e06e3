"""Who rates whom in a simulated study: raters, their groups, and who comes back."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.data import Floats
from analysis.simulation_design import Design

Codes = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """Rows of a study, each a rater and a partner in a wave; all arrays `(rows,)` count from 0.

    Parameters
    ----------
    rater, partner, wave, side, group
        Of each row; raters are counted over all sides.
    shift
        Points by which the row's group is milder than the middle of all groups.
    n_raters
        People.
    """

    rater: Codes
    partner: Codes
    wave: Codes
    side: Codes
    group: Codes
    shift: Floats
    n_raters: int

    @classmethod
    def of(cls, design: Design, source: np.random.Generator) -> "Panel":
        """Draw who rates whom: places that stay, and the people in them, some of whom change."""
        parts: list[tuple[Codes, ...]] = []
        people = 0
        for side in range(design.sides):
            place, partner = _pairs(design, 1 if side else design.each, source)
            kept = _rows_kept(design, partner)
            place, partner = place[kept], partner[kept]
            person = people + np.arange(int(place.max()) + 1)
            people += len(person)
            for wave in range(design.waves):
                if wave:
                    new = source.random(len(person)) >= design.retained
                    person = np.where(new, people + np.cumsum(new) - 1, person)
                    people += int(new.sum())
                when, whose = (np.full(len(place), code, dtype=np.intp) for code in (wave, side))
                parts.append((person[place], partner, when, whose))
        rater, who, when, whose = map(np.concatenate, zip(*parts, strict=True))
        group = np.zeros(people, dtype=np.intp)
        if design.groups:
            group = source.integers(len(design.groups), size=people)
        group = group[rater]
        return cls(rater, who, when, whose, group, np.array(design.shifts)[group], people)

    @property
    def cell(self) -> tuple[Codes, Codes, Codes]:
        """Side, wave and partner of each row, as an index into what is true of them."""
        return self.side, self.wave, self.partner


def _pairs(design: Design, each: int, source: np.random.Generator) -> tuple[Codes, Codes]:
    """Return rater and partner of each row; each rater's partners are drawn without repeats."""
    rows = design.partners * design.raters
    if each == 1:
        return np.arange(rows), np.repeat(np.arange(design.partners), design.raters)
    raters = max(1, round(rows / each))
    order = np.argsort(source.random((raters, design.partners)), axis=1)[:, :each]
    return np.repeat(np.arange(raters), each), order.ravel()


def _rows_kept(design: Design, partner: Codes) -> NDArray[np.bool_]:
    """Say which rows stay where partners are to have few raters."""
    kept = np.ones(len(partner), dtype=bool)
    for who, raters in design.planted.few:
        kept[np.flatnonzero(partner == who - 1)[raters:]] = False
    return kept
