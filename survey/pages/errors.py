"""What is said when something is refused: one table from errors to pages."""

import logging
from dataclasses import dataclass
from typing import Any, Final

from flask import Flask, Response, current_app, request
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, SecurityError

from questionnaires import LANGUAGES
from survey.errors import SurveyError
from survey.pages import paths, visitor
from survey.pages.site import answer, site

log = logging.getLogger(__name__)

_READ_AT_MOST: Final = 32 * 1024 * 1024
_OF_A_LINK: Final = frozenset({"unknown_invitation", "wave_not_open", "wave_closed", "used_link"})


def N_(text: str) -> str:  # noqa: N802 (gettext's own name for «translate this later»)
    """Mark a text for the catalogues; it is translated when it is shown."""
    return text


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a page says about an error: what happened, and what to do now."""

    title: str
    happened: str
    advice: str


_OPEN_LINK: Final = N_(
    "Open your personal link again, from the invitation. You continue where you left off."
)
_BACK: Final = N_("Go back to the page you came from and try again.")

EXPLANATIONS: Final[dict[str | int, Explanation]] = {
    "unknown_invitation": Explanation(
        N_("This link is not known"),
        N_("No survey belongs to the link that was opened."),
        N_(
            "Check that the whole link was copied from the invitation, without a full stop at the "
            "end. If it still does not work, ask the person who invited you for a new one."
        ),
    ),
    "wave_not_open": Explanation(
        N_("The survey has not opened yet"),
        N_("Your link is right, but “%(title)s” does not take answers yet."),
        N_("Keep the link and open it again later."),
    ),
    "wave_closed": Explanation(
        N_("The survey is closed"),
        N_("“%(title)s” has ended and takes no more answers. What you submitted counts."),
        N_("There is nothing more to do."),
    ),
    "used_link": Explanation(
        N_("Everything is submitted"),
        N_("Everything that belongs to this link has been submitted. It can no longer be changed."),
        N_("There is nothing more to do. Your receipts:"),
    ),
    "no_session": Explanation(
        N_("Open your personal link again"),
        N_("This browser does not know who is answering: the session has ended, or never began."),
        _OPEN_LINK,
    ),
    "other_link": Explanation(
        N_("Another personal link was opened in this browser"),
        N_("The page you sent belongs to a different link, so nothing of it was stored."),
        _OPEN_LINK,
    ),
    "page_too_early": Explanation(
        N_("An earlier page comes first"),
        N_("This page cannot be saved before page %(allowed)d. Nothing that was saved is lost."),
        N_("Continue with page %(allowed)d."),
    ),
    "already_submitted": Explanation(
        N_("These answers have already been submitted"),
        N_("The answers were submitted earlier. They are stored and cannot be changed."),
        N_("The receipt says that they are stored."),
    ),
    "unknown_partner": Explanation(
        N_("There is no such partner on your list"),
        N_("Your list has partners 1 to %(last)d."),
        N_("Continue from the list of partners."),
    ),
    "unknown_page": Explanation(
        N_("There is no such page"),
        N_("The questionnaire has pages 1 to %(last)d."),
        N_("Continue where you left off."),
    ),
    "unknown_item": Explanation(
        N_("This page has no such question"),
        N_("An answer to a question that is not on this page was sent. Nothing of it was stored."),
        _BACK,
    ),
    "unknown_language": Explanation(
        N_("This language is not offered"),
        N_("The survey cannot be shown in that language."),
        N_("Go back and choose one of the languages at the top of the page."),
    ),
    "unknown_receipt": Explanation(
        N_("This receipt is not known"),
        N_("No stored answers belong to this receipt."),
        N_("Check the code. It has letters and digits in groups of four."),
    ),
    "wave_state": Explanation(
        N_("There are no results yet"),
        N_("The wave is still open. Until it is closed, no one sees any result."),
        N_("Close the wave, then open the link again."),
    ),
    "results_missing": Explanation(
        N_("The results are not computed yet"),
        N_("The wave is closed, but its results were never finished."),
        N_("Run “tillit study close” once more, then open the link again."),
    ),
    "untrusted_host": Explanation(
        N_("This is not our address"),
        N_("The server does not answer under the name that was asked for."),
        N_("Open the address exactly as it stands in your invitation."),
    ),
    400: Explanation(
        N_("The request was not understood"),
        N_("What the browser sent cannot be right, so nothing of it was stored."),
        _BACK,
    ),
    404: Explanation(
        N_("There is no page here"),
        N_("No page belongs to this address."),
        N_("Check the address. If you were answering a survey, open your personal link again."),
    ),
    405: Explanation(
        N_("This cannot be done here"),
        N_("The page does not take this kind of request. Nothing was changed."),
        _BACK,
    ),
    413: Explanation(
        N_("Too much was sent"),
        N_(
            "A page may be at most 256 kB. Nothing of it was stored; what was saved before is safe."
        ),
        N_("Go back, shorten the text, and send the page again."),
    ),
    429: Explanation(
        N_("Too many wrong links"),
        N_("More than 20 wrong links or receipts were tried within a minute."),
        N_("Wait a minute. A correct link always works."),
    ),
    500: Explanation(
        N_("Something went wrong on our side"),
        N_("The page could not be made. Every answer that was confirmed as saved is safe."),
        N_("Try again in a moment. If it happens again, tell the person who invited you."),
    ),
    503: Explanation(
        N_("Nothing can be stored right now"),
        N_("The last page could not be saved. Every answer that was confirmed as saved is safe."),
        N_("Wait a moment and try again."),
    ),
}
_KEEPS_FORM: Final = frozenset({"no_session", "other_link"})


def register(app: Flask) -> None:
    """Let every error of the application end in a page of ours."""
    app.register_error_handler(SurveyError, _refused)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _unavailable)
    app.register_error_handler(PoolTimeout, _unavailable)


def _refused(error: SurveyError) -> Response:
    if error.status >= 500:
        log.error("%s at %s: %s", error.message_id, request.endpoint, error)
    return _page(error.message_id, error.status, error.params)


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    message_id = "untrusted_host" if isinstance(error, SecurityError) else str(status)
    response = _page(message_id, status, {})
    response.headers.extend(
        (name, value) for name, value in error.get_headers() if name in {"Allow", "Retry-After"}
    )
    return response


def _unavailable(error: Exception) -> Response:
    log.error("the database cannot be used at %s", request.endpoint, exc_info=error)
    return _page("storage_busy", 503, {})


def _page(message_id: str, status: int, params: dict[str, Any]) -> Response:
    _read_to_the_end()
    explanation = EXPLANATIONS.get(message_id) or EXPLANATIONS.get(status) or EXPLANATIONS[400]
    language = _language(message_id, params)
    say = site().renderer.catalogues[language].gettext
    return answer(
        "error.html",
        language,
        status=status,
        languages=LANGUAGES if request.method in {"GET", "HEAD"} else (),
        title=say(explanation.title) % params,
        happened=say(explanation.happened) % params,
        advice=say(explanation.advice) % params,
        onward=[(path, say(text) % params) for path, text in _onward(message_id, params)],
        kept=_kept(message_id, status),
    )


def _language(message_id: str, params: dict[str, Any]) -> str:
    """Prefer the language of the person whose link was opened, when the error knows it."""
    known = params.get("language") if message_id in _OF_A_LINK else None
    return known if known in LANGUAGES and "lang" not in request.args else visitor.language()


def _onward(message_id: str, params: dict[str, Any]) -> list[tuple[str, str]]:
    """List the ways out of an error: address and text of each link."""
    place = (request.view_args or {}).get("place", 1)
    match message_id:
        case "page_too_early":
            ways = [(paths.page(place, params["allowed"]), N_("Go to page %(allowed)d"))]
        case "already_submitted":
            ways = [(paths.receipt(params["receipt"]), N_("See the receipt"))]
        case "used_link":
            ways = [(paths.receipt(code), code) for code in params["receipts"]]
        case "unknown_invitation" | "wave_not_open" | "wave_closed" | "no_session" | "other_link":
            ways = []
        case _ if visitor.is_known():
            ways = [(paths.ROSTER, N_("Continue where you left off"))]
        case _:
            ways = [(paths.START, N_("To the start page"))]
    return ways


def _kept(message_id: str, status: int) -> list[tuple[str, str]]:
    """Give back what was typed, where sending it once more can succeed."""
    if request.method != "POST" or not (message_id in _KEEPS_FORM or status in {500, 503}):
        return []
    try:
        return list(request.form.items(multi=True))
    except HTTPException:
        return []


def _read_to_the_end() -> None:
    """Take in a body that is too large, so that the browser is listening when it is answered.

    Nothing of it is kept. One whose length was told was not read at all before.
    """
    length = request.content_length
    if length is not None and length <= current_app.config["MAX_CONTENT_LENGTH"]:
        return
    left = _READ_AT_MOST if length is None else min(length, _READ_AT_MOST)
    stream = request.environ["wsgi.input"]
    while left > 0 and (chunk := stream.read(min(left, 64 * 1024))):
        left -= len(chunk)
