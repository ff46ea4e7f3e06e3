"""What stands in the way of opening a wave, and what will be missed when it is closed."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from sqlalchemy.orm import Session

from survey.errors import SurveyError
from survey.services import participation, results
from survey.services.participation import Taking
from survey.services.partners import partners_of
from survey.services.studies import find, require_state
from survey.settings import Settings
from survey.storage.models import ANONYMOUS, Study, Wave

STOP, WARN = "stop", "warn"
USUAL_ICC: Final = 0.15  # of ratings of suppliers, where nothing is known of one's own yet
RELIABLE: Final = 0.70
_TEXTS: Final = {
    "translations": "{language}: {below} translations were not reviewed, {stale} are older than "
    "the English text; have them read, or accept them by name when you open the wave",
    "nobody": "nobody is invited yet",
    "no_side": "nobody is invited on side {side}, which the study asks",
    "hidden": "{partner}, side {side}: {invited} invited, and nothing is shown of fewer than "
    "{least} answers",
    "few": "{partner}, side {side}: {invited} invited; about {needed} answers make its mean "
    "reliable ({reliable}), if partners differ as {source} (ICC {icc})",
    "no_contact": "page one names nobody whom people may ask: study new --contact",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to know before a wave opens.

    Parameters
    ----------
    severity
        "stop": it does not open before this is settled. "warn": it opens.
    code
        What it is, for a page that says it in its own words.
    params
        What fills the words.
    """

    severity: str
    code: str
    params: Mapping[str, Any]

    def __str__(self) -> str:
        """Say it in English."""
        return _TEXTS[self.code].format(**self.params)


def checks(
    session: Session, settings: Settings, slug: str, number: int | None = None
) -> tuple[Check, ...]:
    """Look at a draft wave before it opens.

    Parameters
    ----------
    session, settings
        Of the installation.
    slug, number
        The study, and its wave: the latest if not given.

    Returns
    -------
    tuple of Check
        What stops the opening first.

    Raises
    ------
    UnknownStudy, UnknownWave
    WaveState
        It has been opened already.
    """
    study, wave = find(session, slug, number)
    require_state(slug, wave, "draft", act="check it before it opens")
    found = [*_translations(study), *_people(session, settings, study, wave)]
    if not study.contact:
        found.append(Check(WARN, "no_contact", {}))
    return tuple(sorted(found, key=lambda check: check.severity != STOP))


def raters_needed(icc: float, reliability: float = RELIABLE) -> int:
    """Give the raters at which a partner's mean reaches a reliability: r/(1 − r)·(1 − ICC)/ICC."""
    return math.ceil(reliability / (1 - reliability) * (1 - icc) / icc - 1e-9)


def _translations(study: Study) -> Iterator[Check]:
    for language, what in (study.translations or {}).items():
        counts = {kind: len(what[kind]) for kind in ("below", "stale")}
        yield Check(STOP, "translations", {"language": language, **counts})


def _people(session: Session, settings: Settings, study: Study, wave: Wave) -> Iterator[Check]:
    rows = participation.by_partner(session, study.slug, wave.number)
    if not rows:
        if study.privacy_mode != ANONYMOUS:  # which may ask by an open link alone
            yield Check(WARN, "nobody", {})
        return
    for side in study.sides:
        if all(row.side != side for row in rows):
            yield Check(WARN, "no_side", {"side": side})
    icc, source = _expected(session, settings, study, wave)
    needed = raters_needed(icc)
    asked = {(row.name, row.side) for row in rows}
    sides = {row.side for row in rows}
    missing = [
        Taking(partner.name, side, 0, 0)
        for partner in partners_of(session, study)
        for side in study.sides
        if side in sides and (partner.name, side) not in asked
    ]
    for row in (*rows, *missing):
        said = {"partner": row.name, "side": row.side, "invited": row.invited}
        if row.invited < study.min_group:
            yield Check(WARN, "hidden", {**said, "least": study.min_group})
        elif row.invited < needed:
            told = {"needed": needed, "reliable": RELIABLE, "icc": round(icc, 2), "source": source}
            yield Check(WARN, "few", {**said, **told})


def _expected(session: Session, settings: Settings, study: Study, wave: Wave) -> tuple[float, str]:
    """Give the ICC(1) to reckon with: of the last closed wave of this study, or the usual one."""
    for number in range(wave.number - 1, 0, -1):
        try:
            document = results.results(session, settings, study.slug, number)
        except SurveyError:
            continue  # deleted, or not computed
        found = [row["icc1_reml"] for row in document.get("aggregation", {}).values()]
        known = [icc for icc in found if icc]
        if known:
            return max(median(known), 0.01), f"in wave {number}"
    return USUAL_ICC, "they usually do"
