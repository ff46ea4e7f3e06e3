"""What every page needs from the application, and the one transaction of a request."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Response, current_app, g, make_response, redirect, request
from sqlalchemy.orm import Session

from survey.pages.rendering import Renderer
from survey.pages.sheets import Sheets
from survey.pages.throttle import Throttle
from survey.services.respond import Respondent
from survey.services.workers import Worker
from survey.settings import Settings
from survey.storage.base import now
from survey.storage.engine import Storage

EXTENSION = "tillit"


@dataclass(frozen=True, slots=True)
class Site:
    """The parts of the application that pages use; made once by `create_app`."""

    settings: Settings
    storage: Storage
    renderer: Renderer
    sheets: Sheets
    throttle: Throttle
    worker: Worker
    clock: Callable[[], dt.datetime] = now


@dataclass(frozen=True, slots=True)
class Navigation:
    """What stands above the pages of someone who is logged in: address and text of each way.

    ``token`` is for the form that logs out.
    """

    name: str
    ways: tuple[tuple[str, str], ...]
    token: str


def site() -> Site:
    """Give the parts of the application that serves this request."""
    found: Site = current_app.extensions[EXTENSION]
    return found


def database() -> Session:
    """Give the session of this request: it writes for a POST, and only reads for a GET.

    The application opens it when it is first asked for and commits it once, after the page.
    """
    session: Session = g.transaction.session()
    return session


def release() -> None:
    """Let others write while something takes long; nothing that was written so far is kept.

    `database` opens another transaction, which sees what has changed meanwhile.
    """
    g.transaction.release()


def answer(
    template: str,
    language: str,
    *,
    status: int = 200,
    languages: tuple[str, ...] = (),
    **context: Any,  # noqa: ANN401 (a template takes what it names)
) -> Response:
    """Answer with a drawn page.

    Parameters
    ----------
    template
        Name of the template.
    language
        Of the page.
    status
        HTTP status.
    languages
        Languages to offer on the page besides its own; none where switching makes no sense.
    **context
        What the template shows.
    """
    html = site().renderer.draw(
        template,
        language,
        languages=languages,
        here=request.path,
        nav=g.get("nav"),
        **context,
    )
    response = make_response(html, status)
    response.headers["Content-Language"] = language
    return response


def answer_to(known: Respondent, template: str, **context: Any) -> Response:  # noqa: ANN401
    """Answer a person with a page in their language, which they can change on it."""
    return answer(template, known.language, languages=known.languages, respondent=known, **context)


def go(path: str) -> Response:
    """Send the browser on to a page of ours; after a POST a reload then repeats nothing."""
    response = redirect(path, 303)
    response.data = b""
    return response  # type: ignore[return-value]
