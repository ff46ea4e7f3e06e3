"""Users, for admins: who may log in, as what, and which partners a viewer sees."""

import uuid
from typing import Any

from flask import Blueprint, Response, request
from wtforms import SelectMultipleField, StringField
from wtforms.validators import AnyOf

from questionnaires import LANGUAGES
from survey.errors import BadInput, LastAdmin, UserDisabled, UserExists
from survey.pages import access, visitor
from survey.pages.explanations import N_
from survey.pages.languages import moment
from survey.pages.site import database, go, site
from survey.services import audit, partners
from survey.services.accounts import resets, second_factor, users
from survey.services.accounts.sessions import SignedIn
from survey.services.accounts.users import Listed, NewUser
from survey.storage.models import ROLES, User

blueprint = Blueprint("users", __name__, url_prefix="/users")

ROLE_WORDS = {
    "admin": N_("Administrator: everything"),
    "researcher": N_("Researcher: results and statistics"),
    "manager": N_("Manager: results"),
    "viewer": N_("Viewer: studies about named partners only"),
}
_NEW = (
    ("name", StringField()),
    ("email", StringField()),
    ("role", StringField()),
    ("language", StringField()),
)
_CHANGE = (
    ("do", StringField(validators=[AnyOf(("save", "link", "factor", "disable", "enable"))])),
    ("role", StringField(validators=[AnyOf((None, "", *ROLES))])),
    ("partners", SelectMultipleField(validate_choice=False)),
)


@blueprint.get("")
def listing() -> Response:
    """List all users, and offer to add one."""
    return _list(access.authorised("users.list").known, 200)


@blueprint.post("")
def add() -> Response:
    """Add a user, and show the link with which they choose a password."""
    known = access.authorised("user.add").known
    form = access.form(known, request.form, fields=_NEW)
    given = {name: str(form[name].data or "") for name, _ in _NEW}
    if not form.validate():
        return _list(known, 400, given, stale=True)
    try:
        user = users.add(database(), audit.by(known.user_id), NewUser(**given))
    except UserExists:
        return _list(known, 400, given, exists=True)
    except BadInput:
        return _list(known, 400, given, bad=True)
    link = _link(known, user, first=True)
    return _user(known, users.listing(database(), user.id)[0], 200, link=link, hours=24)


@blueprint.get("/<uuid:user_id>")
def see(user_id: uuid.UUID) -> Response:
    """Show a user."""
    permitted = access.authorised("user.see", user_id=user_id)
    return _user(permitted.known, permitted.object, 200)


@blueprint.post("/<uuid:user_id>")
def change(user_id: uuid.UUID) -> Response:
    """Change a user's role and partners, let them in no more, or give them a link."""
    permitted = access.authorised("user.change", user_id=user_id)
    known, shown = permitted.known, permitted.object
    form = access.form(known, request.form, fields=_CHANGE)
    if not form.validate():
        return _user(known, shown, 400, stale=not form.is_current)
    actor, at = audit.by(known.user_id), access.now()
    user = database().get_one(User, user_id, with_for_update=True)
    try:
        match form["do"].data:
            case "link":
                return _user(known, shown, 200, link=_link(known, user), hours=1)
            case "disable":
                users.disable(database(), actor, user, at)
            case "enable":
                users.enable(database(), actor, user, at)
            case "factor":
                second_factor.end(database(), actor, user, at)
            case _:
                role = form["role"].data or user.role
                users.set_role(database(), actor, user, role, at)
                chosen = form["partners"].data if role == "viewer" else []
                users.set_partners(database(), actor, user, chosen or [], at)
    except LastAdmin:
        return _user(known, shown, 400, last_admin=True)
    except (BadInput, UserDisabled):
        return _user(known, shown, 400, stale=True)
    return go(f"/users/{user_id}")


def _link(known: SignedIn, user: User, *, first: bool = False) -> str:
    return resets.make(
        database(),
        audit.by(known.user_id),
        user,
        access.now(),
        base_url=site().settings.base_url,
        lifetime=resets.FIRST_LIFETIME if first else resets.LIFETIME,
    )


def _list(
    known: SignedIn,
    status: int,
    given: dict[str, str] | None = None,
    **told: bool,
) -> Response:
    return access.page(
        known,
        "users.html",
        status=status,
        users=[(each, _seen(each)) for each in users.listing(database())],
        roles=list(ROLE_WORDS.items()),
        given=given or {"name": "", "email": "", "role": "viewer", "language": LANGUAGES[0]},
        **({"stale": False, "exists": False, "bad": False} | told),
    )


def _user(known: SignedIn, shown: Listed, status: int, **told: Any) -> Response:  # noqa: ANN401
    return access.page(
        known,
        "user.html",
        status=status,
        shown=shown,
        seen=_seen(shown),
        roles=list(ROLE_WORDS.items()),
        partners=partners.names(database()),
        **({"stale": False, "last_admin": False, "link": "", "hours": 0} | told),
    )


def _seen(shown: Listed) -> str:
    return moment(shown.last_seen, visitor.language()) if shown.last_seen else ""
