"""Sheets of partners and of people there: looked at row by row, then taken in or given up."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session
from wtforms import FileField, StringField
from wtforms.validators import AnyOf

from survey.errors import BadInput, ChangedMeanwhile
from survey.pages import access, visitor
from survey.pages.explanations import N_
from survey.pages.forms import Fields
from survey.pages.site import database, go, site
from survey.services import audit, uploads
from survey.services.accounts.sessions import SignedIn
from survey.services.register import contact_import, partner_import
from survey.services.register.changes import SAME, Plan
from survey.services.uploads import Upload
from survey.words import say_in

blueprint = Blueprint("register_import", __name__, url_prefix="/partners/import")

MOST_SHOWN: Final = 200
_SHEET: Final[Fields] = (("sheet", FileField()),)
_DECIDE: Final[Fields] = (
    ("do", StringField(validators=[AnyOf(("take", "drop"))])),
    ("seen", StringField()),
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of sheet: its words, its columns, and what reads it."""

    heading: str
    columns: tuple[str, ...]
    plan: Callable[[Session, bytes, str], Plan]
    carry_out: Callable[..., Plan]


KINDS: Final = {
    "partners": Kind(
        N_("Partners from a sheet"),
        (partner_import.KEY, *partner_import.COLUMNS),
        partner_import.plan,
        partner_import.carry_out,
    ),
    "contacts": Kind(
        N_("People at partners from a sheet"),
        (*contact_import.REQUIRED, *contact_import.OPTIONAL),
        contact_import.plan,
        contact_import.carry_out,
    ),
}


@blueprint.get("/<kind>")
def ask(kind: str) -> Response:
    """Say what a sheet may hold, and take one."""
    return _ask(access.authorised("register.import", kind=kind).known, kind, 200)


@blueprint.post("/<kind>")
def hand_in(kind: str) -> Response:
    """Keep a sheet to be looked at, unless it cannot be taken in."""
    known = access.authorised("register.import", kind=kind).known
    form = access.form(known, request.form, fields=_SHEET)
    if not form.validate():
        return _ask(known, kind, 400, stale=True)
    sheet = request.files.get("sheet")
    if sheet is None or not sheet.filename:
        return _ask(known, kind, 400, empty=True)
    data = sheet.read()
    try:
        KINDS[kind].plan(database(), data, sheet.filename)
    except BadInput as refused:
        return _ask(known, kind, 400, problems=_said(refused))
    upload = uploads.keep(database(), known.user_id, kind, sheet.filename, data)
    return go(f"/partners/import/{kind}/{upload.key}")


@blueprint.get("/<kind>/<uuid:key>")
def look(kind: str, key: uuid.UUID) -> Response:
    """Show row by row what the sheet would change."""
    permitted = access.authorised("register.sheet", kind=kind, key=key)
    return _look(permitted.known, kind, permitted.object, 200)


@blueprint.post("/<kind>/<uuid:key>")
def decide(kind: str, key: uuid.UUID) -> Response:
    """Do what was shown, or give the sheet up."""
    permitted = access.authorised("register.sheet", kind=kind, key=key)
    known, upload = permitted.known, permitted.object
    form = access.form(known, request.form, fields=_DECIDE)
    if not form.validate():
        return _look(known, kind, upload, 400, stale=True)
    if form["do"].data == "take":
        try:
            KINDS[kind].carry_out(
                database(),
                audit.by(known.user_id),
                upload.data,
                upload.file,
                seen=form["seen"].data or "",
            )
        except ChangedMeanwhile:
            return _look(known, kind, upload, 409, changed=True)
        except BadInput:
            return _look(known, kind, upload, 400)
    uploads.drop(database(), upload.key)
    return go("/partners")


def _ask(known: SignedIn, kind: str, status: int, **told: Any) -> Response:  # noqa: ANN401
    return access.page(
        known,
        "register_import.html",
        status=status,
        kind=kind,
        heading=KINDS[kind].heading,
        columns=KINDS[kind].columns,
        **({"stale": False, "empty": False, "problems": ()} | told),
    )


def _look(
    known: SignedIn,
    kind: str,
    upload: Upload,
    status: int,
    *,
    stale: bool = False,
    changed: bool = False,
) -> Response:
    """Show a sheet; where the register has changed so that it cannot be taken in, say why."""
    try:
        plan = KINDS[kind].plan(database(), upload.data, upload.file)
    except BadInput as refused:
        return _ask(known, kind, 400, problems=_said(refused))
    rows = [change for change in plan.changes if change.kind != SAME]
    return access.page(
        known,
        "register_look.html",
        status=status,
        kind=kind,
        heading=KINDS[kind].heading,
        plan=plan,
        rows=rows[:MOST_SHOWN],
        more=max(0, len(rows) - MOST_SHOWN),
        stale=stale,
        changed=changed,
    )


def _said(refused: BadInput) -> tuple[str, ...]:
    catalogue = site().renderer.catalogues[visitor.language()]
    return tuple(say_in(catalogue, problem) for problem in refused.problems)
