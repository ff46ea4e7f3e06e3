"""Omega hierarchical: the share of the score's variance that one general factor explains."""

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.covariance import proper_correlation
from analysis.data import Floats, Frame
from analysis.errors import NotComputable
from analysis.estimate import one_of
from analysis.moments import MISSING, Moments
from analysis.readable import Readable
from analysis.rotation import minimum_residuals, oblimin, varimax
from analysis.scale import Scale

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, repr=False)
class HierarchicalOmega(Readable):
    """A general factor and group factors of one scale; None where not computable.

    Parameters
    ----------
    scale
        Name of the scale.
    omega_h
        Share of the variance of the sum of the standardized items due to the general factor.
    omega_total
        Share due to all common factors.
    omega_limit
        What omega_h would be with infinitely many such items.
    explained
        Share of the common variance of the items due to the general factor (ECV).
    general
        Loading of each item on the general factor.
    groups
        Loadings of each item on the group factors.
    n_used, n_total
        Rows that entered; rows in the data.
    notes
        What a reader must know, in sentences.
    """

    scale: str
    omega_h: float | None
    omega_total: float | None
    omega_limit: float | None
    explained: float | None
    general: tuple[float, ...]
    groups: tuple[tuple[float, ...], ...]
    n_used: int
    n_total: int
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a plain dictionary, tuples as lists."""
        lists = {
            "general": list(self.general),
            "groups": [list(row) for row in self.groups],
            "notes": list(self.notes),
        }
        return {**asdict(self), **lists}

    def to_frame(self) -> "pd.DataFrame":
        """Return the shares as one row of a pandas data frame."""
        import pandas as pd  # noqa: PLC0415 - pandas takes a third of a second to import

        document = self.to_dict()
        return pd.DataFrame([{name: document[name] for name in _SHARES}])


_SHARES = ("scale", "omega_h", "omega_total", "omega_limit", "explained", "n_used", "n_total")


def omega_hierarchical(
    data: Frame, scale: Scale, *, n_factors: int = 3, missing: str = "listwise"
) -> HierarchicalOmega:
    """Estimate omega hierarchical of a scale by the Schmid-Leiman transformation.

    Parameters
    ----------
    data
        One row per respondent.
    scale
        The scale; reversed items are turned round first.
    n_factors
        Number of group factors: 3 or more; with 2 their loadings on the general factor are set
        equal, since the data do not determine them. Three need 6 items.
    missing
        "listwise" or "pairwise" correlations.

    Returns
    -------
    HierarchicalOmega
        Without intervals.

    Notes
    -----
    Missing data: `n_used` counts the rows with all answers (listwise) or with any (pairwise).
    psych::omega turns items round that load negatively on the general factor; here the score is
    judged as it is keyed, and such an item is named.

    Raises
    ------
    UnknownChoice, OutOfRange, NotNumeric, UnknownColumn
        If an option or the data are not valid.

    References
    ----------
    Formula: group factors by minimum residuals, varimax, then oblimin; the general factor is the
    one factor of their correlations. With loadings g of the items on it, the correlations R and
    the uniquenesses u²: ω_h = (Σg)²/ΣR, ω_t = 1 - Σu²/ΣR. Schmid & Leiman (1957), Psychometrika
    22, 53-61; Zinbarg, Revelle, Yovel & Li (2005), Psychometrika 70, 123-133.
    Checked against psych::omega(fm = "minres", rotate = "oblimin") 2.2.9 where it turns no item:
    1e-3.

    Examples
    --------
    >>> import pandas as pd
    >>> source = np.random.default_rng(1)
    >>> parts = source.standard_normal((300, 3))[:, [0, 0, 1, 1, 2, 2]]
    >>> answers = source.standard_normal((300, 1)) + parts + source.standard_normal((300, 6))
    >>> frame = pd.DataFrame(answers, columns=list("abcdef"))
    >>> found = omega_hierarchical(frame, Scale("trust", tuple("abcdef"), -9, 9))
    >>> round(found.omega_h, 1), round(found.omega_total, 1)
    (0.6, 0.9)
    """
    one_of("missing", missing, MISSING)
    return hierarchical_of_moments(Moments.of(data, scale), n_factors=n_factors, missing=missing)


def hierarchical_of_moments(
    moments: Moments, *, n_factors: int = 3, missing: str = "listwise"
) -> HierarchicalOmega:
    """Estimate omega hierarchical from mergeable sums, as `omega_hierarchical` does."""
    scale = moments.scale
    used = moments.complete_n if missing == "listwise" else moments.n_answered
    nothing = HierarchicalOmega(scale.name, None, None, None, None, (), (), used, moments.n_rows)
    try:
        if not _determined(scale.k, n_factors):
            raise NotComputable(  # noqa: TRY301 - all reasons become notes in one place
                f"{n_factors} group factors need more items; the scale has {scale.k}"
            )
        correlation = proper_correlation(moments, missing)
        general, groups, unique, notes = schmid_leiman(correlation, n_factors)
    except NotComputable as reason:
        return replace(nothing, notes=(f"omega hierarchical is not computable: {reason}",))
    total, common = float(correlation.sum()), float(general.sum() ** 2)
    against = [item for item, g in zip(scale.items, general, strict=True) if g < 0]
    if against:
        notes += (f"{', '.join(against)} load negatively on the general factor: check their key",)
    shared = float((general**2).sum())
    return replace(
        nothing,
        omega_h=common / total,
        omega_total=1 - float(unique.sum()) / total,
        omega_limit=common / (total - float(unique.sum())),
        explained=shared / (shared + float((groups**2).sum())),
        general=tuple(general.tolist()),
        groups=tuple(map(tuple, groups.tolist())),
        notes=notes,
    )


def schmid_leiman(
    correlation: Floats, n_factors: int
) -> tuple[Floats, Floats, Floats, tuple[str, ...]]:
    """Part correlations into a general factor, group factors and what is unique.

    Parameters
    ----------
    correlation
        Correlations `(k, k)` of the items.
    n_factors
        Number of group factors m, at least 2.

    Returns
    -------
    general, groups, unique, notes
        Loadings `(k,)` and `(k, m)`, uniquenesses `(k,)`, and what a reader must know.

    Raises
    ------
    NotComputable
        If the rotation does not converge.
    """
    extracted = minimum_residuals(correlation, n_factors)
    pattern, between = oblimin(varimax(extracted))
    straight = np.where(pattern.sum(axis=0) < 0, -1.0, 1.0)
    pattern, between = pattern * straight, between * np.outer(straight, straight)
    notes: tuple[str, ...] = ()
    if n_factors == 2:
        size = np.sqrt(abs(between[0, 1]))
        on_general = np.array([size, np.sign(between[0, 1]) * size])
        notes = ("two group factors do not determine the general one: loadings set equal",)
    else:
        on_general = minimum_residuals(between, 1)[:, 0]
    unique = 1 - (extracted**2).sum(axis=1)
    groups = pattern * np.sqrt(np.clip(1 - on_general**2, 0, None))
    if (unique < _ALMOST_NONE).any() or (on_general**2 > 1 - _ALMOST_NONE).any():
        notes += ("a uniqueness is at its limit (a Heywood case): do not rely on this omega",)
    return pattern @ on_general, groups, unique, notes


_ALMOST_NONE = 0.0051  # the least uniqueness of the extraction, and a little


def _determined(k: int, m: int) -> bool:
    """Tell whether k items can have m factors, by Ledermann's count, and 2 factors at least."""
    return m >= 2 and k > m and (k - m) ** 2 >= k + m
