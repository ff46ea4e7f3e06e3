"""Thanks to whoever has answered everything, where a study wants it."""

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.services.mail.kinds import THANKS
from survey.services.mail.queueing import Message, queue_all
from survey.services.mail.refusing import finished
from survey.storage.models import (
    ANONYMOUS,
    Invitation,
    MailChoice,
    Outbox,
    Participant,
    Study,
    Wave,
)


def queue_thanks(session: Session) -> int:
    """Queue thanks to those who are done and have not been thanked; give how many.

    Never in an anonymous study, where nobody knows who has answered.
    """
    waves = session.scalars(
        sa.select(Wave.id)
        .join(Study, Study.id == Wave.study_id)
        .join(MailChoice, MailChoice.study_id == Study.id)
        .where(MailChoice.thanks, Wave.status == "open", Study.privacy_mode != ANONYMOUS)
    ).all()
    return sum(_queue(session, wave) for wave in waves)


def _queue(session: Session, wave_id: uuid.UUID) -> int:
    thanked = sa.exists().where(Outbox.invitation_id == Invitation.id, Outbox.kind == THANKS.name)
    asked = sa.select(Invitation.id).where(Invitation.wave_id == wave_id, ~thanked)
    done = finished(session, asked, answered_at_least=1)
    if not done:
        return 0
    rows = session.execute(
        sa.select(Invitation.id, Participant.name, Participant.email, Participant.language)
        .join(Participant, Participant.id == Invitation.participant_id)
        .where(Invitation.wave_id == wave_id)
    )
    return queue_all(
        session,
        (
            Message(
                THANKS.name,
                row.email,
                row.language,
                {"name": row.name},
                f"{THANKS.name}:{row.id.hex}",
                wave_id,
                row.id,
            )
            for row in rows
            if row.id in done
        ),
    )
