"""Accounts: made, found, listed, given a role, disabled. Whatever is done stands in the log."""

import datetime as dt
import logging
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from questionnaires import LANGUAGES
from survey.errors import BadInput, LastAdmin, SeveralUsers, UnknownUser, UserExists
from survey.services import audit
from survey.services.accounts import sessions
from survey.services.audit import Actor
from survey.services.naming import email_problem, name_problem, tidy
from survey.storage.account_models import ADMIN, ROLES, VIEWER, User, UserPartner, UserSession
from survey.storage.models import Installation, Partner

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class NewUser:
    """A person who is to be let in, as it was handed in."""

    name: str
    email: str
    role: str
    language: str = LANGUAGES[0]


@dataclass(frozen=True, slots=True)
class Listed:
    """A person who may log in, for a list."""

    id: uuid.UUID
    name: str
    email: str
    role: str
    language: str
    disabled: bool
    has_password: bool
    has_second_factor: bool
    last_seen: dt.datetime | None
    partners: tuple[str, ...]


def spelled(email: str) -> str:
    """Give the one spelling of an e-mail address; no account has two."""
    return tidy(email[:1000]).lower()


def add(session: Session, actor: Actor, new: NewUser, *, password_hash: str | None = None) -> User:
    """Make an account.

    Parameters
    ----------
    session
        A writing session.
    actor
        Who makes it.
    new
        Whose it is to be.
    password_hash
        From `passwords.hashed`; without one, the person chooses a password by a link.

    Raises
    ------
    BadInput
        With every reason why it cannot be made so.
    UserExists
        Someone logs in with this e-mail address, however it was spelled.
    """
    name, email = tidy(new.name), spelled(new.email)
    problems = [name_problem(name), email_problem(email), _role_problem(new.role)]
    if new.language not in LANGUAGES:
        problems.append(f"language {new.language!r} is none of {', '.join(LANGUAGES)}")
    found = tuple(problem for problem in problems if problem)
    if found:
        raise BadInput("user", found)
    if session.scalar(sa.select(User.id).where(User.email == email)):
        raise UserExists
    user = User(
        name=name,
        email=email,
        role=new.role,
        language=new.language,
        password_hash=password_hash,
    )
    session.add(user)
    session.flush()
    audit.note(session, actor, "user added", audit.of_user(user.id))
    log.info("user added: %s", user.role)
    return user


def find(session: Session, given: str) -> User:
    """Find a user by name or e-mail address.

    Raises
    ------
    UnknownUser, SeveralUsers
    """
    by_email = session.scalar(sa.select(User).where(User.email == spelled(given)))
    if by_email is not None:
        return by_email
    found = session.scalars(sa.select(User).where(User.name == tidy(given))).all()
    if not found:
        raise UnknownUser(given=given)
    if len(found) > 1:
        raise SeveralUsers(given=given, count=len(found))
    return found[0]


def listing(session: Session, only: uuid.UUID | None = None) -> list[Listed]:
    """Give all users by name, or one of them."""
    rows = sa.select(User).order_by(User.name, User.email)
    if only is not None:
        rows = rows.where(User.id == only)
    last_used = sa.select(UserSession.user_id, sa.func.max(UserSession.used_at)).where(
        ~UserSession.owes_code
    )
    seen = {row[0]: row[1] for row in session.execute(last_used.group_by(UserSession.user_id))}
    named: dict[uuid.UUID, list[str]] = {}
    for user_id, name in session.execute(
        sa.select(UserPartner.user_id, Partner.name)
        .join(Partner, Partner.id == UserPartner.partner_id)
        .order_by(Partner.name)
    ):
        named.setdefault(user_id, []).append(name)
    return [
        _listed(user, seen.get(user.id), named.get(user.id, [])) for user in session.scalars(rows)
    ]


def set_role(session: Session, actor: Actor, user: User, role: str, at: dt.datetime) -> None:
    """Give another role; the person logs in anew, and only a viewer keeps partners.

    Raises
    ------
    BadInput
        No such role.
    LastAdmin
        Nobody else could let people in.
    """
    problem = _role_problem(role)
    if problem:
        raise BadInput("user", (problem,))
    if role == user.role:
        return
    if user.role == ADMIN:
        _require_other_admin(session, user)
    user.role = role
    if role != VIEWER:
        session.execute(sa.delete(UserPartner).where(UserPartner.user_id == user.id))
    sessions.end_all(session, user.id, at)
    audit.note(session, actor, f"role {role}", audit.of_user(user.id), at=at)


def set_partners(
    session: Session, actor: Actor, user: User, names: Iterable[str], at: dt.datetime
) -> None:
    """Say which partners a viewer may see, and no others.

    Raises
    ------
    BadInput
        A partner that there is not, or a user who is no viewer.
    """
    wanted = {tidy(name).casefold(): tidy(name) for name in names}
    known = {row.name.casefold(): row.id for row in session.scalars(sa.select(Partner))}
    problems = [f"there is no partner {wanted[key]!r}" for key in wanted if key not in known]
    if wanted and user.role != VIEWER:
        problems.append(f"a {user.role} sees all partners: only a viewer has a list")
    if problems:
        raise BadInput("partners", tuple(problems))
    before = set(
        session.scalars(sa.select(UserPartner.partner_id).where(UserPartner.user_id == user.id))
    )
    after = {known[key] for key in wanted}
    if before == after:
        return
    session.execute(sa.delete(UserPartner).where(UserPartner.user_id == user.id))
    session.add_all(UserPartner(user_id=user.id, partner_id=each) for each in after)
    session.flush()
    audit.note(session, actor, "partners changed", audit.of_user(user.id), at=at)


def disable(session: Session, actor: Actor, user: User, at: dt.datetime) -> None:
    """Let a person in no more, from the next request on.

    Raises
    ------
    LastAdmin
        Nobody else could let people in.
    """
    if user.disabled_at is not None:
        return
    if user.role == ADMIN:
        _require_other_admin(session, user)
    user.disabled_at = at
    sessions.end_all(session, user.id, at)
    audit.note(session, actor, "user disabled", audit.of_user(user.id), at=at)


def enable(session: Session, actor: Actor, user: User, at: dt.datetime) -> None:
    """Let a person in again, who logs in anew."""
    if user.disabled_at is None:
        return
    user.disabled_at = None
    audit.note(session, actor, "user enabled", audit.of_user(user.id), at=at)


def speak(session: Session, user_id: uuid.UUID, language: str) -> None:
    """Let the pages of a person speak another language."""
    if language in LANGUAGES:
        session.get_one(User, user_id).language = language


def known_of(session: Session, user: User | NewUser) -> tuple[str, ...]:
    """Give what everybody knows of a user, and what no password may therefore hold."""
    return (user.name, user.email, organisation(session))


def organisation(session: Session) -> str:
    """Give the name of the organisation whose people log in."""
    return session.scalars(sa.select(Installation.organisation)).one()


def _require_other_admin(session: Session, user: User) -> None:
    """Raise `LastAdmin` unless somebody else is an admin who may log in; holds their rows."""
    admins = session.scalars(
        sa.select(User.id).where(User.role == ADMIN, User.disabled_at.is_(None)).with_for_update()
    ).all()
    if not set(admins) - {user.id}:
        raise LastAdmin


def _role_problem(role: str) -> str | None:
    return None if role in ROLES else f"role {role!r} is none of {', '.join(ROLES)}"


def _listed(user: User, seen: dt.datetime | None, partners: list[str]) -> Listed:
    return Listed(
        id=user.id,
        name=user.name,
        email=user.email,
        role=user.role,
        language=user.language,
        disabled=user.disabled_at is not None,
        has_password=user.password_hash is not None,
        has_second_factor=user.totp_nonce is not None,
        last_seen=seen,
        partners=tuple(partners),
    )
