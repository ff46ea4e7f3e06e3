"""What the sections of a card hold: rows as texts, and the words of states and verdicts."""

from dataclasses import dataclass
from typing import Final

from survey.pages.explanations import N_

STEPS: Final = ("accuracy", "availability", "adaptation", "advising")  # Berg's, lowest first
MET, UNMET, UNSURE = "met", "unmet", "unsure"
STEP_STATES: Final = {MET: N_("met"), UNMET: N_("not met"), UNSURE: N_("cannot be told")}
STATES: Final = {
    "true consensus": N_("they see it alike, and believe so"),
    "true dissensus": N_("they see it differently, and know it: a matter to negotiate"),
    "false consensus": N_("they see it differently, but believe that they agree: talk first"),
    "false conflict": N_("they see it alike, but believe that they do not: talk"),
    "cannot be told": N_("the answers do not tell"),
}
WORST_FIRST: Final = ("false consensus", "false conflict", "true dissensus", "true consensus")
BLIND: Final = frozenset({"false consensus", "false conflict"})
KEEP, TALK, ACT, OPEN = "keep", "talk", "act", "open"
VERDICTS: Final = {
    ACT: N_("Act: renegotiate, develop or leave"),
    TALK: N_("Talk before anything is renewed"),
    KEEP: N_("By the composite nothing speaks against going on: see the aspects"),
    OPEN: N_("The answers do not settle it"),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the stated rule gives, and why."""

    kind: str
    said: str
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AspectRow:
    """One aspect of a partner: ours against the median of all, theirs, its course."""

    name: str
    label: str
    n: int | None
    score: str
    interval: str
    typical: str
    beyond: int
    theirs: str
    slope: str
    turns: int
    state: str


@dataclass(frozen=True, slots=True)
class StepRow:
    """One of Berg's four steps, and whether it is met."""

    label: str
    score: str
    interval: str
    kind: str


@dataclass(frozen=True, slots=True)
class BothRow:
    """One aspect as both sides see it, in sentences."""

    label: str
    gap: str
    ours: str
    theirs: str


@dataclass(frozen=True, slots=True)
class SideRow:
    """One aspect as one side answers it, and what that side believes the other says."""

    n: int | None
    mean: str
    interval: str
    guess: str


@dataclass(frozen=True, slots=True)
class PriorityRow:
    """One aspect by this partner's score and the importance of the aspect for all."""

    place: int
    label: str
    score: str
    interval: str
    share: str
    share_interval: str


@dataclass(frozen=True, slots=True)
class Brief:
    """What both sides agree on, what they know that they do not, and what one does not see."""

    strengths: tuple[str, ...]
    concerns: tuple[str, ...]
    known: tuple[str, ...]
    blind: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Deed:
    """An action, and how the aspect that it aims at stood before it and stands now."""

    text: str
    label: str
    before: str
    after: str
    change: str


@dataclass(frozen=True, slots=True)
class AskedRow:
    """An item that measures something agreed: the partner's mean on it, and whether that is met.

    `kind` is that of a step, or empty where there is no number; `why` says why there is none.
    """

    item: str
    n: int | None
    mean: str
    interval: str
    kind: str
    why: str


@dataclass(frozen=True, slots=True)
class Trust:
    """How far the score of the page's measure can be relied on with the answers that came."""

    reliability: str
    half_width: str
    needed: str
    sentences: tuple[str, ...]
