"""Do partners differ at all, which differ from the rest, and which are as good as equal to it."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from analysis.adjustment import Adjustment
from analysis.against_rest import NO_VARIANCE, AgainstRest, against_rest
from analysis.all_pairs import MOST_PARTNERS as MOST_PARTNERS_IN_PAIRS
from analysis.all_pairs import Pair, games_howell
from analysis.data import Floats, Groups
from analysis.disclosure import check_min_n
from analysis.errors import UnknownChoice
from analysis.estimate import check_level, one_of
from analysis.few_raters import few_raters
from analysis.omnibus import Omnibus, omnibus
from analysis.partner_sums import PartnerSums, coded
from analysis.readable import Readable

if TYPE_CHECKING:
    import pandas as pd

Posthoc = Literal["rest", "games-howell"]
_NAMED = 12


@dataclass(frozen=True, slots=True, repr=False)
class Comparison(Readable):
    """Tests between partners, in the order of their labels; `pairs` only if asked for."""

    omnibus: tuple[Omnibus, ...]
    rows: tuple[AgainstRest, ...]
    pairs: tuple[Pair, ...]
    adjustment: str
    bound: float | None
    level: float
    n_used: int
    n_total: int
    notes: tuple[str, ...] = ()

    @property
    def differing(self) -> tuple[AgainstRest, ...]:
        """Partners that differ from the rest, at the level and for all of them together."""
        return tuple(
            r for r in self.rows if r.p_adjusted is not None and r.p_adjusted <= self.alpha
        )

    @property
    def equivalent(self) -> tuple[AgainstRest, ...]:
        """Partners that differ from the rest by less than the bound, all of them together."""
        return tuple(r for r in self.rows if r.p_equal is not None and r.p_equal <= self.alpha)

    @property
    def alpha(self) -> float:
        """One minus the level."""
        return 1 - self.level

    @property
    def sentence(self) -> str:
        """Say which partners differ from the rest."""
        tested = sum(row.p_adjusted is not None for row in self.rows)
        if not tested:
            return "No partner can be compared with the rest."
        named = [f"{r.partner} ({r.difference:+.2f})".replace("-", "−") for r in self.differing]
        share = f"{len(named)} of {tested} partners"
        if not named:
            return f"None of {tested} partners differs from the rest beyond chance."
        verb = "differs" if len(named) == 1 else "differ"
        return f"{share} {verb} from the rest beyond chance: {', '.join(named)}."

    @property
    def equal_sentence(self) -> str:
        """Say which partners are as good as equal to the rest; empty without a bound."""
        tested = sum(row.p_equal is not None for row in self.rows)
        if self.bound is None or not tested:
            return ""
        within = f"within ± {self.bound:.3g} points"
        named = [str(row.partner) for row in self.equivalent]
        if not named:
            return f"None of {tested:,} partners is surely equal to the rest {within}."
        verb = "is" if len(named) == 1 else "are"
        shown = ", ".join(named[:_NAMED])
        more = f" and {len(named) - _NAMED:,} more" if len(named) > _NAMED else ""
        share = f"{len(named):,} of {tested:,} partners"
        return f"{share} {verb} equal to the rest {within}: {shown}{more}."

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain dictionaries and lists."""
        lists = {name: [asdict(r) for r in getattr(self, name)] for name in _LISTS}
        return {**asdict(self), **lists, "notes": list(self.notes)}

    def to_frame(self) -> "pd.DataFrame":
        """Return one row per partner as a pandas data frame."""
        import pandas as pd  # noqa: PLC0415 - pandas takes a third of a second to import

        return pd.DataFrame([asdict(row) for row in self.rows])


_LISTS = ("omnibus", "rows", "pairs")


def compare(
    values: ArrayLike,
    partner: Iterable[object],
    *,
    posthoc: Posthoc = "rest",
    adjustment: Adjustment = "holm",
    bound: float | None = None,
    level: float = 0.95,
    min_n: int = 1,
) -> Comparison:
    """Test whether partners differ, and each one against the rest.

    Parameters
    ----------
    values : array of shape (rows,)
        One score per row, NaN where there is none.
    partner : labels of shape (rows,)
        Who is rated in each row.
    posthoc : "rest" or "games-howell"
        The latter adds all pairs, of 50 partners at most.
    adjustment : "holm" or "bh"
        How p allows for testing every partner: no false one at all, or a small share of them.
    bound : float or None
        Difference in scale points from which partners count as different; None: no test of
        equivalence.
    level : float
        Level of the intervals; 1 − level is the error that the sentences allow.
    min_n : int
        Partners with fewer rows enter no number.

    Returns
    -------
    Comparison
        Differences in scale points, p from 0 to 1. A number is None where a partner has one row,
        or no two raters of one partner differ.

    Raises
    ------
    BadFrame
        If `values` and `partner` differ in length.
    UnknownChoice
        If an option has no such value.

    Notes
    -----
    Missing data: rows without a value or a partner are left out.

    Welch: w = n/s², F = [Σ w (m − Σwm/Σw)²/(G − 1)]/[1 + 2 (G − 2)/(G² − 1) Σ (1 − w/Σw)²/(n − 1)],
    df2 = (G² − 1)/(3 Σ (1 − w/Σw)²/(n − 1)); partners without variance are left out of it. Effect:
    η² of these partners. Kruskal-Wallis with correction for ties; effect H/(N − 1). Against the
    rest: t = difference/√(max(sᵢ², s²)/n + max(r², s²)/(N − n)), N − G degrees of freedom, s²
    pooled within all partners, r² within the others; g = (1 − 3/(4 (N − G) − 1)) difference/s.
    Equivalence: the larger p of the two one-sided tests at ± bound, adjusted like p. Pairs:
    `games_howell`.

    Why not Welch's t against the rest: the variance of few raters is small by chance, and 12 equal
    partners of 3 then gave a false finding in a quarter of studies. Simulated as above: 3 to 4 %.

    Checked against R 4.2.2 ``oneway.test``, ``kruskal.test``, ``lm``, ``p.adjust`` and
    pingouin 0.7 (`welch_anova`, `kruskal`, `multicomp`) to 1e-10.

    References
    ----------
    Welch (1951), Biometrika 38, 330-336. Kruskal & Wallis (1952), Journal of the American
    Statistical Association 47, 583-621. Holm (1979), Scandinavian Journal of Statistics 6, 65-70.
    Benjamini & Hochberg (1995), Journal of the Royal Statistical Society B 57, 289-300.
    Schuirmann (1987), Journal of Pharmacokinetics and Biopharmaceutics 15, 657-680.

    Examples
    --------
    >>> found = compare([1, 2, 3, 4, 5, 6, 3, 4, 5], list("aaabbbccc"))
    >>> [(row.partner, round(row.difference, 3), round(row.p_adjusted, 3)) for row in found.rows]
    [('a', -2.5, 0.037), ('b', 2.0, 0.06), ('c', 0.5, 0.506)]
    """
    check_level(level)
    check_min_n(min_n)
    one_of("posthoc", posthoc, ("rest", "games-howell"))
    one_of("adjustment", adjustment, ("holm", "bh"))
    if bound is not None and not bound > 0:
        raise UnknownChoice(f"bound is {bound!r}; give a difference above 0, in scale points.")
    scores = np.asarray(values, dtype=np.float64)
    return compare_groups(
        scores,
        coded(partner),
        posthoc=posthoc,
        adjustment=adjustment,
        bound=bound,
        level=level,
        min_n=min_n,
    )


def compare_groups(
    scores: Floats,
    by: Groups,
    *,
    posthoc: Posthoc = "rest",
    adjustment: Adjustment = "holm",
    bound: float | None = None,
    level: float = 0.95,
    min_n: int = 1,
) -> Comparison:
    """Compare partners as `compare` does, from scores `(n,)` and partners by index."""
    names, codes = by
    every = PartnerSums.of_codes(names, scores, codes)
    kept = every.n >= max(1, min_n)
    sums = every.only(kept)
    codes = np.append(np.where(kept, np.cumsum(kept) - 1, -1), -1)[codes]
    known = (codes >= 0) & ~np.isnan(scores)
    tests, notes = omnibus(sums, scores[known], codes[known])
    notes = (*notes, *_limits(sums))
    pairs: tuple[Pair, ...] = ()
    if posthoc == "games-howell":
        pairs, more = _pairs(sums, level, bound)
        notes = (*notes, *more)
    return Comparison(
        omnibus=tests,
        rows=against_rest(sums, level, bound, adjustment),
        pairs=pairs,
        adjustment=adjustment,
        bound=bound,
        level=level,
        n_used=int(sums.n.sum()),
        n_total=len(scores),
        notes=notes,
    )


def _limits(sums: PartnerSums) -> tuple[str, ...]:
    """Say why partners cannot be compared with the rest, or where other tests find too much."""
    if len(sums.partners) < 2:
        return ()
    if not sums.ss.sum() > 0:
        return (NO_VARIANCE,)
    told = few_raters(int(sums.n[sums.n > 1].min()))
    return (told,) if told else ()


def _pairs(
    sums: PartnerSums, level: float, bound: float | None
) -> tuple[tuple[Pair, ...], tuple[str, ...]]:
    """Compare all pairs of partners whose raters vary, if they are not too many."""
    vary = (sums.n > 1) & (sums.ss > 0)
    partners = int(vary.sum())
    if not 2 <= partners <= MOST_PARTNERS_IN_PAIRS:
        reason = f"{partners} partners have raters who differ"
        return (), (f"No pairs: {reason}; it takes 2 to {MOST_PARTNERS_IN_PAIRS}.",)
    left_out = len(vary) - partners
    notes = (f"Pairs leave out partners without variance ({left_out}).",) if left_out else ()
    return games_howell(sums.only(vary), level, bound), notes
