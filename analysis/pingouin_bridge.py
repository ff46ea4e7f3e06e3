"""The one module that imports pingouin, and only when a function is called.

pingouin takes seconds to import, so nothing that starts a program may do it. It is asked only
for what was found right against R, and given only data on which it is right: complete rows.
"""

from dataclasses import replace

import numpy as np

from analysis.alpha import alpha_of_moments
from analysis.data import Frame
from analysis.errors import NotComputable
from analysis.estimate import Estimate, check_level
from analysis.moments import Moments
from analysis.scale import Scale
from analysis.scoring import item_matrix


def pingouin_alpha(data: Frame, scale: Scale, *, level: float = 0.95) -> Estimate:
    """Let pingouin compute alpha and Feldt's interval, as a second opinion on `alpha`.

    Parameters
    ----------
    data
        One row per respondent.
    scale
        The scale; reversed items are turned round first.
    level
        Confidence level between 0 and 1.

    Returns
    -------
    Estimate
        Listwise alpha; pingouin rounds the interval to three decimals.

    Notes
    -----
    Missing data: only rows that answered every item are handed over, since pingouin counts the
    rows before it drops incomplete ones and its interval is then too narrow.

    Raises
    ------
    UnknownChoice
        If `level` is not between 0 and 1.
    OutOfRange, NotNumeric, UnknownColumn
        If the data do not fit the scale.

    References
    ----------
    Vallat (2018), Journal of Open Source Software 3, 1026.

    Examples
    --------
    >>> import pandas as pd
    >>> answers = pd.DataFrame({"t1": [1, 2, 3, 4, 5, 5], "t2": [2, 1, 3, 5, 4, 5]})
    >>> round(pingouin_alpha(answers, Scale("trust", ("t1", "t2"), 1, 5)).estimate, 3)
    0.919
    """
    check_level(level)
    items = item_matrix(data, scale)
    complete = items[~np.isnan(items).any(axis=1)]
    result = Estimate(None, None, None, None, "pingouin, feldt", len(complete), len(items))
    try:
        alpha_of_moments(Moments.of_items(complete, scale), "listwise")
    except NotComputable as reason:
        return replace(result, notes=(f"alpha is not computable: {reason}",))
    import pandas as pd  # noqa: PLC0415 - only here
    import pingouin as pg  # noqa: PLC0415 - takes seconds

    frame = pd.DataFrame(complete, columns=list(scale.items))
    value, (low, high) = pg.cronbach_alpha(frame, ci=level)
    notes = ("the interval is rounded to three decimals by pingouin",)
    return replace(
        result,
        estimate=float(value),
        ci_low=float(low),
        ci_high=float(high),
        level=level,
        notes=notes,
    )
