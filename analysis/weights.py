"""Who leads a scorecard when its weights might have been others."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.composite import normalized
from analysis.data import Floats, Label
from analysis.disclosure import check_min_n
from analysis.errors import NotComputable, UnknownChoice
from analysis.estimate import check_level, one_of
from analysis.partner_sums import coded
from analysis.readable import Readable

if TYPE_CHECKING:
    import pandas as pd

Scheme = Literal["uniform", "dirichlet"]

_AT_ONCE = 2_000_000  # scores held at a time: 16 MB


@dataclass(frozen=True, slots=True)
class WeightLead:
    """One partner: its composite, and how it fares when weights vary.

    `lead` is the share of weightings in which it leads; `lead_with_chance` the share in which it
    does when its means vary too, as other raters would have made them vary.
    """

    partner: Label
    n: int
    score: float
    lead: float
    lead_with_chance: float | None
    rank_low: int
    rank_high: int


@dataclass(frozen=True, slots=True, repr=False)
class WeightSensitivity(Readable):
    """Partners from the highest composite; ranks hold the central `level` of the weightings.

    `holds_within` is the share by which every weight may be off, up or down, and the leader
    still leads; None where no such error of weights below 100 % matters.
    """

    rows: tuple[WeightLead, ...]
    weights: dict[str, float]
    scheme: str
    draws: int
    holds_within: float | None
    level: float
    n_used: int
    n_total: int
    notes: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """Say how often the leader leads, and from where on others do."""
        best = self.rows[0]
        told = f"{best.partner} leads in {_percent(best.lead)} of {self.draws:,} weightings"
        if best.lead_with_chance is not None:
            chance = _percent(best.lead_with_chance)
            told += f", and in {chance} when the chance in who answered is allowed for"
        if self.holds_within is None:
            return f"{told}. It leads whatever the weights."
        off = _percent(self.holds_within)
        return f"{told}. It leads for certain while each weight is off by less than {off}."

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain dictionaries and lists."""
        return {
            **asdict(self),
            "rows": [asdict(row) for row in self.rows],
            "notes": list(self.notes),
        }

    def to_frame(self) -> "pd.DataFrame":
        """Return one row per partner as a pandas data frame."""
        import pandas as pd  # noqa: PLC0415 - pandas takes a third of a second to import

        return pd.DataFrame([asdict(row) for row in self.rows])


def weight_sensitivity(  # noqa: PLR0913 - each is an option of its own
    scores: Mapping[str, ArrayLike],
    partner: Iterable[object],
    weights: Mapping[str, float],
    *,
    within: float = 0.25,
    scheme: Scheme = "uniform",
    concentration: float = 20.0,
    draws: int = 10_000,
    level: float = 0.95,
    min_n: int = 1,
    seed: int | np.random.Generator | None = None,
) -> WeightSensitivity:
    """See how often each partner leads when the published weights vary.

    Parameters
    ----------
    scores : mapping of arrays of shape (rows,)
        Scale name to a score per row, all on one metric; NaN where there is none.
    partner : labels of shape (rows,)
        Who is rated in each row.
    weights : mapping
        Scale name to its published weight, above 0.
    within : float
        Uniform: each weight lies anywhere between (1 − within) and (1 + within) times the
        published one, independently, before they are made to add up to 1. From 0 to 1.
    scheme : "uniform" or "dirichlet"
        The latter draws any weights that add up to 1, on average the published ones.
    concentration : float
        Dirichlet: sum of its parameters; a weight w has standard deviation
        √(w (1 − w)/(concentration + 1)).
    draws : int
        Weightings drawn.
    level : float
        Share of the weightings that the ranks hold.
    min_n : int
        Partners with fewer rows are left out.
    seed : int, Generator or None
        Source of the draws.

    Returns
    -------
    WeightSensitivity
        Scores on the metric of the scales; shares from 0 to 1.

    Raises
    ------
    NotComputable
        If there are fewer than two partners.
    UnknownChoice
        If an option has no such value, or a weight has no scores.

    Notes
    -----
    Missing data: a row needs a score on every scale that weighs.

    composite = Σ w · (partner's mean); a lead is shared where composites are equal.
    `lead_with_chance` adds to the means of all scales a draw from N(0, W/n), W the pooled
    covariance within partners; it is None where no partner has two rows. With the leader's
    advantage d on each scale over another partner, no weights within ± x change their order
    while Σ w d > x Σ w |d|; `holds_within` is the least such x over the others.

    Checked against all corners of the box of weights, and exact shares with two scales.

    References
    ----------
    Butler, Jia & Dyer (1997), European Journal of Operational Research 103, 531-546.

    Examples
    --------
    >>> scores = {"trust": [5, 5, 3, 3], "quality": [2, 2, 3, 3]}
    >>> found = weight_sensitivity(scores, list("aabb"), {"trust": 1, "quality": 1}, seed=1)
    >>> [(row.partner, row.lead) for row in found.rows], round(found.holds_within, 3)
    ([('a', 1.0), ('b', 0.0)], 0.333)
    """
    check_level(level)
    check_min_n(min_n)
    _check(within, scheme, concentration, draws)
    shares = normalized(weights)
    names, means, n, error, total = _means(scores, partner, shares, min_n)
    varied = vary_weights(
        (names, means, n),
        error,
        shares,
        within=within if scheme == "uniform" else None,
        concentration=concentration,
        draws=draws,
        level=level,
        seed=seed,
    )
    return replace(varied, n_used=int(n.sum()), n_total=total)


def vary_weights(  # noqa: PLR0913 - each is an option of its own
    partners: tuple[tuple[Label, ...], Floats, Floats],
    error: Floats | None,
    weights: Mapping[str, float],
    *,
    within: float | None = 0.25,
    concentration: float = 20.0,
    draws: int = 10_000,
    level: float = 0.95,
    seed: int | np.random.Generator | None = None,
) -> WeightSensitivity:
    """See who leads when weights vary, from the partners' means.

    Parameters
    ----------
    partners
        Names, means `(partners, scales)`, and the raters on whom each of them rests.
    error
        Covariance of scores within partners, `(scales, scales)`; None where it is not known.
    weights
        Scale to weight, adding up to 1, in the order of the means' columns.
    within
        As in `weight_sensitivity`; None: Dirichlet of that `concentration`.
    concentration, draws, level, seed
        As there.
    """
    names, means, n = partners
    source = np.random.default_rng(seed)
    published = np.array([*weights.values()])
    drawn = _draw(published, within, concentration, draws, source)
    composite = means @ published
    order = np.argsort(-composite, kind="stable")
    lead, ranks = _leads(means, drawn, level)
    chance = None if error is None else _with_chance(means, drawn, error, n, source)
    rows = tuple(
        WeightLead(
            partner=names[i],
            n=int(n[i]),
            score=float(composite[i]),
            lead=float(lead[i]),
            lead_with_chance=None if chance is None else float(chance[i]),
            rank_low=int(ranks[0][i]),
            rank_high=int(ranks[1][i]),
        )
        for i in order
    )
    scheme = (
        f"dirichlet, of {concentration:g}"
        if within is None
        else f"uniform, each within ± {_percent(within)}"
    )
    return WeightSensitivity(
        rows=rows,
        weights=dict(weights),
        scheme=scheme,
        draws=draws,
        holds_within=_holds(means, published, order),
        level=level,
        n_used=int(n.sum()),
        n_total=int(n.sum()),
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f}\u00a0%"


def _check(within: float, scheme: str, concentration: float, draws: int) -> None:
    one_of("scheme", scheme, ("uniform", "dirichlet"))
    if not 0 <= within <= 1:
        raise UnknownChoice(f"within is {within!r}; give a share from 0 to 1, such as 0.25.")
    if not concentration > 0:
        raise UnknownChoice(f"concentration is {concentration!r}; give a number above 0.")
    if draws < 100:
        raise UnknownChoice(f"draws is {draws!r}; give 100 or more.")


def _means(
    scores: Mapping[str, ArrayLike],
    partner: Iterable[object],
    weights: Mapping[str, float],
    min_n: int,
) -> tuple[tuple[Label, ...], Floats, Floats, Floats | None, int]:
    """Return partners, their means on each scale, their rows, and the covariance within them."""
    for name in weights:
        if name not in scores:
            raise UnknownChoice(f"There is a weight for {name!r}, which has no scores.")
    table = np.column_stack([np.asarray(scores[name], dtype=np.float64) for name in weights])
    names, codes = coded(partner)
    known = (codes >= 0) & ~np.isnan(table).any(axis=1)
    n = np.bincount(codes[known], minlength=len(names))
    kept = np.flatnonzero(n >= max(1, min_n))
    if len(kept) < 2:
        raise NotComputable(f"To say who leads takes 2 partners; there are {len(kept)}.")
    known &= np.isin(codes, kept)
    place = np.searchsorted(kept, codes[known])
    counts = n[kept].astype(np.float64)
    sums = np.zeros((len(kept), table.shape[1]))
    np.add.at(sums, place, table[known])
    means = sums / counts[:, None]
    rest = table[known] - means[place]
    freedom = counts.sum() - len(kept)
    within = rest.T @ rest / freedom if freedom > 0 else None
    return tuple(names[i] for i in kept), means, counts, within, len(codes)


def _draw(
    published: Floats,
    within: float | None,
    concentration: float,
    draws: int,
    source: np.random.Generator,
) -> Floats:
    if within is None:
        return source.dirichlet(concentration * published, draws)
    factor = source.uniform(1 - within, 1 + within, (draws, len(published)))
    weights = published * factor
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _leads(means: Floats, drawn: Floats, level: float) -> tuple[Floats, tuple[Floats, Floats]]:
    """Return how often each partner leads, and the ranks that it mostly has."""
    scores = drawn @ means.T
    ranks = np.empty_like(scores)
    step = max(1, _AT_ONCE // len(means) ** 2)
    for start in range(0, len(scores), step):
        part = scores[start : start + step]
        ranks[start : start + step] = 1 + (part[:, None, :] > part[:, :, None] + 1e-12).sum(axis=2)
    tails = [(1 - level) / 2, (1 + level) / 2]
    low, high = np.quantile(ranks, tails, axis=0, method="inverted_cdf")
    return _shared(scores), (low, high)


def _shared(scores: Floats) -> Floats:
    """Return the share of rows in which each column is the highest, shared where several are."""
    first = scores >= scores.max(axis=1, keepdims=True) - 1e-12
    return np.asarray((first / first.sum(axis=1, keepdims=True)).mean(axis=0))


def _with_chance(
    means: Floats, drawn: Floats, within: Floats, n: Floats, source: np.random.Generator
) -> Floats:
    """Let the means vary too: given the weights a composite has the variance wᵀWw/n."""
    spread = np.sqrt(np.maximum(((drawn @ within) * drawn).sum(axis=1), 0))
    noise = source.standard_normal((len(drawn), len(means))) / np.sqrt(n)
    return _shared(drawn @ means.T + spread[:, None] * noise)


def _holds(means: Floats, published: Floats, order: NDArray[np.intp]) -> float | None:
    """Return how far off every weight may be before another partner can lead."""
    ahead = (means[order[0]] - means[order[1:]]) * published
    reach = np.abs(ahead).sum(axis=1)
    ratios = np.divide(ahead.sum(axis=1), reach, out=np.zeros(len(reach)), where=reach > 0)
    least = float(ratios.min())
    return least if least < 1 - 1e-12 else None
