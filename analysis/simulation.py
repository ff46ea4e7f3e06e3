"""Answers with known truth: partners, raters, constructs and items as one designs them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analysis.data import Floats
from analysis.disclosure import META
from analysis.scale import Scale
from analysis.simulation_design import SIDES, Design
from analysis.simulation_panel import Panel
from analysis.simulation_planted import Planted
from analysis.simulation_truth import draw_truth, effects, told

__all__ = ["Design", "Planted", "Simulated", "scales_toml", "simulate"]

_ALIKE = 0.5  # share of what is a rater's own in a rating that is in the guess too


@dataclass(frozen=True, slots=True, eq=False)
class Simulated:
    """Answers, one row per rater and partner, their scales, and the truth behind them."""

    frame: pl.DataFrame
    scales: tuple[Scale, ...]
    truth: dict[str, Any]


def simulate(design: Design, seed: int | np.random.Generator | None = None) -> Simulated:
    """Draw answers from a design.

    Parameters
    ----------
    design : Design
        What is to be simulated.
    seed : int, Generator or None
        Source of the draws; the same seed gives the same answers.

    Returns
    -------
    Simulated
        `frame` with columns rater, partner, wave (1, 2 …), side ("ours", "theirs") and
        rater_group where there are several of them, `<construct>_<number>` per item and
        `<construct>_<number>__meta` per guess (whole numbers, null where missing); `truth` with
        the design, and per construct, partner, wave and side its true score: the mean that
        endlessly many raters would give it on the scale's points, its rank, 1 the highest, the
        true guess, and the state in which the side then is.

    Notes
    -----
    construct = partner + rater + rest, normal, with variance 1 and the shares of `of_true`;
    item = √c construct + √(1 − c) noise, c = alpha/(k − (k − 1) alpha); answer = centre + spread
    item, rounded to the nearest point and cut at the ends. Partner, rater and rest correlate
    between constructs as `correlation` says. ICC(1) of the scores is `icc` and alpha is `alpha`
    before rounding; rounding to five points takes some hundredths off both. The rater's part
    stays from wave to wave and is in the guesses too; of the rest half the variance of a guess
    is that of the rater's own view.

    Examples
    --------
    >>> found = simulate(Design(partners=3, raters=2, items=2), seed=1)
    >>> found.frame.columns, found.frame.height
    (['rater', 'partner', 'trust_1', 'trust_2'], 6)
    """
    source = np.random.default_rng(seed)
    panel = Panel.of(design, source)
    truth = draw_truth(design, source)
    mild = effects(design, panel.n_raters, design.of_true[1], source)[panel.rater]
    rest = effects(design, len(panel.rater), design.of_true[2], source)
    mild = mild + (panel.shift / design.unit)[:, None]
    names = _named("p", np.arange(design.partners), design.partners)
    columns = _labels(design, panel, names)
    scales = [_scale(design, name) for name in design.constructs]
    _ask(columns, scales, truth.own[panel.cell] + mild + rest, design, source)
    if truth.guess is not None:
        fresh = effects(design, len(panel.rater), design.of_true[2], source)
        rest = np.sqrt(_ALIKE) * rest + np.sqrt(1 - _ALIKE) * fresh
        guesses = [_scale(design, name, META) for name in design.constructs]
        _ask(columns, guesses, truth.guess[panel.cell] + mild + rest, design, source)
        scales += guesses
    frame = pl.DataFrame(columns, strict=False)
    return Simulated(frame, tuple(scales), told(design, truth, names, frame.height))


def scales_toml(simulated: Simulated) -> str:
    """Return the scales as the TOML that `tillit analyse` reads.

    Examples
    --------
    >>> print(scales_toml(simulate(Design(items=2, reverse=1), seed=1)))
    range = [1, 5]
    <BLANKLINE>
    [scales.trust]
    items = ["trust_1", "trust_2"]
    reverse = ["trust_2"]
    <BLANKLINE>
    """
    first = simulated.scales[0]
    lines = [f"range = [{first.low:g}, {first.high:g}]", ""]
    for scale in simulated.scales:
        lines += [f"[scales.{scale.name}]", f"items = {_listed(scale.items)}"]
        lines += [f"reverse = {_listed(scale.reverse)}"] if scale.reverse else []
        lines.append("")
    return "\n".join(lines)


def _listed(names: tuple[str, ...]) -> str:
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"


def _scale(design: Design, name: str, ending: str = "") -> Scale:
    items = tuple(f"{name}_{number + 1}{ending}" for number in range(design.items))
    turned = items[design.items - design.reverse :]
    return Scale(name + ending, items, design.low, design.high, turned)


def _labels(design: Design, panel: Panel, names: list[str]) -> dict[str, Any]:
    """Return the columns that say whose answer it is, of whom, when, and from which side."""
    columns: dict[str, Any] = {
        "rater": _named("r", panel.rater, panel.n_raters),
        "partner": [names[who] for who in panel.partner.tolist()],
    }
    if design.waves > 1:
        columns["wave"] = panel.wave + 1
    if design.sides > 1:
        columns["side"] = [SIDES[side] for side in panel.side.tolist()]
    if design.groups:
        columns["rater_group"] = _named("g", panel.group, len(design.groups))
    return columns


def _ask(
    columns: dict[str, Any],
    scales: list[Scale],
    constructs: Floats,
    design: Design,
    source: np.random.Generator,
) -> None:
    """Add a column of answers for each item, from constructs `(rows, scales)`."""
    for scale, construct in zip(scales, constructs.T, strict=True):
        for item in scale.items:
            columns[item] = _answers(design, construct, source, turned=item in scale.reverse)


def _named(letter: str, numbers: NDArray[np.intp], most: int) -> list[str]:
    """Name by letter and number, with as many digits as the last one has."""
    width = len(str(most))
    return [f"{letter}{number + 1:0{width}}" for number in numbers.tolist()]


def _answers(
    design: Design, construct: Floats, source: np.random.Generator, *, turned: bool
) -> pl.Series:
    noise = source.standard_normal(len(construct))
    item = np.sqrt(design.common) * construct + np.sqrt(1 - design.common) * noise
    raw = np.rint(design.centre + design.spread * item)
    answer = np.clip(raw, design.low, design.high).astype(np.int16)
    if turned:
        answer = (design.low + design.high - answer).astype(np.int16)
    left_out = source.random(len(construct)) < design.missing
    return pl.Series(answer).set(pl.Series(left_out), None)
