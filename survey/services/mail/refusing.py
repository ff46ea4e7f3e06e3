"""Who gets no mail, and why: it is looked up once more when a message is claimed."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.services.mail.kinds import KINDS, REMINDER
from survey.services.record import links
from survey.storage.mail_models import HARD
from survey.storage.models import Assessment, Bounce, Invitation, OptOut, Roster

CLOSED: Final = "the wave is closed"
STOPPED: Final = "no more mail was asked for"
BOUNCED: Final = "the address takes no mail"
DONE: Final = "everything is answered"
NO_CARD: Final = "the link was taken back, or its last day is over"


def refusals(
    session: Session, rows: Sequence[Any], people: Mapping[uuid.UUID, str], day: dt.date
) -> dict[uuid.UUID, str]:
    """Give the messages that are not to be sent after all, each with the reason."""
    about = [row for row in rows if KINDS[row.kind].can_stop]
    stopped, bounced = unreachable(session, {people[row.id] for row in about})
    reminded = {row.invitation_id for row in about if row.kind == REMINDER.name}
    done = finished(session, reminded) if reminded else set()
    found = {}
    for row in about:
        if row.status == "closed":
            found[row.id] = CLOSED
        elif people[row.id] in stopped:
            found[row.id] = STOPPED
        elif people[row.id] in bounced:
            found[row.id] = BOUNCED
        elif row.invitation_id in done and row.kind == REMINDER.name:
            found[row.id] = DONE
        elif KINDS[row.kind].of_card and not links.leads(session, row, day):
            found[row.id] = NO_CARD
    return found


def unreachable(session: Session, people: set[str]) -> tuple[set[str], set[str]]:
    """Give those of some people who opted out, and those whose address takes no mail."""
    if not people:
        return set(), set()
    stopped = set(session.scalars(sa.select(OptOut.person)))
    bounced = set(session.scalars(sa.select(Bounce.person).where(Bounce.kind == HARD)))
    return stopped & people, bounced & people


def finished(
    session: Session,
    invitations: Collection[uuid.UUID] | sa.Select[Any],
    *,
    answered_at_least: int = 0,
) -> set[uuid.UUID]:
    """Give those of some invitations to named studies where nothing is left to do.

    Every partner on the list is answered or declined, and so many of them are answered.
    """
    answered = sa.func.count(Assessment.receipt)
    left = sa.func.sum(
        sa.case((sa.or_(Assessment.receipt.is_not(None), Roster.declined), 0), else_=1)
    )
    query = (
        sa.select(Invitation.id)
        .join(Roster, Roster.participant_id == Invitation.participant_id)
        .outerjoin(
            Assessment,
            sa.and_(
                Assessment.participant_id == Roster.participant_id,
                Assessment.partner_id == Roster.partner_id,
                Assessment.wave_id == Invitation.wave_id,
            ),
        )
        .where(Invitation.id.in_(invitations))
        .group_by(Invitation.id)
        .having(left == 0, answered >= answered_at_least)
    )
    return set(session.scalars(query))
