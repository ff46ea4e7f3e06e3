"""Who is answering: a link or a session, read into one frozen object."""

import hashlib
import re
import uuid
from dataclasses import dataclass
from typing import Final, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from questionnaires import Instrument
from survey.errors import UnknownInvitation, UnknownPartner, WaveClosed, WaveNotOpen
from survey.services.instruments import stored
from survey.storage.models import (
    Assessment,
    Installation,
    Invitation,
    Participant,
    Partner,
    Roster,
    Study,
    Wave,
)

State = Literal["not_started", "started", "submitted"]
TOKEN: Final = re.compile(r"[0-9A-Za-z]{22}")  # 128 random bits, base 62
_RESPONDENT: Final = (
    sa.select(
        Invitation.id.label("invitation_id"),
        Invitation.participant_id,
        Invitation.wave_id,
        Participant.language,
        Participant.side,
        Wave.number,
        Wave.status,
        Study.slug,
        Study.title,
        Study.privacy_mode,
        Study.min_group,
        Study.min_group_text,
        Study.languages,
        Study.instrument_id,
        Study.instrument_version,
        Installation.organisation,
    )
    .join(Participant, Participant.id == Invitation.participant_id)
    .join(Wave, Wave.id == Invitation.wave_id)
    .join(Study, Study.id == Wave.study_id)
    .join(Installation, sa.true())
)
_BY_TOKEN: Final = _RESPONDENT.where(Invitation.token_sha256 == sa.bindparam("sought"))
_BY_ID: Final = _RESPONDENT.where(Invitation.id == sa.bindparam("sought"))
_ROSTER: Final = (
    sa.select(Roster.place, Partner.name, Partner.id, Assessment.pages_done, Assessment.receipt)
    .join(Partner, Partner.id == Roster.partner_id)
    .outerjoin(
        Assessment,
        sa.and_(
            Assessment.participant_id == Roster.participant_id,
            Assessment.partner_id == Roster.partner_id,
            Assessment.wave_id == sa.bindparam("wave_id"),
        ),
    )
    .where(Roster.participant_id == sa.bindparam("participant_id"))
    .order_by(Roster.place)
)


@dataclass(frozen=True, slots=True)
class RosterEntry:
    """One partner on a person's list, and how far its assessment has come."""

    place: int
    partner: str
    state: State
    pages_done: int
    receipt: str | None
    partner_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class Respondent:
    """The person behind an invitation, in an open wave, with all that pages need."""

    invitation_id: uuid.UUID
    study_slug: str
    study_title: str
    organisation: str
    privacy_mode: str
    min_group: int
    min_group_text: int
    wave_number: int
    language: str
    languages: tuple[str, ...]
    side: str
    instrument: Instrument
    roster: tuple[RosterEntry, ...]
    participant_id: uuid.UUID
    wave_id: uuid.UUID

    def entry(self, place: int) -> RosterEntry:
        """Give the partner at a place of the list, or raise `UnknownPartner`."""
        if not 1 <= place <= len(self.roster):
            raise UnknownPartner(place=place, last=len(self.roster))
        return self.roster[place - 1]


def token_hash(token: str) -> str:
    """Give the form in which the token of a link is kept."""
    return hashlib.sha256(token.encode()).hexdigest()


def by_token(session: Session, token: str) -> Respondent:
    """Find the respondent to whom a link was given.

    Raises
    ------
    UnknownInvitation
        The same for a token that is malformed, wrong or withdrawn.
    WaveNotOpen, WaveClosed
        The link is right, but there is nothing to fill in yet, or any more.
    """
    if not TOKEN.fullmatch(token):
        raise UnknownInvitation
    return _load(session, _BY_TOKEN, token_hash(token))


def by_id(session: Session, invitation_id: uuid.UUID) -> Respondent:
    """Find the respondent of a session that `by_token` began; raises as it does."""
    return _load(session, _BY_ID, invitation_id)


def _load(session: Session, query: sa.Executable, sought: str | uuid.UUID) -> Respondent:
    row = session.execute(query, {"sought": sought}).one_or_none()
    if row is None:
        raise UnknownInvitation
    require_open(row.status, row.title, row.language)
    return Respondent(
        invitation_id=row.invitation_id,
        study_slug=row.slug,
        study_title=row.title,
        organisation=row.organisation,
        privacy_mode=row.privacy_mode,
        min_group=row.min_group,
        min_group_text=row.min_group_text,
        wave_number=row.number,
        language=row.language,
        languages=tuple(row.languages),
        side=row.side,
        instrument=stored(session, row.instrument_id, row.instrument_version),
        roster=_roster(session, row.participant_id, row.wave_id),
        participant_id=row.participant_id,
        wave_id=row.wave_id,
    )


def require_open(status: str, title: str, language: str) -> None:
    """Raise `WaveNotOpen` or `WaveClosed` unless a wave with this status takes answers.

    The error carries the person's language, so that the refusal is read in it.
    """
    if status == "draft":
        raise WaveNotOpen(title=title, language=language)
    if status == "closed":
        raise WaveClosed(title=title, language=language)


def _roster(
    session: Session, participant_id: uuid.UUID, wave_id: uuid.UUID
) -> tuple[RosterEntry, ...]:
    rows = session.execute(_ROSTER, {"participant_id": participant_id, "wave_id": wave_id})
    return tuple(
        RosterEntry(place, name, _state(done, code), done or 0, code, partner_id)
        for place, name, partner_id, done, code in rows
    )


def _state(pages_done: int | None, code: str | None) -> State:
    if code is not None:
        return "submitted"
    return "not_started" if pages_done is None else "started"
