"""Who is answering: a link or a session, read into one frozen object.

An anonymous respondent has no identity here, only the token of the link: everything that is
kept for it has a key that is made from the token, and the token is kept nowhere.
"""

import uuid
from dataclasses import dataclass, field
from typing import Final, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from questionnaires import Instrument
from survey.errors import UnknownInvitation, UnknownPartner, WaveClosed, WaveNotOpen
from survey.services import notices
from survey.services.instruments import stored
from survey.services.notices import Notice
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

State = Literal["not_started", "started", "submitted", "declined"]
ANONYMOUS: Final = "anonymous"
STUDY_COLUMNS: Final = (
    Wave.id.label("wave_id"),
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
_RESPONDENT: Final = (
    sa.select(
        Invitation.id.label("invitation_id"),
        Invitation.participant_id,
        Participant.language,
        Participant.side,
        *STUDY_COLUMNS,
    )
    .join(Participant, Participant.id == Invitation.participant_id)
    .join(Wave, Wave.id == Invitation.wave_id)
    .join(Study, Study.id == Wave.study_id)
    .join(Installation, sa.true())
)
BY_TOKEN: Final = _RESPONDENT.where(Invitation.token_sha256 == sa.bindparam("sought"))
BY_ID: Final = _RESPONDENT.where(Invitation.id == sa.bindparam("sought"))
_ROSTER: Final = (
    sa.select(
        Roster.place,
        Partner.name,
        Partner.id,
        Roster.declined,
        Assessment.pages_done,
        Assessment.receipt,
        Assessment.withdrawn_on,
    )
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
    """One partner on a person's list, and how far its assessment has come.

    ``receipt`` is known while the answers have an owner: in an anonymous study nobody can
    tell it from the list, see `respond.receipt_of`.
    """

    place: int
    partner: str
    state: State
    pages_done: int
    receipt: str | None
    partner_id: uuid.UUID
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Respondent:
    """The person behind a link, in an open wave, with all that pages need.

    ``ticket`` is what a session keeps of it. ``invitation_id`` and ``participant_id`` are
    ``None`` in an anonymous study, where the token stands for the person instead.
    """

    ticket: str = field(repr=False)
    invitation_id: uuid.UUID | None
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
    notice: Notice
    roster: tuple[RosterEntry, ...]
    participant_id: uuid.UUID | None
    wave_id: uuid.UUID
    open_link: bool = False
    token: str = field(default="", repr=False)

    @property
    def is_anonymous(self) -> bool:
        """Whether nothing that is kept may lead to the person."""
        return self.privacy_mode == ANONYMOUS

    def entry(self, place: int) -> RosterEntry:
        """Give the partner at a place of the list, or raise `UnknownPartner`."""
        if not 1 <= place <= len(self.roster):
            raise UnknownPartner(place=place, last=len(self.roster))
        return self.roster[place - 1]


def invited(
    session: Session, query: sa.Executable, sought: str | uuid.UUID
) -> sa.Row[tuple[object, ...]]:
    """Find the row of an invitation in an open wave.

    Raises
    ------
    UnknownInvitation, WaveNotOpen, WaveClosed
    """
    row = session.execute(query, {"sought": sought}).one_or_none()
    if row is None:
        raise UnknownInvitation
    require_open(row.status, row.title, row.language)
    return row


def attributed(session: Session, row: sa.Row[tuple[object, ...]]) -> Respondent:
    """Make the respondent of an identified or confidential study."""
    return respondent_of(
        session,
        row,
        language=row.language,
        ticket=row.invitation_id.hex,
        roster=_roster(session, row.participant_id, row.wave_id),
        invitation_id=row.invitation_id,
        participant_id=row.participant_id,
    )


def respondent_of(
    session: Session,
    row: sa.Row[tuple[object, ...]],
    *,
    language: str,
    ticket: str,
    roster: tuple[RosterEntry, ...],
    **own: object,
) -> Respondent:
    """Put a respondent together from the row of its study and what is its own."""
    return Respondent(
        ticket=ticket,
        study_slug=row.slug,
        study_title=row.title,
        organisation=row.organisation,
        privacy_mode=row.privacy_mode,
        min_group=row.min_group,
        min_group_text=row.min_group_text,
        wave_number=row.number,
        language=language,
        languages=tuple(row.languages),
        side=row.side,
        instrument=stored(session, row.instrument_id, row.instrument_version),
        notice=notices.shown(session, row.wave_id, row.side, language),
        roster=roster,
        wave_id=row.wave_id,
        **{"invitation_id": None, "participant_id": None, **own},  # type: ignore[arg-type]
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
        RosterEntry(
            place,
            name,
            state_of(done, submitted=code is not None, declined=declined),
            done or 0,
            code,
            partner_id,
            withdrawn_on is not None,
        )
        for place, name, partner_id, declined, done, code, withdrawn_on in rows
    )


def state_of(pages_done: int | None, *, submitted: bool, declined: bool) -> State:
    """Say how far an assessment is; what was submitted stays so."""
    if submitted:
        return "submitted"
    if declined:
        return "declined"
    return "not_started" if pages_done is None else "started"
