"""The end of the respondent's way: the review of all answers, a copy to print, sending."""

import datetime as dt

from flask import Blueprint, Response, request

from survey.errors import AlreadySubmitted
from survey.pages import drawn, paths, visitor, way
from survey.pages.languages import long_date
from survey.pages.sheets import ReviewRow, review
from survey.pages.site import answer_to, database, go
from survey.services import respond
from survey.services.respond import Respondent, RosterEntry, Saved

blueprint = Blueprint("finish", __name__)


@blueprint.get("/respond/<int:place>/review")
def look_over(place: int) -> Response:
    """Show all answers about one partner before they are sent."""
    known = visitor.respondent()
    entry = known.entry(place)
    saved = respond.state(database(), known, place)
    elsewhere = _elsewhere(known, entry, saved)
    return go(elsewhere) if elsewhere else _review(known, entry, saved, 200)


@blueprint.get("/respond/<int:place>/copy")
def copy(place: int) -> Response:
    """Show the answers as a page to print or keep, as long as they are not sent."""
    known = visitor.respondent()
    entry = known.entry(place)
    saved = respond.state(database(), known, place)
    elsewhere = _elsewhere(known, entry, saved)
    if elsewhere:
        return go(elsewhere)
    day = long_date(dt.datetime.now(dt.UTC).date(), known.language)
    return drawn.copy(known, entry, _rows(known, entry, saved), day=day)


@blueprint.post("/respond/<int:place>/review")
def submit(place: int) -> Response:
    """Send the answers about one partner; doing it again gives the same receipt."""
    known = visitor.respondent()
    visitor.require_mark(known)
    entry = known.entry(place)
    if not visitor.form(known.language, request.form).validate():
        return _review(known, entry, respond.state(database(), known, place), 400)
    if "language" in request.form:
        visitor.change_language(known, request.form["language"])
        return go(paths.review(place))
    if request.form.get("go") == "back":
        route = way.route_now(known, place)
        return go(way.back_from(known, entry, route, len(known.instrument.pages) + 1))
    try:
        return go(paths.receipt(respond.submit(database(), known, place, key=visitor.key())))
    except AlreadySubmitted:  # from another browser, which alone has the receipt
        return go(paths.submitted(place))


@blueprint.get("/respond/<int:place>/submitted")
def submitted(place: int) -> Response:
    """Lead to the receipt, or say that only the browser that sent the answers can show it."""
    known = visitor.respondent()
    entry = known.entry(place)
    if entry.state != "submitted" or entry.receipt:
        return go(way.going_on(known, entry))
    code = respond.receipt_of(database(), known, place, key=visitor.key())
    if code:
        return go(paths.receipt(code))
    return answer_to(
        known,
        "submitted.html",
        form=visitor.form(known.language),
        entry=entry,
        left=len(list(way.undone(known))),
    )


def _elsewhere(known: Respondent, entry: RosterEntry, saved: Saved) -> str:
    """Address to go to instead of the review: nothing while there is something to review."""
    if entry.state in {"submitted", "declined"}:
        return way.going_on(known, entry)
    following = way.route(known.instrument, saved.answers).after(saved.pages_done)
    return paths.page(entry.place, following) if following else ""


def _rows(known: Respondent, entry: RosterEntry, saved: Saved) -> list[ReviewRow]:
    return review(
        way.sheet_of(known, known.language),
        saved.answers,
        saved.order,
        partner=entry.partner,
        organisation=known.organisation,
    )


def _review(known: Respondent, entry: RosterEntry, saved: Saved, status: int) -> Response:
    return drawn.review(
        known,
        entry,
        _rows(known, entry, saved),
        form=visitor.form(known.language),
        mark=visitor.mark(known),
        status=status,
    )
