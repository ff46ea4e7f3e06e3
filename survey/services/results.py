"""The results of a closed wave, read as they were kept. No statistics are computed here."""

from typing import Any

import msgspec
from sqlalchemy.orm import Session

from survey.errors import ResultsMissing, UnknownSide, WaveState
from survey.services.published import results_path
from survey.services.studies import find
from survey.settings import Settings


def results(
    session: Session, settings: Settings, slug: str, wave: int, side: str | None = None
) -> dict[str, Any]:
    """Read what was computed when the wave was closed.

    Parameters
    ----------
    session, settings
        Of the installation.
    slug, wave
        The study and the number of its wave.
    side
        For a study of both sides; the first one if nothing is said.

    Returns
    -------
    dict
        The assessment as `analysis` gives it, and under ``snapshot`` what the
        snapshot says about itself: title, labels in every language, thresholds.

    Raises
    ------
    UnknownStudy, UnknownWave, UnknownSide
    WaveState
        The wave is not closed: an open one shows participation only.
    ResultsMissing
        The wave is closed, but its results are not there.
    """
    study, row = find(session, slug, wave)
    if row.status != "closed":
        raise WaveState(
            wave=row.number,
            slug=slug,
            state=row.status,
            needed="closed",
            act="show results",
            hint="",
        )
    if side is not None and side not in study.sides:
        raise UnknownSide(side=side[:20], slug=slug, allowed=", ".join(study.sides))
    chosen = (side or study.sides[0]) if len(study.sides) > 1 else None
    path = results_path(settings, slug, row.number, chosen)
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except FileNotFoundError:
        raise ResultsMissing(wave=row.number, slug=slug) from None
