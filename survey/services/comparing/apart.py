"""Whether results may follow when rows were taken back, beside the items that were shown before.

Means of items that were shown stay known. Beside totals that are made anew they would give the
totals of all other partners, so the rows of those must still hide whom they hid.
"""

import numpy as np
import polars as pl

from analysis.data import groups, matrix
from analysis.disclosure import protect, stands_alone
from analysis.scale import Scale, own_views
from survey.errors import ComparisonOutdated, ComparisonUnreadable
from survey.services.assessing import sides_of
from survey.services.comparing import kept
from survey.services.comparing.measuring import PARTNER
from survey.services.snapshots import Snapshot
from survey.settings import Settings


def still_apart(settings: Settings, slug: str, wave: int, snapshot: Snapshot) -> bool:
    """Say whether new totals beside the items shown before tell of no small group.

    Parameters
    ----------
    settings, slug, wave
        Of the installation; the study, and its closed wave.
    snapshot
        The rows that are left of the wave.

    Returns
    -------
    bool
        False also where it cannot be read what was shown.
    """
    try:
        before = kept.require(settings, slug, wave)
    except ComparisonOutdated:
        return True  # that edition showed no items
    except ComparisonUnreadable:
        return False
    if before is None or not before.told:
        return True
    side, least = sides_of(snapshot)[0], snapshot.meta["thresholds"]["min_group"]
    frame = snapshot.frame if side is None else snapshot.frame.filter(pl.col("side") == side)
    scales = Scale.from_key(snapshot.scoring_key)
    shown = protect(frame, scales, PARTNER, least)
    names, codes = groups(shown, PARTNER)
    group = np.where(codes < 0, len(names), codes).astype(np.intp)
    for scale in own_views(scales):
        told = [at for at, name in enumerate(names) if str(name) in before.told.get(scale.name, ())]
        some = ~np.isnan(matrix(shown, scale.items)).all(axis=1)
        rest = some & ~np.isin(codes, told)
        if told and not stands_alone(shown, scales, scale.name, rest, group, least):
            return False
    return True
