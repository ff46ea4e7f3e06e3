"""The respondent's way: link, list of partners, pages.

A GET shows and changes nothing; a POST stores and sends on to a GET.
"""

from flask import Blueprint, Response, request

from questionnaires import fill
from survey.errors import (
    AlreadySubmitted,
    PageTooEarly,
    UnknownInvitation,
    UnknownItem,
    UnknownPage,
)
from survey.pages import paths, visitor, way
from survey.pages.forms import TOKEN, GuardedForm
from survey.pages.refusals import UsedLink
from survey.pages.sheets import Sheet
from survey.pages.site import answer, database, go
from survey.services import respond
from survey.services.respond import Respondent, RosterEntry

blueprint = Blueprint("respond", __name__)

_BUTTONS = frozenset({TOKEN, "link", "go", "clear", "language"})


# The link ------------------------------------------------------------------------------


@blueprint.get("/r/<token>")
def landing(token: str) -> Response:
    """Show what the survey is about; open a thousand times, it changes nothing."""
    return _landing(_invited(token), 200)


@blueprint.post("/r/<token>")
def start(token: str) -> Response:
    """Exchange the link for a session and go to the first page that is not done."""
    invited = _invited(token)
    form = visitor.form(invited.language, request.form)
    if not form.validate():
        return _landing(invited, 400)
    chosen = request.form.get("language", invited.language)
    visitor.begin(invited, chosen)
    if chosen != invited.language:
        visitor.change_language(invited, chosen)
    return go(way.onward(invited))


def _invited(token: str) -> Respondent:
    try:
        invited = respond.by_token(database(), token)
    except UnknownInvitation:
        visitor.count_miss()
        raise
    if all(entry.receipt for entry in invited.roster):
        receipts = [entry.receipt for entry in invited.roster]
        raise UsedLink(receipts=receipts, language=invited.language)
    return invited


def _landing(invited: Respondent, status: int) -> Response:
    wanted = request.values.get("language", request.args.get("lang", ""))
    language = wanted if wanted in invited.languages else invited.language
    return answer(
        "landing.html",
        language,
        status=status,
        languages=invited.languages,
        form=visitor.form(language),
        respondent=invited,
        sheet=way.sheet_of(invited, language),
        stale=status != 200,
    )


# The list of partners ------------------------------------------------------------------


@blueprint.get(paths.ROSTER)
def roster() -> Response:
    """Show the partners and how far each has come; with one partner, go straight to its page."""
    known = visitor.respondent()
    return _roster(known, 200) if len(known.roster) > 1 else go(way.onward(known))


@blueprint.post(paths.ROSTER)
def go_on() -> Response:
    """Go to the first page that is not done."""
    known = visitor.respondent()
    if not visitor.form(known.language, request.form).validate():
        return _roster(known, 400)
    if "language" in request.form:
        visitor.change_language(known, request.form["language"])
        return go(paths.ROSTER)
    return go(way.first_undone(known))


def _roster(known: Respondent, status: int) -> Response:
    return answer(
        "roster.html",
        known.language,
        status=status,
        languages=known.languages,
        form=visitor.form(known.language),
        respondent=known,
        entries=[(entry, way.going_on(known, entry)) for entry in known.roster],
        pages=len(known.instrument.pages),
        stale=status != 200,
    )


@blueprint.get(paths.ABOUT)
def about() -> Response:
    """Show again what the survey is about and who sees what."""
    return _about(visitor.respondent(), 200)


@blueprint.post(paths.ABOUT)
def leave_about() -> Response:
    """Change the language here, or go on."""
    known = visitor.respondent()
    if not visitor.form(known.language, request.form).validate():
        return _about(known, 400)
    if "language" in request.form:
        visitor.change_language(known, request.form["language"])
        return go(paths.ABOUT)
    return go(way.onward(known))


def _about(known: Respondent, status: int) -> Response:
    return answer(
        "about.html",
        known.language,
        status=status,
        languages=known.languages,
        form=visitor.form(known.language),
        respondent=known,
        sheet=way.sheet_of(known, known.language),
        stale=status != 200,
    )


# The pages of the questionnaire --------------------------------------------------------


@blueprint.get("/respond/<int:place>/<int:number>")
def page(place: int, number: int) -> Response:
    """Show a page with what is saved on it."""
    known = visitor.respondent()
    entry, sheet = known.entry(place), way.sheet_of(known, known.language)
    _require_page(sheet, number)
    if entry.receipt:
        return go(paths.receipt(entry.receipt))
    if number > entry.pages_done + 1:
        return go(way.going_on(known, entry))
    saved = respond.answers(database(), known, place)
    fields = sheet.fields_of(sheet.pages[number - 1])
    form = visitor.form(known.language, fields=fields, saved=saved)
    return _page(known, entry, number, form, 200)


@blueprint.post("/respond/<int:place>/<int:number>")
def save(place: int, number: int) -> Response:
    """Save a page and go where the button says: on, back, here in another language."""
    known = visitor.respondent()
    visitor.require_mark(known)
    entry, sheet = known.entry(place), way.sheet_of(known, known.language)
    _require_page(sheet, number)
    if entry.receipt:
        raise AlreadySubmitted(receipt=entry.receipt)
    if number > entry.pages_done + 1:
        raise PageTooEarly(allowed=entry.pages_done + 1)
    fields = sheet.fields_of(sheet.pages[number - 1])
    form = visitor.form(known.language, request.form, fields=fields)
    _require_items(form, number)
    if not form.validate():
        return _page(known, entry, number, form, 400)
    return go(_keep(known, entry, number, form.answers))


def _keep(
    known: Respondent, entry: RosterEntry, number: int, given: dict[str, str | list[str]]
) -> str:
    """Save what was given, and tell where to go.

    A blank page counts as done when it is left with «Next», not when the language is changed.
    """
    cleared, language = request.form.get("clear"), request.form.get("language")
    back = request.form.get("go") == "back"
    if cleared:
        given[cleared] = ""
    leaves_blank = (cleared or language or back) and not any(given.values())
    if not leaves_blank or number <= entry.pages_done:
        respond.save_page(database(), known, entry.place, number, given)
    if language:
        visitor.change_language(known, language)
        return paths.page(entry.place, number)
    if cleared:
        return paths.page(entry.place, number) + f"#q-{cleared}"
    if back:
        return way.before(known, entry, number)
    last = number == len(known.instrument.pages)
    return paths.review(entry.place) if last else paths.page(entry.place, number + 1)


def _page(
    known: Respondent, entry: RosterEntry, number: int, form: GuardedForm, status: int
) -> Response:
    sheet = way.sheet_of(known, known.language)
    names = {"partner": entry.partner, "organisation": known.organisation}
    return answer(
        "page.html",
        known.language,
        status=status,
        languages=known.languages,
        form=form,
        mark=visitor.mark(known),
        respondent=known,
        entry=entry,
        autosave="",
        position=number,
        last=len(sheet.pages),
        guesses=False,
        introduction=fill(sheet.introduction, **names) if number == 1 else "",
        period=sheet.period,
        questions=[(q, fill(q.text, **names), form[q.id]) for q in sheet.pages[number - 1]],
        stale=status != 200 and not form.is_current,
    )


def _require_page(sheet: Sheet, number: int) -> None:
    if not 1 <= number <= len(sheet.pages):
        raise UnknownPage(page=number, last=len(sheet.pages))


def _require_items(form: GuardedForm, number: int) -> None:
    """Refuse a page with an answer to something that it does not ask."""
    cleared = [request.form["clear"]] if request.form.get("clear") else []
    for name in (*request.form, *cleared):
        if name not in form and name not in _BUTTONS:
            raise UnknownItem(page=number, item=name[:60])
