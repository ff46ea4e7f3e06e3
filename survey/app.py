"""The application: settings in, WSGI out, and one transaction for each request."""

import logging
import time
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from flask import Flask, Response, current_app, g, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest, HTTPException

from survey.pages import (
    account,
    administration,
    autosave,
    campaign,
    card,
    errors,
    exporting,
    finish,
    links,
    log,
    login,
    mail,
    mail_words,
    making,
    metrics,
    new_password,
    open_link,
    opt_out,
    partners,
    preview,
    receipts,
    record,
    register_import,
    releases,
    reply,
    reports,
    research,
    respond,
    results,
    roster,
    second_factor,
    start,
    studies,
    users,
    workspace,
)
from survey.pages.forms import LIFETIME
from survey.pages.headers import add_headers
from survey.pages.rendering import load_renderer
from survey.pages.sheets import Sheets
from survey.pages.site import EXTENSION, Site
from survey.pages.throttle import Throttle
from survey.services import workers
from survey.settings import Settings
from survey.storage.engine import Storage

logger = logging.getLogger(__name__)

BLUEPRINTS = (
    start.blueprint,
    respond.blueprint,
    open_link.blueprint,
    opt_out.blueprint,
    roster.blueprint,
    autosave.blueprint,
    finish.blueprint,
    receipts.blueprint,
    results.blueprint,
    workspace.blueprint,
    card.blueprint,
    reports.blueprint,
    research.blueprint,
    login.blueprint,
    new_password.blueprint,
    account.blueprint,
    second_factor.blueprint,
    studies.blueprint,
    making.blueprint,
    preview.blueprint,
    links.blueprint,
    exporting.blueprint,
    campaign.blueprint,
    mail.blueprint,
    mail_words.blueprint,
    partners.blueprint,
    record.blueprint,
    releases.blueprint,
    reply.blueprint,
    register_import.blueprint,
    users.blueprint,
    log.blueprint,
    administration.blueprint,
    metrics.blueprint,
)
LARGEST_BODY = 256 * 1024
LARGEST_SHEET = 4 * 1024 * 1024
_SHEETS = frozenset({"register_import.hand_in", "campaign.choose_people"})
_READS = frozenset({"GET", "HEAD", "OPTIONS"})


class Transaction:
    """The one transaction of a request.

    Opened when a page first asks for the session, it reads for a GET and writes for
    everything else. It is committed after the page was made and before anything of it
    leaves, so a page that says «stored» is not sent unless it is true. An exception or an
    error page takes everything back.
    """

    def __init__(self, storage: Storage, *, writes: bool) -> None:
        self._storage = storage
        self._writes = writes
        self._open = ExitStack()
        self._session: Session | None = None

    def session(self) -> Session:
        """Give the session, opened when first asked for."""
        if self._session is None:
            opened = self._storage.write() if self._writes else self._storage.read()
            self._session = self._open.enter_context(opened)
        return self._session

    def release(self) -> None:
        """Take back what was written so far, and let others write until it is asked for again."""
        if self._session is not None:
            self._session.rollback()
            self._session = None
            self._open.close()

    def take_back(self) -> None:
        """Undo what the page wrote."""
        if self._session is not None:
            self._session.rollback()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.__exit__(kind, error, trace)


class Application(Flask):
    """Flask with one transaction per request, and a log without addresses."""

    def dispatch_request(self) -> ResponseReturnValue:
        """Make the page inside the transaction of this request."""
        site: Site = self.extensions[EXTENSION]
        writes = request.method not in _READS
        if writes and request.routing_exception is None:
            _hear_out()
        with Transaction(site.storage, writes=writes) as g.transaction:
            response = self.make_response(super().dispatch_request())
            if response.status_code >= 400:
                g.transaction.take_back()
        return response

    def log_exception(self, exc_info: Any) -> None:  # noqa: ANN401 (as Flask has it)
        """Log a crash by the name of its page: the address may hold a personal link."""
        logger.error("%s failed at %s", request.method, request.endpoint, exc_info=exc_info)


def _begin() -> None:
    g.begun = time.perf_counter()


def _count(response: Response) -> Response:
    """Count an answer for those who watch over the server; what was asked for is not looked at."""
    site: Site = current_app.extensions[EXTENSION]
    began = g.get("begun", time.perf_counter())
    site.worker.served(response.status_code, time.perf_counter() - began)
    return response


def _hear_out() -> None:
    """Take in the whole form before the transaction: nobody waits for someone else's slow line.

    A body whose length is not told is cut off at the limit while it is read; one more byte
    is asked for here, so that it is refused like any other that is too large. One that breaks
    off or makes no sense is refused as well, and what it said is written into no log.
    """
    if request.endpoint in _SHEETS:
        request.max_content_length = LARGEST_SHEET
    try:
        request.form  # noqa: B018 (reading it is what is wanted)
        if request.content_length is None:
            request.stream.read(1)
    except HTTPException:
        raise
    except Exception:  # noqa: BLE001 (each server has errors of its own for this)
        raise BadRequest from None


def create_app(settings: Settings) -> Application:
    """Make the web application.

    Parameters
    ----------
    settings
        Of an installation whose database is set up; checked by ``settings.for_serving()``.

    Returns
    -------
    Application
        A WSGI application.

    Raises
    ------
    BadSettings
        The settings do not describe a server that may run.
    """
    settings = settings.for_serving()
    app = Application(__name__, static_folder=None, template_folder=None)
    app.config.update(
        SECRET_KEY=settings.secret_key,
        TRUSTED_HOSTS=list(settings.trusted_hosts),
        MAX_CONTENT_LENGTH=LARGEST_BODY,
        MAX_FORM_MEMORY_SIZE=LARGEST_BODY,
        MAX_FORM_PARTS=500,
        SESSION_COOKIE_NAME=settings.cookie_name,
        SESSION_COOKIE_SECURE=settings.secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=LIFETIME,
    )
    app.extensions[EXTENSION] = Site(
        settings=settings,
        storage=Storage(settings.database_url, settings.secret_key),
        renderer=load_renderer(),
        sheets=Sheets(),
        throttle=Throttle(),
        worker=workers.of(settings),
    )
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    errors.register(app)
    app.before_request(_begin)
    app.after_request(lambda response: _count(add_headers(response, settings)))
    return app
