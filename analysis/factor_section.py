"""The factor model of all scales as a part of an assessment, or the reason why there is none."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from analysis.cfa import cfa
from analysis.cfa_result import Cfa
from analysis.data import Floats, Frame
from analysis.errors import BadScale, NotComputable
from analysis.scale import Scale
from analysis.scale_assessment import Choices
from analysis.scoring import item_matrix

_FIT = ("chisq", "df", "p", "cfi", "tli", "rmsea", "rmsea_low", "rmsea_high", "srmr", "scaling")


@dataclass(frozen=True, slots=True, eq=False)
class FactorSection:
    """One factor per scale.

    Parameters
    ----------
    model
        The fitted model; None where there is none.
    reason
        Why there is none.
    """

    model: Cfa | None
    reason: str | None

    def to_dict(self) -> dict[str, Any]:
        """Return the model as its part of the JSON."""
        model = self.model
        fit = None if model is None else model.robust or model.fit
        return {
            "reason": self.reason,
            "n_used": None if model is None else model.n_used,
            "estimator": None if model is None else model.estimator,
            "missing": None if model is None else model.missing,
            "proper": None if model is None else model.proper,
            "fit": {name: getattr(fit, name, None) for name in _FIT},
            "scales": {} if model is None else _scales(model),
            "items": {} if model is None else _items(model),
            "sentences": [] if model is None else list(model.sentences()),
            "notes": [] if model is None else list(model.notes),
        }


def factor_section(data: Frame, scales: Sequence[Scale], choices: Choices) -> FactorSection:
    """Fit the model with one factor per scale to the rows that answered every item.

    Parameters
    ----------
    data
        One row per respondent, ready to be published.
    scales
        The scales.
    choices
        Their `min_n` is the smallest group of which a number may be shown, `level` that of the
        intervals; `estimator` and `fiml` as in `cfa`. With `min_n` above 1 only complete rows
        enter: those with gaps could be found by what they change.

    Returns
    -------
    FactorSection
        By default robust maximum likelihood.
    """
    measured = [scale for scale in scales if scale.k > 1]
    rows = np.hstack([item_matrix(data, scale) for scale in measured] or [np.empty((0, 0))])
    if choices.min_n > 1 and _reveals(rows, choices.min_n):
        return FactorSection(
            None,
            f"no factor model is shown: fewer than {choices.min_n} rows answered every item of all "
            "scales, or left an item of another scale out; they could be found by subtraction",
        )
    try:
        return FactorSection(_fitted(data, scales, choices), None)
    except (NotComputable, BadScale) as reason:
        return FactorSection(None, str(reason))


def _fitted(data: Frame, scales: Sequence[Scale], choices: Choices) -> Cfa:
    """Fit the model as the options say, with gaps only where none are to be protected."""
    shown = choices.fiml and choices.min_n == 1
    gappy = "pairwise" if choices.estimator == "wlsmv" else "fiml"
    options = {"estimator": choices.estimator, "missing": gappy if shown else "listwise"}
    found = cfa(data, scales, **options, level=choices.level, cluster=choices.cluster)
    if not choices.fiml or shown:
        return found
    note = (
        f"from complete rows: what rows with gaps change could tell of fewer than {choices.min_n}"
    )
    return replace(found, notes=(*found.notes, note))


def _reveals(rows: Floats, least: int) -> bool:
    """Tell whether the complete rows are few, or nearly all that answered some item."""
    given = ~np.isnan(rows)
    complete = int(given.all(axis=1).sum())
    incomplete = given.sum(axis=0) - complete
    return complete < least or bool(((incomplete > 0) & (incomplete < least)).any())


def _scales(model: Cfa) -> dict[str, dict[str, Any]]:
    return {
        row.factor: {
            "cr": row.cr,
            "ave": row.ave,
            "nearest": row.nearest,
            "nearest_r": row.nearest_r,
            "fornell_larcker": row.fornell_larcker,
        }
        for row in model.constructs
    }


def _items(model: Cfa) -> dict[str, dict[str, Any]]:
    return {
        row.item: {
            "scale": row.factor,
            "loading": row.standardized,
            "ci_low": row.ci_low,
            "ci_high": row.ci_high,
        }
        for row in model.loadings
    }
