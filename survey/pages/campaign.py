"""Running a study: who is asked, opening, until when, reminders, closing, the next wave."""

import datetime as dt
import importlib
import uuid
from typing import Any, Final

from flask import Blueprint, Response, make_response, request
from wtforms import BooleanField, DateField, FileField, SelectMultipleField, StringField
from wtforms.validators import AnyOf, InputRequired

from survey.errors import (
    BadInput,
    NoReminder,
    NothingSubmitted,
    TranslationsNotReady,
    WaveState,
)
from survey.pages import access, background, visitor
from survey.pages.forms import Fields
from survey.pages.site import database, go, site
from survey.pages.studies import draw
from survey.services import asking, audit, calling, invitations, studies, uploads
from survey.services.accounts.sessions import SignedIn
from survey.services.asking import Asked
from survey.services.mail import inviting
from survey.words import say_in

blueprint = Blueprint("campaign", __name__, url_prefix="/studies/<slug>")

MOST_SHOWN: Final = 100
_OPEN: Final[Fields] = (("accept", SelectMultipleField(validate_choice=False)),)
_UNTIL: Final[Fields] = (("day", DateField(validators=[InputRequired()])),)
_CLOSE: Final[Fields] = (("sure", BooleanField()),)
_ASK: Final[Fields] = (("sheet", FileField()), ("source", StringField()))
_HOW: Final[Fields] = (
    ("how", StringField(validators=[AnyOf(("mail", "links", "later", "drop"))])),
)


@blueprint.post("/open")
def open_(slug: str) -> Response:
    """Open the latest wave, with translations that somebody takes the responsibility for."""
    known, form = _begin("study.run", slug, _OPEN)
    if not form.validate():
        return draw(known, slug, 400, stale=True)
    try:
        wave = studies.open_wave(database(), slug, accept=form["accept"].data or (), by=known.name)
    except TranslationsNotReady:
        return draw(known, slug, 400, unread=True)
    except (BadInput, WaveState):
        return draw(known, slug, 409, moved=True)
    audit.note(
        database(), audit.by(known.user_id), "wave opened", audit.of_study(slug, wave.number)
    )
    return _back(slug)


@blueprint.post("/until")
def until(slug: str) -> Response:
    """Say by which day people are asked to answer."""
    known, form = _begin("study.run", slug, _UNTIL)
    if not form.validate():
        return draw(known, slug, 400, stale=not form.is_current, bad_day=form.is_current)
    try:
        studies.ask_until(database(), slug, form["day"].data or dt.date.min)
    except BadInput:
        return draw(known, slug, 400, bad_day=True)
    except WaveState:
        return draw(known, slug, 409, moved=True)
    return _back(slug)


@blueprint.post("/wave")
def next_wave(slug: str) -> Response:
    """Begin the next wave, in draft."""
    known, form = _begin("study.run", slug, ())
    if not form.validate():
        return draw(known, slug, 400, stale=True)
    try:
        wave = studies.next_wave(database(), slug)
    except WaveState:
        return draw(known, slug, 409, moved=True)
    audit.note(database(), audit.by(known.user_id), "wave made", audit.of_study(slug, wave.number))
    return _back(slug)


@blueprint.post("/remind")
def remind(slug: str) -> Response:
    """Queue reminders to those who have not answered everything."""
    known, form = _begin("study.run", slug, ())
    if not form.validate():
        return draw(known, slug, 400, stale=True)
    try:
        found = inviting.remind(database(), slug)
    except (NoReminder, WaveState):
        return draw(known, slug, 409, not_now=True)
    audit.note(database(), audit.by(known.user_id), "people reminded", audit.of_study(slug))
    return draw(known, slug, 200, reminded=found.queued)


@blueprint.post("/close")
def close(slug: str) -> Response:
    """Freeze the data of the wave; its results are computed by a process of their own."""
    known, form = _begin("study.run", slug, _CLOSE)
    if not form.validate():
        return draw(known, slug, 400, stale=True)
    if not form["sure"].data:
        return draw(known, slug, 400, unsure=True)
    # Reading rows into columns needs polars, which the server does not load before.
    closing = importlib.import_module("survey.services.closing")
    try:
        closing.freeze(database(), site().settings, slug)
    except NothingSubmitted:
        return draw(known, slug, 409, nothing=True)
    except WaveState:
        return draw(known, slug, 409, moved=True)
    _, wave = studies.find(database(), slug)
    what = audit.of_study(slug, wave.number)
    audit.note(database(), audit.by(known.user_id), "wave closed", what)
    return _computing(slug)


@blueprint.post("/results")
def compute(slug: str) -> Response:
    """Compute the results of a closed wave again, where that was never finished."""
    known, form = _begin("study.run", slug, ())
    if not form.validate():
        return draw(known, slug, 400, stale=True)
    try:
        return _computing(slug)
    except WaveState:
        return draw(known, slug, 409, moved=True)


@blueprint.get("/people")
def people(slug: str) -> Response:
    """Ask where the people are to come from."""
    return _ask(access.authorised("study.run", slug=slug).known, slug, 200)


@blueprint.post("/people")
def choose_people(slug: str) -> Response:
    """Keep a sheet to be looked at, or look at those who are known."""
    known, form = _begin("study.run", slug, _ASK)
    if not form.validate():
        return _ask(known, slug, 400, stale=True)
    source = form["source"].data or ""
    try:
        if source in calling.KNOWN:
            calling.people(database(), known.user_id, slug, source)
            return go(f"/studies/{slug}/people/{source}")
        sheet = request.files.get("sheet")
        if sheet is None or not sheet.filename:
            return _ask(known, slug, 400, empty=True)
        data = sheet.read()
        invitations.from_sheet(database(), slug, data, sheet.filename)
    except BadInput as refused:
        return _ask(known, slug, 400, problems=_said(refused))
    except WaveState:
        return draw(known, slug, 409, moved=True)
    upload = uploads.keep(database(), known.user_id, calling.purpose(slug), sheet.filename, data)
    return go(f"/studies/{slug}/people/{upload.key}")


@blueprint.get("/people/<source>")
def look(slug: str, source: str) -> Response:
    """Show who would be invited."""
    permitted = access.authorised("study.people", slug=slug, source=source)
    return _look(permitted.known, slug, source, permitted.object, 200)


@blueprint.post("/people/<source>")
def invite(slug: str, source: str) -> Response:
    """Invite them by mail, with links to hand out, or not at all."""
    permitted = access.authorised("study.people", slug=slug, source=source)
    known, asked = permitted.known, permitted.object
    form = access.form(known, request.form, fields=_HOW)
    if not form.validate():
        return _look(known, slug, source, asked, 400, stale=True)
    if source not in calling.KNOWN:
        uploads.drop(database(), uuid.UUID(source))
    how = form["how"].data
    if how == "drop":
        return go(f"/studies/{slug}/people")
    audit.note(database(), audit.by(known.user_id), "people invited", audit.of_study(slug))
    if how == "mail":
        asking.without_links(database(), asked)
        inviting.queue_invitations(database(), slug)
        return _back(slug)
    if how == "later":
        asking.without_links(database(), asked)
        return go(f"/studies/{slug}/links")
    links = asking.with_links(database(), asked, base_url=site().settings.base_url)
    response = make_response(invitations.links_csv(links).encode())
    response.content_type = "text/csv; charset=utf-8"
    response.headers["Content-Disposition"] = f'attachment; filename="{slug}-links.csv"'
    return response


def _begin(action: str, slug: str, fields: Fields) -> tuple[SignedIn, Any]:
    known = access.authorised(action, slug=slug).known
    return known, access.form(known, request.form, fields=fields)


def _computing(slug: str) -> Response:
    """Go back while the results of the latest wave are computed, which must be closed.

    The wave is named: the command would close the latest one, and until it has started
    somebody may have opened the next.
    """
    _, wave = studies.find(database(), slug)
    studies.require_state(slug, wave, "closed", act="compute its results")
    return background.compute_afterwards(_back(slug), slug, wave.number)


def _back(slug: str) -> Response:
    return go(f"/studies/{slug}")


def _ask(known: SignedIn, slug: str, status: int, **told: Any) -> Response:  # noqa: ANN401
    study, wave = studies.find(database(), slug)
    return access.page(
        known,
        "people.html",
        status=status,
        study=study,
        wave=wave,
        columns=(*invitations.REQUIRED, *invitations.OPTIONAL),
        **({"stale": False, "empty": False, "problems": ()} | told),
    )


def _look(
    known: SignedIn, slug: str, source: str, asked: Asked, status: int, *, stale: bool = False
) -> Response:
    return access.page(
        known,
        "people_look.html",
        status=status,
        study=asked.study,
        wave=asked.wave,
        source=source,
        people=asked.people[:MOST_SHOWN],
        count=len(asked.people),
        more=max(0, len(asked.people) - MOST_SHOWN),
        mails=bool(site().settings.smtp_url),
        stale=stale,
        slug=slug,
    )


def _said(refused: BadInput) -> tuple[str, ...]:
    catalogue = site().renderer.catalogues[visitor.language()]
    return tuple(say_in(catalogue, problem) for problem in refused.problems)
