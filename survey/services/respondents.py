"""Who is answering: a link or a session, read into one frozen object.

An anonymous respondent has no identity here, only the token of the link: everything that is
kept for it has a key that is made from the token, and the token is kept nowhere.
"""

import datetime as dt
import uuid
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from questionnaires import Instrument
from survey.errors import UnknownInvitation, UnknownPartner, WaveClosed, WaveNotOpen
from survey.services import notices
from survey.services.instruments import stored
from survey.services.notices import Notice
from survey.storage.models import ANONYMOUS, Base

State = Literal["not_started", "started", "submitted", "declined"]
# Columns of tables, not attributes of classes: a select costs a third, and these run each time.
_TABLES: Final = Base.metadata.tables
_ASSESSMENT: Final = _TABLES["assessment"].c
_INSTALLATION: Final = _TABLES["installation"].c
_INVITATION: Final = _TABLES["invitation"].c
_LINK: Final = _TABLES["invitation_link"].c
_PARTICIPANT: Final = _TABLES["participant"].c
_PARTNER: Final = _TABLES["partner"].c
_LIST: Final = _TABLES["roster"].c
_STUDY: Final = _TABLES["study"].c
_WAVE: Final = _TABLES["wave"].c
STUDY_COLUMNS: Final = (
    _WAVE.id.label("wave_id"),
    _WAVE.number,
    _WAVE.status,
    _WAVE.answer_by,
    _STUDY.slug,
    _STUDY.title,
    _STUDY.privacy_mode,
    _STUDY.min_group,
    _STUDY.min_group_text,
    _STUDY.languages,
    _STUDY.instrument_id,
    _STUDY.instrument_version,
    _INSTALLATION.organisation,
)
_RESPONDENT: Final = (
    sa.select(
        _INVITATION.id.label("invitation_id"),
        _INVITATION.participant_id,
        _PARTICIPANT.language,
        _PARTICIPANT.side,
        *STUDY_COLUMNS,
    )
    .select_from(_TABLES["invitation"])
    .join(_TABLES["participant"], _PARTICIPANT.id == _INVITATION.participant_id)
    .join(_TABLES["wave"], _WAVE.id == _INVITATION.wave_id)
    .join(_TABLES["study"], _STUDY.id == _WAVE.study_id)
    .join(_TABLES["installation"], sa.true())
)
_MAILED: Final = sa.select(_LINK.invitation_id).where(_LINK.token_sha256 == sa.bindparam("sought"))
BY_TOKEN: Final = _RESPONDENT.where(
    sa.or_(
        _INVITATION.token_sha256 == sa.bindparam("sought"),
        _INVITATION.id == _MAILED.scalar_subquery(),
    )
)
BY_ID: Final = _RESPONDENT.where(_INVITATION.id == sa.bindparam("sought"))
_ROSTER: Final = (
    sa.select(
        _LIST.place,
        _PARTNER.name,
        _PARTNER.id,
        _LIST.declined,
        _ASSESSMENT.pages_done,
        _ASSESSMENT.receipt,
        _ASSESSMENT.withdrawn_on,
    )
    .select_from(_TABLES["roster"])
    .join(_TABLES["partner"], _PARTNER.id == _LIST.partner_id)
    .outerjoin(
        _TABLES["assessment"],
        sa.and_(
            _ASSESSMENT.participant_id == _LIST.participant_id,
            _ASSESSMENT.partner_id == _LIST.partner_id,
            _ASSESSMENT.wave_id == sa.bindparam("wave_id"),
        ),
    )
    .where(_LIST.participant_id == sa.bindparam("participant_id"))
    .order_by(_LIST.place)
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
    answer_by: dt.date | None = None
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
    row: sa.Row[tuple[object, ...]] | None = _rows(session, query, sought=sought).one_or_none()
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
        answer_by=row.answer_by,
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
    rows = _rows(session, _ROSTER, participant_id=participant_id, wave_id=wave_id)
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


def _rows(session: Session, query: sa.Executable, **values: object) -> Any:  # noqa: ANN401
    """Read past the session's own loading, which every request would pay for twice."""
    session.flush()
    return session.connection().execute(query, values)
