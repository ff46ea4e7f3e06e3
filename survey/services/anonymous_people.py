"""Who is answering an anonymous study: nobody but the holder of a link."""

import uuid
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.services.anonymous import roster_states
from survey.services.respondents import Respondent, respondent_of
from survey.storage.models import Base

_PARTNER: Final = Base.metadata.tables["partner"]
_ROSTER: Final = Base.metadata.tables["roster"]
_LISTED: Final = (
    sa.select(_PARTNER.c.name, _PARTNER.c.id)
    .join(_ROSTER, _ROSTER.c.partner_id == _PARTNER.c.id)
    .where(_ROSTER.c.participant_id == sa.bindparam("participant_id"))
    .order_by(_ROSTER.c.place)
)


def ticket(language: str, token: str) -> str:
    """Write the ticket of a session: the language and the token, for neither is stored."""
    return f"{language}.{token}"


def invited_person(
    session: Session,
    row: Any,  # noqa: ANN401 (a row of the invitation)
    token: str,
    language: str,
) -> Respondent:
    """Make the respondent behind an invitation, without the identity of the person."""
    listed = session.execute(_LISTED, {"participant_id": row.participant_id})
    partners: list[tuple[str, uuid.UUID]] = [(name, key) for name, key in listed]
    return holder(session, row, token, language or row.language, partners)


def holder(
    session: Session,
    row: Any,  # noqa: ANN401 (a row of the study)
    token: str,
    language: str,
    partners: list[tuple[str, uuid.UUID]],
    *,
    open_link: bool = False,
) -> Respondent:
    """Make the respondent who holds a token; in the first language if theirs is not offered."""
    language = language if language in row.languages else row.languages[0]
    return respondent_of(
        session,
        row,
        language=language,
        ticket=ticket(language, token),
        roster=roster_states(session, token, row.wave_id, partners),
        token=token,
        open_link=open_link,
    )
