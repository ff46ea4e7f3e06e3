"""Evidence on scales that takes long: polychoric correlations, HTMT intervals, common method."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from itertools import combinations
from typing import Any, TypeVar

import numpy as np

from analysis.common_method import CommonMethod, common_method
from analysis.data import Frame
from analysis.errors import BadScale, NotComputable
from analysis.estimate import Estimate
from analysis.htmt import Matrix, htmt
from analysis.omega import omega
from analysis.polychoric import Polychoric, polychoric
from analysis.scale import Scale
from analysis.scale_assessment import Choices
from analysis.scoring import item_matrix
from analysis.steps import Progress

APART = 0.90  # ratio from which two scales cannot be told apart (Henseler et al. 2015)
DRAWS = 2_000

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, eq=False)
class Thorough:
    """Evidence that takes long; where a part breaks, the reason stands in its place.

    Parameters
    ----------
    polychoric
        Scale to the polychoric correlations of its items, or why there are none.
    ratios, geometric
        HTMT and HTMT2 of each pair of scales with their intervals, or why there are none.
    method
        The check for a common method, or why there is none.
    level
        Level of the intervals.
    categorical
        Scale to omega of its ordinal answers.
    """

    polychoric: dict[str, Polychoric | str]
    ratios: Matrix | str
    geometric: Matrix | str
    method: CommonMethod | str
    level: float
    categorical: dict[str, Estimate] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the parts as they stand in the JSON."""
        return {
            "polychoric": {name: _correlations(part) for name, part in self.polychoric.items()},
            "htmt": self._htmt(),
            "common_method": _method(self.method),
            "categorical_omega": {
                name: {part: found.to_dict()[part] for part in _ESTIMATE}
                for name, found in self.categorical.items()
            },
        }

    def _htmt(self) -> dict[str, Any]:
        """Return one row per pair of scales."""
        found = self.ratios
        if isinstance(found, str):
            nothing: dict[str, Any] = {"rows": [], "n_used": None, "draws": DRAWS, "notes": []}
            return {"reason": found, **nothing, "level": self.level}
        rows = []
        for one, other in combinations(range(len(found.names)), 2):
            row: dict[str, Any] = {"one": found.names[one], "other": found.names[other]}
            for name, matrix in (("htmt", found), ("htmt2", self.geometric)):
                row |= _cell(name, matrix, one, other)
            rows.append({**row, "verdict": _verdict(row)})
        told = {"n_used": found.n_used, "draws": DRAWS, "notes": list(found.notes)}
        return {"reason": None, "rows": rows, **told, "level": self.level}


def thorough(
    data: Frame, scales: Sequence[Scale], choices: Choices, progress: Progress | None = None
) -> Thorough:
    """Compute the evidence on scales that takes long.

    Parameters
    ----------
    data
        One row per respondent, ready to be published.
    scales
        The scales.
    choices
        Options; with `min_n` above 1 correlations of items rest on complete rows, which are none
        or at least so many, and what rests on all scales together is not shown where the rows
        that answered all of them are few, or nearly all that answered one.
    progress
        Called with the steps that are done, and their number.

    Returns
    -------
    Thorough
        A part that breaks leaves the others as they are.
    """
    measured = [scale for scale in scales if scale.k > 1]
    long = [scale for scale in measured if scale.k > 2]
    done, total = 0, len(measured) + len(long) + 3

    def step(function: Callable[[], Found]) -> Found | str:
        nonlocal done
        found = attempt(function)
        done += 1
        if progress:
            progress(done, total)
        return found

    one_by_one = {
        scale.name: step(lambda scale=scale: polychoric(data, scale))  # type: ignore[misc]
        for scale in measured
    }
    options: dict[str, Any] = {"ci": "bootstrap", "level": choices.level, "seed": choices.seed}
    options["cluster"] = choices.cluster
    hidden = refuse_few(data, measured, choices.min_n)
    ratios, geometric, method = (
        step(lambda function=function: hidden or function())  # type: ignore[misc]
        for function in (
            lambda: _several(htmt(data, scales, **options)),
            lambda: htmt(data, scales, kind="htmt2", **options),
            lambda: common_method(data, scales),
        )
    )
    ordinal: dict[str, Any] = {"kind": "categorical", "cluster": choices.cluster}
    reliable = {
        scale.name: step(lambda scale=scale: omega(data, scale, level=choices.level, **ordinal))  # type: ignore[misc]
        for scale in long
    }
    known = {name: found for name, found in reliable.items() if isinstance(found, Estimate)}
    return Thorough(one_by_one, ratios, geometric, method, choices.level, known)


def attempt(function: Callable[[], Found]) -> Found | str:
    """Return what a function gives, or in a sentence why it gives nothing."""
    try:
        return function()
    except (NotComputable, BadScale) as reason:
        return str(reason)
    except np.linalg.LinAlgError:
        return "the numbers are too close to linearly dependent to compute with"


def refuse_few(data: Frame, scales: Sequence[Scale], least: int) -> str | None:
    """Say why nothing may be shown that rests on the rows that answered every item of scales.

    Parameters
    ----------
    data
        One row per respondent, ready to be published.
    scales
        The scales.
    least
        Smallest group of which a number may be shown.

    Returns
    -------
    str or None
        None where enough rows are complete, and of each item none or enough answers are left.
    """
    if least == 1 or not scales:
        return None
    given = ~np.isnan(np.hstack([item_matrix(data, scale) for scale in scales]))
    complete = int(given.all(axis=1).sum())
    rest = given.sum(axis=0) - complete
    if complete >= least and not ((rest > 0) & (rest < least)).any():
        return None
    return (
        f"fewer than {least} rows answered every item, or left one out; they could be found by "
        "subtraction"
    )


def _several(found: Matrix) -> Matrix:
    if len(found.names) < 2:
        raise NotComputable("HTMT needs 2 scales of 2 items")
    return found


def _cell(name: str, found: Matrix | str, one: int, other: int) -> dict[str, float | None]:
    """Return a ratio with its interval; None where there is none."""
    ends = {f"{name}_ci_low": None, f"{name}_ci_high": None}
    if isinstance(found, str):
        return {name: None, **ends}
    parts = {name: found.values, f"{name}_ci_low": found.low, f"{name}_ci_high": found.high}
    return {
        key: None if part is None or np.isnan(part[one, other]) else float(part[one, other])
        for key, part in parts.items()
    }


def _verdict(row: dict[str, Any]) -> str | None:
    """Say whether two scales are distinct, the same, or neither for sure."""
    low, high = row["htmt_ci_low"], row["htmt_ci_high"]
    if low is None or high is None:
        return None
    if high < APART:
        return "distinct"
    return "not distinct" if low >= APART else "unclear"


def _correlations(found: Polychoric | str) -> dict[str, Any]:
    if isinstance(found, str):
        nothing: dict[str, Any] = {"n_used": None, "correlations": {}, "thresholds": {}}
        return {"reason": found, **nothing, "notes": []}
    named = [dict(zip(found.items, row, strict=True)) for row in found.correlations.tolist()]
    cuts = zip(found.items, found.thresholds, strict=True)
    return {
        "reason": None,
        "n_used": found.n_used,
        "correlations": dict(zip(found.items, named, strict=True)),
        "thresholds": {item: list(values) for item, values in cuts},
        "notes": list(found.notes),
    }


def _method(found: CommonMethod | str) -> dict[str, Any]:
    """Return the check for a common method; its three fits as chisq, df, cfi, rmsea and srmr."""
    if isinstance(found, str):
        return {"reason": found, "sentences": [], "notes": []}
    document = found.to_dict()
    fits = {
        model: {name: asdict(getattr(found, model))[name] for name in _FIT} for model in _MODELS
    }
    return {"reason": None, **document, **fits}


_ESTIMATE = ("estimate", "ci_low", "ci_high", "method", "n_used", "notes")
_MODELS = ("one_factor", "scales", "with_method")
_FIT = ("chisq", "df", "p", "cfi", "rmsea", "srmr")
