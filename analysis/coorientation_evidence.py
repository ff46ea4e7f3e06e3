"""Which states and differences between two sides stand once all that was looked at is counted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from scipy.special import stdtr

from analysis.adjustment import adjusted
from analysis.coorientation import Coorientation
from analysis.coorientation_states import (
    FALSE_CONFLICT,
    FALSE_CONSENSUS,
    TRUE_CONSENSUS,
    TRUE_DISSENSUS,
)
from analysis.data import Label
from analysis.gaps import Gap

_APART_IN = {TRUE_DISSENSUS: (True, True), TRUE_CONSENSUS: (False, False)}
_APART_IN |= {FALSE_CONSENSUS: (True, False), FALSE_CONFLICT: (False, True)}
_WRONG = (FALSE_CONSENSUS, FALSE_CONFLICT)
Found = Mapping[str, Mapping[Label, Coorientation]]
Stands = dict[str, bool | None]


@dataclass(frozen=True, slots=True)
class _Look:
    """A place that was looked at: where, the key it goes by, its p, and whether it was found."""

    scale: str
    partner: Label
    key: str
    p: float
    found: bool


def standing(found: Found, level: float) -> dict[tuple[str, Label], Stands]:
    """Say of each scale and partner what stands among all scales and partners.

    Parameters
    ----------
    found
        Scale to partner to what both sides say.
    level
        Of the intervals by which states are told.

    Returns
    -------
    dict
        Scale and partner to `differs_stands`, `state_a_stands` and `state_b_stands`: whether the
        difference, or the state of a side, stands; None where none was found.

    Notes
    -----
    p of a difference is that of its t test. p of a state is the largest of those of its parts
    (intersection and union: all must hold): that the sides are apart (as a difference) or close
    (the difference lies within ± margin: one-sided, of its nearer end), the same of what the
    side believes, and for the two false states that it guesses wrongly. Each is
    adjusted over all places of that kind (Benjamini & Hochberg 1995,
    Journal of the Royal Statistical Society B 57, 289-300): differences over partner × scale,
    states over partner × scale × side, each state by itself.
    """
    flags: dict[tuple[str, Label], Stands] = {
        (scale, partner): dict.fromkeys(("differs_stands", "state_a_stands", "state_b_stands"))
        for scale, by in found.items()
        for partner in by
    }
    for looks in ([*_differences(found)], *([*_states(found, state)] for state in _APART_IN)):
        p = adjusted([look.p for look in looks], "bh").tolist()
        for look, at in zip(looks, p, strict=True):
            if look.found:
                flags[look.scale, look.partner][look.key] = at < 1 - level
    return flags


def _differences(found: Found) -> Iterator[_Look]:
    for scale, by in found.items():
        for partner, pair in by.items():
            if pair.agreement.se:
                apart = pair.agreement.verdict == "apart"
                yield _Look(scale, partner, "differs_stands", _apart(pair.agreement), apart)


def _states(found: Found, state: str) -> Iterator[_Look]:
    for scale, by in found.items():
        for partner, pair in by.items():
            for side in "ab":
                believed = getattr(pair, f"congruency_{side}")
                if not pair.agreement.se or not believed.se:
                    continue
                told = getattr(pair, f"state_{side}") == state
                p = _p(state, pair, believed, getattr(pair, f"accuracy_{side}"))
                yield _Look(scale, partner, f"state_{side}_stands", p, told)


def _p(state: str, pair: Coorientation, believed: Gap, accuracy: Gap) -> float:
    parts = [
        _apart(gap) if apart else _close(gap, pair.margin)
        for gap, apart in zip((pair.agreement, believed), _APART_IN[state], strict=True)
    ]
    if state in _WRONG:
        parts.append(_apart(accuracy))
    return max(parts)


def _apart(gap: Gap) -> float:
    return min(1.0, 2 * _tail(abs(gap.estimate or 0.0), gap))


def _close(gap: Gap, margin: float) -> float:
    return _tail(margin - abs(gap.estimate or 0.0), gap)


def _tail(distance: float, gap: Gap) -> float:
    """Return p, one-sided, that an estimate lies so far from a limit."""
    if not gap.se or not gap.df:
        return 1.0
    return float(stdtr(gap.df, -distance / gap.se))
