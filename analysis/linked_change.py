"""Change of partners between two waves in which some raters are the same people."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from analysis import reml
from analysis.change import PartnerTrend, change
from analysis.data import Floats, Label
from analysis.errors import NotComputable
from analysis.linked_raters import Spread, linked
from analysis.posterior import intervals_along

if TYPE_CHECKING:
    import pandas as pd

LEAST_FREEDOM = 5


@dataclass(frozen=True, slots=True)
class LinkedPartner:
    """One partner; numbers are None where not computable or suppressed.

    Parameters
    ----------
    n_first, first, n_last, last
        Raters and mean of either wave.
    n_linked
        Raters who are in both.
    change, ci_low, ci_high
        Last mean less first, and its t interval on `df` degrees of freedom.
    shrunken, shrunken_ci_low, shrunken_ci_high, reliability
        Change drawn towards the mean of all partners, its posterior interval, and how much of the
        change is kept.
    """

    partner: Label
    n_first: int | None = None
    first: float | None = None
    n_last: int | None = None
    last: float | None = None
    n_linked: int | None = None
    change: float | None = None
    df: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    shrunken: float | None = None
    shrunken_ci_low: float | None = None
    shrunken_ci_high: float | None = None
    reliability: float | None = None
    suppressed_reason: str | None = None


@dataclass(frozen=True, slots=True)
class LinkedChange:
    """Changes of all partners.

    Parameters
    ----------
    rows
        Partners in the order of their labels.
    waves
        The two waves.
    n_linked
        Raters of a partner who are in both, over all partners.
    correlation
        Between the two ratings of one rater, within partners.
    width
        Median over partners of the width of the interval over that of `change`, which takes the
        raters of both waves for different people.
    """

    rows: tuple[LinkedPartner, ...]
    waves: tuple[Label, ...]
    n_linked: int
    correlation: float
    width: float
    level: float
    method: str
    n_used: int
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain dictionaries and lists."""
        rows = [asdict(row) for row in self.rows]
        return {**asdict(self), "rows": rows, "waves": list(self.waves), "notes": list(self.notes)}

    def to_frame(self) -> "pd.DataFrame":
        """Return one row per partner as a pandas data frame."""
        import pandas as pd  # noqa: PLC0415 - pandas takes a third of a second to import

        return pd.DataFrame([asdict(row) for row in self.rows])


def linked_change(
    values: ArrayLike,
    partner: Iterable[object],
    wave: Iterable[object],
    rater: Iterable[object],
    *,
    level: float = 0.95,
    min_n: int = 1,
) -> LinkedChange:
    """Compare the last wave with the one before it, knowing which raters are in both.

    Parameters
    ----------
    values : array of shape (rows,)
        One score per row, on the metric of the scale; NaN where there is none.
    partner, wave, rater : labels of shape (rows,)
        Who is rated, when, and by whom; a row without a rater is linked to none.
    level : float
        Level of the intervals.
    min_n : int
        Waves of a partner with fewer raters enter no number; raters are linked only where those
        who are in both waves, and those who are not, are none or as many.

    Returns
    -------
    LinkedChange
        Changes on the metric of the scale.

    Raises
    ------
    NotComputable
        If there is a single wave, or too few raters are in both to know how alike their ratings
        are: the raters of each partner less one must add up to five.
    BadFrame, UnknownChoice
        If lengths or choices do not fit.

    Notes
    -----
    Missing data: rows without a value, a partner or a wave are left out. A rater with two rows
    for one partner in one wave is not linked.

    change = m₂ − m₁ of all raters of either wave, c of them in both. With D and S the difference
    and the sum of a linked rater's two ratings, Var(change) = c(1/n₁ + 1/n₂)²σ_D²/4 +
    c(1/n₂ − 1/n₁)²σ_S²/4 + σ²((n₁ − c)/n₁² + (n₂ − c)/n₂²). σ_D² and σ_S² are pooled within
    partners, σ² from both and from the raters who are in one wave; D and S are uncorrelated where
    both waves have one variance. Degrees of freedom by Satterthwaite. Shrunken changes as in
    `trend`, with σ²/Var(change) in the place of the number of raters.

    With no rater in both this is the t interval of `change`, with all in both the paired one, with
    the variance of the differences pooled. Checked against R 4.2.2 (`t.test`, base R); simulated
    coverage 94-96 % (`docs/reference/waves.md`).

    References
    ----------
    Derrick, Toher & White (2017), Journal of Educational and Behavioral Statistics 42, 299-321
    (samples that overlap in part). Satterthwaite (1946), Biometrics Bulletin 2, 110-114.

    Examples
    --------
    >>> first, last = [1, 2, 3, 4, 5, 4], [2, 3, 3, 5, 5, 5]
    >>> found = linked_change(first + last, ["a"] * 12, [1] * 6 + [2] * 6, list("uvwxyz") * 2)
    >>> round(found.rows[0].change, 3), round(found.rows[0].ci_low, 3), found.rows[0].n_linked
    (0.667, 0.125, 6)
    """
    columns = [list(each) for each in (partner, wave, rater)]
    apart = change(values, *columns[:2], level=level, min_n=min_n)
    ratings = linked(values, *columns, waves=apart.waves, min_n=min_n)
    spread = ratings.spread
    if spread.pairs < LEAST_FREEDOM:
        raise NotComputable(
            "Too few raters are in both waves to know how alike their ratings are: beyond one for "
            f"each partner it takes {LEAST_FREEDOM}. The waves are taken for independent, and "
            "intervals are wider than they need be."
        )
    if not spread.difference > 0:
        raise NotComputable("All raters who are in both waves changed alike: no chance is seen.")
    place = {name: at for at, name in enumerate(ratings.partners)}
    rows = [_row(row, int(ratings.n_linked[place[row.partner]])) for row in apart.rows]
    at = [i for i, row in enumerate(rows) if row.change is not None]
    n = np.array([[rows[i].n_first, rows[i].n_last, rows[i].n_linked] for i in at], np.float64)
    variance, df = spread.of_change(n[:, 0], n[:, 1], n[:, 2])
    half = np.asarray(stdtrit(df, (1 + level) / 2) * np.sqrt(variance), dtype=np.float64)
    for i, reach, freedom in zip(at, half.tolist(), df.tolist(), strict=True):
        middle = rows[i].change or 0.0
        rows[i] = replace(rows[i], df=freedom, ci_low=middle - reach, ci_high=middle + reach)
    found = LinkedChange(
        rows=tuple(rows),
        waves=apart.waves,
        n_linked=int(n[:, 2].sum()),
        correlation=spread.correlation,
        width=_width([apart.rows[i] for i in at], half),
        level=level,
        method="t interval, raters linked over waves",
        n_used=apart.n_used,
    )
    return _pooled(found, at, spread, variance)


def _row(row: PartnerTrend, n_linked: int) -> LinkedPartner:
    if row.slope is None:
        return LinkedPartner(row.partner, suppressed_reason=row.suppressed_reason)
    if row.first is None or row.last is None:
        raise NotComputable(f"Partner {row.partner!r} has no mean of one of its waves.")
    return LinkedPartner(
        partner=row.partner,
        n_first=row.n_first,
        first=row.first,
        n_last=row.n_last,
        last=row.last,
        n_linked=n_linked,
        change=row.last - row.first,
    )


def _width(apart: list[PartnerTrend], half: Floats) -> float:
    """Return the median width over that of waves taken for independent."""
    ends = [(row.ci_low, row.ci_high) for row in apart]
    widths = [high - low for low, high in ends if low is not None and high is not None]
    return float(np.median(2 * half / np.array(widths))) if len(widths) == len(half) else 1.0


def _pooled(found: LinkedChange, at: list[int], spread: Spread, variance: Floats) -> LinkedChange:
    """Shrink the changes towards their mean."""
    if len(at) < 2:
        return replace(found, notes=("One partner: nothing to shrink towards.",))
    rows = list(found.rows)
    changes = np.array([rows[i].change for i in at], dtype=np.float64)
    sigma2, freedom = spread.single
    along = reml.Profile(sigma2 / variance, changes, sigma2 * freedom, True, freedom)  # noqa: FBT003 - restricted
    components = reml.fit_along(along)
    shrunken = reml.shrink(along.n, along.mean, components)
    numbers = {"shrunken": shrunken.score, "reliability": shrunken.reliability}
    notes: tuple[str, ...] = ()
    try:
        low, high = intervals_along(along, found.level)
        numbers |= {"shrunken_ci_low": low, "shrunken_ci_high": high}
    except NotComputable as reason:
        notes = (f"No intervals of the shrunken changes. {reason}",)
    for place, i in enumerate(at):
        own: dict[str, Any] = {name: float(each[place]) for name, each in numbers.items()}
        rows[i] = replace(rows[i], **own)
    method = f"{found.method}; empirical Bayes from REML of the changes"
    return replace(found, rows=tuple(rows), method=method, notes=(*components.notes, *notes))
