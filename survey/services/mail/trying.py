"""A message of a study, sent to whoever writes it: as it will be, with links that lead nowhere."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy.orm import Session

from survey.services.accounts.sessions import SignedIn
from survey.services.mail.kinds import TRIAL
from survey.services.mail.own_words import Said
from survey.services.mail.queueing import Message, queue_all


@dataclass(frozen=True, slots=True)
class Trial:
    """Which message is tried out, and with which words, whether the study says so yet or not."""

    slug: str
    kind: str
    side: str
    language: str
    words: Said


def try_out(session: Session, who: SignedIn, trial: Trial, moment: dt.datetime) -> bool:
    """Queue a message of a study to one who writes it; false if it was queued just now.

    Parameters
    ----------
    session
        A writing session.
    who
        Who asks for it; it goes to their own address, so that nobody else can be written to.
    trial
        What it is; its words are forgotten when it is sent, which is at once.
    moment
        The time; within a minute a message is tried out once, however often it is asked for.

    Raises
    ------
    BadMail
    """
    which = f"{trial.slug}:{trial.kind}:{trial.side}:{trial.language}"
    key = f"{TRIAL.name}:{who.user_id.hex}:{which}:{moment:%Y%m%d%H%M}"
    values = {
        "name": who.name,
        "study": trial.slug,
        "of": trial.kind,
        "subject": trial.words.subject,
        "lead": trial.words.lead,
    }
    return bool(queue_all(session, [Message(TRIAL.name, who.email, trial.language, values, key)]))
