"""Tests of whether all partners are alike, from sums and from ranks."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, fdtrc

from analysis.data import Floats
from analysis.partner_sums import PartnerSums


@dataclass(frozen=True, slots=True)
class Omnibus:
    """One test of «all partners are alike»; `effect` is the share of variance explained."""

    test: str
    statistic: float
    df1: float
    df2: float | None
    p: float
    effect: float
    effect_name: str
    n_partners: int


def omnibus(
    sums: PartnerSums, scores: Floats, codes: NDArray[np.intp]
) -> tuple[tuple[Omnibus, ...], tuple[str, ...]]:
    """Compute Welch's and Kruskal and Wallis' tests, as far as the data determine them.

    Parameters
    ----------
    sums : PartnerSums
        Of all partners that are compared.
    scores, codes : arrays of shape (rows,)
        Scores, and the index of each row's partner.

    Returns
    -------
    tests, notes : tuples
        What was computed, and why something was not.

    Notes
    -----
    Formulas, sources and checks: see `comparisons.compare`.
    """
    vary = (sums.n > 1) & (sums.ss > 0)
    partners = len(sums.partners)
    notes = []
    found = []
    if vary.sum() < 2:
        notes.append("No Welch test: it takes 2 partners whose raters differ.")
    else:
        found.append(_welch(sums.only(vary)))
        if not vary.all():
            left_out = partners - int(vary.sum())
            notes.append(f"Welch's test leaves out partners without variance ({left_out}).")
    if partners < 2 or np.ptp(scores) == 0:
        notes.append("No Kruskal-Wallis test: it takes 2 partners and scores that differ.")
    elif sums.n.max() < 2:
        notes.append(
            "No Kruskal-Wallis test: each partner has a single rater, so differences between "
            "partners cannot be told from those between raters."
        )
    else:
        found.append(_kruskal(scores, codes, partners))
    return tuple(found), tuple(notes)


def _welch(sums: PartnerSums) -> Omnibus:
    n, mean, partners = sums.n, sums.mean, len(sums.partners)
    weight = n * (n - 1) / sums.ss
    total = weight.sum()
    grand = weight @ mean / total
    between = weight @ (mean - grand) ** 2 / (partners - 1)
    lack = float(((1 - weight / total) ** 2 / (n - 1)).sum())
    f = float(between / (1 + 2 * (partners - 2) / (partners**2 - 1) * lack))
    df2 = (partners**2 - 1) / (3 * lack)
    spread = float(n @ (mean - n @ mean / n.sum()) ** 2)
    return Omnibus(
        test="Welch",
        statistic=f,
        df1=partners - 1,
        df2=df2,
        p=float(fdtrc(partners - 1, df2, f)),
        effect=spread / (spread + float(sums.ss.sum())),
        effect_name="eta squared",
        n_partners=partners,
    )


def _kruskal(scores: Floats, codes: NDArray[np.intp], partners: int) -> Omnibus:
    # Means of the same answers, summed in another order, are ties.
    _, place, ties = np.unique(np.round(scores, 10), return_inverse=True, return_counts=True)
    rank = (np.cumsum(ties) - (ties - 1) / 2)[place]
    total = len(scores)
    n = np.bincount(codes, minlength=partners)
    sums = np.bincount(codes, weights=rank, minlength=partners)
    raw = 12 / (total * (total + 1)) * float((sums**2 / n).sum()) - 3 * (total + 1)
    h = raw / (1 - float((ties**3 - ties).sum()) / (total**3 - total))
    return Omnibus(
        test="Kruskal-Wallis",
        statistic=h,
        df1=partners - 1,
        df2=None,
        p=float(chdtrc(partners - 1, h)),
        effect=h / (total - 1),
        effect_name="epsilon squared",
        n_partners=partners,
    )
