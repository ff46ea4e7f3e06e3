"""The respondent's way: link, what it is about, pages.

A GET shows and changes nothing; a POST stores and sends on to a GET.
"""

from flask import Blueprint, Response, request

from survey.errors import UnknownInvitation
from survey.pages import drawn, paths, sent, visitor, way
from survey.pages.forms import Fields, GuardedForm
from survey.pages.refusals import NothingLeft, UsedLink
from survey.pages.site import database, go
from survey.services import respond
from survey.services.respond import Respondent, RosterEntry, Saved

blueprint = Blueprint("respond", __name__)


# The link ------------------------------------------------------------------------------


@blueprint.get("/r/<token>")
def landing(token: str) -> Response:
    """Show what the survey is about; open a thousand times, it changes nothing."""
    return draw_landing(_invited(token), 200)


@blueprint.post("/r/<token>")
def start(token: str) -> Response:
    """Exchange the link for a session and go to the first page that is not done."""
    invited = _invited(token)
    if not visitor.form(invited.language, request.form).validate():
        return draw_landing(invited, 400)
    chosen = request.form.get("language", invited.language)
    respond.begin(database(), invited)
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
    if all(entry.state == "submitted" for entry in invited.roster):
        receipts = visitor.receipts(invited)
        error = UsedLink if receipts else NothingLeft
        raise error(receipts=receipts, language=invited.language)
    return invited


def draw_landing(invited: Respondent, status: int) -> Response:
    """Draw what the survey is about and who sees what, with the button that starts."""
    wanted = request.values.get("language", request.args.get("lang", ""))
    language = wanted if wanted in invited.languages else invited.language
    return drawn.landing(
        invited,
        language,
        form=visitor.form(language),
        sheet=way.sheet_of(invited, language),
        notice=respond.notice(database(), invited, language),
        status=status,
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
    return drawn.about(
        known,
        form=visitor.form(known.language),
        sheet=way.sheet_of(known, known.language),
        has_link=bool(visitor.link()),
        status=status,
    )


# The pages of the questionnaire --------------------------------------------------------


@blueprint.get("/respond/<int:place>/<int:number>")
def page(place: int, number: int) -> Response:
    """Show a page with what is saved on it; one off the path leads on to the next."""
    known = visitor.respondent()
    entry, sheet = known.entry(place), way.sheet_of(known, known.language)
    sent.require_page(sheet, number)
    if entry.state in {"submitted", "declined"}:
        return go(way.going_on(known, entry))
    saved = respond.state(database(), known, place)
    route = way.route(known.instrument, saved.answers)
    if number not in route.pages:
        return go(way.onward_from(entry, route, number))
    following = route.after(saved.pages_done)
    if following and number > following:
        return go(paths.page(place, following))
    return _page(known, entry, number, saved, route)


@blueprint.post("/respond/<int:place>/<int:number>")
def save(place: int, number: int) -> Response:
    """Save a page and go where the button says: on, back, here in another language."""
    known = visitor.respondent()
    visitor.require_mark(known)
    entry = known.entry(place)
    form = sent.form_of(known, entry, number)
    if not form.validate():
        saved = respond.state(database(), known, place)
        route = way.route(known.instrument, saved.answers)
        return _page(known, entry, number, saved, route, refused=form)
    return go(_keep(known, entry, number, form.answers))


def _keep(
    known: Respondent, entry: RosterEntry, number: int, given: dict[str, str | list[str]]
) -> str:
    """Save what was given, and tell where to go.

    A blank page counts as done when it is left with «Next», not when the language is changed.
    """
    place, cleared = entry.place, request.form.get("clear")
    language, button = request.form.get("language"), request.form.get("go")
    if button == "decline":
        respond.decline(database(), known, place)
        return paths.ROSTER
    if cleared:
        given[cleared] = ""
    leaves_blank = (cleared or language or button == "back") and not any(given.values())
    if not leaves_blank or number <= entry.pages_done:
        _store(known, place, number, given)
    if language:
        visitor.change_language(known, language)
        return paths.page(place, number)
    if cleared:
        return paths.page(place, number) + f"#q-{cleared}"
    route = way.route_now(known, place)
    if button == "back":
        return way.back_from(known, entry, route, number)
    return way.onward_from(entry, route, number)


def _store(known: Respondent, place: int, number: int, given: dict[str, str | list[str]]) -> None:
    client, turn = sent.turn()
    order = visitor.order(known, place)
    respond.save_page(
        database(), known, place, number, given, order=order, client=client, number=turn
    )


def _page(
    known: Respondent,
    entry: RosterEntry,
    number: int,
    saved: Saved,
    route: way.Route,
    *,
    refused: GuardedForm | None = None,
) -> Response:
    """Draw a page: as it is saved, or once more as it was sent, with what is wrong in it."""
    sheet = way.sheet_of(known, known.language)
    questions = sheet.on_page(
        number, saved.answers, saved.order or visitor.order(known, entry.place)
    )
    form = _form(known, sheet.fields_of(questions), saved, again=refused is not None)
    return drawn.questions(
        known,
        entry,
        questions,
        form=form,
        sheet=sheet,
        progress=(route.position(number), route.last),
        mark=visitor.mark(known),
        autosave=paths.autosave(entry.place, number),
        status=200 if refused is None else 400,
    )


def _form(known: Respondent, fields: Fields, saved: Saved, *, again: bool) -> GuardedForm:
    posted = request.form if again else None
    form = visitor.form(known.language, posted, fields=fields, saved=saved.answers)
    if again:
        form.validate()
    return form
