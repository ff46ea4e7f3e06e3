"""What needs attention among partners: one line for each, with the way to its card."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from survey.pages.compared import RULES, Compared
from survey.pages.explanations import N_
from survey.services.comparing.model import Sign


@dataclass(frozen=True, slots=True)
class Line:
    """A partner that needs attention, and why, in sentences; `weight` orders the list."""

    place: int
    partner: str
    why: tuple[str, ...]
    weight: float


@dataclass(frozen=True, slots=True)
class Reach:
    """How far the answers reach: partners shown, of all; people; revenue, where it is known."""

    shown: int
    partners: int
    people: str
    people_there: str
    revenue: str


_FEW: Final = 3  # aspects that are named, not counted


def attention(view: Compared) -> list[Line]:
    """Say which partners need attention: warnings that stand, and who surely lies below.

    Only what is beyond error is said; with many partners the worst come first.
    """
    lines = [_line(view, place) for place in view.places]
    return sorted((line for line in lines if line.why), key=lambda line: -line.weight)


def reach(view: Compared) -> Reach:
    """Say how far the answers reach."""
    known = [view.known(place) for place in view.places]
    scores = view.measure.scores
    shown = [place for place in view.places if scores[place].mean is not None]
    shares = [each.share for each in known if each and each.share is not None]
    covered = sum(
        each.share for place in shown if (each := view.known(place)) and each.share is not None
    )
    ours = [(k.submitted, k.invited) for k in known if k and k.submitted is not None]
    theirs = [
        (k.submitted_there, k.invited_there) for k in known if k and k.submitted_there is not None
    ]
    return Reach(
        shown=len(shown),
        partners=len(view.places),
        people=_of(view, ours),
        people_there=_of(view, theirs),
        revenue=view.voice.percent(covered / sum(shares)) if sum(shares) else "",
    )


def _of(view: Compared, pairs: Sequence[tuple[int | None, int]]) -> str:
    """Write how many of those asked answered, where that is told."""
    came, asked = sum(c or 0 for c, _ in pairs), sum(a for _, a in pairs)
    if not asked:
        return ""
    share = view.voice.percent(came / asked)
    return view.voice.say("%(came)d of %(asked)d (%(share)s)", came=came, asked=asked, share=share)


def _line(view: Compared, place: int) -> Line:
    why: list[str] = []
    weight = 0.0
    signs = view.signs_of(place)
    for rule in RULES:
        own = [sign for sign in signs if sign.rule == rule]
        if own:
            why.append(said(view, rule, own))
            weight += 10 + len(own)
    score = view.measure.scores[place]
    if score.beyond < 0:
        text = N_("Surely below the others: %(score)s, interval %(span)s.")
        why.append(
            view.voice.say(text, score=view.score(score.score, score), span=view.span(score))
        )
        weight += 20 - (score.score or 0)
    elif low := _low(view, place):
        why.append(low)
        weight += 5
    return Line(place, view.workspace.names[place], tuple(why), weight)


def _low(view: Compared, place: int) -> str:
    """Say on which aspects a partner surely lies below the others, all aspects allowed for."""
    found = [name for name in view.aspects if view.measure_of(name).scores[place].among_all < 0]
    labels = [view.label(name) for name in found]
    if not labels:
        return ""
    if len(labels) > _FEW:
        return view.voice.count(
            "Surely below the others in %(num)d aspect.",
            "Surely below the others in %(num)d aspects.",
            len(labels),
        )
    return view.voice.say("Surely below the others in: %(aspects)s.", aspects=view.listed(labels))


def said(view: Compared, rule: str, signs: list[Sign]) -> str:
    """Say in one sentence where a rule warns of a partner: outcomes count if nothing else does."""
    own = [sign for sign in signs if sign.scale in view.aspects] or signs
    labels = [view.label(sign.scale) for sign in own]
    where = view.listed(labels) if len(labels) <= _FEW else ""
    text = view.voice.say(RULES[rule])
    text = text[:1].upper() + text[1:]
    if where:
        return view.voice.say("%(what)s: %(aspects)s.", what=text, aspects=where)
    return view.voice.count(
        "%(what)s in %(num)d aspect.", "%(what)s in %(num)d aspects.", len(labels), what=text
    )
