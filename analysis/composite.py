"""One score from several scales by published weights, and how reliable it is."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from analysis.alpha import alpha_of_moments
from analysis.data import Floats, Frame, labels
from analysis.errors import NotComputable, UnknownChoice
from analysis.moments import Moments
from analysis.partners import PartnerTable, partner_scores
from analysis.readable import Readable
from analysis.scale import Scale
from analysis.scoring import item_matrix, mean_scores

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class CompositePart:
    """One scale of a composite.

    `weight` as published, all adding up to 1; `share` is what the scale contributes to the
    differences between respondents' composites, adding up to 1 too; `sd` of its scores on the
    composite's metric; `alpha` of the same rows.
    """

    scale: str
    weight: float
    share: float | None
    sd: float | None
    alpha: float | None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Composite(Readable):
    """Weighted scores of respondents, their reliability, and the partners by them.

    `values` has shape (rows,), NaN where a scale has no score, and `scores` (rows, scales), those
    of the scales on its metric, of which `low` and `high` are the ends; `reliability` is that of
    one respondent's composite.
    """

    parts: tuple[CompositePart, ...]
    values: Floats
    scores: Floats
    low: float
    high: float
    reliability: float | None
    table: PartnerTable | None
    n_used: int
    n_total: int
    method: str
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return all but the values of single rows as plain dictionaries and lists."""
        names = ("low", "high", "reliability", "n_used", "n_total", "method")
        return {
            "parts": [asdict(part) for part in self.parts],
            **{name: getattr(self, name) for name in names},
            "table": self.table.to_dict() if self.table else None,
            "notes": list(self.notes),
        }

    def to_frame(self) -> "pd.DataFrame":
        """Return one row per scale as a pandas data frame."""
        import pandas as pd  # noqa: PLC0415 - pandas takes a third of a second to import

        return pd.DataFrame([asdict(part) for part in self.parts])


def composite(
    data: Frame,
    scales: Sequence[Scale],
    weights: Mapping[str, float],
    *,
    partner: str | None = None,
    level: float = 0.95,
    min_n: int = 1,
) -> Composite:
    """Weigh the scores of several scales into one, and score the partners by it.

    Parameters
    ----------
    data : DataFrame
        One row per respondent (and partner); it is not changed.
    scales : sequence of Scale
        Scales that may enter.
    weights : mapping
        Scale name to a weight above 0; only their ratios count. A scale without one is left out.
    partner : str or None
        Column that names the partner of each row.
    level : float
        Level of the partners' intervals.
    min_n : int
        Partners with fewer composites are suppressed.

    Returns
    -------
    Composite
        On the range of the scales if they share one, else from 0 to 100 with each scale taken
        as its share of the way from its lowest to its highest answer.

    Raises
    ------
    UnknownChoice
        If a weight is not above 0, names no scale, or there is none.

    Notes
    -----
    Missing data: a row needs a score on every scale that weighs; `n_used` of `n_total` have it.

    composite = Σ w s with Σ w = 1. Reliability = 1 − Σ w² sd² (1 − alpha)/Var(composite): the
    errors of different scales are taken as uncorrelated, and what they share counts as true.
    share = w Cov(s, composite)/Var(composite). Partners are scored by `partner_scores`, whose
    `reliability` is that of a partner's mean composite.

    Checked against R 4.2.2 (base R, psych 2.2.9 for alpha) to 1e-10; simulated: the squared
    correlation with the true composite.

    References
    ----------
    Mosier (1943), Psychometrika 8, 161-168, formula 7. Nunnally & Bernstein (1994), Psychometric
    theory, 266-271.

    Examples
    --------
    >>> import pandas as pd
    >>> answers = pd.DataFrame(
    ...     {"t1": [1, 2, 4, 5], "t2": [2, 1, 5, 4], "q1": [1, 3, 3, 5], "q2": [2, 2, 4, 4]}
    ... )
    >>> scales = (Scale("trust", ("t1", "t2"), 1, 5), Scale("quality", ("q1", "q2"), 1, 5))
    >>> found = composite(answers, scales, {"trust": 3, "quality": 1})
    >>> found.values.tolist(), round(found.reliability, 3)
    ([1.5, 1.75, 4.25, 4.5], 0.918)
    """
    chosen, shares = _weighed(scales, weights)
    (low, high), scores, items = scores_on_one_metric(data, chosen)
    values = scores @ shares
    whole = ~np.isnan(values)
    kept = [block[whole] for block in items]
    parts, reliability, notes = _parts(chosen, shares, scores[whole], kept)
    table = None
    if partner is not None:
        table = partner_scores(values, labels(data, partner).tolist(), level=level, min_n=min_n)
    return Composite(
        parts=parts,
        values=values,
        scores=scores,
        low=low,
        high=high,
        reliability=reliability,
        table=table,
        n_used=int(whole.sum()),
        n_total=len(values),
        method="weighted mean of scale scores; reliability by Mosier",
        notes=notes,
    )


def normalized(weights: Mapping[str, float]) -> dict[str, float]:
    """Return the weights so that they add up to 1.

    Raises
    ------
    UnknownChoice
        If there are none, or one is not a number above 0.
    """
    for name, weight in weights.items():
        if not (isinstance(weight, int | float) and 0 < weight < float("inf")):
            raise UnknownChoice(
                f"The weight of {name!r} is {weight!r}; give a number above 0, or leave it out."
            )
    if not weights:
        raise UnknownChoice("There are no weights; give one for at least one scale.")
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}


def _weighed(
    scales: Sequence[Scale], weights: Mapping[str, float]
) -> tuple[tuple[Scale, ...], Floats]:
    shares = normalized(weights)
    names = [scale.name for scale in scales]
    for name in shares:
        if name not in names:
            raise UnknownChoice(
                f"There is a weight for {name!r}, which is no scale; the scales are "
                f"{', '.join(map(repr, names))}."
            )
    chosen = tuple(scale for scale in scales if scale.name in shares)
    return chosen, np.array([shares[scale.name] for scale in chosen])


def scores_on_one_metric(
    data: Frame, scales: tuple[Scale, ...]
) -> tuple[tuple[float, float], Floats, list[Floats]]:
    """Return the ends of the metric, scores `(rows, scales)` on it, and the items by scale."""
    metric = _metric(scales)
    items = [item_matrix(data, scale) for scale in scales]
    return metric, _scores(scales, items, metric), items


def _metric(scales: tuple[Scale, ...]) -> tuple[float, float]:
    ranges = {(scale.low, scale.high) for scale in scales}
    return ranges.pop() if len(ranges) == 1 else (0.0, 100.0)


def _scores(scales: tuple[Scale, ...], items: list[Floats], metric: tuple[float, float]) -> Floats:
    """Return the scores `(rows, scales)` on the metric of the composite."""
    columns = []
    for scale, block in zip(scales, items, strict=True):
        own = mean_scores(block, scale)
        if metric != (scale.low, scale.high):
            own = 100 * (own - scale.low) / (scale.high - scale.low)
        columns.append(own)
    return np.column_stack(columns)


def _parts(
    scales: tuple[Scale, ...], weights: Floats, scores: Floats, items: list[Floats]
) -> tuple[tuple[CompositePart, ...], float | None, tuple[str, ...]]:
    """Describe each scale, and add up the variances of their errors."""
    if len(scores) < 2:
        rows = "no row has" if len(scores) == 0 else "only 1 row has"
        blank = (None,) * len(scales)
        reason = f"No reliability: {rows} a score on every scale."
        return _rows(scales, weights, blank, blank, blank), None, (reason,)
    covariance = np.atleast_2d(np.cov(scores, rowvar=False))
    total = float(weights @ covariance @ weights)
    alphas, notes = _alphas(scales, items)
    shares: list[float | None] = [None] * len(scales)
    if total > 0:
        shares = [float(share) for share in weights * (covariance @ weights) / total]
    else:
        notes = ("No reliability: all composites are the same.",)
    sds = np.sqrt(np.diag(covariance)).tolist()
    parts = _rows(scales, weights, shares, sds, alphas)
    if notes:
        return parts, None, notes
    error = weights**2 * np.diag(covariance) @ (1 - np.array(alphas, dtype=np.float64))
    return parts, float(1 - error / total), ()


def parts_of_pairs(
    scales: tuple[Scale, ...], weights: Floats, scores: Floats, items: list[Floats], min_n: int
) -> tuple[tuple[CompositePart, ...], float | None, tuple[str, ...]]:
    """Describe each scale from all rows that have it, two scales from those that have both.

    Parameters
    ----------
    scales, weights
        What weighs, and how much, adding up to 1.
    scores : array of shape (rows, scales)
        On the metric of the composite, NaN where there is none.
    items : list of arrays of shape (rows, items)
        Answers by scale.
    min_n : int
        Rows below which no covariance is shown; above 1, alphas are those of complete rows.

    Returns
    -------
    parts, reliability, notes
        As in `composite`; equal to them where nothing is missing.
    """
    missing: Literal["pairwise", "listwise"] = "pairwise" if min_n == 1 else "listwise"
    alphas, notes = _alphas(scales, items, missing)
    covariance = _pairwise(scores, max(min_n, 2))
    if covariance is None:
        blank = (None,) * len(scales)
        reason = "No reliability: too few rows have scores on both of some scales."
        return _rows(scales, weights, blank, blank, alphas), None, (reason,)
    total = float(weights @ covariance @ weights)
    sds = np.sqrt(np.diag(covariance)).tolist()
    if total <= 0:
        notes = ("No reliability: composites do not differ.",)
        return _rows(scales, weights, (None,) * len(scales), sds, alphas), None, notes
    shares = (weights * (covariance @ weights) / total).tolist()
    parts = _rows(scales, weights, shares, sds, alphas)
    if notes:
        return parts, None, notes
    error = weights**2 * np.diag(covariance) @ (1 - np.array(alphas, dtype=np.float64))
    return parts, float(1 - error / total), ()


def _pairwise(scores: Floats, least: int) -> Floats | None:
    """Return the covariances of columns over the rows that have both, if there are enough."""
    given = (~np.isnan(scores)).astype(np.float64)
    filled = np.where(np.isnan(scores), 0.0, scores)
    n = given.T @ given
    if n.min() < least:
        return None
    sums = filled.T @ given  # of each column over the rows that have the other too
    return np.asarray((filled.T @ filled - sums * sums.T / n) / (n - 1))


def _rows(
    scales: tuple[Scale, ...],
    weights: Floats,
    shares: Sequence[float | None],
    sds: Sequence[float | None],
    alphas: Sequence[float | None],
) -> tuple[CompositePart, ...]:
    columns = ([scale.name for scale in scales], weights.tolist(), shares, sds, alphas)
    return tuple(CompositePart(*row) for row in zip(*columns, strict=True))


def _alphas(
    scales: tuple[Scale, ...],
    items: list[Floats],
    missing: Literal["pairwise", "listwise"] = "pairwise",
) -> tuple[list[float | None], tuple[str, ...]]:
    found: list[float | None] = []
    notes: list[str] = []
    for scale, block in zip(scales, items, strict=True):
        try:
            found.append(alpha_of_moments(Moments.of_items(block, scale), missing))
        except NotComputable as reason:
            found.append(None)
            notes.append(f"No reliability: {scale.name!r} has no alpha ({reason}).")
    return found, tuple(notes)
