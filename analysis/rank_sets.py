"""Places that a partner may hold, for one partner at a time and for all of them at once.

Two partners are told apart where their means differ by more than the largest difference that
chance would give among all the pairs looked at. A partner's best place is then one below all that
are surely above it, its worst one above all that are surely below it.
"""

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from analysis.data import Floats, Label
from analysis.errors import NotComputable, UnknownChoice
from analysis.estimate import check_level, one_of
from analysis.partners import PartnerScore, PartnerTable
from analysis.readable import Readable
from analysis.simultaneous import (
    Chance,
    cheap_limits,
    errors_of,
    told_apart,
    told_from,
    wide_limits,
)

if TYPE_CHECKING:
    import pandas as pd

Variance = Literal["pooled", "own"]

MOST_PARTNERS = 3_000  # pairs of partners held as a matrix of truth values: 9 MB
EXACT = 100  # partners up to which each pair has its own draws
_FORMULA = "rank = 1 + partners surely above … partners − partners surely below"


@dataclass(frozen=True, slots=True)
class RankSet:
    """Places of one partner, 1 the highest mean; low and high ends are both inside."""

    partner: Label
    rank: int
    marginal_low: int
    marginal_high: int
    simultaneous_low: int
    simultaneous_high: int


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class RankSets(Readable):
    """Rank confidence sets of the partners shown, in the order of the table.

    `apart` has shape (partners, partners): row i, column j says that partner i surely lies above
    partner j, all such statements holding together at `level`. `critical` is the number of
    standard errors of a difference from which a pair is told apart at first.
    """

    rows: tuple[RankSet, ...]
    apart: NDArray[np.bool_]
    critical: float | None
    draws: int
    level: float
    method: str
    notes: tuple[str, ...] = ()

    @property
    def pairs(self) -> int:
        """Pairs of partners."""
        return len(self.rows) * (len(self.rows) - 1) // 2

    @property
    def pairs_apart(self) -> int:
        """Pairs of partners of whom it is known who is higher."""
        return int(self.apart.sum())

    @property
    def sentence(self) -> str:
        """Say what may be read from the order; empty with fewer than two partners."""
        return _sentence([row.simultaneous_high - row.simultaneous_low + 1 for row in self.rows])

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain dictionaries and lists, without the matrix of pairs."""
        return {
            "rows": [asdict(row) for row in self.rows],
            "pairs": self.pairs,
            "pairs_apart": self.pairs_apart,
            "critical": self.critical,
            "draws": self.draws,
            "level": self.level,
            "method": self.method,
            "notes": list(self.notes),
        }

    def to_frame(self) -> "pd.DataFrame":
        """Return one row per partner as a pandas data frame."""
        import pandas as pd  # noqa: PLC0415 - pandas takes a third of a second to import

        return pd.DataFrame([asdict(row) for row in self.rows])


def rank_sets(
    table: PartnerTable,
    *,
    variance: Variance = "pooled",
    level: float = 0.95,
    draws: int = 2_000,
    seed: int | np.random.Generator | None = None,
) -> RankSets:
    """Find the places that each partner may hold, whatever the order of the means.

    Parameters
    ----------
    table : PartnerTable
        From `partner_scores`; suppressed partners get no place.
    variance : "pooled" or "own"
        Whether raters vary alike for all partners, or each partner has a variance of its own;
        the latter needs two raters who differ for every partner.
    level : float
        Probability that a marginal set holds the true place of its partner, and that all
        simultaneous sets hold theirs together.
    draws : int
        Draws of the largest difference that chance gives.
    seed : int, Generator or None
        Source of the draws; the same seed gives the same sets.

    Returns
    -------
    RankSets
        Per partner the place of its mean, its marginal and its simultaneous set, in places.
        No rows, and the reason in `notes`, where the sets are not computable.

    Raises
    ------
    UnknownChoice
        If `level` is not a share, `draws` is below 100 or `variance` is neither of the two.

    Notes
    -----
    Missing data: as in `partner_scores`.

    The statistic of a pair is (mean_j − mean_k)/√(v_j + v_k), v = s²/n. Its largest value over
    the pairs is drawn with true differences of 0: normal means, and variances from χ² with the
    degrees of freedom that they were estimated with (pooled: N − G, common to all). Pairs above
    the quantile are told apart and taken out, and the rest compared with what chance gives among
    them (step-down), until none is. The pairs are all of them for the simultaneous sets, those
    with one partner for its marginal set. With more than 100 partners (pooled variance only) no
    step-down: Tukey-Kramer for all pairs, Bonferroni for those of one partner; both are
    conservative.

    Checked against R package csranks (stored, normal draws, s² by REML): ± 1 place; against R
    loops over all pairs: the same places; simulated: all true places inside in 95 % or more.

    References
    ----------
    Mogstad, Romano, Shaikh & Wilhelm (2024), Review of Economic Studies 91, 476-518, section 3.
    Romano & Wolf (2005), Econometrica 73, 1237-1282. Hayter (1984), Annals of Statistics 12,
    61-75.

    Examples
    --------
    >>> from analysis.partners import partner_scores
    >>> table = partner_scores([1, 2, 1, 2, 4, 5, 4, 5, 4, 4], list("aaaabbbbcc"))
    >>> rows = rank_sets(table, seed=1).rows
    >>> [(row.partner, row.simultaneous_low, row.simultaneous_high) for row in rows]
    [('a', 3, 3), ('b', 1, 2), ('c', 1, 2)]
    """
    check_level(level)
    one_of("variance", variance, ("pooled", "own"))
    if draws < 100:
        raise UnknownChoice(f"draws is {draws!r}; give 100 or more.")
    try:
        chance = _chance(table.shown, variance)
    except NotComputable as reason:
        none = np.zeros((0, 0), bool)
        told = (f"No rank sets. {reason}",)
        return RankSets((), none, None, draws, level, f"{_FORMULA}; {variance}", told)
    means = np.array([row.mean for row in table.shown], dtype=np.float64)
    names = [row.partner for row in table.shown]
    options: dict[str, Any] = {"level": level, "draws": draws, "seed": seed}
    found = sets_of(names, means, chance, **options)
    hidden = len(table.rows) - len(names)
    notes = (f"Ranks are among the {len(names)} partners shown.",) if hidden else ()
    return replace(found, method=f"{_FORMULA}; {variance}", notes=(*notes, *found.notes))


def sets_of(
    names: list[Label],
    means: Floats,
    chance: Chance,
    *,
    level: float,
    draws: int,
    seed: int | np.random.Generator | None,
) -> RankSets:
    """Find the places that estimates `(k,)` leave to each partner, as `rank_sets` does."""
    compare = _exact if len(means) <= EXACT else _cheap
    apart, marginal, critical = compare(means, chance, level, draws, np.random.default_rng(seed))
    rows = _rows(names, means, apart, marginal)
    notes: tuple[str, ...] = ()
    if len(means) > EXACT:
        kind = "Tukey-Kramer and Bonferroni" if chance.shared is None else "Bonferroni"
        limits = f"{kind} limits, without step-down"
        notes = (f"More than {EXACT} partners: {limits}; the sets are somewhat too wide.",)
    return RankSets(rows, apart, critical, draws, level, _FORMULA, notes)


def _chance(shown: tuple[PartnerScore, ...], variance: Variance) -> Chance:
    """Return the squared standard error of each mean, and how well it is known."""
    if not 2 <= len(shown) <= MOST_PARTNERS:
        raise NotComputable(
            f"There are {len(shown)} partners with a mean; it takes 2 to {MOST_PARTNERS}."
        )
    n = np.array([row.n for row in shown], dtype=np.float64)
    sd = np.array([row.sd or 0.0 for row in shown])
    if variance == "own":
        _refuse_own(shown, sd)
        return Chance(sd**2 / n, n - 1, common=False)
    freedom = float((n - 1).sum())
    if freedom == 0:
        raise NotComputable("Every partner has a single rater, so chance cannot be estimated.")
    pooled = float((n - 1) @ sd**2) / freedom
    return Chance(pooled / n, np.array([freedom]), common=True)


def _refuse_own(shown: tuple[PartnerScore, ...], sd: Floats) -> None:
    if len(shown) > EXACT:
        raise NotComputable(f"With own variances there may be {EXACT} partners at most.")
    for row, spread in zip(shown, sd, strict=True):
        if spread == 0:
            raise NotComputable(
                f"Partner {row.partner!r} has no two raters who differ, so its own variance is "
                "not known; take the pooled one."
            )


def _exact(
    means: Floats, chance: Chance, level: float, draws: int, source: np.random.Generator
) -> tuple[NDArray[np.bool_], tuple[Floats, Floats], float | None]:
    """Compare all pairs, and those of each partner, with what chance gives among them."""
    noise = chance.draw(draws, source)
    apart, critical = told_apart(means, chance.squared, noise, level)
    return apart, told_from(means, chance.squared, noise, level), critical


def _cheap(
    means: Floats, chance: Chance, level: float, draws: int, source: np.random.Generator
) -> tuple[NDArray[np.bool_], tuple[Floats, Floats], float | None]:
    """Compare all pairs with one limit, and those of one partner with another."""
    freedom = float(chance.freedom[0])
    if chance.shared is None:
        critical, one = cheap_limits(len(means), freedom, level, draws, source)
    else:
        critical, one = wide_limits(len(means), freedom, level)
    error = errors_of(chance.squared, chance.shared)
    apart = means[:, None] - means > critical * error
    alone = means[:, None] - means > one * error
    return apart, (alone.sum(axis=0), alone.sum(axis=1)), critical


def _rows(
    partners: list[Label],
    means: Floats,
    apart: NDArray[np.bool_],
    marginal: tuple[Floats, Floats],
) -> tuple[RankSet, ...]:
    total, (above, below) = len(means), marginal
    place = 1 + (means[:, None] < means).sum(axis=1)
    ends = (1 + above, total - below, 1 + apart.sum(axis=0), total - apart.sum(axis=1))
    columns = (np.asarray(values, dtype=int).tolist() for values in (place, *ends))
    return tuple(RankSet(*row) for row in zip(partners, *columns, strict=True))


def _sentence(widths: list[int]) -> str:
    partners = len(widths)
    if partners < 2:
        return ""
    if max(widths) == 1:
        return f"The order of all {partners} partners is certain."
    broad = max(2, 2 * partners // 3)
    wide = sum(width >= broad for width in widths)
    ranks = f"{wide} of {partners} partners could hold at least {broad} ranks"
    if 2 * wide >= partners:
        return f"{ranks}: do not rank them on this."
    settled = max(sorted(widths)[: (partners + 1) // 2])
    places = "a single rank" if settled == 1 else f"at most {settled} ranks"
    return f"Half of the {partners} partners could hold {places}; {ranks}."
