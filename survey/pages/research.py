"""What researchers read of a wave: the whole report as it was kept, or how far an open one is."""

import datetime as dt
from importlib.metadata import version
from typing import Final

from flask import Blueprint, Response
from markupsafe import Markup

from questionnaires import LANGUAGES
from survey.errors import ReportMissing, ResultsHeldBack, UnknownStudy
from survey.pages import visitor
from survey.pages.languages import long_date
from survey.pages.results import download
from survey.pages.results_access import require_access
from survey.pages.site import answer, database, site
from survey.services import researched, studies
from survey.services.published import require_data, research_paths
from survey.storage.models import Study, Wave

blueprint = Blueprint("research", __name__, url_prefix="/research/<slug>")

VERSION: Final = version("tillit")


@blueprint.get("", defaults={"wave": None})
@blueprint.get("/<int:wave>")
def report(slug: str, wave: int | None) -> Response:
    """Show the report of a closed wave, the latest if none is named; of others, participation."""
    number = wave or _latest(slug)
    query = require_access(slug, number)
    study, row = studies.find(database(), slug, number)
    if row.status != "closed":
        return _participation(slug, row, query)
    require_data(slug, row)
    return _report(study, row, query)


@blueprint.get("/<int:wave>/report.html")
def whole(slug: str, wave: int) -> Response:
    """Hand out the report as a file that needs no server."""
    return _kept_file(slug, wave, 1, "text/html")


@blueprint.get("/<int:wave>/results.json")
def numbers(slug: str, wave: int) -> Response:
    """Hand out all numbers of the report, unrounded."""
    return _kept_file(slug, wave, 0, "application/json")


def _latest(slug: str) -> int:
    """Give the number of the latest wave, and of none where nothing may be told of the study."""
    try:
        return researched.latest(database(), slug)
    except UnknownStudy:
        return 0


def _report(study: Study, wave: Wave, query: str) -> Response:
    settings, language = site().settings, visitor.language()
    found = researched.kept(settings, study.slug, wave.number)
    as_published = researched.is_as_published(settings, study, wave)
    if found is None:
        lacks = ReportMissing if as_published else ResultsHeldBack
        raise lacks(slug=study.slug, wave=wave.number)
    made, body = found.research, research_paths(settings, study.slug, wave.number)[2]
    return answer(
        "research.html",
        language,
        languages=LANGUAGES,
        query=f"{query}&",
        key=query,
        slug=study.slug,
        wave=wave.number,
        report=found,
        body=Markup(body.read_text("utf-8")),  # noqa: S704 (drawn by our own template)
        command=made.command(settings.snapshots_dir)
        if researched.still_there(database(), study, made)
        else None,
        anew=f"tillit study research {study.slug} --wave {wave.number}" if as_published else None,
        is_older=made.edition != researched.EDITION or found.tillit != VERSION,
        version=VERSION,
        is_heavy=made.weight > researched.LARGEST_PAGE,
        closed_on=_day(found.snapshot.closed_on, language),
    )


def _participation(slug: str, wave: Wave, query: str) -> Response:
    language = visitor.language()
    return answer(
        "participation.html",
        language,
        languages=LANGUAGES,
        query=f"{query}&",
        counts=studies.status(database(), slug, wave.number),
        opened_on=long_date(wave.opened_at.date(), language) if wave.opened_at else None,
        command=f"tillit study {'close' if wave.opened_at else 'open'} {slug} --wave {wave.number}",
    )


def _kept_file(slug: str, wave: int, which: int, media_type: str) -> Response:
    require_access(slug, wave)
    _, row = studies.find(database(), slug, wave)
    studies.require_state(slug, row, "closed", act="show its report")
    require_data(slug, row)
    if researched.kept(site().settings, slug, wave) is None:
        raise ReportMissing(slug=slug, wave=wave)
    return download(research_paths(site().settings, slug, wave)[which], media_type)


def _day(written: str, language: str) -> str:
    return long_date(dt.date.fromisoformat(written), language)
