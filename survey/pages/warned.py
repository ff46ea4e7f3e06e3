"""The evidence of early warnings: what was found, where the rule warns, how often it errs alone."""

from dataclasses import dataclass
from math import ceil
from typing import Final

from survey.pages.compared import RULES, Compared, digits_of
from survey.pages.explanations import N_
from survey.pages.voice import NONE
from survey.services.comparing.model import Sign

_LIMITS: Final = {
    "falling": N_("change per wave below 0"),
    "widening gap": N_("growth of the gap above 0"),
    "false consensus": N_("surely apart, and believed to lie within ± %(limit)s"),
    "spread": N_("spread above that of others"),
}
_STANDS: Final = {True: N_("stands"), False: N_("may be chance")}


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning of a partner on one aspect; `found` is on the scale of the answers.

    `limit` says where the rule warns, `alone` in how many cases it does so by chance where it is
    the only place that is looked at, `state` whether it stands among all that were.
    """

    label: str
    rule: str
    found: str
    interval: str
    limit: str
    alone: str
    state: str


def warned(view: Compared, place: int) -> list[Warned]:
    """Give the warnings of a partner, those that stand first, rule by rule."""
    signs = [*view.signs_of(place), *view.signs_of(place, sure=False)]
    order = list(RULES)
    return [
        _row(view, sign)
        for sign in sorted(signs, key=lambda sign: (not sign.sure, order.index(sign.rule)))
    ]


def _row(view: Compared, sign: Sign) -> Warned:
    digits = digits_of(sign.low, sign.high)
    limit = view.number(sign.threshold, 1)
    return Warned(
        label=view.label(sign.scale),
        rule=view.voice.say(RULES[sign.rule]),
        found=view.number(sign.value, digits),
        interval=view.voice.span(sign.low, sign.high, digits),
        limit=view.voice.say(_LIMITS[sign.rule], limit=limit),
        alone=NONE if sign.false_alarms is None else view.voice.percent(_up(sign.false_alarms)),
        state=view.voice.say(_STANDS[sign.sure]),
    )


def _up(share: float) -> float:
    """Round a share up to whole per cent: what is said to be the most must not be less."""
    return ceil(round(100 * share, 6)) / 100
