"""What stands in the way of opening a wave, and what will be missed when it is closed."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from sqlalchemy.orm import Session

from survey.errors import SurveyError
from survey.services import participation, results
from survey.services.participation import Taking
from survey.services.partners import partners_of
from survey.services.studies import find, require_state
from survey.settings import Settings
from survey.storage.models import ANONYMOUS, Study, Wave
from survey.words import in_words

STOP, WARN = "stop", "warn"
USUAL_ICC: Final = 0.15  # of ratings of suppliers, where nothing is known of one's own yet
LOWEST_ICC: Final = 0.01  # below, no number of raters would do
RELIABLE: Final = 0.70


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to know before a wave opens.

    Parameters
    ----------
    severity
        "stop": it does not open before this is settled. "warn": it opens.
    code
        What it is, in a word.
    said
        What it is, in a sentence.
    """

    severity: str
    code: str
    said: str


@dataclass(frozen=True, slots=True)
class Reckoned:
    """The ICC(1) to reckon with, and where it is from."""

    icc: float
    source: str


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
        nobody = in_words("page one names nobody whom people may ask")
        found.append(Check(WARN, "no_contact", nobody))
    return tuple(sorted(found, key=lambda check: check.severity != STOP))


def raters_needed(icc: float, reliability: float = RELIABLE) -> int:
    """Give the raters at which a partner's mean reaches a reliability: r/(1 − r)·(1 − ICC)/ICC."""
    return math.ceil(reliability / (1 - reliability) * (1 - icc) / icc - 1e-9)


def _translations(study: Study) -> Iterator[Check]:
    for language, what in (study.translations or {}).items():
        said = in_words(
            "%(language)s: %(below)d translations were not reviewed, %(stale)d are older than the "
            "English text; have them read, or accept them by name when you open the wave",
            language=language,
            below=len(what["below"]),
            stale=len(what["stale"]),
        )
        yield Check(STOP, "translations", said)


def _people(session: Session, settings: Settings, study: Study, wave: Wave) -> Iterator[Check]:
    rows = participation.by_partner(session, study.slug, wave.number)
    if not rows:
        if study.privacy_mode != ANONYMOUS:  # which may ask by an open link alone
            yield Check(WARN, "nobody", in_words("nobody is invited yet"))
        return
    for side in study.sides:
        if all(row.side != side for row in rows):
            said = in_words("nobody is invited on side %(side)s, which the study asks", side=side)
            yield Check(WARN, "no_side", said)
    reckoned = _expected(session, settings, study, wave)
    for row in (*rows, *_nobody(session, study, rows)):
        if row.invited < study.min_group:
            yield Check(WARN, "hidden", _hidden(row, study.min_group))
        elif row.invited < raters_needed(reckoned.icc):
            yield Check(WARN, "few", _few(row, reckoned))


def _nobody(session: Session, study: Study, rows: Sequence[Taking]) -> list[Taking]:
    """Give the partners that nobody is asked about, on a side where somebody is."""
    asked = {(row.name, row.side) for row in rows}
    return [
        Taking(partner.name, side, 0, 0)
        for side in study.sides
        if any(row.side == side for row in rows)
        for partner in partners_of(session, study)
        if (partner.name, side) not in asked
    ]


def _hidden(row: Taking, least: int) -> str:
    return in_words(
        "%(partner)s, side %(side)s: %(invited)d invited, and nothing is shown of fewer than "
        "%(least)d answers",
        partner=row.name,
        side=row.side,
        invited=row.invited,
        least=least,
    )


def _few(row: Taking, reckoned: Reckoned) -> str:
    return in_words(
        "%(partner)s, side %(side)s: %(invited)d invited; about %(needed)d answers make its mean "
        "reliable (.70), if partners differ %(source)s (ICC %(icc)s)",
        partner=row.name,
        side=row.side,
        invited=row.invited,
        needed=raters_needed(reckoned.icc),
        source=reckoned.source,
        icc=f"{reckoned.icc:.2f}",
    )


def _expected(session: Session, settings: Settings, study: Study, wave: Wave) -> Reckoned:
    """Take the ICC(1) of the last closed wave of this study, or the usual one."""
    for number in range(wave.number - 1, 0, -1):
        try:
            document = results.results(session, settings, study.slug, number)
        except SurveyError:
            continue  # deleted, or not computed
        found = [row["icc1_reml"] for row in document.get("aggregation", {}).values()]
        known = [icc for icc in found if icc]
        if known:
            icc = max(median(known), LOWEST_ICC)
            return Reckoned(icc, in_words("as in wave %(number)d", number=number))
    return Reckoned(USUAL_ICC, in_words("as they usually do"))
