"""Common method: whether one source besides the scales lies behind all answers."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.special import chdtrc

from analysis.cfa import refuse_unidentified
from analysis.data import Floats, Frame
from analysis.errors import NotComputable
from analysis.fit import ChiSquare, Fit, fit_indices, srmr
from analysis.likelihood import Likelihood
from analysis.sample import Sample, complete_sample
from analysis.scale import Scale
from analysis.scoring import item_matrix
from analysis.search import minimise
from analysis.solution import Solution, solve
from analysis.structure import FIXED, GroupModel, Part, Structure

_CHANCE, _IMPOSSIBLE = 0.05, -1e-9
CANNOT_TELL = (
    "A factor behind all items may be the method, or something that all scales share, such as a "
    "general impression of the partner: these data do not tell which. Finding none does not prove "
    "that there is none (Chin, Thatcher & Wright 2012)."
)


@dataclass(frozen=True, slots=True)
class CommonMethod:
    """Three models of the same answers.

    Parameters
    ----------
    one_factor, scales, with_method
        Fit of one factor for all items; of one factor per scale; of these and an uncorrelated
        factor that weighs alike on all items.
    chisq_change, p_change
        χ² that the method factor saves, one degree of freedom.
    share
        Mean share of an item's variance due to the method factor; None where it is negative.
    largest_shift
        Largest change of a factor correlation when the method factor is taken out.
    proper
        Whether with it no uniqueness is negative and all factor correlations are possible; else
        these data do not tell how much is due to it.
    n_used, n_total
        Rows that answered every item; rows in the data.
    notes
        What a reader must know, in sentences.
    """

    one_factor: Fit
    scales: Fit
    with_method: Fit
    chisq_change: float
    p_change: float
    share: float | None
    largest_shift: float
    n_used: int
    n_total: int
    notes: tuple[str, ...]
    proper: bool = True

    def sentences(self) -> tuple[str, ...]:
        """Say what was found, and what this check cannot tell."""
        worse = self._worse()
        if not self.proper:
            unknown = (
                f"The model is impossible, since {' and '.join(self.notes)}: these data do not "
                "tell how much of the answers is due to a method."
            )
            return (worse, unknown, CANNOT_TELL)
        if self.share is None or self.p_change >= _CHANCE:
            why = self.notes[0] if self.notes else f"p {self.p_change:.2f}"
            none = f"These data show no factor that weighs alike on all items ({why})."
            return (worse, none, CANNOT_TELL)
        found = (
            f"A factor that weighs alike on all items takes {100 * self.share:.0f}\u00a0% of their "
            f"variance; without it factor correlations change by up to {self.largest_shift:.2f}."
        )
        return (worse, found, CANNOT_TELL)

    def _worse(self) -> str:
        """Say whether one factor for all items will do."""
        numbers = f"(χ² {self.one_factor.chisq:.1f} against {self.scales.chisq:.1f})"
        saved, df = self.one_factor.chisq - self.scales.chisq, self.one_factor.df - self.scales.df
        if df > 0 and chdtrc(df, max(saved, 0.0)) < _CHANCE:
            return (
                f"One factor for all items fits worse than one per scale {numbers}: the scales are "
                "not one method alone."
            )
        return (
            f"One factor for all items fits about as well as one per scale {numbers}: these data "
            "do not tell the scales apart."
        )

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain dictionaries and lists."""
        return {**asdict(self), "notes": list(self.notes), "sentences": list(self.sentences())}


def common_method(data: Frame, scales: Sequence[Scale]) -> CommonMethod:
    """Check for a common method: one factor for all, and an unmeasured method factor.

    Parameters
    ----------
    data
        One row per respondent.
    scales
        Two scales or more that share no item; items count from 0 (lowest answer) to 1 (highest),
        so that the method may weigh alike on scales of different range.

    Returns
    -------
    CommonMethod
        By maximum likelihood.

    Notes
    -----
    Missing data: rows that answered every item.

    Raises
    ------
    NotComputable
        With the reason: one scale only, too few items or rows, no convergence.
    BadScale, OutOfRange, NotNumeric, UnknownColumn
        If the scales or the data are not valid.

    References
    ----------
    Podsakoff, MacKenzie, Lee & Podsakoff (2003), Journal of Applied Psychology 88, 879-903;
    Chin, Thatcher & Wright (2012), MIS Quarterly 36, 1003-1019.
    Checked against lavaan 0.6-14, cfa: χ² 1e-5 relative, share and correlations 1e-4.
    """
    measured = tuple(scale for scale in scales if scale.k > 1)
    refuse_unidentified(measured)
    if len(measured) < 2:
        raise NotComputable("a common method needs 2 scales of 2 items")
    items = tuple(item for scale in measured for item in scale.items)
    rows = np.hstack([(item_matrix(data, s) - s.low) / (s.high - s.low) for s in measured])
    sample = complete_sample(rows[~np.isnan(rows).any(axis=1)], items)
    owner = np.repeat(np.arange(len(measured)), [scale.k for scale in measured])
    apart = solve(sample, owner)
    one = solve(sample, np.zeros(len(items), dtype=np.intp))
    structure = _with_method(apart)
    likelihood = Likelihood(structure, sample.blocks)
    begin = structure.start
    found = _searched(likelihood, begin)
    fit = _fit(likelihood, found, sample)
    saved = apart.fit.chisq - fit.chisq
    share = float((found[-1] / sample.covariance.diagonal()).mean())
    pairs = slice(len(items), len(items) + len(measured) * (len(measured) - 1) // 2)
    improper = _improper(found, structure)
    shift = np.abs(found[pairs] - apart.parameters[pairs]).max()
    negative = ("its variance is negative",)
    return CommonMethod(
        one_factor=one.fit,
        scales=apart.fit,
        with_method=fit,
        chisq_change=saved,
        p_change=float(chdtrc(1, max(saved, 0.0))),
        share=share if share > 0 else None,
        largest_shift=float(shift),
        n_used=sample.n,
        n_total=len(rows),
        notes=improper if share > 0 else negative,
        proper=share <= 0 or not improper,
    )


def _improper(found: Floats, structure: Structure) -> tuple[str, ...]:
    """Say what is impossible in the model with a method factor."""
    group = structure.groups[0]
    notes = []
    of_scales = group.factors.filled(found)[:-1, :-1]
    if np.linalg.eigvalsh(of_scales)[0] < _IMPOSSIBLE:
        notes.append("with a method factor the scales correlate in a way that is not possible")
    if (group.uniquenesses.filled(found) < 0).any():
        notes.append("with a method factor a uniqueness is negative (a Heywood case)")
    return tuple(notes)


def _searched(likelihood: Likelihood, begin: Floats) -> Floats:
    """Return the estimates, or say why a method factor can be undetermined."""
    try:
        return minimise(likelihood.with_gradient, begin, likelihood.expected_information(begin))
    except NotComputable as reason:
        raise NotComputable(
            f"with a method factor {reason}: where the items of each scale weigh alike, such a "
            "factor and scales that correlate look the same"
        ) from None


def _with_method(apart: Solution) -> Structure:
    """Add a factor with loadings 1, uncorrelated with the others; its variance comes last."""
    group, p, q = apart.structure.groups[0], len(apart.owner), len(apart.parameters)
    m = int(apart.owner.max()) + 1
    loads = np.column_stack([group.loadings.place, np.full(p, FIXED)])
    factors = np.full((m + 1, m + 1), FIXED)
    factors[:m, :m] = group.factors.place
    factors[m, m] = q
    model = GroupModel(
        loadings=Part(loads, np.column_stack([np.zeros((p, m)), np.ones(p)])),
        factors=Part(factors, np.eye(m + 1)),
        uniquenesses=group.uniquenesses,
    )
    first = 0.05 * float(np.mean(apart.parameters[:p] ** 2))
    return Structure((model,), np.append(apart.parameters, first))


def _fit(likelihood: Likelihood, found: Floats, sample: Sample) -> Fit:
    p, group = len(sample.mean), likelihood.structure.groups[0]
    value = likelihood.value(found)
    chisq = max(sample.n * (value - sample.saturated), 0.0)
    df = sample.n_moments - len(found)
    return fit_indices(
        ChiSquare(chisq, df),
        ChiSquare(sample.n * (sample.independent - sample.saturated), p * (p - 1) // 2),
        n=sample.n,
        srmr=srmr(sample.covariance, group.covariance(found)),
        n_parameters=len(found),
        log_likelihood=sample.log_likelihood(value),
    )
