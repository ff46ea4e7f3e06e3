"""How likely each partner is to hold a place: the best, one of the top three, one of the lowest."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from analysis.data import Floats
from analysis.ranks import Ranks

THREE = 3  # places at either end that are told together
MOST_WHOLE = 20  # partners up to whom every place is kept
ENDS = 5  # places kept at either end where there are more
_NAMED = 3
_SURE, _NOTABLE = 0.95, 0.1


@dataclass(frozen=True, slots=True)
class PlaceChances:
    """One partner: probabilities to be the best, in the top three, among the lowest three.

    The last two are None with three partners or fewer. `probabilities` are those of the places
    that `Chances.places` names.
    """

    partner: str
    best: float
    top_three: float | None
    lowest_three: float | None
    probabilities: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Chances:
    """Partners in the order of the table; `places` are those of which there are probabilities."""

    rows: tuple[PlaceChances, ...]
    places: tuple[int, ...]
    draws: int
    alike: bool
    notes: tuple[str, ...] = ()

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say who is likely the best and who the lowest; nothing with fewer than two partners."""
        if len(self.rows) < 2:
            return ()
        if self.alike:
            each = f"as likely the best as any other of the {len(self.rows):,}"
            return (f"No differences between partners were found, so each is {each}.",)
        return self._led("best", 0), self._led("lowest", -1)

    def to_dict(self) -> dict[str, Any]:
        """Return the places as their part of the JSON."""
        rows = [
            {"partner": row.partner, "probabilities": list(row.probabilities)} for row in self.rows
        ]
        return {
            "places": list(self.places),
            "partners": rows,
            "draws": self.draws,
            "sentences": list(self.sentences),
            "notes": list(self.notes),
        }

    def of_partners(self) -> dict[str, dict[str, Any]]:
        """Return the numbers of each partner."""
        fields = ((row.partner, asdict(row)) for row in self.rows)
        return {name: {key: row[of] for key, of in _CHANCES.items()} for name, row in fields}

    def _led(self, end: str, place: int) -> str:
        """Name those who are likeliest to hold an end of the list."""
        likely = sorted(self.rows, key=lambda row: -row.probabilities[place])
        first, *others = likely[:_NAMED]
        chance = first.probabilities[place]
        if chance >= _SURE:
            others = []
        named = [row for row in others if row.probabilities[place] >= _NOTABLE] or others[:1]
        told = [f"{row.partner} with {_share(row.probabilities[place])}" for row in named]
        rest = f", {' and '.join(told)}" if told else ""
        return f"{first.partner} is the {end} with probability {_share(chance)}{rest}."


_CHANCES = {
    "chance_best": "best",
    "chance_top_three": "top_three",
    "chance_lowest_three": "lowest_three",
}


def blank_chances() -> dict[str, Any]:
    """Return the numbers of a partner of which none may be shown."""
    return dict.fromkeys(_CHANCES)


def place_chances(ranks: Ranks) -> Chances:
    """Read off how likely each partner is to hold the places that a reader asks for.

    Parameters
    ----------
    ranks : Ranks
        From `rank_intervals`.

    Returns
    -------
    Chances
        Probabilities from 0 to 1. Of up to 20 partners every place is kept, of more the first
        five and the last five. No rows where there are no ranks; the notes say why.

    Notes
    -----
    Missing data: as in `rank_intervals`.

    Shares of the posterior draws of `rank_intervals`. They hold given the variances between and
    within partners, and where partners come from a normal distribution. Simulated, of partners
    called the best with a probability of .66 on average it was true of .67.

    References
    ----------
    Goldstein & Spiegelhalter (1996), Journal of the Royal Statistical Society A 159, 385-443.

    Examples
    --------
    >>> from analysis.partners import partner_scores
    >>> from analysis.ranks import rank_intervals
    >>> table = partner_scores([1, 2, 1, 2, 4, 5, 4, 5], ["a"] * 4 + ["b"] * 4)
    >>> place_chances(rank_intervals(table, seed=1)).sentences[0]
    'b is the best with probability 1.00.'
    """
    held = ranks.probabilities
    count = len(ranks.rows)
    places = np.arange(count)
    if count > MOST_WHOLE:
        places = np.r_[:ENDS, count - ENDS : count]
    several = count > THREE
    top, lowest = held[:, :THREE].sum(axis=1), held[:, -THREE:].sum(axis=1)
    rows = (
        PlaceChances(
            partner=str(row.partner),
            best=float(held[at, 0]),
            top_three=_within_1(top, at) if several else None,
            lowest_three=_within_1(lowest, at) if several else None,
            probabilities=tuple(held[at, places].tolist()),
        )
        for at, row in enumerate(ranks.rows)
    )
    return Chances(
        rows=tuple(rows),
        places=tuple((places + 1).tolist()),
        draws=ranks.draws,
        alike=any(note.startswith("No variance") for note in ranks.notes),
        notes=ranks.notes,
    )


def _within_1(sums: Floats, at: int) -> float:
    return min(float(sums[at]), 1.0)


def _share(probability: float) -> str:
    text = f"{probability:.2f}"
    return text if text == "1.00" else text.lstrip("0")
