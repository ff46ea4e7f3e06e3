"""The register of partners, for those who keep it: lists, one partner, people there."""

import uuid
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, Response, request
from wtforms import BooleanField, StringField
from wtforms.validators import AnyOf

from questionnaires import LANGUAGES
from survey.errors import PartnerInUse
from survey.pages import access, visitor
from survey.pages.explanations import N_
from survey.pages.forms import Fields
from survey.pages.paging import leaf, number_asked
from survey.pages.site import database, go, site
from survey.services import audit
from survey.services.accounts.sessions import SignedIn
from survey.services.record import releases
from survey.services.register import archiving, editing, listing
from survey.services.register.editing import NewContact
from survey.services.register.listing import PartnerRow
from survey.services.register.partner_import import COLUMNS, values_of
from survey.storage.models import KRALJIC_CLASSES, PARTNER_KINDS, Partner
from survey.words import say_in

blueprint = Blueprint("partners", __name__, url_prefix="/partners")

KIND_WORDS: Final = {
    "supplier": N_("supplier"),
    "customer": N_("customer"),
    "distributor": N_("distributor"),
    "other": N_("other"),
}
CLASS_WORDS: Final = {
    "": N_("not said"),
    "strategic": N_("strategic"),
    "leverage": N_("leverage"),
    "bottleneck": N_("bottleneck"),
    "routine": N_("routine"),
}
_SELDOM: Final = ("kraljic", "category", "region", "share", "groups")  # shown where there are any
_NAME: Final[Fields] = (("name", StringField()),)
_KNOWN: Final[Fields] = tuple((column, StringField()) for column in COLUMNS)
_PERSON: Final[Fields] = tuple(
    (field, StringField()) for field in ("name", "email", "language", "position")
)
_ACTS: Final = ("archive", "restore", "anonymise")
_END: Final[Fields] = (
    ("do", StringField(validators=[AnyOf(_ACTS)])),
    ("sure", BooleanField()),
)


@blueprint.get("")
def list_() -> Response:
    """List the partners, and offer to add one."""
    return _list(access.authorised("partners.list").known, 200)


@blueprint.post("")
def add() -> Response:
    """Add a partner, and go on to what is known of it."""
    known = access.authorised("partner.add").known
    form = access.form(known, request.form, fields=_NAME)
    name = form["name"].data or ""
    if not form.validate():
        return _list(known, 400, name, stale=True)
    key, problems = editing.add(database(), audit.by(known.user_id), name)
    return go(f"/partners/{key}") if key else _list(known, 400, name, problems=_said(problems))


@blueprint.get("/<uuid:partner_id>")
def see(partner_id: uuid.UUID) -> Response:
    """Show a partner and the people there."""
    permitted = access.authorised("partner.see", partner_id=partner_id)
    return _partner(permitted.known, permitted.object, 200)


@blueprint.post("/<uuid:partner_id>")
def save(partner_id: uuid.UUID) -> Response:
    """Keep what was typed about a partner."""
    permitted = access.authorised("partner.change", partner_id=partner_id)
    known, partner = permitted.known, permitted.object
    form = access.form(known, request.form, fields=_KNOWN)
    given = {column: str(form[column].data or "") for column in COLUMNS}
    if not form.validate():
        return _partner(known, partner, 400, given=given, stale=True)
    problems = editing.save(database(), audit.by(known.user_id), partner_id, given)
    if problems:
        return _partner(known, partner, 400, given=given, problems=_said(problems))
    return go(f"/partners/{partner_id}?saved=1")


@blueprint.post("/<uuid:partner_id>/contacts")
def add_contact(partner_id: uuid.UUID) -> Response:
    """Add a person at a partner."""
    permitted = access.authorised("partner.change", partner_id=partner_id)
    known, partner = permitted.known, permitted.object
    form = access.form(known, request.form, fields=_PERSON)
    person = {field: str(form[field].data or "") for field, _ in _PERSON}
    if not form.validate():
        return _partner(known, partner, 400, person=person, stale=True)
    problems = editing.add_contact(
        database(), audit.by(known.user_id), partner_id, NewContact(**person)
    )
    if problems:
        return _partner(known, partner, 400, person=person, wrong=_said(problems))
    return go(f"/partners/{partner_id}#people")


@blueprint.post("/<uuid:partner_id>/contacts/<uuid:contact_id>/remove")
def remove_contact(partner_id: uuid.UUID, contact_id: uuid.UUID) -> Response:
    """Forget a person at a partner."""
    permitted = access.authorised("partner.change", partner_id=partner_id)
    known = permitted.known
    if not access.form(known, request.form).validate():
        return _partner(known, permitted.object, 400, stale=True)
    editing.remove_contact(database(), audit.by(known.user_id), partner_id, contact_id)
    return go(f"/partners/{partner_id}#people")


@blueprint.post("/<uuid:partner_id>/state")
def end(partner_id: uuid.UUID) -> Response:
    """Archive a partner, bring it back, or forget the people there."""
    permitted = access.authorised("partner.change", partner_id=partner_id)
    known, partner = permitted.known, permitted.object
    form = access.form(known, request.form, fields=_END)
    if not form.validate():
        return _partner(known, partner, 400, stale=True)
    act = form["do"].data
    if act == "anonymise" and not form["sure"].data:
        return _partner(known, partner, 400, unsure=True)
    do = {
        "archive": archiving.archive,
        "restore": archiving.restore,
        "anonymise": archiving.anonymise,
    }[str(act)]
    try:
        do(database(), audit.by(known.user_id), partner.name)
    except PartnerInUse:
        return _partner(known, partner, 400, in_use=True)
    return go(f"/partners/{partner_id}")


def _list(known: SignedIn, status: int, name: str = "", **told: Any) -> Response:  # noqa: ANN401
    archived = "archived" in request.args
    rows = listing.partners(database(), archived=archived)
    group = request.args.get("group", "")
    wanted = request.args.get("q", "").strip()[:100]
    chosen = _chosen(rows, group, wanted)
    kept = {"group": group, "q": wanted} | ({"archived": "1"} if archived else {})
    return access.page(
        known,
        "partners.html",
        status=status,
        found=leaf(chosen, number_asked()),
        wanted=wanted,
        query=f"{urlencode(kept)}&",
        columns=[
            name for name in _SELDOM if any(getattr(row, name) not in {None, ()} for row in chosen)
        ],
        groups=sorted({each for row in rows for each in row.groups}, key=str.casefold),
        group=group,
        archived=archived,
        name=name,
        kinds=KIND_WORDS,
        classes=CLASS_WORDS,
        may_change=access.may(known, "partner.change"),
        **({"stale": False, "problems": {}} | told),
    )


def _chosen(rows: list[PartnerRow], group: str, wanted: str) -> list[PartnerRow]:
    """Give the partners of a group, where one is chosen, with some letters in their names."""
    letters = wanted.casefold()
    return [
        row for row in rows if (not group or group in row.groups) and letters in row.name.casefold()
    ]


def _partner(known: SignedIn, partner: Partner, status: int, **told: Any) -> Response:  # noqa: ANN401
    row, people = listing.whole(database(), partner)
    nobody = {"name": "", "email": "", "language": visitor.language(), "position": ""}
    return access.page(
        known,
        "partner.html",
        status=status,
        shown=row,
        people=leaf(people, number_asked()),
        kinds=[(kind, KIND_WORDS[kind]) for kind in PARTNER_KINDS],
        classes=[(each, CLASS_WORDS[each]) for each in ("", *KRALJIC_CLASSES)],
        spoken=LANGUAGES,
        may_change=access.may(known, "partner.change"),
        saved="saved" in request.args,
        waiting=releases.waiting(database(), partner.id),
        **(
            {
                "given": values_of(partner, row.groups),
                "problems": {},
                "person": nobody,
                "wrong": {},
                "stale": False,
                "unsure": False,
                "in_use": False,
            }
            | told
        ),
    )


def _said(problems: dict[str, str]) -> dict[str, str]:
    """Say problems in the language of the page."""
    catalogue = site().renderer.catalogues[visitor.language()]
    return {field: say_in(catalogue, problem) for field, problem in problems.items()}
