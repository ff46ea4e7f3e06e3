"""How many raters a trustworthy mean needs, said with what the data leave open first.

All read the part of `Assessment.to_dict()` on how far partners differ (`aggregation.<scale>`).
"""

import math

from analysis.report.numbers import NONE, count, span
from analysis.report.ranking import Document

AIM = 0.70  # reliability from which groups may be compared (Nunnally & Bernstein 1994)
VAGUE = 10  # an interval whose ends are this far apart, one over the other, tells no number
_MANY = 1_000


def raters_for(icc: float) -> int:
    """Return the raters whose mean has reliability .70, at an ICC(1) above 0.

    Examples
    --------
    >>> raters_for(0.25), raters_for(0.7)
    (7, 1)
    """
    return max(1, math.ceil(AIM / (1 - AIM) * (1 - icc) / icc - 1e-9))


def reach(found: Document) -> tuple[int | None, int | None]:
    """Return the raters needed at the upper and at the lower end of the interval of ICC(1).

    None where that end is unknown or not above 0, so that no number of raters would do.
    """
    ends = (found.get("icc1_ci_high"), found.get("icc1_ci_low"))
    fewest, most = (None if end is None or end <= 0 else raters_for(end) for end in ends)
    return fewest, most


def is_vague(found: Document) -> bool:
    """Say whether the number is known no better than to an order of magnitude."""
    fewest, most = reach(found)
    return fewest is not None and (most is None or most >= VAGUE * fewest)


def between(found: Document) -> str:
    """Say between which numbers of raters the truth lies; empty where the lower is not known.

    Examples
    --------
    >>> between({"icc1_ci_low": 0.0018, "icc1_ci_high": 0.4})
    'somewhere between 4 and more than 1,000'
    >>> between({"icc1_ci_low": -0.1, "icc1_ci_high": 0.4})
    '4 or more, and perhaps no number would do'
    """
    fewest, most = reach(found)
    if fewest is None:
        return ""
    if most is None:
        return f"{count(fewest)} or more, and perhaps no number would do"
    upper = f"more than {count(_MANY)}" if most > _MANY else count(most)
    return f"somewhere between {count(fewest)} and {upper}"


def ends(found: Document) -> str:
    """Write the interval for a table.

    Examples
    --------
    >>> ends({"icc1_ci_low": 0.1, "icc1_ci_high": 0.5}), ends({"icc1_ci_low": 0, "icc1_ci_high": 1})
    ('3–21', '1 or more')
    """
    fewest, most = reach(found)
    if fewest is None:
        return NONE
    return f"{count(fewest)} or more" if most is None else span(count(fewest), count(most))
