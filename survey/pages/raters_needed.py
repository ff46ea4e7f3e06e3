"""How many raters a partner's mean needs, in words that lead with what is not known."""

import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

from survey.pages.voice import Voice

ENOUGH_FOR_GROUPS: Final = 0.70
VAGUE: Final = 10  # an interval whose ends are this far apart, one over the other, tells no number
MANY: Final = 1_000
Document = Mapping[str, Any]


def raters_needed(found: Document, voice: Voice) -> list[str]:
    """Say how many people must rate a partner before its mean is reliable."""
    whole = [whole_raters(row["raters_needed_70"]) for row in found.values()]
    needed = [raters for raters in whole if raters is not None]
    limit = voice.decimal(ENOUGH_FOR_GROUPS)
    if not needed:
        return []
    if told := _unknown(found.values(), limit, voice):
        return [told]
    if min(needed) == max(needed):
        return [
            voice.count(
                "A partner's mean needs %(num)d rater before it is reliable (%(limit)s).",
                "A partner's mean needs %(num)d raters before it is reliable (%(limit)s).",
                max(needed),
                limit=limit,
            )
        ]
    return [
        voice.say(
            "A partner's mean needs %(fewest)d to %(most)d raters, depending on the aspect, "
            "before it is reliable (%(limit)s).",
            fewest=min(needed),
            most=max(needed),
            limit=limit,
        )
    ]


def _unknown(rows: Iterable[Document], limit: str, voice: Voice) -> str:
    """Say between which numbers the truth lies, where some aspect leaves it open by ten times."""
    known = [row for row in rows if row["raters_needed_70"] is not None]
    fewest = [_raters(row.get("icc1_ci_high")) for row in known]
    most = [_raters(row.get("icc1_ci_low")) for row in known]
    pairs = [(low, high) for low, high in zip(fewest, most, strict=True) if low is not None]
    if not any(high is None or high >= VAGUE * low for low, high in pairs):
        return ""
    least = min(low for low, _ in pairs)
    ends = [high for _, high in pairs if high is not None and high <= MANY]
    if len(ends) < len(pairs):
        return voice.say(
            "How many raters a partner's mean needs before it is reliable (%(limit)s) these "
            "answers cannot tell: %(fewest)d or more.",
            limit=limit,
            fewest=least,
        )
    return voice.say(
        "How many raters a partner's mean needs before it is reliable (%(limit)s) these answers "
        "cannot tell: somewhere between %(fewest)d and %(most)d.",
        limit=limit,
        fewest=least,
        most=max(ends),
    )


def _raters(icc: float | None) -> int | None:
    """Return the raters that a mean needs at one end of the interval; None if none would do."""
    if icc is None or icc <= 0:
        return None
    return whole_raters(ENOUGH_FOR_GROUPS / (1 - ENOUGH_FOR_GROUPS) * (1 - icc) / icc)


def whole_raters(raters: float | None) -> int | None:
    """Round a needed number of raters up: at least one, and 7.000000000000001 is still seven."""
    return None if raters is None else max(1, math.ceil(raters - 1e-9))
