"""Ranks with their uncertainty: where a partner may stand, and how likely each place is."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.data import Floats, Label
from analysis.errors import UnknownChoice
from analysis.estimate import check_level
from analysis.partners import PartnerTable
from analysis.readable import Readable

if TYPE_CHECKING:
    import pandas as pd

MOST_PARTNERS = 3_000  # a probability for each partner and place: 72 MB
_CHUNK = 1_000_000  # scores drawn at a time: 8 MB
_DRAWS, _DRAWS_OF_MANY = 10_000, 2_000
_MANY = 100  # partners above which nobody reads a single place


@dataclass(frozen=True, slots=True)
class PartnerRank:
    """Places of one partner, 1 the highest; `mean_rank` is the average place over the draws."""

    partner: Label
    rank_low: int
    rank_high: int
    mean_rank: float
    probability_first: float


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Ranks(Readable):
    """Rank intervals of the partners shown.

    `probabilities` has shape (partners, places): row i, column j is the probability that
    partner i of `rows` stands at place j + 1; each row and each column sums to 1.
    """

    rows: tuple[PartnerRank, ...]
    probabilities: Floats
    draws: int
    level: float
    method: str
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain dictionaries and lists."""
        return {
            "rows": [asdict(row) for row in self.rows],
            "probabilities": self.probabilities.tolist(),
            "draws": self.draws,
            "level": self.level,
            "method": self.method,
            "notes": list(self.notes),
        }

    def to_frame(self) -> "pd.DataFrame":
        """Return one row per partner as a pandas data frame."""
        import pandas as pd  # noqa: PLC0415 - pandas takes a third of a second to import

        return pd.DataFrame([asdict(row) for row in self.rows])


def rank_intervals(
    table: PartnerTable,
    *,
    draws: int | None = None,
    seed: int | np.random.Generator | None = None,
    level: float = 0.95,
) -> Ranks:
    """Draw the partners' true scores from their posterior and see where each one ranks.

    Parameters
    ----------
    table : PartnerTable
        From `partner_scores` with pooling; suppressed partners get no rank.
    draws : int or None
        Draws from the posterior; None: 10,000, or 2,000 of more than 100 partners.
    seed : int, Generator or None
        Source of the draws; the same seed gives the same ranks.
    level : float
        Probability that the interval of one partner is to hold.

    Returns
    -------
    Ranks
        Per partner the first and last place of its interval (1 = highest score), the mean
        place, and the probability of each place. The interval holds for one partner at a time,
        not for all at once. No rows, and the reason in `notes`, where there are no shrunken
        scores to rank or more than 3,000 partners.

    Raises
    ------
    UnknownChoice
        If `level` is not a share or `draws` is below 100.

    Notes
    -----
    Missing data: as in `partner_scores`.

    A draw is reliability · mean + (1 − reliability) · m + e, with m ~ N(mu, mu_se²) common to
    all partners and e ~ N(0, shrunken_se²) for each: the posterior for a flat prior on mu,
    given the variance components. The interval runs from the place where the cumulative
    probability reaches (1 − level)/2 to the place where it reaches (1 + level)/2. With 2,000
    draws an end varies from seed to seed by a standard error of 0.3 to 0.7 % of the places, for
    no partner by 2 %.

    Checked against R 4.2.2, 20,000 draws from the posterior of lme4 1.1-31: ± 1 place.

    References
    ----------
    Goldstein & Spiegelhalter (1996), Journal of the Royal Statistical Society A 159, 385-443.

    Examples
    --------
    >>> from analysis.partners import partner_scores
    >>> table = partner_scores([1, 2, 1, 2, 4, 5, 4, 5], ["a"] * 4 + ["b"] * 4)
    >>> [(row.partner, row.rank_low, row.rank_high) for row in rank_intervals(table, seed=1).rows]
    [('a', 2, 2), ('b', 1, 1)]
    """
    check_level(level)
    shown = table.shown
    if draws is None:
        draws = draws_for(len(shown))
    if draws < 100:
        raise UnknownChoice(f"draws is {draws!r}; give 100 or more.")
    method = f"posterior ranks, {draws} draws"
    reason = _no_ranks(table)
    if reason:
        return Ranks((), np.empty((0, 0)), draws, level, method, (reason,))
    chunks = _posterior(table, draws, np.random.default_rng(seed))
    names = [row.partner for row in shown]
    return ranks_of(names, chunks, draws=draws, level=level, notes=_notes(table))


def draws_for(partners: int) -> int:
    """Return how many draws are taken where nobody says: fewer of many partners."""
    return _DRAWS if partners <= _MANY else _DRAWS_OF_MANY


def ranks_of(
    names: list[Label],
    chunks: Iterator[Floats],
    *,
    draws: int,
    level: float,
    notes: tuple[str, ...] = (),
) -> Ranks:
    """Rank partners by draws of their true scores, each of shape (some draws, partners)."""
    probabilities = _count_places(chunks, len(names)) / draws
    method = f"posterior ranks, {draws} draws"
    return Ranks(_rows(names, probabilities, level), probabilities, draws, level, method, notes)


def _no_ranks(table: PartnerTable) -> str | None:
    if table.mu is None:
        return "No ranks without shrunken scores; the notes of the partner scores say why."
    if len(table.shown) > MOST_PARTNERS:
        return f"No ranks: there are {len(table.shown)} partners, more than {MOST_PARTNERS}."
    return None


def _notes(table: PartnerTable) -> tuple[str, ...]:
    shown, hidden = len(table.shown), len(table.rows) - len(table.shown)
    notes = [f"Ranks are among the {shown} partners shown."] if hidden else []
    if table.tau2 == 0:
        notes.append("No variance between partners was found; every order is equally likely.")
    return tuple(notes)


def _posterior(table: PartnerTable, draws: int, source: np.random.Generator) -> Iterator[Floats]:
    """Yield draws of the true scores, each of shape (some draws, partners)."""
    shown = table.shown
    score, se, reliability = (
        np.array([getattr(row, field) for row in shown], dtype=np.float64)
        for field in ("shrunken", "shrunken_se", "reliability")
    )
    # Equal scores known exactly would be ranked by their position: let chance decide instead.
    se = np.maximum(se, 1e-9 * (np.ptp(score) or 1.0))
    at_once = max(1, _CHUNK // len(shown))
    for start in range(0, draws, at_once):
        size = min(at_once, draws - start)
        grand = (table.mu_se or 0.0) * source.standard_normal((size, 1))
        yield score + (1 - reliability) * grand + se * source.standard_normal((size, len(shown)))


def _count_places(chunks: Iterator[Floats], partners: int) -> Floats:
    """Count how often each partner (row) stood at each place (column)."""
    counts = np.zeros(partners * partners, dtype=np.int64)
    place = np.arange(partners)
    for scores in chunks:
        order = np.argsort(-scores, axis=1)
        counts += np.bincount((order * partners + place).ravel(), minlength=counts.size)
    return counts.reshape(partners, partners).astype(np.float64)


def _rows(names: list[Label], probabilities: Floats, level: float) -> tuple[PartnerRank, ...]:
    """Read each partner's interval off its row of probabilities."""
    reached, places = np.cumsum(probabilities, axis=1) + 1e-12, len(names)
    low = 1 + (reached < (1 - level) / 2).sum(axis=1)
    high = np.minimum(1 + (reached < (1 + level) / 2).sum(axis=1), places)
    mean, first = probabilities @ np.arange(1, places + 1), probabilities[:, 0]
    columns = zip(names, low.tolist(), high.tolist(), mean.tolist(), first.tolist(), strict=True)
    return tuple(PartnerRank(name, *numbers) for name, *numbers in columns)
