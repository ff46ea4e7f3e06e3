"""What is true of simulated partners: in every wave, as each side sees it and takes the other's."""

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from scipy.special import ndtr

from analysis.coorientation import default_margin
from analysis.coorientation_states import (
    FALSE_CONFLICT,
    FALSE_CONSENSUS,
    TRUE_CONSENSUS,
    TRUE_DISSENSUS,
)
from analysis.data import Floats
from analysis.simulation_design import SIDES, Design

_STATES = {  # apart in truth, believed to be apart
    (False, False): TRUE_CONSENSUS,
    (True, True): TRUE_DISSENSUS,
    (True, False): FALSE_CONSENSUS,
    (False, True): FALSE_CONFLICT,
}


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """Partners as they are, in standard deviations of a construct.

    Parameters
    ----------
    own
        Of each side's view, `(sides, waves, partners, constructs)`.
    guess
        Of each side's guess of the other's view, in the same shape; None where nobody guesses.
    """

    own: Floats
    guess: Floats | None


def effects(design: Design, rows: int, share: float, source: np.random.Generator) -> Floats:
    """Return normal effects `(rows, constructs)` that correlate between constructs."""
    shape = (rows, len(design.constructs))
    common = np.sqrt(design.correlation) * source.standard_normal((rows, 1))
    own = np.sqrt(1 - design.correlation) * source.standard_normal(shape)
    return np.asarray(np.sqrt(share) * (common + own))


def draw_truth(design: Design, source: np.random.Generator) -> Truth:
    """Draw what is true of the partners, and plant what the design says of some.

    Notes
    -----
    A true score is the sum of what lasts and both sides share, what lasts for one side, what
    passes with the wave and both share, and what passes for one side; their variances are the
    products of stability and agreement, or of what these leave.
    """
    shape = (design.sides, design.waves, design.partners, len(design.constructs))
    agreement = design.agreement if design.sides > 1 else 1.0
    own = np.zeros(shape)
    for lasting, shared in product((True, False), repeat=2):
        weight = design.stability if lasting else 1 - design.stability
        weight *= agreement if shared else 1 - agreement
        cells = (1 if shared else design.sides, 1 if lasting else design.waves)
        if weight > 0:
            rows = cells[0] * cells[1] * design.partners
            drawn = effects(design, rows, design.of_true[0] * weight, source)
            own = own + drawn.reshape(*cells, *shape[2:])
    _plant(design, own)
    if design.accuracy is None:
        return Truth(own, None)
    guess = design.accuracy * own[::-1] + (1 - design.accuracy) * own
    for who, _ in design.planted.false_consensus:
        guess[:, :, who - 1] = own[:, :, who - 1]
    return Truth(own, guess)


def _plant(design: Design, own: Floats) -> None:
    """Change the true scores `own` in place to hold the facts that are planted."""
    planted, wave = design.planted, np.arange(design.waves)[:, None] / design.unit
    if planted.tied:
        leaders = np.array(planted.tied) - 1
        others = np.delete(own, planted.moved, axis=2).max(axis=2, keepdims=True)
        own[:, :, leaders] = others + np.sqrt(design.of_true[0]) / 2
    for who, points in planted.falling:
        own[:, :, who - 1] = own[:, :1, who - 1] - points * wave
    for who, points in planted.widening:
        own[1, :, who - 1] = own[0, :, who - 1] + points * wave
    for who, points in planted.false_consensus:
        middle = own[:, :, who - 1].mean(axis=0)
        apart = points / design.unit / 2
        own[:, :, who - 1] = np.stack([middle + apart, middle - apart])


def told(design: Design, truth: Truth, names: list[str], rows: int) -> dict[str, Any]:
    """Return the truth as a document, on the points of the scale.

    Per construct one entry for each partner, wave and side; waves and sides are named where there
    are several. `rank` is that among the partners of one wave and side, 1 the highest.
    """
    constructs = {
        name: _rows(design, truth, names, at) for at, name in enumerate(design.constructs)
    }
    return {"design": design.to_dict(), "rows": rows, "partners": constructs}


def _rows(design: Design, truth: Truth, names: list[str], construct: int) -> list[dict[str, Any]]:
    own = expected(design, truth.own[..., construct])
    rank = 1 + (own[..., :, None] < own[..., None, :]).sum(axis=-1)
    guess = None if truth.guess is None else expected(design, truth.guess[..., construct])
    found = []
    for side, wave, partner in np.ndindex(own.shape):
        at = (side, wave, partner)
        row: dict[str, Any] = {"partner": names[partner]}
        row |= {"wave": wave + 1} if design.waves > 1 else {}
        row |= {"side": SIDES[side]} if design.sides > 1 else {}
        row |= {"score": float(own[at]), "rank": int(rank[at])}
        if guess is not None:
            views = own[at], own[1 - side, wave, partner], guess[at]
            row |= {"guess": float(guess[at]), "state": _state(design, *map(float, views))}
        found.append(row)
    return found


def _state(design: Design, own: float, other: float, guess: float) -> str:
    """Name the true state of a side: what is less than the margin away is close."""
    margin = default_margin(design.low, design.high)
    return _STATES[abs(own - other) >= margin, abs(own - guess) >= margin]


def expected(design: Design, own: Floats) -> Floats:
    """Return the mean answer of endlessly many raters: the rounding is part of the truth.

    Raters of all groups are as many of each, and their groups' shifts are part of it too.
    """
    partner = design.of_true[0]
    sd = design.spread * np.sqrt(max(1 - design.common * partner, 1e-12))
    cuts = np.arange(design.low, design.high) + 0.5
    middle = design.centre + design.unit * own[..., None]
    above = [(1 - ndtr((cuts - middle - shift) / sd)).sum(axis=-1) for shift in design.shifts]
    return np.asarray(design.low + np.mean(above, axis=0))
