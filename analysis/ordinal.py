"""Ordinal alpha: the reliability of the normal variables that lie behind the answers."""

from analysis.covariance import alpha_of_covariance
from analysis.data import Frame
from analysis.errors import NotComputable
from analysis.estimate import Estimate
from analysis.polychoric import polychoric
from analysis.scale import Scale

_NOT_OF_THE_SCORE = "of the variables behind the answers; the mean of the answers is less reliable"


def ordinal_alpha(data: Frame, scale: Scale, *, missing: str = "listwise") -> Estimate:
    """Estimate alpha of the normal variables that lie behind the answers.

    Parameters
    ----------
    data
        One row per respondent.
    scale
        The scale, with at least 2 items of at most 12 different answers each.
    missing
        "listwise" or "pairwise", as in `polychoric`.

    Returns
    -------
    Estimate
        Without an interval. It is not the reliability of the mean of the answers: for that, alpha
        or omega is the number to report (Chalmers 2018).

    Notes
    -----
    Missing data: `n_used` counts the rows with all answers (listwise) or with any (pairwise).

    Raises
    ------
    UnknownChoice, OutOfRange, NotNumeric, UnknownColumn
        If an option or the data are not valid.

    References
    ----------
    Formula: alpha of the polychoric correlations. Zumbo, Gadermann & Zeisser (2007), Journal of
    Modern Applied Statistical Methods 6, 21-29; Chalmers (2018), Educational and Psychological
    Measurement 78, 1056-1071.
    Checked against lavaan 0.6-14 (lavCor) with the formula in R 4.2.2, to 1e-6.

    Examples
    --------
    >>> import pandas as pd
    >>> answers = pd.DataFrame({"t1": [1, 2, 3, 1, 2, 3, 3, 1], "t2": [1, 3, 2, 2, 2, 3, 1, 1]})
    >>> round(ordinal_alpha(answers, Scale("trust", ("t1", "t2"), 1, 3)).estimate, 3)
    0.633
    """
    try:
        found = polychoric(data, scale, missing=missing)
    except NotComputable as reason:
        note = f"ordinal alpha is not computable: {reason}"
        return Estimate(None, None, None, None, "polychoric", 0, len(data[scale.items[0]]), (note,))
    return Estimate(
        estimate=float(alpha_of_covariance(found.correlations)),
        ci_low=None,
        ci_high=None,
        level=None,
        method="polychoric",
        n_used=found.n_used,
        n_total=found.n_total,
        notes=(*found.notes, _NOT_OF_THE_SCORE),
    )
