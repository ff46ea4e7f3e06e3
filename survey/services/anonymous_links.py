"""The links of people who are invited to an anonymous study by mail or letter.

There a person has one link for good: what is kept has keys made from its token, so a second
link would be a second vote. It is made at the moment of sending. The rows that note whether a
link was used are all written anew then, in the order of their keys, so that neither their
place nor the transaction that wrote them says who was sent a link together with whom.
"""

import uuid
from collections.abc import Mapping, Sequence
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.services.anonymous import part_key
from survey.services.tokens import token_hash
from survey.storage.engine import leave_no_trace
from survey.storage.models import Base, Invitation, Participation, Roster, Wave

_PART: Final = Base.metadata.tables[Participation.__tablename__]


def give(session: Session, wave_id: uuid.UUID, tokens: Mapping[uuid.UUID, str]) -> None:
    """Let each of some invitations have a link, and no other than this one.

    Parameters
    ----------
    session
        A writing session.
    wave_id
        Of an anonymous study.
    tokens
        Invitation → the token of its link. A link that was made before and never reached
        anybody leads nowhere from now on.
    """
    leave_no_trace(session)
    # The wave first, as everywhere: who is answering just now waits until the rows are back.
    session.execute(sa.select(Wave.status).where(Wave.id == wave_id).with_for_update()).one()
    session.execute(
        sa.update(Invitation),
        [
            {"id": key, "token_sha256": token_hash(token), "unsent": False}
            for key, token in sorted(tokens.items())
        ],
    )
    rows = session.execute(
        sa.select(Invitation.id, Roster.partner_id)
        .join(Roster, Roster.participant_id == Invitation.participant_id)
        .where(Invitation.id.in_(list(tokens)))
    )
    _add(session, wave_id, [part_key(tokens[key], wave_id, partner) for key, partner in rows])


def _add(session: Session, wave_id: uuid.UUID, keys: Sequence[uuid.UUID]) -> None:
    """Add participations, and write those of the whole wave anew in the order of their keys."""
    mine = _PART.c.wave_id == wave_id
    rows = [dict(row) for row in session.execute(sa.select(_PART).where(mine)).mappings()]
    new = {"wave_id": wave_id, "submitted": False, "declined": False, "opened": False}
    rows += [{"key": key, **new} for key in keys]
    session.execute(sa.delete(_PART).where(mine))
    session.execute(sa.insert(_PART), sorted(rows, key=lambda row: row["key"].bytes))
