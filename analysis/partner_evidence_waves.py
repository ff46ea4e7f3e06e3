"""Change of partners where raters are linked over waves, as a part of an assessment."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from analysis.cuts import Cuts
from analysis.data import labels
from analysis.errors import NotComputable
from analysis.linked_change import LinkedChange, linked_change
from analysis.scale import Scale
from analysis.scale_assessment import Choices
from analysis.wave_assessment import Scored


def linked_waves(
    cuts: Cuts, scales: Sequence[Scale], rater: str, choices: Choices
) -> dict[str, LinkedChange | str]:
    """Compare the last wave of the first side with the one before it, rater by rater.

    Parameters
    ----------
    cuts
        Rows by side and wave, ready to be published; two waves or more.
    scales
        Scales to follow.
    rater
        Column that names the rater of each row, alike in all waves.
    choices
        Their `partner`, `level` and `min_n` hold as elsewhere.

    Returns
    -------
    dict
        Scale to its changes, or to why raters are not linked.

    Notes
    -----
    Nothing is revealed of fewer than `min_n` people: changes are differences of means that the
    section on waves shows anyway, and what linking adds are variances, pooled over partners. With
    `min_n` above 1 a partner's raters enter these as linked only where those in both waves, and
    those in one, are none or `min_n` or more.
    """
    side = cuts.sides[0] if cuts.sides else None
    frames = [cuts.cells[side, wave] for wave in cuts.waves]
    raters = np.concatenate([labels(frame, rater) for frame in frames])
    found: dict[str, LinkedChange | str] = {}
    for scale in scales:
        scored = Scored.of(cuts, side, scale, choices.partner)
        columns = (scored.values, scored.partner, scored.wave, raters)
        try:
            found[scale.name] = linked_change(*columns, level=choices.level, min_n=choices.min_n)
        except NotComputable as reason:
            found[scale.name] = str(reason)
    return found


def as_json(found: LinkedChange | str) -> dict[str, Any]:
    """Return one scale as its part of the JSON."""
    if isinstance(found, str):
        return {"reason": found, "rows": []}
    document = found.to_dict()
    rows = [{**row, "partner": str(row["partner"])} for row in document["rows"]]
    waves = [str(wave) for wave in found.waves]
    return {"reason": None, **document, "rows": rows, "waves": waves}
