"""Open links of anonymous studies: whoever starts from one is given a personal link to keep."""

from flask import Blueprint, Response, request

from survey.errors import UnknownInvitation
from survey.pages import paths, visitor, way
from survey.pages.respond import draw_landing
from survey.pages.site import answer_to, database, go, site
from survey.services import open_links, respond
from survey.services.respond import Respondent

blueprint = Blueprint("open_link", __name__)


@blueprint.get("/o/<code>")
def landing(code: str) -> Response:
    """Show what the survey is about, as to everybody; it changes nothing."""
    return draw_landing(_anybody(code), 200)


@blueprint.post("/o/<code>")
def start(code: str) -> Response:
    """Make a personal link that is nobody's, and show it; who has one already goes on with it."""
    anybody = _anybody(code)
    if not visitor.form(visitor.language(anybody.language), request.form).validate():
        return draw_landing(anybody, 400)
    known = visitor.link()
    if not known.startswith(code):
        language = request.form.get("language", anybody.language)
        known = open_links.begin(database(), code, language)
        visitor.begin(respond.by_token(database(), known), language, link=known)
        visitor.change_language(respond.by_token(database(), known), language)
    return go(paths.LINK)


@blueprint.get(paths.LINK)
def link() -> Response:
    """Show the personal link that was made, to copy, print or write down."""
    known = visitor.respondent()
    return _link(known, 200) if visitor.link() else go(way.onward(known))


@blueprint.post(paths.LINK)
def leave() -> Response:
    """Change the language here, or go on to the questions."""
    known = visitor.respondent()
    if not visitor.form(known.language, request.form).validate():
        return _link(known, 400)
    if "language" in request.form:
        visitor.change_language(known, request.form["language"])
        return go(paths.LINK)
    return go(way.onward(known))


def _anybody(code: str) -> Respondent:
    try:
        return open_links.by_code(database(), code, visitor.language())
    except UnknownInvitation:
        visitor.count_miss()
        raise


def _link(known: Respondent, status: int) -> Response:
    return answer_to(
        known,
        "link.html",
        status=status,
        form=visitor.form(known.language),
        address=f"{site().settings.base_url}/r/{visitor.link()}",
        stale=status != 200,
    )
