"""What a browser sent of a page of questions: the answers, and which try of which tab it is."""

import re
from typing import Final

from flask import request

from survey.errors import AlreadySubmitted, UnknownItem, UnknownPage
from survey.pages import visitor, way
from survey.pages.forms import TOKEN, GuardedForm
from survey.pages.sheets import Sheet
from survey.pages.site import database
from survey.services import respond
from survey.services.respond import Respondent, RosterEntry

CLIENT: Final = "save-client"
NUMBER: Final = "save-number"
_BUTTONS: Final = frozenset({TOKEN, "link", "go", "clear", "language", CLIENT, NUMBER})
_A_CLIENT: Final = re.compile(r"[0-9a-f]{24}")
_A_NUMBER: Final = re.compile(r"[1-9][0-9]{0,8}")


def form_of(known: Respondent, entry: RosterEntry, number: int) -> GuardedForm:
    """Read what was sent of a page; an item that was not sent is not in the form.

    Raises
    ------
    UnknownPage
        The questionnaire has no such page.
    AlreadySubmitted
        The answers about this partner were handed in.
    PageTooEarly
        A page before this one comes first.
    UnknownItem
        Something was sent that the page does not ask.
    """
    sheet = way.sheet_of(known, known.language)
    require_page(sheet, number)
    if entry.state == "submitted":
        raise AlreadySubmitted(receipt=entry.receipt)
    if number > entry.pages_done + 1:
        way.require_reach(known, respond.state(database(), known, entry.place), number)
    questions = [question for question in sheet.pages[number - 1] if question.id in request.form]
    form = visitor.form(known.language, request.form, fields=sheet.fields_of(questions))
    cleared = [request.form["clear"]] if request.form.get("clear") else []
    for name in (*request.form, *cleared):
        if name not in form and name not in _BUTTONS:
            raise UnknownItem(page=number, item=name[:60])
    return form


def require_page(sheet: Sheet, number: int) -> None:
    """Refuse the number of a page that the questionnaire does not have."""
    if not 1 <= number <= len(sheet.pages):
        raise UnknownPage(page=number, last=len(sheet.pages))


def turn() -> tuple[str, int]:
    """Give which tab sent this, and its number in that tab; ``("", 0)`` where none is told."""
    client, number = request.form.get(CLIENT, ""), request.form.get(NUMBER, "")
    if _A_CLIENT.fullmatch(client) and _A_NUMBER.fullmatch(number):
        return client, int(number)
    return "", 0
