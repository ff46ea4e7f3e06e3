"""What is answered when something is refused: a page, or for autosave the same words as JSON."""

import logging
from typing import Any, Final

from flask import Flask, Response, current_app, jsonify, make_response, request
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, SecurityError

from questionnaires import LANGUAGES
from survey.errors import SurveyError
from survey.pages import paths, visitor
from survey.pages.explanations import EXPLANATIONS, N_
from survey.pages.site import answer, site

log = logging.getLogger(__name__)

AUTOSAVE: Final = "autosave"  # the blueprint whose refusals are read by a script
_READ_AT_MOST: Final = 32 * 1024 * 1024
_OF_A_LINK: Final = frozenset(
    {"unknown_invitation", "wave_not_open", "wave_closed", "used_link", "nothing_left"}
)
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
    words: dict[str, Any] = {
        "title": say(explanation.title) % params,
        "happened": say(explanation.happened) % params,
        "advice": say(explanation.advice) % params,
        "ways": [(path, say(text) % params) for path, text in _onward(message_id, params)],
    }
    if request.blueprint == AUTOSAVE:
        return make_response(jsonify(words), status)
    languages = LANGUAGES if request.method in {"GET", "HEAD"} else ()
    kept = _kept(message_id, status)
    return answer("error.html", language, status=status, languages=languages, kept=kept, **words)


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
        case "already_submitted" if params["receipt"]:
            ways = [(paths.receipt(params["receipt"]), N_("See the receipt"))]
        case "used_link":
            ways = [(paths.receipt(code), code) for code in params["receipts"]]
        case "sign_in_first":
            ways = [("/login", N_("Log in"))]
        case "unknown_reset":
            ways = [("/reset", N_("Ask for a new link"))]
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
