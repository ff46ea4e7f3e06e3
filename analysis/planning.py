"""How many raters a study needs: for reliable means, and to know who is at the top."""

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from analysis.errors import UnknownChoice
from analysis.estimate import check_level
from analysis.parallel import Progress
from analysis.plan_search import GRID, MOST_RATERS, Search, Shares, Study
from analysis.readable import Readable

if TYPE_CHECKING:
    import pandas as pd

MOST_PARTNERS = 3_000


@dataclass(frozen=True, slots=True)
class PlanPoint:
    """What a number of raters per partner gives.

    `reliability` of a partner's mean; `certainty`: of the partners named in the top group, the
    share that belongs there; `best`: how often the highest mean is that of the truly best;
    `pairs_apart`: share of all pairs of partners that can be told apart, all together.
    """

    raters: int
    reliability: float
    certainty: float
    best: float
    pairs_apart: float


@dataclass(frozen=True, slots=True, repr=False)
class Plan(Readable):
    """What is wanted, how many raters of each partner it takes, and what others would give.

    `top` counts the partners of the top group. `raters_for_reliability` and
    `raters_for_certainty` are None where 1,000 do not suffice. `icc_low` and `icc_high` are what
    a nested study with the raters planned (else needed) would typically know of ICC(1).
    """

    partners: int
    icc: float
    severity: float
    each: int
    top: int
    reliability: float
    certainty: float
    raters_planned: int | None
    raters_for_reliability: int | None
    raters_for_certainty: int | None
    curve: tuple[PlanPoint, ...]
    icc_low: float | None
    icc_high: float | None
    level: float
    draws: int
    seed: int

    @property
    def needed(self) -> int | None:
        """Raters of each partner that give both what is wanted; None where 1,000 do not."""
        if self.raters_for_reliability is None or self.raters_for_certainty is None:
            return None
        return max(self.raters_for_reliability, self.raters_for_certainty)

    def people(self, raters: int) -> int:
        """Return how many people it takes to give each partner so many raters."""
        return math.ceil(raters * self.partners / self.each)

    def at(self, raters: int) -> PlanPoint:
        """Return what a number of raters on the curve gives."""
        return next(point for point in self.curve if point.raters == raters)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain dictionaries and lists."""
        return {
            **asdict(self),
            "needed": self.needed,
            "people_needed": None if self.needed is None else self.people(self.needed),
            "curve": [asdict(point) for point in self.curve],
        }

    def to_frame(self) -> "pd.DataFrame":
        """Return one row per number of raters as a pandas data frame."""
        import pandas as pd  # noqa: PLC0415 - pandas takes a third of a second to import

        return pd.DataFrame([asdict(point) for point in self.curve])


def plan(  # noqa: PLR0913 - each is an option of its own
    partners: int,
    icc: float,
    *,
    raters: int | None = None,
    reliability: float = 0.70,
    certainty: float = 0.80,
    top: float = 1 / 3,
    each: int = 1,
    severity: float = 0.0,
    level: float = 0.95,
    draws: int = 20_000,
    seed: int = 1,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Plan:
    """Find how many raters of each partner give reliable means and a sure top group.

    Parameters
    ----------
    partners : int
        Partners to be compared, from 2 to 3,000.
    icc : float
        Share of the variance of one rater's score that lies between partners, ICC(1).
    raters : int or None
        A number that is planned, to see what it gives.
    reliability, certainty : float
        Wanted reliability of a partner's mean, and wanted share of those named in the top group
        that belong there; both above 0 and below 1.
    top : float
        Share of the partners that makes the top group, rounded, at least one; from 1 on their
        number.
    each, severity : int, float
        Partners that one rater rates, and the share of the variance between severe and mild
        raters; who rates several partners tells them apart in spite of severity.
    level : float
        Level of the interval of ICC(1), and of telling pairs apart.
    draws : int
        Simulated studies.
    seed : int
        Of the simulation; the same seed gives the same plan, on any number of processes.
    workers : int or None
        Processes; None: one per core where that pays.
    progress : callable or None
        Called with the share that is done.

    Returns
    -------
    Plan
        Numbers of raters per partner; shares from 0 to 1.

    Raises
    ------
    UnknownChoice
        If a number is outside of its range.

    Notes
    -----
    With v the error variance of a mean of n raters (`Study.error`): reliability = icc/(icc + v),
    solved for n; pairs apart = 2Φ(−c √(v/(icc + v))), c Tukey's limit. Certainty and best are
    simulated: true scores N(0, icc), means with N(0, v) added, the same draws for every n; the
    fewest raters are searched among all whole numbers. With equal n, shrunken scores have the
    order of the means.

    Checked against P(best of two) = 1/2 + arcsin(√reliability)/π, studies simulated from rows,
    the crossed model fitted to such rows, and the raters needed of `aggregation`.

    Examples
    --------
    >>> found = plan(12, 0.2, draws=2000)
    >>> found.raters_for_reliability, found.top
    (10, 4)
    """
    check_level(level)
    _check(partners, raters, draws, each=each)
    _check_shares(icc=icc, severity=severity, reliability=reliability, certainty=certainty)
    study = Study(partners, icc, severity, each, _top(top, partners))
    wanted = study.raters_for(reliability)
    search = Search(study, draws, seed, workers, progress)
    grid = sorted({*GRID, *(n for n in (wanted, raters) if n)})
    sure, known = search.least(search.shares(grid, 0.0, 0.9), certainty)
    if progress:
        progress(1.0)
    shown = sorted({*grid, *([sure] if sure else [])})
    usual = raters or max((n for n in (wanted, sure) if n), default=MOST_RATERS)
    interval = study.icc_interval(usual, level) or (None, None)
    return Plan(
        partners=partners,
        icc=icc,
        severity=severity,
        each=each,
        top=study.top,
        reliability=reliability,
        certainty=certainty,
        raters_planned=raters,
        raters_for_reliability=wanted,
        raters_for_certainty=sure,
        curve=tuple(_point(study, n, known, (level, seed)) for n in shown),
        icc_low=interval[0],
        icc_high=interval[1],
        level=level,
        draws=draws,
        seed=seed,
    )


def _point(study: Study, raters: int, known: Shares, limit: tuple[float, int]) -> PlanPoint:
    certainty, best = known[raters]
    apart = study.pairs_apart(raters, *limit)
    return PlanPoint(raters, study.reliability(raters), certainty, best, apart)


def _top(top: float, partners: int) -> int:
    """Return how many partners make the top group."""
    count = top if top >= 1 else max(1, round(top * partners))
    if not (count == int(count) and top > 0 and count < partners):
        raise UnknownChoice(
            f"top is {top!r}; give a share such as 0.33, or a number of partners below {partners}."
        )
    return int(count)


def _check(partners: int, raters: int | None, draws: int, *, each: int) -> None:
    ranges = {
        "partners": (partners, 2, MOST_PARTNERS),
        "raters": (1 if raters is None else raters, 1, MOST_RATERS),
        "draws": (draws, 100, 10_000_000),
        "each": (each, 1, partners),
    }
    for name, (value, low, high) in ranges.items():
        if not low <= value <= high:
            raise UnknownChoice(f"{name} is {value!r}; give a number from {low:,} to {high:,}.")


def _check_shares(**shares: float) -> None:
    for name, value in shares.items():
        least = name not in ("icc", "severity")
        if not (0 < value < 1 if least else 0 <= value < 1):
            raise UnknownChoice(f"{name} is {value!r}; give a share below 1, such as 0.2.")
    if shares["icc"] + shares["severity"] >= 1:
        raise UnknownChoice(
            f"icc {shares['icc']} and severity {shares['severity']} leave nothing for the rest; "
            "lower one of them."
        )
