"""Asking for the password once more, before someone who is logged in changes how they log in."""

import datetime as dt
import uuid

from survey.errors import WrongLogin
from survey.services.accounts import passwords, throttling
from survey.settings import Settings
from survey.storage.account_models import User
from survey.storage.engine import Storage


def confirm(
    storage: Storage, settings: Settings, user_id: uuid.UUID, password: str, at: dt.datetime
) -> str:
    """Give the hash of someone's password if this is it; whoever guesses has to wait.

    Raises
    ------
    WrongLogin
        Another password.
    TooManyTries
        Too many wrong ones today.
    """
    what = ("password", user_id.hex)
    with storage.write() as session:
        throttling.reserve(session, settings.secret_key, what, at)
        kept = session.get_one(User, user_id).password_hash
    if not passwords.fits(kept, password) or kept is None:
        raise WrongLogin
    with storage.write() as session:
        throttling.release(session, settings.secret_key, what, at)
    return kept
