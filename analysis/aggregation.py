"""Whether the raters of a partner may be averaged: do they agree, do partners differ."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import fdtrc, fdtri

from analysis import reml
from analysis.agreement import Agreement, agreement, chance_variance
from analysis.data import Floats, Frame, Groups, groups
from analysis.disclosure import check_min_n
from analysis.errors import NotComputable, UnknownChoice
from analysis.estimate import check_level
from analysis.partner_sums import PartnerSums
from analysis.readable import Readable
from analysis.scale import Scale
from analysis.scoring import item_matrix, mean_scores

if TYPE_CHECKING:
    import pandas as pd

TARGET = 0.70


@dataclass(frozen=True, slots=True)
class OneWay:
    """One-way analysis of variance of the scores by partner.

    Mean squares in squared scale points. ICC(1) is the reliability of one rater, ICC(2) that
    of a partner's mean; a number is None where its divisor is 0.
    """

    msb: float | None = None
    msw: float | None = None
    df1: int | None = None
    df2: int | None = None
    f: float | None = None
    p: float | None = None
    eta_squared: float | None = None
    n0: float | None = None
    icc1_anova: float | None = None
    icc1_ci_low: float | None = None
    icc1_ci_high: float | None = None
    icc1_mean_size: float | None = None
    icc2_anova: float | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Aggregation(Readable, OneWay):
    """Reliability and agreement of partner means; where a number is None, `notes` say why."""

    icc1_reml: float | None = None
    icc2_reml: float | None = None
    raters_needed_70: float | None = None
    rwg_j_median: float | None = None
    rwg_j_negative: int | None = None
    ad_m_median: float | None = None
    agreement: tuple[Agreement, ...] = ()
    n: int = 0
    n_total: int = 0
    n_partners: int = 0
    level: float = 0.95
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain dictionaries and lists."""
        rows = [asdict(row) for row in self.agreement]
        return {**asdict(self), "agreement": rows, "notes": list(self.notes)}

    def to_frame(self) -> "pd.DataFrame":
        """Return the agreement, one row per partner, as a pandas data frame."""
        import pandas as pd  # noqa: PLC0415 - pandas takes a third of a second to import

        return pd.DataFrame([asdict(row) for row in self.agreement])


def aggregation(
    data: Frame, scale: Scale, partner: str, *, level: float = 0.95, min_n: int = 1
) -> Aggregation:
    """Describe how far the raters of each partner agree and how far partners differ.

    Parameters
    ----------
    data : DataFrame
        One row per rater and partner.
    scale : Scale
        Items, range and scoring rule.
    partner : str
        Column that names the partner of each row.
    level : float
        Confidence level of the interval of ICC(1).
    min_n : int
        Partners with fewer raters enter no number.

    Returns
    -------
    Aggregation
        `icc1_anova`, `icc1_reml` reliability of one rater; `icc2_anova`, `icc2_reml` that of
        the mean of `n0` raters; `icc1_mean_size` ICC(1) with the mean number of raters for n0;
        `raters_needed_70` (unrounded) raters at which a partner's mean reaches reliability
        .70; `rwg_j_median` over partners, `rwg_j_negative` partners whose raters disagree
        more than chance would make them, and `agreement` per partner; mean squares in squared
        scale points; `n` scored rows of `n_total`, of `n_partners` partners.

    Raises
    ------
    UnknownColumn, NotNumeric, OutOfRange
        If the data do not fit the scale.
    UnknownChoice
        If `level` is not a share or `min_n` not a positive whole number.

    Notes
    -----
    Missing data: the analysis of variance and REML use rows with a score (mean of the answered
    items, if enough were); agreement uses complete rows of partners with at least two.

    n0 = (N − Σn²/N)/(G − 1); ICC(1) = (MSB − MSW)/(MSB + (n0 − 1) MSW), with interval
    (F' − 1)/(F' + n0 − 1) at F' = F/F(.975; df1, df2) and F/F(.025; df1, df2), exact where
    all partners have n0 raters. ICC(2) = (MSB − MSW)/MSB. By REML, ICC(1) =
    tau2/(tau2 + sigma2) and ICC(2) = tau2/(tau2 + sigma2/n0). With equal numbers of raters and
    MSB > MSW both ways agree. Raters needed for reliability t: t/(1 − t)·(1 − ICC1)/ICC1 with
    the REML ICC(1), by which partner scores are shrunken.

    Checked against R 4.2.2 ``aov``, multilevel 2.7 ``ICC1``, ``ICC2``, ``rwg.j``, ``ad.m`` to
    1e-10; lme4 1.1-31 to 1e-5.

    References
    ----------
    Bliese (2000), in Klein & Kozlowski (eds), Multilevel theory, research, and methods in
    organizations, 349-381. Shrout & Fleiss (1979), Psychological Bulletin 86, 420-428.

    Examples
    --------
    >>> import pandas as pd
    >>> answers = pd.DataFrame({"who": list("aaabbb"), "t1": [4, 5, 4, 2, 2, 1]})
    >>> found = aggregation(answers, Scale("trust", ("t1",), 1, 5), "who")
    >>> round(found.icc1_anova, 3), found.n0, found.rwg_j_negative
    (0.912, 3.0, 0)
    """
    check_level(level)
    check_min_n(min_n)
    return aggregate_groups(
        item_matrix(data, scale), scale, groups(data, partner), level=level, min_n=min_n
    )


def aggregate_groups(
    items: Floats, scale: Scale, by: Groups, *, level: float = 0.95, min_n: int = 1
) -> Aggregation:
    """Describe agreement as `aggregation` does, from scored answers and partners by index."""
    names, codes = by
    every = PartnerSums.of_codes(names, mean_scores(items, scale), codes)
    sums = every.only(every.n >= max(1, min_n))
    one_way, notes = _one_way(sums, level)
    rows = agreement(items, names, codes, scale, min_n=min_n)
    pooled, more = _pooled(sums, one_way.n0)
    chance = chance_variance(scale)
    return Aggregation(
        **asdict(one_way),
        **pooled,
        rwg_j_median=_median([row.rwg_j for row in rows]),
        rwg_j_negative=sum(row.item_variance > chance for row in rows) if rows else None,
        ad_m_median=_median([row.ad_m for row in rows]),
        agreement=rows,
        n=int(sums.n.sum()),
        n_total=len(items),
        n_partners=len(sums.partners),
        level=level,
        notes=(*notes, *more, *_agreement_notes(rows, sums)),
    )


def raters_needed(icc1: float, target: float = TARGET) -> float:
    """Return how many raters a partner needs for its mean to reach a reliability; unrounded.

    Raises
    ------
    UnknownChoice
        If `icc1` or `target` does not lie between 0 and 1.

    Notes
    -----
    n = t/(1 − t) · (1 − ICC1)/ICC1 (Spearman-Brown, solved for n).

    Examples
    --------
    >>> round(raters_needed(0.20), 3)
    9.333
    """
    if not (0 < icc1 <= 1 and 0 < target < 1):
        raise UnknownChoice(
            f"icc1 is {icc1!r} and target {target!r}; both must lie between 0 and 1."
        )
    return target / (1 - target) * (1 - icc1) / icc1


def _one_way(sums: PartnerSums, level: float) -> tuple[OneWay, tuple[str, ...]]:
    n, total, partners = sums.n, float(sums.n.sum()), len(sums.partners)
    if partners < 2 or total == partners:
        return OneWay(), ()  # REML states the reason
    grand = float(n @ sums.mean / total)
    between, within = float(n @ (sums.mean - grand) ** 2), float(sums.ss.sum())
    df1, df2 = partners - 1, int(total) - partners
    msb, msw = between / df1, within / df2
    n0 = (total - float(n @ n) / total) / df1
    f = msb / msw if msw > 0 else None
    low, high = (None, None) if f is None else _interval(f, (df1, df2), n0, level)
    found = OneWay(
        msb=msb,
        msw=msw,
        df1=df1,
        df2=df2,
        f=f,
        p=None if f is None else float(fdtrc(df1, df2, f)),
        eta_squared=_ratio(between, between + within),
        n0=n0,
        icc1_anova=_ratio(msb - msw, msb + (n0 - 1) * msw),
        icc1_ci_low=low,
        icc1_ci_high=high,
        icc1_mean_size=_ratio(msb - msw, msb + (total / partners - 1) * msw),
        icc2_anova=_ratio(msb - msw, msb),
    )
    return found, _one_way_notes(msb, msw)


def _one_way_notes(msb: float, msw: float) -> tuple[str, ...]:
    if msw == 0:
        return ("All raters of each partner agree: F and the interval of ICC(1) have no value.",)
    if msb < msw:
        return ("Partners differ less than chance would make them (MSB < MSW): ICC is negative.",)
    return ()


def _interval(f: float, df: tuple[int, int], n0: float, level: float) -> tuple[float, float]:
    low = f / float(fdtri(*df, (1 + level) / 2))
    high = f / float(fdtri(*df, (1 - level) / 2))
    return (low - 1) / (low + n0 - 1), (high - 1) / (high + n0 - 1)


def _pooled(sums: PartnerSums, n0: float | None) -> tuple[dict[str, Any], tuple[str, ...]]:
    try:
        found = reml.fit(sums.n, sums.mean, sums.ss)
    except NotComputable as reason:
        return {}, (str(reason),)
    numbers = {
        "icc1_reml": found.icc,
        "icc2_reml": _ratio(found.tau2, found.tau2 + found.sigma2 / (n0 or 1)),
        "raters_needed_70": raters_needed(found.icc) if found.icc else None,
    }
    notes = () if found.icc else ("No number of raters gives reliability .70 where tau2 is 0.",)
    return numbers, (*found.notes, *notes)


def _agreement_notes(rows: tuple[Agreement, ...], sums: PartnerSums) -> tuple[str, ...]:
    left_out = len(sums.partners) - len(rows)
    if not rows:
        return ("No partner has two complete rows: rwg(j) and AD have no value.",)
    if left_out:
        return (f"rwg(j) and AD leave out partners with too few complete rows ({left_out}).",)
    return ()


def _median(values: list[float]) -> float | None:
    return float(np.median(values)) if values else None


def _ratio(above: float, below: float) -> float | None:
    return above / below if below != 0 else None
