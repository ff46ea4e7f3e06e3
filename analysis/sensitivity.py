"""Every result with and without flagged rows, and whether that makes a difference."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.data import Frame, groups, matrix
from analysis.scale import Scale


@dataclass(frozen=True, slots=True)
class Compared:
    """One number with all rows, and without the flagged ones.

    Parameters
    ----------
    scale, partner
        What it is of; partner None for a number of the whole scale.
    statistic
        Its name, as in the JSON of an analysis.
    with_all, without
        Its two values; None where not computable.
    matters
        Whether the second lies outside the interval of the first; None without an interval.
    """

    scale: str
    partner: str | None
    statistic: str
    with_all: float | None
    without: float | None
    matters: bool | None


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """Results with and without the flagged rows.

    Parameters
    ----------
    n_flagged
        Rows that are left out of the second; None where that is not to be shown.
    rows
        The numbers; empty where nothing is flagged or the comparison is not to be shown.
    reason
        Why there is no comparison.
    """

    n_flagged: int | None
    rows: tuple[Compared, ...] = ()
    reason: str | None = None

    @property
    def moved(self) -> tuple[Compared, ...]:
        """The numbers that leave their interval."""
        return tuple(row for row in self.rows if row.matters)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain dictionaries and lists."""
        rows = [asdict(row) for row in self.rows]
        return {"n_flagged": self.n_flagged, "rows": rows, "reason": self.reason}


def compare(with_all: Mapping[str, Any], without: Mapping[str, Any], n_flagged: int) -> Sensitivity:
    """Set two assessments of the same data beside each other.

    Parameters
    ----------
    with_all, without
        `Assessment.to_dict()` of all rows, and of those that are not flagged.
    n_flagged
        Rows by which they differ.

    Returns
    -------
    Sensitivity
        Alpha, omega, mean and sd of each scale, ICC(1), and the score shown of each partner.

    Examples
    --------
    >>> scale = {"alpha": {"estimate": 0.8, "ci_low": 0.7, "ci_high": 0.9}, "mean": 3.0}
    >>> rest = {"omega_total": None, "omega_total_ci": {"ci_low": None, "ci_high": None}, "sd": 1.0}
    >>> one = {"scales": {"trust": {**scale, **rest}}}
    >>> [row.matters for row in compare(one, one, 1).rows]
    [False, None, None, None]
    """
    rows = [*_of_scales(with_all, without), *_of_partners(with_all, without)]
    return Sensitivity(n_flagged, tuple(rows))


def hidden_reason(
    data: Frame,
    scales: tuple[Scale, ...],
    partner: str | None,
    flagged: NDArray[np.bool_],
    min_n: int,
) -> str | None:
    """Say why results with and without the flagged rows must not both be shown; None if they may.

    Notes
    -----
    Their difference is what the flagged rows answered. So on each scale each partner must have
    none of them that answered, or at least `min_n`.
    """
    if min_n == 1 or not flagged.any():
        return None
    codes = np.zeros(len(flagged), dtype=np.intp) if partner is None else groups(data, partner)[1]
    for scale in scales:
        answered = ~np.isnan(matrix(data, scale.items)).all(axis=1)
        sizes = np.bincount(codes[flagged & answered] + 1)
        if ((sizes > 0) & (sizes < min_n)).any():
            return (
                f"Results without the flagged rows are not shown: somewhere fewer than {min_n} are "
                "flagged, and the difference would tell what they answered."
            )
    return None


def _of_scales(first: Mapping[str, Any], second: Mapping[str, Any]) -> Iterator[Compared]:
    for name, one in first["scales"].items():
        other = second["scales"][name]
        alpha = one["alpha"]
        yield _compared(name, None, "alpha", (alpha, "estimate"), (other["alpha"], "estimate"))
        ends = {**one["omega_total_ci"], "omega_total": one["omega_total"]}
        yield _compared(name, None, "omega_total", (ends, "omega_total"), (other, "omega_total"))
        for statistic in ("mean", "sd"):
            yield Compared(name, None, statistic, one[statistic], other[statistic], None)
        if name in first.get("aggregation", {}):
            own, theirs = (each["aggregation"][name]["icc1_reml"] for each in (first, second))
            yield Compared(name, None, "icc1_reml", own, theirs, None)


def _of_partners(first: Mapping[str, Any], second: Mapping[str, Any]) -> Iterator[Compared]:
    for name, rows in first.get("partners", {}).items():
        others = {row["partner"]: row for row in second["partners"][name]}
        shown = first["pooling"][name]["shown"]
        prefix = "shrunken_" if shown == "shrunken" else ""
        for row in rows:
            if row[shown] is None:
                continue
            ends = {end: row[f"{prefix}{end}"] for end in ("ci_low", "ci_high")}
            other = others.get(row["partner"], {})
            own = ({**ends, shown: row[shown]}, shown)
            yield _compared(name, row["partner"], shown, own, ({shown: other.get(shown)}, shown))


def _compared(
    scale: str,
    partner: str | None,
    statistic: str,
    first: tuple[Mapping[str, Any], str],
    second: tuple[Mapping[str, Any], str],
) -> Compared:
    (one, key), (other, name) = first, second
    value, changed = one[key], other[name]
    low, high = one["ci_low"], one["ci_high"]
    matters = None if None in (low, high, changed) else not low <= changed <= high
    return Compared(scale, partner, statistic, value, changed, matters)
