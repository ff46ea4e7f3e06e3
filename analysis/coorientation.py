"""Two sides of a relationship: what each thinks, what each believes the other thinks."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from analysis.coorientation_states import state
from analysis.data import Floats
from analysis.disclosure import check_min_n, too_few
from analysis.errors import BadFrame
from analysis.estimate import check_level
from analysis.gaps import Gap, Sample, check_margin, independent, related
from analysis.readable import Readable

if TYPE_CHECKING:
    import pandas as pd

_GAPS = ("agreement", "congruency_a", "congruency_b", "accuracy_a", "accuracy_b")


@dataclass(frozen=True, slots=True)
class View:
    """What one side said: its raters and mean, of its own view and of its guess of the other's.

    `ci_low` and `ci_high` are the t interval of `mean`.
    """

    n: int | None = None
    mean: float | None = None
    sd: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    n_guess: int | None = None
    guess: float | None = None
    guess_sd: float | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Coorientation(Readable):
    """Two sides A and B on one construct.

    Parameters
    ----------
    a, b
        What each side said.
    agreement
        A less B.
    congruency_a, congruency_b
        A side's own view less its guess of the other's: whether it believes that they agree.
    accuracy_a, accuracy_b
        A side's guess less what the other side said: whether it knows the other.
    state_a, state_b
        One of `STATES` as each side lives it; None where it made no guesses or nothing is shown.
    margin, level
        Smallest difference that matters, and the level of the intervals.
    suppressed_reason
        Why there are no numbers; None where there are.
    notes
        What a reader must know.
    """

    a: View
    b: View
    agreement: Gap
    congruency_a: Gap
    congruency_b: Gap
    accuracy_a: Gap
    accuracy_b: Gap
    state_a: str | None
    state_b: str | None
    margin: float
    level: float
    suppressed_reason: str | None = None
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain dictionaries and lists."""
        sides = {
            f"{name}_{side}": getattr(getattr(self, side), name)
            for side in ("a", "b")
            for name in View.__dataclass_fields__
        }
        gaps = {name: getattr(self, name).to_dict() for name in _GAPS}
        rest = ("state_a", "state_b", "margin", "level", "suppressed_reason")
        return {
            **sides,
            **gaps,
            **{name: getattr(self, name) for name in rest},
            "notes": list(self.notes),
        }

    def to_frame(self) -> "pd.DataFrame":
        """Return one row per difference as a pandas data frame."""
        import pandas as pd  # noqa: PLC0415 - pandas takes a third of a second to import

        return pd.DataFrame([{"gap": name, **getattr(self, name).to_dict()} for name in _GAPS])


def coorientation(
    own_a: ArrayLike,
    own_b: ArrayLike,
    guess_a: ArrayLike | None = None,
    guess_b: ArrayLike | None = None,
    *,
    margin: float = 1.0,
    level: float = 0.95,
    min_n: int = 1,
) -> Coorientation:
    """Compare two sides of a relationship, each with its own raters, on one construct.

    Parameters
    ----------
    own_a, own_b : arrays of shape (raters of A,), (raters of B,)
        Scores of each side's own view, on the metric of the scale; NaN where there is none.
    guess_a, guess_b : arrays of the same shapes, or None
        The same raters' guesses of what the other side would say, on the same metric.
    margin : float
        Differences smaller than this do not matter; on the metric of the scale. The default is
        one step of an answer scale that counts in steps of 1.
    level : float
        Level of the intervals, by which states are told.
    min_n : int
        Fewest raters per side, and of each kind of answer, from which anything is shown.

    Returns
    -------
    Coorientation
        Differences with intervals on the metric of the scale, and the state of each side.

    Raises
    ------
    BadFrame
        If a side's guesses and own views differ in number.
    UnknownChoice
        If `level` is not a share, `margin` not above 0, `min_n` not a positive whole number.

    Notes
    -----
    Missing data: each mean is of everyone on that side who answered, the same in each
    comparison, so agreement = congruency_a + accuracy_a holds exactly.

    Intervals: between sides Welch's; within a side the paired one, with what the raters who gave
    both answers have in common (`gaps.related`). State of a side: *close* if the interval lies
    within ± margin, *apart* if it excludes 0 and does not; agreement and the side's own
    congruency both close: true consensus; both apart: true dissensus; apart but believed close:
    false consensus; close but believed apart: false conflict; anything else cannot be told. The
    two false states need that the side surely guesses the other wrongly (the interval of its
    accuracy excludes 0): a gap somewhat below the margin that it knows of is no error of its.
    How often a state is wrong: docs/reference/two-sides.md.

    Checked against R 4.2.2 ``t.test``, paired and Welch, to 1e-10.

    References
    ----------
    McLeod & Chaffee (1973), American Behavioral Scientist 16, 469-499. Broom (1977), Public
    Relations Review 3(4), 110-119. Lakens, Scheel & Isager (2018), Advances in Methods and
    Practices in Psychological Science 1, 259-269 (close and apart).

    Examples
    --------
    >>> ours, theirs = [5, 4, 5, 4, 5, 4], [2, 3, 2, 3, 3, 2]
    >>> found = coorientation(ours, theirs, guess_a=[4, 4, 5, 4, 5, 4])
    >>> found.agreement.verdict, found.congruency_a.verdict, found.state_a
    ('apart', 'close', 'false consensus')
    """
    check_level(level)
    check_margin(margin)
    check_min_n(min_n)
    sides = (_Side.of(own_a, guess_a, "a"), _Side.of(own_b, guess_b, "b"))
    if min(side.own.n for side in sides) < min_n:
        reason = f"one side has {too_few(min_n)}"
        nothing = (View(), View(), *(Gap(),) * 5, None, None)
        return Coorientation(*nothing, margin, level, suppressed_reason=reason)
    return _compared(*(side.shown(min_n) for side in sides), margin=margin, level=level)


def default_margin(low: float, high: float) -> float:
    """Return the smallest difference that matters: a quarter of the range, one step of five."""
    return (high - low) / 4


@dataclass(frozen=True, slots=True)
class _Side:
    """One side's own views and guesses, and what they have in common."""

    own: Sample
    guess: Sample
    both: int
    covariance: float

    @classmethod
    def of(cls, own: ArrayLike, guess: ArrayLike | None, name: str) -> "_Side":
        views = np.asarray(own, dtype=np.float64)
        guesses = np.full(views.shape, np.nan) if guess is None else np.asarray(guess, float)
        if views.shape != guesses.shape or views.ndim != 1:
            raise BadFrame(
                f"own_{name} has shape {views.shape} and guess_{name} {guesses.shape}; "
                "give one own view and one guess per rater, NaN where there is none."
            )
        pairs = ~np.isnan(views) & ~np.isnan(guesses)
        both = int(pairs.sum())
        common = _covariance(views[pairs], guesses[pairs]) if both > 1 else 0.0
        return cls(Sample.of(views), Sample.of(guesses), both, common)

    def shown(self, min_n: int) -> "_Side":
        """Leave the guesses out where too few raters made one, or made both answers."""
        if self.both >= min_n:
            return self
        return _Side(self.own, Sample(0, np.nan, np.nan), 0, 0.0)

    def view(self, level: float) -> View:
        own, guess = self.own, self.guess
        ends: tuple[float | None, float | None] = (None, None)
        if own.n > 1 and own.variance > 0:
            half = float(stdtrit(own.n - 1, (1 + level) / 2)) * float(np.sqrt(own.variance / own.n))
            ends = (own.mean - half, own.mean + half)
        if not guess.n:
            return View(own.n, own.mean, _sd(own), *ends)
        return View(own.n, own.mean, _sd(own), *ends, guess.n, guess.mean, _sd(guess))

    @property
    def unanimous(self) -> bool:
        samples = [s for s in (self.own, self.guess) if s.n > 1]
        return any(sample.variance == 0 for sample in samples)


def _compared(a: _Side, b: _Side, *, margin: float, level: float) -> Coorientation:
    rule = {"level": level, "margin": margin}
    agreement = independent(a.own, b.own, **rule)
    believed = [_congruency(side, rule) for side in (a, b)]
    known = _accuracy(a, b, rule), _accuracy(b, a, rule)
    return Coorientation(
        a=a.view(level),
        b=b.view(level),
        agreement=agreement,
        congruency_a=believed[0],
        congruency_b=believed[1],
        accuracy_a=known[0],
        accuracy_b=known[1],
        state_a=state(agreement, believed[0], known[0]),
        state_b=state(agreement, believed[1], known[1]),
        margin=margin,
        level=level,
        notes=_notes(a, b),
    )


def _accuracy(side: _Side, other: _Side, rule: dict[str, float]) -> Gap:
    return independent(side.guess, other.own, **rule) if side.guess.n else Gap()


def _congruency(side: _Side, rule: dict[str, float]) -> Gap:
    if not side.guess.n:
        return Gap()
    return related(side.own, side.guess, side.both, side.covariance, **rule)


def _covariance(x: Floats, y: Floats) -> float:
    return float((x - x.mean()) @ (y - y.mean())) / (len(x) - 1)


def _sd(sample: Sample) -> float | None:
    return float(np.sqrt(sample.variance)) if sample.n > 1 else None


def _notes(*sides: _Side) -> tuple[str, ...]:
    notes = []
    if any(side.own.n == 1 or side.guess.n == 1 for side in sides):
        notes.append("One rater on a side: no interval, so nothing can be told.")
    if any(side.unanimous for side in sides):
        notes.append("All raters of a side gave the same answer: intervals may be too narrow.")
    return tuple(notes)
