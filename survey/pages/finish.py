"""The end of the respondent's way: the review of all answers, and the receipt."""

from flask import Blueprint, Response, request

from questionnaires import LANGUAGES
from survey.errors import UnknownReceipt
from survey.pages import paths, visitor, way
from survey.pages.languages import long_date
from survey.pages.sheets import review
from survey.pages.site import answer, database, go
from survey.services import respond
from survey.services.respond import Respondent, RosterEntry

blueprint = Blueprint("finish", __name__)


@blueprint.get("/respond/<int:place>/review")
def look_over(place: int) -> Response:
    """Show all answers about one partner before they are sent."""
    known = visitor.respondent()
    entry = known.entry(place)
    if entry.receipt:
        return go(paths.receipt(entry.receipt))
    if entry.pages_done < len(known.instrument.pages):
        return go(way.going_on(known, entry))
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
        return go(way.before(known, entry, len(known.instrument.pages) + 1))
    return go(paths.receipt(respond.submit(database(), known, place)))


def _review(known: Respondent, entry: RosterEntry, status: int) -> Response:
    rows = review(
        way.sheet_of(known, known.language),
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
