"""The respondent's way: link, list of partners, pages, review, receipt.

A GET shows and changes nothing; a POST stores and sends on to a GET.
"""

from flask import Blueprint, Response, request

from questionnaires import LANGUAGES, fill
from survey.errors import (
    AlreadySubmitted,
    PageTooEarly,
    UnknownInvitation,
    UnknownItem,
    UnknownPage,
    UnknownReceipt,
)
from survey.pages import paths, visitor
from survey.pages.forms import TOKEN, GuardedForm
from survey.pages.languages import long_date
from survey.pages.refusals import UsedLink
from survey.pages.sheets import Sheet, review
from survey.pages.site import answer, database, go, site
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
    return go(_onward(invited))


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
        sheet=_sheet(invited, language),
        stale=status != 200,
    )


# The list of partners ------------------------------------------------------------------


@blueprint.get(paths.ROSTER)
def roster() -> Response:
    """Show the partners and how far each has come; with one partner, go straight to its page."""
    known = visitor.respondent()
    return _roster(known, 200) if len(known.roster) > 1 else go(_onward(known))


@blueprint.post(paths.ROSTER)
def go_on() -> Response:
    """Go to the first page that is not done."""
    known = visitor.respondent()
    if not visitor.form(known.language, request.form).validate():
        return _roster(known, 400)
    if "language" in request.form:
        visitor.change_language(known, request.form["language"])
        return go(paths.ROSTER)
    return go(_first_undone(known))


def _roster(known: Respondent, status: int) -> Response:
    return answer(
        "roster.html",
        known.language,
        status=status,
        languages=known.languages,
        form=visitor.form(known.language),
        respondent=known,
        entries=[(entry, _continue(known, entry)) for entry in known.roster],
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
    return go(_onward(known))


def _about(known: Respondent, status: int) -> Response:
    return answer(
        "about.html",
        known.language,
        status=status,
        languages=known.languages,
        form=visitor.form(known.language),
        respondent=known,
        sheet=_sheet(known, known.language),
        stale=status != 200,
    )


# The pages of the questionnaire --------------------------------------------------------


@blueprint.get("/respond/<int:place>/<int:number>")
def page(place: int, number: int) -> Response:
    """Show a page with what is saved on it."""
    known = visitor.respondent()
    entry, sheet = known.entry(place), _sheet(known, known.language)
    _require_page(sheet, number)
    if entry.receipt:
        return go(paths.receipt(entry.receipt))
    if number > entry.pages_done + 1:
        return go(_continue(known, entry))
    saved = respond.answers(database(), known, place)
    form = visitor.form(known.language, fields=sheet.fields[number - 1], saved=saved)
    return _page(known, entry, number, form, 200)


@blueprint.post("/respond/<int:place>/<int:number>")
def save(place: int, number: int) -> Response:
    """Save a page and go where the button says: on, back, here in another language."""
    known = visitor.respondent()
    visitor.require_mark(known)
    entry, sheet = known.entry(place), _sheet(known, known.language)
    _require_page(sheet, number)
    if entry.receipt:
        raise AlreadySubmitted(receipt=entry.receipt)
    if number > entry.pages_done + 1:
        raise PageTooEarly(allowed=entry.pages_done + 1)
    form = visitor.form(known.language, request.form, fields=sheet.fields[number - 1])
    _require_items(form, number)
    if not form.validate():
        return _page(known, entry, number, form, 400)
    return go(_keep(known, entry, number, form.answers))


def _keep(known: Respondent, entry: RosterEntry, number: int, given: dict[str, str]) -> str:
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
        return _before(known, entry, number)
    last = number == len(known.instrument.pages)
    return paths.review(entry.place) if last else paths.page(entry.place, number + 1)


def _page(
    known: Respondent, entry: RosterEntry, number: int, form: GuardedForm, status: int
) -> Response:
    sheet = _sheet(known, known.language)
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
        number=number,
        last=len(sheet.pages),
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


# Review and receipt --------------------------------------------------------------------


@blueprint.get("/respond/<int:place>/review")
def look_over(place: int) -> Response:
    """Show all answers about one partner before they are sent."""
    known = visitor.respondent()
    entry = known.entry(place)
    if entry.receipt:
        return go(paths.receipt(entry.receipt))
    if entry.pages_done < len(known.instrument.pages):
        return go(_continue(known, entry))
    return _review(known, entry, 200)


@blueprint.post("/respond/<int:place>/review")
def submit(place: int) -> Response:
    """Send the answers about one partner; doing it again gives the same receipt."""
    known = visitor.respondent()
    visitor.require_mark(known)
    entry = known.entry(place)
    if not visitor.form(known.language, request.form).validate():
        return _review(known, entry, 400)
    if "language" in request.form:
        visitor.change_language(known, request.form["language"])
        return go(paths.review(place))
    if request.form.get("go") == "back":
        return go(_before(known, entry, len(known.instrument.pages) + 1))
    return go(paths.receipt(respond.submit(database(), known, place)))


def _review(known: Respondent, entry: RosterEntry, status: int) -> Response:
    rows = review(
        _sheet(known, known.language),
        respond.answers(database(), known, entry.place),
        partner=entry.partner,
        organisation=known.organisation,
    )
    return answer(
        "review.html",
        known.language,
        status=status,
        languages=known.languages,
        form=visitor.form(known.language),
        mark=visitor.mark(known),
        respondent=known,
        entry=entry,
        rows=rows,
        blank=[row for row in rows if not row.answer],
        stale=status != 200,
    )


@blueprint.get("/receipt/<code>")
def receipt(code: str) -> Response:
    """Show that answers are stored; it shows none of them, and needs no session."""
    try:
        view = respond.receipt(database(), code)
    except UnknownReceipt:
        visitor.count_miss()
        raise
    language = visitor.language(view.language)
    return answer(
        "receipt.html",
        language,
        languages=LANGUAGES,
        form=visitor.form(language),
        view=view,
        code=code,
        day=long_date(view.day, language),
        continues=bool(view.remaining) and visitor.is_known(),
    )


# Where to go ---------------------------------------------------------------------------


def _sheet(known: Respondent, language: str) -> Sheet:
    return site().sheets.get(known.instrument, known.side, language)


def _onward(known: Respondent) -> str:
    """Where a person goes on: the list, or with one partner straight to its page."""
    return paths.ROSTER if len(known.roster) > 1 else _continue(known, known.roster[0])


def _first_undone(known: Respondent) -> str:
    """Address of the first page that is not done; the list when everything is."""
    undone = (entry for entry in known.roster if not entry.receipt)
    entry = next(undone, None)
    return _continue(known, entry) if entry else paths.ROSTER


def _continue(known: Respondent, entry: RosterEntry) -> str:
    """Address where the assessment of one partner goes on."""
    if entry.receipt:
        return paths.receipt(entry.receipt)
    if entry.pages_done < len(known.instrument.pages):
        return paths.page(entry.place, entry.pages_done + 1)
    return paths.review(entry.place)


def _before(known: Respondent, entry: RosterEntry, number: int) -> str:
    """Address of the page before a page."""
    if number > 1:
        return paths.page(entry.place, number - 1)
    return paths.ROSTER if len(known.roster) > 1 else paths.ABOUT
