"""Comparing partners: where they stand, aspect by aspect, by weights, by volume, side by side."""

import datetime as dt
from typing import Any, Final

from flask import Blueprint, Response, request
from werkzeug.datastructures import MultiDict

from survey.pages import access, visitor
from survey.pages.attention import attention, reach
from survey.pages.compared import COMPOSITE, RULES, Compared
from survey.pages.explanations import N_
from survey.pages.languages import long_date
from survey.pages.scope import CORNERS, scope
from survey.pages.site import site
from survey.pages.tables_of_partners import MOST_ROWS, beside, flower, heat, leading
from survey.pages.voice import Voice
from survey.services.accounts.sessions import SignedIn
from survey.services.comparing.desk import FIELDS, Desk

blueprint = Blueprint("workspace", __name__, url_prefix="/compare/<slug>")

FEWEST_BESIDE: Final = 2
MOST_BESIDE: Final = 8
FIELD_WORDS: Final = {
    "kind": N_("Kind"),
    "category": N_("Category"),
    "region": N_("Region"),
    "kraljic": N_("Class"),
    "group": N_("Group"),
}
KINDS: Final = {
    "supplier": N_("Supplier"),
    "customer": N_("Customer"),
    "distributor": N_("Distributor"),
    "other": N_("Other"),
    "strategic": N_("Strategic"),
    "leverage": N_("Leverage"),
    "bottleneck": N_("Bottleneck"),
    "routine": N_("Routine"),
}
VIEWS: Final = (
    ("", N_("Overview")),
    ("/aspects", N_("Aspect by aspect")),
    ("/beside", N_("Side by side")),
    ("/scorecard", N_("Scorecard")),
    ("/scope", N_("Score and volume")),
    ("/reports", N_("Reports")),
)


@blueprint.get("")
def overview(slug: str) -> Response:
    """Show where all partners stand, and what needs attention."""
    known, view = _view(slug)
    return _page(
        known, view, "workspace.html", attention=attention(view), reach=reach(view), rules=RULES
    )


@blueprint.get("/aspects")
def aspects(slug: str) -> Response:
    """Show every aspect of every partner against the median of all."""
    known, view = _view(slug)
    return _page(known, view, "workspace_aspects.html", heat=heat(view))


@blueprint.get("/scorecard")
def scorecard(slug: str) -> Response:
    """Show who leads by the published weights, and whether that hangs on them."""
    known, view = _view(slug, COMPOSITE)
    return _page(known, view, "workspace_scorecard.html", leading=leading(view))


@blueprint.get("/scope")
def volume(slug: str) -> Response:
    """Show the score of each partner beside what share of the revenue it has."""
    known, view = _view(slug)
    return _page(known, view, "workspace_scope.html", scope=scope(view), corners=CORNERS)


@blueprint.get("/beside")
def side_by_side(slug: str) -> Response:
    """Show two to eight partners beside each other."""
    known, view = _view(slug)
    asked = request.args.getlist("partner")
    known_by = {str(k.id): place for place, k in enumerate(view.desk.partners) if k is not None}
    places = sorted({known_by[each] for each in asked if each in known_by})
    wrong = bool(asked) and not FEWEST_BESIDE <= len(places) <= MOST_BESIDE
    table = beside(view, places) if places and not wrong else None
    return _page(
        known,
        view,
        "workspace_beside.html",
        status=400 if wrong else 200,
        offered=[p for p in known_by.values() if p in {*view.places, *places}],
        picked=places,
        wrong=wrong,
        beside=table,
        flowers=[(place, flower(view, place)) for place, _ in table.partners] if table else [],
    )


def chosen(args: MultiDict[str, str]) -> dict[str, str]:
    """Read by which values partners are chosen."""
    return {field: args[field] for field in FIELDS if args.get(field)}


def compared(desk: Desk, name: str | None = None) -> Compared:
    """Bring a wave into the visitor's language, as the address asks for it."""
    language = visitor.language()
    workspace = desk.workspace
    first = COMPOSITE if workspace.composite else next(iter(workspace.scales))
    asked = name or request.args.get("measure", first)
    known = asked == first or asked in workspace.scales
    return Compared(
        desk=desk,
        voice=Voice(language, site().renderer.catalogues[language]),
        name=asked if known else first,
        places=desk.chosen(chosen(request.args)),
    )


def frame(view: Compared) -> dict[str, Any]:
    """Give what every page of comparison says of its wave."""
    workspace = view.workspace
    day = dt.date.fromisoformat(workspace.closed_on)
    kept = {**chosen(request.args), "wave": request.args.get("wave", "")}
    return {
        "view": view,
        "workspace": workspace,
        "root": f"/compare/{workspace.study}",
        "closed_on": long_date(day, view.voice.language),
        "carried": {key: value for key, value in kept.items() if value},
        "measure": view.name,
        "choices": view.desk.choices(),
        "chosen": chosen(request.args),
        "field_words": FIELD_WORDS,
        "kind_words": KINDS,
        "views": VIEWS,
        "composite": COMPOSITE,
        "most_rows": MOST_ROWS,
        "compares": True,
    }


def _view(slug: str, name: str | None = None) -> tuple[SignedIn, Compared]:
    permitted = access.authorised("workspace.see", slug=slug, wave=wave_asked())
    return permitted.known, compared(permitted.object, name)


def wave_asked() -> int | None:
    """Read which wave is asked for: the latest closed one, unless a number is given."""
    given = request.values.get("wave", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 5 else None


def _page(known: SignedIn, view: Compared, template: str, **own: Any) -> Response:  # noqa: ANN401
    return access.page(known, template, **frame(view), **own)
