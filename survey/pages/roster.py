"""The list of partners: how far each has come, and which one the person does not know."""

from flask import Blueprint, Response, request
from werkzeug.exceptions import BadRequest

from survey.pages import drawn, paths, visitor, way
from survey.pages.site import database, go
from survey.services import respond
from survey.services.respond import Respondent

blueprint = Blueprint("roster", __name__)


@blueprint.get(paths.ROSTER)
def roster() -> Response:
    """Show the partners and how far each has come; with one partner, go straight to its page."""
    known = visitor.respondent()
    return _roster(known, 200) if way.has_list(known) else go(way.onward(known))


@blueprint.post(paths.ROSTER)
def go_on() -> Response:
    """Go to the first page that is not done, or note that a partner is not known after all."""
    known = visitor.respondent()
    if not visitor.form(known.language, request.form).validate():
        return _roster(known, 400)
    if "language" in request.form:
        visitor.change_language(known, request.form["language"])
        return go(paths.ROSTER)
    if "decline" in request.form:
        place = _place("decline")
        respond.decline(database(), known, place)
        return go(f"{paths.ROSTER}#partner-{place}")
    if "undecline" in request.form:
        place = _place("undecline")
        respond.undecline(database(), known, place)
        return go(f"{paths.ROSTER}#partner-{place}" if len(known.roster) > 1 else paths.ROSTER)
    return go(way.first_undone(known))


def _place(button: str) -> int:
    """Read which partner a button stands beside."""
    given = request.form[button]
    if not (given.isascii() and given.isdecimal() and len(given) < 10):
        raise BadRequest
    return int(given)


def _roster(known: Respondent, status: int) -> Response:
    entries = [(entry, way.going_on(known, entry)) for entry in known.roster]
    return drawn.roster(known, entries, form=visitor.form(known.language), status=status)
