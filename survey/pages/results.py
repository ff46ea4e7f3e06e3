"""The results of a closed wave, shown on this machine to whoever has the link."""

import datetime as dt
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, make_response, request

from questionnaires import LANGUAGES
from survey.pages import visitor
from survey.pages.comparison import Comparison
from survey.pages.languages import long_date
from survey.pages.paging import number_asked
from survey.pages.results_access import require_access
from survey.pages.site import answer, database, site
from survey.pages.voice import Voice
from survey.services import results
from survey.services.published import report_path, results_path

blueprint = Blueprint("results", __name__, url_prefix="/compare/<slug>/<int:wave>")


@blueprint.get("")
def compare(slug: str, wave: int) -> Response:
    """Compare the partners of a closed wave."""
    query = require_access(slug, wave)
    document = _document(slug, wave)
    language = visitor.language()
    sides, side = document["snapshot"]["sides"], document["snapshot"]["side"]
    return answer(
        "results.html",
        language,
        languages=LANGUAGES,
        query=f"{query}&side={side}&" if len(sides) > 1 else f"{query}&",
        key=query,
        view=Comparison(
            document, Voice(language, site().renderer.catalogues[language]), number_asked()
        ),
        closed_on=long_date(dt.date.fromisoformat(document["snapshot"]["closed_on"]), language),
        sides=sides,
        side=side,
    )


@blueprint.get("/report.html")
def report(slug: str, wave: int) -> Response:
    """Hand out the report that was kept when the wave was closed."""
    require_access(slug, wave)
    chosen = _chosen_side(_document(slug, wave))
    return download(report_path(site().settings, slug, wave, chosen), "text/html")


@blueprint.get("/results.json")
def numbers(slug: str, wave: int) -> Response:
    """Hand out the numbers that were kept when the wave was closed, unrounded."""
    require_access(slug, wave)
    chosen = _chosen_side(_document(slug, wave))
    return download(results_path(site().settings, slug, wave, chosen), "application/json")


def _document(slug: str, wave: int) -> dict[str, Any]:
    """Load the results of a wave."""
    return results.results(database(), site().settings, slug, wave, request.args.get("side"))


def _chosen_side(document: dict[str, Any]) -> str | None:
    snapshot = document["snapshot"]
    return snapshot["side"] if len(snapshot["sides"]) > 1 else None


def download(path: Path, media_type: str) -> Response:
    """Hand out a kept file under its own name."""
    response = make_response(path.read_bytes())
    response.content_type = f"{media_type}; charset=utf-8"
    response.headers["Content-Disposition"] = f'attachment; filename="{path.name}"'
    return response
