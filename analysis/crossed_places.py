"""Who differs and who stands where, after the severity of raters has been taken out.

Scores freed from severity share raters, so they hang together: what is known of the difference
of two partners depends on how many raters rated both. Everything here goes by the whole
covariance of the partners' estimates.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg import cho_factor, cho_solve, cholesky
from scipy.special import stdtr, stdtrit

from analysis.adjustment import adjusted
from analysis.against_rest import AgainstRest
from analysis.all_pairs import equivalence_p
from analysis.comparisons import Comparison
from analysis.crossed_design import Design
from analysis.crossed_result import Crossed
from analysis.data import Floats
from analysis.errors import NotComputable
from analysis.place_chances import Chances, blank_chances, place_chances
from analysis.rank_sets import RankSets, sets_of
from analysis.ranks import Ranks, draws_for, ranks_of
from analysis.simultaneous import Chance
from analysis.tie_bands import TieBand, tie_bands

MOST_PARTNERS = 1_500  # a covariance with a row for each: 18 MB
_AT_ONCE = 1_000_000  # scores drawn at a time: 8 MB
_DRAWS = 1_000
_CLOSE = 1e-10
_RANKS = ("rank_low", "rank_high")
_SETS = ("simultaneous_low", "simultaneous_high", "marginal_low", "marginal_high")
_REST = {
    "difference": "difference",
    "difference_low": "ci_low",
    "difference_high": "ci_high",
    "difference_p": "p_adjusted",
    "difference_equal_p": "p_equal",
}


@dataclass(frozen=True, slots=True, eq=False)
class Freely:
    """Partners' means with severity taken out, unshrunken: estimates `(k,)` and covariance.

    `precision` is the inverse of `covariance`; `freedom` the degrees of freedom of the residual
    variance that both rest on.
    """

    means: Floats
    precision: Floats
    covariance: Floats
    freedom: float


@dataclass(frozen=True, slots=True, eq=False)
class FreedPlaces:
    """Ranks, rank sets, tie bands and differences from the rest, freed from severity."""

    ranks: Ranks
    chances: Chances
    sets: RankSets
    bands: tuple[TieBand, ...]
    comparison: Comparison

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say of three partners or more how many pairs are apart, and who differs."""
        if self.sets.pairs < 2:
            return ()
        apart, pairs = self.sets.pairs_apart, self.sets.pairs
        told = f"{apart:,} of {pairs:,} pairs of partners can be told apart."
        return told, self.comparison.sentence, self.comparison.equal_sentence


def crossed_places(
    ratings: Design, found: Crossed, *, within: float, level: float, seed: int
) -> FreedPlaces:
    """Find the places that partners may hold after severity has been taken out.

    Parameters
    ----------
    ratings : Design
        Who rated whom, on the scale's own range.
    found : Crossed
        The model of these ratings.
    within : float
        Difference in scale points from which partners count as different.
    level, seed
        As in `rank_sets` and `rank_intervals`.

    Returns
    -------
    FreedPlaces
        As the functions for raters taken for alike give it, so that both can be set side by side.

    Raises
    ------
    NotComputable
        If there are more than 1,500 partners, or too few ratings for so many raters.

    Notes
    -----
    Partners' means b solve (XᵀV⁻¹X) b = XᵀV⁻¹y with V = σ²(I + ρZZᵀ), the ratio ρ of rater to
    residual variance and σ² by REML; their covariance is C = (XᵀV⁻¹X)⁻¹. Degrees of freedom are
    N − G − Σ ρn/(1 + ρn) over the raters. Rank sets: those of `rank_sets` with standard errors
    and draws by C; above 100 partners Bonferroni's limits. Against the rest: b less the mean of
    the others weighted by their ratings, Student's t, Holm. Ranks: draws from the posterior of
    the model given its variances, precision C⁻¹ + I/τ².

    Simulated without differences between partners: a pair or a partner is called different in at
    most 6.5 % of studies at level .95.

    References
    ----------
    Mogstad, Romano, Shaikh & Wilhelm (2024), Review of Economic Studies 91, 476-518. Goldstein &
    Spiegelhalter (1996), Journal of the Royal Statistical Society A 159, 385-443.
    """
    freely = freed_means(ratings, found)
    names = list(ratings.partners)
    squared = np.diag(freely.covariance).copy()
    chance = Chance(squared, np.array([freely.freedom]), common=True, shared=freely.covariance)
    sets = sets_of(names, freely.means, chance, level=level, draws=_DRAWS, seed=seed)
    ranks = _ranks(names, freely, found, level, seed)
    comparison = Comparison(
        omnibus=(),
        rows=_against_rest(ratings, freely, found, within, level),
        pairs=(),
        adjustment="holm",
        bound=within,
        level=level,
        n_used=found.n_used,
        n_total=found.n_total,
    )
    return FreedPlaces(ranks, place_chances(ranks), sets, tie_bands(sets), comparison)


def freed_means(ratings: Design, found: Crossed) -> Freely:
    """Estimate the partners' means by generalized least squares, raters random."""
    partners = len(ratings.partners)
    if partners > MOST_PARTNERS:
        raise NotComputable(
            f"There are {partners:,} partners; places freed from severity take {MOST_PARTNERS:,} "
            "at most."
        )
    counts = ratings.counts
    sizes = np.asarray(counts.sum(axis=1), dtype=np.float64)
    ratio = found.rater_variance / found.residual_variance
    taken = ratio / (1 + ratio * sizes)
    freedom = len(ratings.values) - partners - float(taken @ sizes)
    if freedom < 1:
        raise NotComputable(
            "There are hardly more ratings than raters and partners, so chance cannot be "
            "estimated for their places."
        )
    n = np.asarray(counts.sum(axis=0), dtype=np.float64)
    centre = float(ratings.values.mean())
    values = ratings.values - centre
    of_raters = np.bincount(ratings.rater, weights=values, minlength=len(sizes))
    total = np.bincount(ratings.partner, weights=values, minlength=partners)
    shared = (counts.T @ counts.multiply(taken[:, None])).toarray()
    precision = (np.diag(n) - shared) / found.residual_variance
    if np.linalg.eigvalsh(precision)[0] <= _CLOSE * np.abs(precision).max():
        raise NotComputable(
            "Ratings differ by their raters alone, and no rater links all partners: their places "
            "cannot be told."
        )
    factor = cho_factor(precision, lower=True)
    right = (total - counts.T @ (taken * of_raters)) / found.residual_variance
    covariance = cho_solve(factor, np.eye(partners))
    means = centre + np.asarray(cho_solve(factor, right), dtype=np.float64)
    return Freely(means, precision, (covariance + covariance.T) / 2, freedom)


def _ranks(names: list[Any], freely: Freely, found: Crossed, level: float, seed: int) -> Ranks:
    draws = draws_for(len(names))
    none = "No variance between partners was found; every order is equally likely."
    notes = (none,) if found.partner_variance == 0 else ()
    chunks = _posterior(freely, found, draws, np.random.default_rng(seed))
    return ranks_of(names, chunks, draws=draws, level=level, notes=notes)


def _posterior(
    freely: Freely, found: Crossed, draws: int, source: np.random.Generator
) -> Iterator[Floats]:
    """Yield draws of the partners' true scores, each of shape (some draws, partners)."""
    partners = len(freely.means)
    tau2 = found.partner_variance
    at_once = max(1, _AT_ONCE // partners)
    sizes = [min(at_once, draws - start) for start in range(0, draws, at_once)]
    if tau2 == 0:  # all are alike: let chance decide
        yield from (source.standard_normal((size, partners)) for size in sizes)
        return
    spread = np.linalg.inv(freely.precision + np.eye(partners) / tau2)
    root = cholesky((spread + spread.T) / 2, lower=True)
    pull = spread.sum(axis=1) / tau2
    centre = spread @ (freely.precision @ freely.means)
    for size in sizes:
        grand = found.mu + found.mu_se * source.standard_normal((size, 1))
        yield centre + grand * pull + source.standard_normal((size, partners)) @ root.T


def _against_rest(
    ratings: Design, freely: Freely, found: Crossed, within: float, level: float
) -> tuple[AgainstRest, ...]:
    """Compare each partner with the others, weighted by their ratings."""
    n = np.asarray(ratings.counts.sum(axis=0), dtype=np.float64)
    weights = -np.tile(n, (len(n), 1)) / (n.sum() - n)[:, None]
    np.fill_diagonal(weights, 1.0)
    difference = weights @ freely.means
    se = np.sqrt(np.einsum("ij,jk,ik->i", weights, freely.covariance, weights, optimize=True))
    df = np.full(len(n), freely.freedom)
    half = stdtrit(df, (1 + level) / 2) * se
    p = 2 * stdtr(df, -np.abs(difference) / se)
    equivalent = equivalence_p(difference, se, df, within)
    columns = {
        "difference": difference,
        "ci_low": difference - half,
        "ci_high": difference + half,
        "t": difference / se,
        "df": df,
        "p": p,
        "p_adjusted": adjusted(p),
        "hedges_g": difference / np.sqrt(found.rater_variance + found.residual_variance),
        "p_equivalent": equivalent,
        "p_equal": adjusted(equivalent),
    }
    rows = zip(*(values.tolist() for values in columns.values()), strict=True)
    return tuple(
        AgainstRest(name, int(k), **dict(zip(columns, row, strict=True)))
        for name, k, row in zip(ratings.partners, n, rows, strict=True)
    )


def places_dict(found: FreedPlaces | str) -> dict[str, Any]:
    """Return what concerns all partners as its part of the JSON."""
    if isinstance(found, str):
        empty: dict[str, Any] = {
            "pairs": 0,
            "pairs_apart": None,
            "bands": [],
            "differing": [],
            "equal": [],
        }
        return {"places_reason": found, **empty, "within": None, "sentences": []}
    return {
        "places_reason": None,
        "pairs": found.sets.pairs,
        "pairs_apart": found.sets.pairs_apart if found.sets.pairs else None,
        "bands": [[str(name) for name in band.partners] for band in found.bands],
        "differing": [str(row.partner) for row in found.comparison.differing],
        "equal": [str(row.partner) for row in found.comparison.equivalent],
        "within": found.comparison.bound,
        "sentences": [*found.sentences, *found.chances.sentences],
    }


def places_of_partners(found: FreedPlaces | str, names: list[str]) -> dict[str, dict[str, Any]]:
    """Return the numbers of each partner, None where there are none."""
    blank = {**dict.fromkeys((*_RANKS, *_SETS, *_REST)), **blank_chances()}
    if isinstance(found, str):
        return {name: dict(blank) for name in names}
    numbers = found.chances.of_partners()
    for rows, fields in (
        (found.ranks.rows, {name: name for name in _RANKS}),
        (found.sets.rows, {name: name for name in _SETS}),
        (found.comparison.rows, _REST),
    ):
        for row in rows:
            numbers[str(row.partner)] |= {name: getattr(row, of) for name, of in fields.items()}
    return {name: blank | numbers[name] for name in names}
