"""The second factor: begun, used, taken away; and the codes that stand in for a lost phone."""

import datetime as dt
import hashlib
import secrets
import uuid
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.errors import WrongLogin
from survey.services import audit
from survey.services.accounts import totp
from survey.services.audit import Actor
from survey.services.receipt_codes import LETTERS, MISREAD
from survey.storage.account_models import RecoveryCode, User

RECOVERY_CODES: Final = 10
_RECOVERY_LENGTH: Final = 16  # letters of five bits


def begin(
    session: Session, secret_key: str, user: User, nonce: str, given: str, at: dt.datetime
) -> tuple[str, ...]:
    """Begin to ask for a second factor, once its first code has come; give the recovery codes.

    Parameters
    ----------
    session, secret_key
        A writing session, and the secret of the installation.
    user
        Who wants it; an older second factor ends.
    nonce
        From `totp.new_nonce`, that of the secret which was shown.
    given
        The code that the app shows.
    at
        Now.

    Returns
    -------
    tuple of str
        Codes of 80 random bits, of which only hashes are kept.

    Raises
    ------
    WrongLogin
        The code is not the app's; nothing is changed.
    """
    step = totp.matching_step(totp.secret_of(secret_key, user.id, nonce), _bare(given), at)
    if step is None:
        raise WrongLogin
    user.totp_nonce, user.totp_step = nonce, step
    _forget_codes(session, user.id)
    codes = tuple(_new_code() for _ in range(RECOVERY_CODES))
    session.add_all(RecoveryCode(code_sha256=_hashed(code), user_id=user.id) for code in codes)
    audit.note(session, audit.by(user.id), "second factor begun", audit.of_user(user.id), at=at)
    session.flush()
    return codes


def end(session: Session, actor: Actor, user: User, at: dt.datetime) -> None:
    """Ask for no second factor any more."""
    if user.totp_nonce is None:
        return
    user.totp_nonce = user.totp_step = None
    _forget_codes(session, user.id)
    audit.note(session, actor, "second factor ended", audit.of_user(user.id), at=at)


def fits(session: Session, secret_key: str, user: User, given: str, at: dt.datetime) -> bool:
    """Say whether a code is the right one, and use it up: of two at once, one counts.

    Parameters
    ----------
    session, secret_key
        A writing session, and the secret of the installation.
    user
        Who gives it.
    given
        Six digits of the app, or a recovery code, as typed.
    at
        Now.
    """
    bare = _bare(given)
    if len(bare) == totp.DIGITS and bare.isdecimal():
        secret = totp.secret_of(secret_key, user.id, user.totp_nonce or "")
        step = totp.matching_step(secret, bare, at)
        return step is not None and user.totp_nonce is not None and _used_step(session, user, step)
    used = session.execute(
        sa.update(RecoveryCode)
        .where(
            RecoveryCode.code_sha256 == _hashed(given),
            RecoveryCode.user_id == user.id,
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=at)
    )
    if not used.rowcount:  # type: ignore[attr-defined]
        return False
    audit.note(session, audit.by(user.id), "recovery code used", audit.of_user(user.id), at=at)
    return True


def left(session: Session, user_id: uuid.UUID) -> int:
    """Count the recovery codes that were not used."""
    rows = sa.select(RecoveryCode.code_sha256).where(
        RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None)
    )
    return session.scalars(sa.select(sa.func.count()).select_from(rows.subquery())).one()


def _used_step(session: Session, user: User, step: int) -> bool:
    done = session.execute(
        sa.update(User)
        .where(User.id == user.id, sa.func.coalesce(User.totp_step, 0) < step)
        .values(totp_step=step)
        .execution_options(synchronize_session=False)
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]


def _forget_codes(session: Session, user_id: uuid.UUID) -> None:
    session.execute(sa.delete(RecoveryCode).where(RecoveryCode.user_id == user_id))


def _new_code() -> str:
    letters = "".join(secrets.choice(LETTERS) for _ in range(_RECOVERY_LENGTH))
    return "-".join(letters[start : start + 4] for start in range(0, _RECOVERY_LENGTH, 4))


def _bare(given: str) -> str:
    return "".join(given.split())


def _hashed(code: str) -> str:
    """Hash a recovery code, whose dashes and look-alike letters do not matter."""
    plain = code.upper().translate(MISREAD)
    return hashlib.sha256("".join(plain.split()).encode()).hexdigest()
