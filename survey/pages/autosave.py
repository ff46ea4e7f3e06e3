"""Answers that come one by one while a page is filled in, from the script of that page.

They are kept as a posted page is, but no page counts as done by it. What is answered is
JSON; a refusal is the same words as on a page (`survey.pages.errors`).
"""

from flask import Blueprint, Response, jsonify, make_response
from werkzeug.exceptions import BadRequest

from survey.pages import sent, visitor
from survey.pages.errors import AUTOSAVE
from survey.pages.site import database
from survey.services import respond

blueprint = Blueprint(AUTOSAVE, __name__)


@blueprint.post("/respond/<int:place>/<int:number>/autosave")
def save(place: int, number: int) -> Response:
    """Keep the items that were sent; those with a mistake are named, with what to do.

    A form whose token has expired is answered with a fresh one: the script sends it again.
    """
    known = visitor.respondent()
    visitor.require_mark(known)
    form = sent.form_of(known, known.entry(place), number)
    form.validate()
    if not form.is_current:
        return make_response(jsonify(token=form.token), 400)
    mistakes = {field.name: str(field.errors[0]) for field in form.mistakes}
    given = {name: value for name, value in form.answers.items() if name not in mistakes}
    client, turn = sent.turn()
    if not client:
        raise BadRequest
    if given:
        order = visitor.order(known, place)
        respond.autosave(
            database(), known, place, number, given, client=client, number=turn, order=order
        )
    return make_response(jsonify(mistakes=mistakes))
