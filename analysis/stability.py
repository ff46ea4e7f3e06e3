"""Stability over time: test-retest, smallest detectable change, reliable change."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.data import Floats, Frame, Label, groups
from analysis.errors import BadFrame, NotComputable, UnknownChoice
from analysis.estimate import Estimate, check_level
from analysis.icc import correlation, icc, mean_squares
from analysis.readable import Readable
from analysis.scale import Scale
from analysis.scoring import item_matrix, mean_scores

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, repr=False)
class Retest(Readable):
    """How alike the scores of the same respondents are on two occasions.

    Parameters
    ----------
    scale, first, second
        Name of the scale; the two occasions.
    r
        Correlation, with Fisher's interval.
    agreement
        ICC(A,1): a shift of everybody counts against it.
    consistency
        ICC(C,1): only changes of order and distance count.
    mean_change, sd_change
        Of second minus first, on the scale's metric.
    sem
        Standard error of one score, on the scale's metric, shifts included.
    sdc
        Smallest change of one respondent that exceeds this error, at the level of the intervals.
    n_used, n_total
        Respondents with both scores; respondents seen on either occasion.
    notes
        What a reader must know, in sentences.
    """

    scale: str
    first: Label
    second: Label
    r: Estimate
    agreement: Estimate
    consistency: Estimate
    mean_change: float | None
    sd_change: float | None
    sem: float | None
    sdc: float | None
    n_used: int
    n_total: int
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a plain dictionary."""
        parts = {name: getattr(self, name).to_dict() for name in _ESTIMATES}
        return {**asdict(self), **parts, "notes": list(self.notes)}

    def to_frame(self) -> "pd.DataFrame":
        """Return r, agreement and consistency as a pandas data frame, one row each."""
        import pandas as pd  # noqa: PLC0415 - pandas takes a third of a second to import

        rows = [{"statistic": name, **getattr(self, name).to_dict()} for name in _ESTIMATES]
        return pd.DataFrame(rows)


_ESTIMATES = ("r", "agreement", "consistency")


@dataclass(frozen=True, slots=True, eq=False)
class ReliableChange:
    """Which respondents changed by more than error of measurement explains.

    Parameters
    ----------
    index
        Change in standard errors of a difference, `(n,)`; NaN where a score is missing.
    error
        Standard error of a difference between two scores, on the scale's metric.
    threshold
        Change from which on it counts as reliable, on the scale's metric.
    risen, fallen
        Respondents whose score rose or fell by more than the threshold.
    n_used, n_total, level
        Respondents with both scores; all; confidence level.
    """

    index: Floats
    error: float
    threshold: float
    risen: int
    fallen: int
    n_used: int
    n_total: int
    level: float


def retest(
    data: Frame,
    scale: Scale,
    *,
    respondent: str | Sequence[str],
    wave: str,
    waves: tuple[Label, Label] | None = None,
    level: float = 0.95,
    seed: int = 1,
) -> Retest:
    """Compare the scores of the same respondents on two occasions.

    Parameters
    ----------
    data
        One row per respondent and wave.
    scale
        The scale.
    respondent
        Column that says who answered; several where only together they do (with the partner).
    wave
        Column that says on which occasion.
    waves
        The two occasions, in order; None if the column has just two.
    level, seed
        Confidence level between 0 and 1; seed of the draws for the agreement's interval.

    Returns
    -------
    Retest
        Where a number is None, a note says why.

    Notes
    -----
    Missing data: respondents with a score on both occasions are used.

    Raises
    ------
    UnknownChoice
        If the waves are not two that the column has.
    BadFrame
        If a respondent has two rows in a wave.
    OutOfRange, NotNumeric, UnknownColumn
        If the data do not fit the scale.

    References
    ----------
    Formula: SEM = √(E + max(C - E, 0)/n), all that is not due to respondents in ICC(A,1), from
    the mean squares of error E and occasions C; SDC = z·√2·SEM. de Vet, Terwee, Knol & Bouter
    (2006), Journal of Clinical Epidemiology 59, 1033-1039. ICC and r: see `analysis.icc`.
    Checked against psych::ICC 2.2.9 and cor.test in R 4.2.2, to 1e-10.

    Examples
    --------
    >>> import pandas as pd
    >>> answers = pd.DataFrame(
    ...     {"who": [1, 2, 3, 4] * 2, "wave": [1] * 4 + [2] * 4, "t1": [1, 2, 4, 5, 2, 2, 4, 4]}
    ... )
    >>> found = retest(answers, Scale("trust", ("t1",), 1, 5), respondent="who", wave="wave")
    >>> round(found.agreement.estimate, 3), round(found.sdc, 2)
    (0.889, 1.6)
    """
    check_level(level)
    chosen = _two_waves(data, wave, waves)
    who = (respondent,) if isinstance(respondent, str) else tuple(respondent)
    pairs = paired_scores(data, scale, (*who, wave), chosen)
    both = pairs[~np.isnan(pairs).any(axis=1)]
    change = both[:, 1] - both[:, 0]
    r = correlation(*pairs.T, level=level)
    agreement = icc(pairs, kind="agreement", level=level, seed=seed)
    consistency = icc(pairs, kind="consistency", level=level)
    found = (note for part in (r, agreement, consistency) for note in part.notes)
    sem = _error_of_one_score(both)
    reach = NormalDist().inv_cdf((1 + level) / 2) * math.sqrt(2)
    return Retest(
        scale=scale.name,
        first=chosen[0],
        second=chosen[1],
        r=r,
        agreement=agreement,
        consistency=consistency,
        mean_change=float(change.mean()) if len(both) else None,
        sd_change=float(change.std(ddof=1)) if len(both) > 1 else None,
        sem=sem,
        sdc=None if sem is None else reach * sem,
        n_used=len(both),
        n_total=len(pairs),
        notes=tuple(dict.fromkeys(found)),
    )


def reliable_change(
    first: Floats, second: Floats, *, reliability: float, level: float = 0.95
) -> ReliableChange:
    """Tell which respondents changed by more than error of measurement explains.

    Parameters
    ----------
    first, second
        Scores of the same respondents before and after, `(n,)` each; NaN where missing.
    reliability
        Of the scores, such as alpha or the test-retest correlation, between 0 and 1.
    level
        Confidence level between 0 and 1.

    Returns
    -------
    ReliableChange
        The index of each respondent, and the change on the scale's metric that it takes.

    Notes
    -----
    Missing data: the standard deviation is that of all first scores; respondents without both
    scores have no index.

    Raises
    ------
    UnknownChoice
        If `reliability` or `level` is not a share.
    NotComputable
        If the first scores do not vary, or the reliability leaves no error.

    References
    ----------
    Formula: (second - first)/(s·√(2(1 - reliability))), s the standard deviation of the first.
    Jacobson & Truax (1991), Journal of Consulting and Clinical Psychology 59, 12-19.
    Checked against the same formula in R 4.2.2, to 1e-10.

    Examples
    --------
    >>> found = reliable_change(np.array([2.0, 3, 4, 5]), np.array([4.0, 3, 4, 4.5]),
    ...                         reliability=0.8)
    >>> round(found.threshold, 2), found.risen, found.fallen
    (1.6, 1, 0)
    """
    check_level(level)
    if not 0 <= reliability <= 1:
        raise UnknownChoice(f"reliability is {reliability!r}; give a share between 0 and 1.")
    before, after = np.asarray(first, float), np.asarray(second, float)
    given = before[~np.isnan(before)]
    spread = float(given.std(ddof=1)) if len(given) > 1 else 0.0
    error = spread * math.sqrt(2 * (1 - reliability))
    if error == 0:
        raise NotComputable(
            "no reliable change: the first scores do not vary, or the reliability is 1"
        )
    index = (after - before) / error
    critical = NormalDist().inv_cdf((1 + level) / 2)
    return ReliableChange(
        index=index,
        error=error,
        threshold=critical * error,
        risen=int(np.count_nonzero(index > critical)),
        fallen=int(np.count_nonzero(index < -critical)),
        n_used=int(np.count_nonzero(~np.isnan(index))),
        n_total=len(index),
        level=level,
    )


def _error_of_one_score(both: Floats) -> float | None:
    if len(both) < 2:
        return None
    _, occasions, error = mean_squares(both)
    return math.sqrt(error + max(occasions - error, 0.0) / len(both))


def _two_waves(data: Frame, wave: str, waves: tuple[Label, Label] | None) -> tuple[Label, Label]:
    present, _ = groups(data, wave)
    chosen = present if waves is None else tuple(waves)
    if len(chosen) != 2 or len(set(chosen)) != 2 or not set(chosen) <= set(present):
        raise UnknownChoice(
            f"waves is {waves!r} and column {wave!r} has {', '.join(map(repr, present))}; "
            "give two of them, in order."
        )
    return chosen[0], chosen[1]


def paired_scores(
    data: Frame, scale: Scale, keys: tuple[str, ...], waves: tuple[Label, Label]
) -> Floats:
    """Return the scores of each respondent on the two waves, `(n, 2)`, NaN where there is none.

    Parameters
    ----------
    data, scale, waves
        As in `retest`.
    keys
        Columns that together name the respondent, and last the column of waves.

    Raises
    ------
    BadFrame
        If a respondent has two rows in a wave.
    """
    names, occasion = groups(data, keys[-1])
    units = np.column_stack([groups(data, key)[1] for key in keys[:-1]])
    place = np.select([occasion == names.index(wave) for wave in waves], [0, 1], -1)
    here = (place >= 0) & (units >= 0).all(axis=1)
    distinct, unit = np.unique(units[here], axis=0, return_inverse=True)
    slots = unit.ravel() * 2 + place[here]
    if len(np.unique(slots)) < len(slots):
        raise BadFrame(
            f"Some respondents have two rows in one wave; {' and '.join(map(repr, keys[:-1]))} "
            "must name each row of a wave once (add the partner's column, or drop repeated rows)."
        )
    pairs = np.full(2 * len(distinct), np.nan)
    pairs[slots] = mean_scores(item_matrix(data, scale), scale)[here]
    return pairs.reshape(-1, 2)
