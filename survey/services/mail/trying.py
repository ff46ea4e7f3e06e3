"""A message of a study, sent to whoever writes it: as it will be, with links that lead nowhere."""

import datetime as dt
import uuid

from sqlalchemy.orm import Session

from survey.services.mail.kinds import TRIAL
from survey.services.mail.queueing import Message, queue_all


def try_out(
    session: Session,
    user_id: uuid.UUID,
    *,
    to: str,
    name: str,
    of: tuple[str, str, str],
    language: str,
    moment: dt.datetime,
) -> bool:
    """Queue a message of a study to one who writes it; false if it was queued just now.

    Parameters
    ----------
    session
        A writing session.
    user_id, to, name
        Who asks for it, with their own address: nobody else can be written to in this way.
    of, language
        Study, kind and side. Its words are read when it is sent, which is at once.
    moment
        The time; within a minute a message is tried out once, however often it is asked for.

    Raises
    ------
    BadMail
    """
    slug, kind, side = of
    minute = f"{moment:%Y%m%d%H%M}"
    key = f"{TRIAL.name}:{user_id.hex}:{slug}:{kind}:{side}:{language}:{minute}"
    values = {"name": name, "study": slug, "of": kind, "side": side}
    return bool(queue_all(session, [Message(TRIAL.name, to, language, values, key)]))
