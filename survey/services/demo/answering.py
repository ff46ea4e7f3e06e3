"""How a simulated person answers: what is true, their own view of it, and luck in each item."""

import random
from collections.abc import Mapping
from typing import Final

from sqlalchemy.orm import Session

from questionnaires import Instrument, Item
from questionnaires.parts import META_SUFFIX
from survey.kinds import Answer
from survey.services import respond
from survey.services.demo.truths import PARTNERS, Supplier

OURS: Final = "ours"
_COMMENTS: Final = {
    "openness": "Tell us earlier when a delivery slips.",
    "availability": "Give us one person to call.",
    "credibility": "Explain the invoice before it comes.",
    "mutual_understanding": "Involve us when the plan is made.",
    "accuracy": "Send what was ordered, complete, the first time.",
}
_OF_A_RATER, _OF_AN_ASPECT, _OF_AN_ITEM = 0.25, 0.35, 0.6


def answer(session: Session, token: str, wave: int, mildness: float, rng: random.Random) -> None:
    """Fill in and submit every assessment of one person.

    Parameters
    ----------
    session
        A writing session.
    token
        Of the person's link.
    wave
        Number of the wave: how far a falling supplier has fallen.
    mildness
        Points by which the person rates better than others.
    rng
        Source of luck.
    """
    person = respond.by_token(session, token)
    own = mildness + rng.gauss(0, _OF_A_RATER)
    for entry in person.roster:
        view = _View(PARTNERS[entry.partner], (person.side, wave), own, person.instrument, rng)
        for number, page in enumerate(person.instrument.pages, 1):
            given = {item.id: view.answer(item) for item in page.items}
            respond.save_page(session, person, entry.place, number, given)
        respond.submit(session, person, entry.place)


class _View:
    """One person's view of one relationship: alike within an aspect, noisy within an item."""

    def __init__(
        self,
        supplier: Supplier,
        seen_from: tuple[str, int],
        own: float,
        instrument: Instrument,
        rng: random.Random,
    ) -> None:
        self._rng = rng
        self._truth = {
            construct.id: _level(supplier, seen_from, construct.id)
            for construct in instrument.constructs
        }
        self._levels = {
            name: level + own + rng.gauss(0, _OF_AN_ASPECT) for name, level in self._truth.items()
        }

    def answer(self, item: Item) -> Answer:
        if item.scale is None:
            return _comment(self._truth, self._rng) if self._rng.random() < 0.75 else ""
        luck = self._rng.random()
        if luck < 0.02:  # a few cannot judge
            return "dont_know"
        if luck < 0.03:  # a few leave it out
            return ""
        middle = (item.scale.low + item.scale.high) / 2
        value = round(middle + self._levels[str(item.construct)] + self._rng.gauss(0, _OF_AN_ITEM))
        return min(item.scale.high, max(item.scale.low, value))


def _comment(truth: Mapping[str, float], rng: random.Random) -> str:
    """Speak of what is worst, or of anything."""
    told = sorted(_COMMENTS, key=lambda name: truth.get(name, 0))
    return _COMMENTS[told[0] if rng.random() < 0.6 else rng.choice(told)]


def _level(supplier: Supplier, seen_from: tuple[str, int], construct: str) -> float:
    """Give the level of an aspect as one side sees it, or as it believes the other side does."""
    side, wave = seen_from
    aspect = construct.removesuffix(META_SUFFIX)
    guess = construct.endswith(META_SUFFIX)
    believes_own = aspect in supplier.blind
    ours = (side == OURS) != (guess and not believes_own)
    fallen = supplier.fall * (wave - 1)
    level = supplier.level - fallen + supplier.aspects.get(aspect, 0.0)
    return level if ours else level + supplier.theirs + supplier.theirs_aspects.get(aspect, 0.0)
