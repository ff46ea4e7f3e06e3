"""The results of a closed wave, shown on this machine to whoever has the link."""

import datetime as dt
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, make_response, request

from questionnaires import LANGUAGES
from survey.pages import visitor
from survey.pages.comparison import Comparison
from survey.pages.languages import long_date
from survey.pages.refusals import NothingHere
from survey.pages.site import answer, database, site
from survey.pages.voice import Voice
from survey.services import results
from survey.services.published import is_results_key, report_path, results_path
from survey.settings import is_loopback

blueprint = Blueprint("results", __name__, url_prefix="/compare/<slug>/<int:wave>")


@blueprint.get("")
def compare(slug: str, wave: int) -> Response:
    """Compare the partners of a closed wave."""
    document = _document(slug, wave)
    language = visitor.language()
    query = f"key={request.args['key']}"
    sides, side = document["snapshot"]["sides"], document["snapshot"]["side"]
    return answer(
        "results.html",
        language,
        languages=LANGUAGES,
        query=f"{query}&side={side}&" if len(sides) > 1 else f"{query}&",
        key=query,
        view=Comparison(document, Voice(language, site().renderer.catalogues[language])),
        closed_on=long_date(dt.date.fromisoformat(document["snapshot"]["closed_on"]), language),
        sides=sides,
        side=side,
    )


@blueprint.get("/report.html")
def report(slug: str, wave: int) -> Response:
    """Hand out the report that was kept when the wave was closed."""
    chosen = _chosen_side(_document(slug, wave))
    return _download(report_path(site().settings, slug, wave, chosen), "text/html")


@blueprint.get("/results.json")
def numbers(slug: str, wave: int) -> Response:
    """Hand out the numbers that were kept when the wave was closed, unrounded."""
    chosen = _chosen_side(_document(slug, wave))
    return _download(results_path(site().settings, slug, wave, chosen), "application/json")


def _document(slug: str, wave: int) -> dict[str, Any]:
    """Load the results for a visitor who may see them; for anyone else there is nothing here.

    Until people can log in, results never leave the machine: address and host must both be
    this machine's own, nothing may have been forwarded, and the link's key must be right.
    """
    settings = site().settings
    forwarded = {"X-Forwarded-For", "Forwarded"} & {name.title() for name, _ in request.headers}
    host = request.host.rpartition(":")[0] if ":" in request.host else request.host
    local = is_loopback(request.remote_addr or "") and is_loopback(host.strip("[]"))
    key = request.args.get("key", "")
    if forwarded or not local or not is_results_key(settings, slug, wave, key):
        raise NothingHere
    return results.results(database(), settings, slug, wave, request.args.get("side"))


def _chosen_side(document: dict[str, Any]) -> str | None:
    snapshot = document["snapshot"]
    return snapshot["side"] if len(snapshot["sides"]) > 1 else None


def _download(path: Path, media_type: str) -> Response:
    response = make_response(path.read_bytes())
    response.content_type = f"{media_type}; charset=utf-8"
    response.headers["Content-Disposition"] = f'attachment; filename="{path.name}"'
    return response
