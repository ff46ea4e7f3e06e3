"""What a partner may be shown of its own results: made from what the closing of a wave kept.

Nothing is computed here. A score was protected by the study's threshold when the wave closed;
whoever is rated must moreover not be able to tell who rated, so below `FEWEST` answers an
aspect is left out whatever the study's threshold is.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from survey.services.results import results
from survey.settings import Settings
from survey.storage.models import SIDES, Partner

FEWEST: Final = 5
OURS: Final = SIDES[0]
_ENDS: Final = {"mean": ("ci_low", "ci_high")}
_SHRUNKEN_ENDS: Final = ("shrunken_ci_low", "shrunken_ci_high")


@dataclass(frozen=True, slots=True)
class Released:
    """A card that may be shown to the partner: a document of plain JSON values."""

    document: dict[str, Any]


def released(
    session: Session, settings: Settings, partner_id: uuid.UUID, slug: str, wave: int
) -> Released | None:
    """Make the card of a partner in a closed wave, as the partner may see it.

    Parameters
    ----------
    session, settings
        Of the installation.
    partner_id
        The partner.
    slug, wave
        The study, which asks our side, and the number of its wave, which is closed.

    Returns
    -------
    Released or None
        Each aspect with its score as the results page shows it, the ends of its interval, the
        ends of its scale and the number of answers; ``None`` where no aspect has enough.

    Raises
    ------
    SurveyError
        As `results`.
    """
    name = session.get_one(Partner, partner_id).name
    kept = results(session, settings, slug, wave, OURS)
    snapshot = kept["snapshot"]
    least = max(FEWEST, int(kept["settings"]["min_n"]))
    aspects = [
        _aspect(kept, scale, row, least)
        for scale, rows in kept.get("partners", {}).items()
        for row in rows
        if str(row["partner"]) == name
    ]
    if all(aspect["score"] is None for aspect in aspects):
        return None
    return Released(
        {
            "format": 1,
            "partner": name,
            "organisation": snapshot["organisation"],
            "study": slug,
            "title": snapshot["title"],
            "wave": wave,
            "closed_on": snapshot["closed_on"],
            "instrument": snapshot["instrument"],
            "least": least,
            "level": kept["settings"]["level"],
            "data_sha256": kept["data"]["sha256"],
            "aspects": aspects,
        }
    )


def _aspect(
    kept: Mapping[str, Any], scale: str, row: Mapping[str, Any], least: int
) -> dict[str, Any]:
    """Give one aspect, without numbers where too few answered."""
    about = kept["scales"][scale]
    shown = kept["pooling"][scale]["shown"]
    low, high = _ENDS.get(shown, _SHRUNKEN_ENDS)
    score = row[shown]
    told = score is not None and row["n"] is not None and row["n"] >= least
    return {
        "id": scale,
        "label": kept["snapshot"]["labels"].get(scale, {}),
        "low": about["low"],
        "high": about["high"],
        "score": score if told else None,
        "ci_low": row[low] if told else None,
        "ci_high": row[high] if told else None,
        "n": row["n"] if told else None,
    }
