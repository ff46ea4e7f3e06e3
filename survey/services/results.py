"""The results of a closed wave, read as they were kept. No statistics are computed here."""

from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from survey.errors import NoAnswersFromSide, ResultsMissing, UnknownSide
from survey.services.published import require_data, results_path
from survey.services.studies import find, require_state
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
    WavePurged
        Its data have been deleted, and the results with them.
    NoAnswersFromSide
        The side was asked, but there are answers of the other only.
    ResultsMissing
        The wave is closed, but its results are not there.
    """
    study, row = find(session, slug, wave)
    require_state(slug, row, "closed", act="show results")
    if side is not None and side not in study.sides:
        raise UnknownSide(side=side[:20], slug=slug, allowed=", ".join(study.sides))
    require_data(slug, row)
    found = _found(settings, slug, row.number, study.sides, side)
    return msgspec.json.decode(found.read_bytes(), type=dict[str, Any])


def _found(settings: Settings, slug: str, wave: int, asked: list[str], side: str | None) -> Path:
    """Find the results of a side; of a study of both sides, the first that has answered."""
    sides: list[str | None] = [None] if len(asked) == 1 else [*asked]
    there = [each for each in sides if results_path(settings, slug, wave, each).exists()]
    if not there:
        raise ResultsMissing(wave=wave, slug=slug)
    if len(asked) == 1 or side is None:
        return results_path(settings, slug, wave, there[0])
    if side not in there:
        raise NoAnswersFromSide(side=side, slug=slug, wave=wave)
    return results_path(settings, slug, wave, side)
