"""The record of a partner: read by those who may see the partner, kept by those who keep it."""

import datetime as dt
import uuid
from typing import Any, Final

from flask import Blueprint, Response, make_response, request
from wtforms import StringField

from survey.pages import access, record_forms, record_words, visitor
from survey.pages.forms import Fields
from survey.pages.languages import moment
from survey.pages.refusals import NothingHere
from survey.pages.site import database, go
from survey.pages.time_axis import Axis
from survey.services import audit
from survey.services.accounts.sessions import SignedIn
from survey.services.naming import tidy
from survey.services.record import entries, releases, sheet, whole
from survey.services.record.fields import written
from survey.services.record.kinds import moves
from survey.services.record.timeline import TIMELINE_KINDS, timeline
from survey.storage.account_models import VIEWER
from survey.storage.models import Partner, new_id

blueprint = Blueprint("record", __name__, url_prefix="/partners/<uuid:partner_id>/record")

_STEP: Final[Fields] = tuple((name, StringField()) for name in ("state", "on", "note"))
_WHY: Final[Fields] = (("why", StringField()),)
_UNTYPED: Final[dict[str, Any]] = {
    "problems": {},
    "stale": False,
    "step": {},
    "wrong": {},
    "why": "",
}


@blueprint.get("")
def see(partner_id: uuid.UUID) -> Response:
    """Show the whole record."""
    permitted = access.authorised("record.see", partner_id=partner_id)
    return _record(permitted.known, permitted.object)


@blueprint.get("/timeline")
def line(partner_id: uuid.UUID) -> Response:
    """Show one line of time, all of it or the kinds that are asked for."""
    permitted = access.authorised("record.see", partner_id=partner_id)
    known, partner = permitted.known, permitted.object
    chosen = [kind for kind in TIMELINE_KINDS if kind in request.args.getlist("kind")]
    limit = known.partners if known.role == VIEWER else None
    events = timeline(database(), partner.id, chosen or TIMELINE_KINDS, partners=limit)
    return access.page(
        known,
        "timeline.html",
        partner=partner,
        events=events,
        axis=Axis.of(events, _today(), visitor.language()) if events else None,
        chosen=chosen,
        kinds=TIMELINE_KINDS,
        today=_today(),
        words=record_words,
        query="".join(f"kind={kind}&" for kind in chosen),
    )


@blueprint.post("/export")
def export(partner_id: uuid.UUID) -> Response:
    """Hand out the record as a sheet; that it was taken out is noted."""
    permitted = access.authorised("record.change", partner_id=partner_id)
    known, partner = permitted.known, permitted.object
    if not access.form(known, request.form).validate():
        return _record(known, partner, 400)
    text = sheet.sheet(database(), audit.by(known.user_id), partner)
    response = make_response(text)
    response.headers["Content-Type"] = "text/csv; charset=utf-8"
    response.headers["Content-Disposition"] = "attachment; filename=record.csv"
    return response


@blueprint.get("/new/<what>")
def begin(partner_id: uuid.UUID, what: str) -> Response:
    """Offer to add an entry of a kind."""
    permitted = access.authorised("record.add", partner_id=partner_id, what=what)
    given = {"day": _today().isoformat()} | {
        field: request.args.get(field, "")[:60] for field in ("aspect", "touches")
    }
    return _new(permitted.known, permitted.object, what, 200, given)


@blueprint.post("/new/<what>")
def add(partner_id: uuid.UUID, what: str) -> Response:
    """Add an entry."""
    permitted = access.authorised("record.add", partner_id=partner_id, what=what)
    known, partner = permitted.known, permitted.object
    form = access.form(
        known, request.form, fields=(*record_forms.fields(what), ("key", StringField()))
    )
    given = record_forms.given(form, what)
    if not form.validate():
        return _new(known, partner, what, 400, given, stale=True)
    problems = entries.make(
        database(),
        audit.by(known.user_id),
        partner,
        what,
        given,
        key=_key(form["key"].data),
        today=_today(),
    )
    if problems:
        return _new(known, partner, what, 400, given, problems=record_forms.said(problems))
    return go(f"/partners/{partner_id}/record#{what}")


@blueprint.get("/<uuid:entry_id>")
def entry(partner_id: uuid.UUID, entry_id: uuid.UUID) -> Response:
    """Show an entry with its history, and to those who keep it how it is changed."""
    permitted = access.authorised("entry.see", partner_id=partner_id, entry_id=entry_id)
    return _entry(permitted.known, permitted.object, 200)


@blueprint.post("/<uuid:entry_id>")
def save(partner_id: uuid.UUID, entry_id: uuid.UUID) -> Response:
    """Keep what was typed of an entry."""
    permitted = access.authorised("entry.change", partner_id=partner_id, entry_id=entry_id)
    known, (_, row) = permitted.known, permitted.object
    form = access.form(
        known, request.form, fields=(*record_forms.fields(row.kind), ("seen", StringField()))
    )
    given = record_forms.given(form, row.kind)
    if not form.validate():
        return _entry(known, permitted.object, 400, given=given, stale=True)
    problems = entries.save(
        database(),
        audit.by(known.user_id),
        row,
        given,
        seen=form["seen"].data or "",
        today=_today(),
    )
    if problems:
        return _entry(
            known, permitted.object, 400, given=given, problems=record_forms.said(problems)
        )
    return go(f"/partners/{partner_id}/record/{entry_id}?saved=1")


@blueprint.post("/<uuid:entry_id>/step")
def move(partner_id: uuid.UUID, entry_id: uuid.UUID) -> Response:
    """Take an entry on to a later state."""
    permitted = access.authorised("entry.change", partner_id=partner_id, entry_id=entry_id)
    known, (_, row) = permitted.known, permitted.object
    form = access.form(known, request.form, fields=_STEP)
    step = {name: str(form[name].data or "") for name, _ in _STEP}
    if not form.validate():
        return _entry(known, permitted.object, 400, step=step, stale=True)
    problems = entries.move(database(), audit.by(known.user_id), row, step, today=_today())
    if problems:
        return _entry(known, permitted.object, 400, step=step, wrong=record_forms.said(problems))
    return go(f"/partners/{partner_id}/record/{entry_id}?saved=1")


@blueprint.post("/<uuid:entry_id>/strike")
def strike(partner_id: uuid.UUID, entry_id: uuid.UUID) -> Response:
    """Strike an entry out."""
    permitted = access.authorised("entry.change", partner_id=partner_id, entry_id=entry_id)
    known, (_, row) = permitted.known, permitted.object
    form = access.form(known, request.form, fields=_WHY)
    why = str(form["why"].data or "")
    if not form.validate():
        return _entry(known, permitted.object, 400, why=why, stale=True)
    problems = entries.strike(database(), audit.by(known.user_id), row, why, today=_today())
    if problems:
        return _entry(known, permitted.object, 400, why=why, wrong=record_forms.said(problems))
    return go(f"/partners/{partner_id}/record/{entry_id}?saved=1")


def _record(known: SignedIn, partner: Partner, status: int = 200) -> Response:
    record = whole.whole(database(), partner.id)
    return access.page(
        known,
        "record.html",
        status=status,
        partner=partner,
        record=record,
        late=record.late(_today()),
        cards=releases.listed(database(), partner.id),
        may_change=access.may(known, "record.change"),
        stale=status != 200,
        today=_today(),
        **record_forms.about(partner, record),
    )


def _new(
    known: SignedIn,
    partner: Partner,
    kind: str,
    status: int,
    given: dict[str, str],
    **told: Any,  # noqa: ANN401
) -> Response:
    record = whole.whole(database(), partner.id)
    return access.page(
        known,
        "record_new.html",
        status=status,
        partner=partner,
        kind=kind,
        given=record_forms.blank(kind) | given,
        key=new_id().hex,
        choices=record_forms.choices(partner, record, kind, {}),
        today=_today(),
        **record_forms.about(partner, record),
        **(_UNTYPED | told),
    )


def _entry(known: SignedIn, place: Any, status: int, **told: Any) -> Response:  # noqa: ANN401
    partner, row = place
    record = whole.whole(database(), partner.id)
    shown = next(each for each in record.entries if each.id == row.id)
    language = visitor.language()
    return access.page(
        known,
        "record_entry.html",
        status=status,
        partner=partner,
        kind=row.kind,
        shown=shown,
        seen=entries.digest(row),
        choices=record_forms.choices(partner, record, row.kind, written(row)),
        moves=moves(row.kind, row.state),
        history=[(moment(each.at, language), each) for each in whole.history(database(), row)],
        spoken=record_forms.spoken(partner, row.kind),
        may_change=access.may(known, "entry.change") and shown.struck_on is None,
        saved="saved" in request.args,
        today=_today(),
        **record_forms.about(partner, record),
        **(_UNTYPED | {"given": record_forms.blank(row.kind) | written(row)} | told),
    )


def _key(text: str | None) -> uuid.UUID:
    """Read the key that was made with the form; what is none is a page of nobody's."""
    try:
        return uuid.UUID(hex=tidy(text or ""))
    except ValueError:
        raise NothingHere from None


def _today() -> dt.date:
    return access.now().date()
