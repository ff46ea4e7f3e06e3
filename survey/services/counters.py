"""How far a wave has come, in counts that add up; the unit is the assessment throughout.

An assessment is one person and one partner. *Asked for*: the partner is on the person's list.
*Opened*: the person pressed Start. *Started*: something is saved. *Submitted*: it is handed in.
Each of these is part of the one before; started is the sum of saved, submitted and withdrawn.
*Not known* is apart: of those opened, the ones about which people said that they do not know
the partner. Nobody who only looks is counted: looking changes nothing here.
"""

from dataclasses import dataclass, fields
from typing import Any, Final, Self

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.storage.models import (
    ANONYMOUS,
    AnonymousAnswers,
    Assessment,
    Draft,
    Invitation,
    Participant,
    Participation,
    Roster,
    Study,
    Wave,
)

KEPT: Final = ("opened", "declined")  # what closing an anonymous wave would else forget


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of assessments.

    Parameters
    ----------
    asked, opened, started, submitted
        Each at most the one before. By an open link more may be opened than are asked for.
    saved
        Started, not submitted.
    withdrawn
        Submitted and taken back; not counted as submitted any more.
    declined
        The person said that they do not know the partner.
    """

    asked: int = 0
    opened: int = 0
    started: int = 0
    saved: int = 0
    submitted: int = 0
    withdrawn: int = 0
    declined: int = 0

    def __add__(self, other: Self) -> "Counts":
        return Counts(
            *(getattr(self, each.name) + getattr(other, each.name) for each in fields(self))
        )


@dataclass(frozen=True, slots=True)
class Part:
    """The counts of those who answer for a side in a language."""

    side: str
    language: str
    counts: Counts


def of_wave(session: Session, study: Study, wave: Wave) -> Counts:
    """Count the assessments of a whole wave, in any privacy mode."""
    if study.privacy_mode == ANONYMOUS:
        return _anonymous(session, wave)
    return sum((part.counts for part in parts(session, wave)), Counts())


def parts(session: Session, wave: Wave) -> tuple[Part, ...]:
    """Count the assessments of an identified or confidential wave by side and language.

    Whether they may be told is for `participation` to say. The language is the one in which the
    person last read. In anonymous waves nothing that is kept tells this.
    """
    here = sa.and_(
        Assessment.participant_id == Roster.participant_id,
        Assessment.partner_id == Roster.partner_id,
        Assessment.wave_id == wave.id,
    )
    theirs = sa.exists().where(
        Assessment.participant_id == Participant.id, Assessment.wave_id == wave.id
    )
    began = sa.or_(Invitation.opened, theirs.correlate(Participant))
    rows = session.execute(
        sa.select(
            Participant.side,
            Participant.language,
            sa.func.count().label("asked"),
            _number(began).label("opened"),
            sa.func.count(Assessment.id).label("started"),
            sa.func.count(Assessment.receipt).label("handed_in"),
            sa.func.count(Assessment.withdrawn_on).label("withdrawn"),
            _number(Roster.declined).label("declined"),
        )
        .select_from(Roster)
        .join(Participant, Participant.id == Roster.participant_id)
        .join(Invitation, Invitation.participant_id == Participant.id)
        .outerjoin(Assessment, here)
        .where(Invitation.wave_id == wave.id)
        .group_by(Participant.side, Participant.language)
        .order_by(Participant.side, Participant.language)
    )
    return tuple(Part(row.side, row.language, _counts(row)) for row in rows)


def _counts(row: Any) -> Counts:  # noqa: ANN401 (a row of the query)
    return Counts(
        asked=row.asked,
        opened=row.opened,
        started=row.started,
        saved=row.started - row.handed_in,
        submitted=row.handed_in - row.withdrawn,
        withdrawn=row.withdrawn,
        declined=row.declined,
    )


def _anonymous(session: Session, wave: Wave) -> Counts:
    """Count notes, drafts and answers of an anonymous wave; who they are is not known.

    What was begun before openings were noted was opened as well.
    """
    asked = (
        sa.select(Roster.place)
        .join(Invitation, Invitation.participant_id == Roster.participant_id)
        .where(Invitation.wave_id == wave.id)
    )
    answers = sa.select(AnonymousAnswers.id).where(AnonymousAnswers.wave_id == wave.id)
    notes = sa.select(Participation.key).where(Participation.wave_id == wave.id)
    saved = _count(session, sa.select(Draft.key).where(Draft.wave_id == wave.id))
    handed_in = _count(session, answers)
    withdrawn = _count(session, answers.where(AnonymousAnswers.withdrawn_on.is_not(None)))
    before = wave.counted or {}
    opened = before.get("opened", _count(session, notes.where(Participation.opened)))
    declined = notes.where(Participation.declined, ~Participation.submitted)
    return Counts(
        asked=_count(session, asked),
        opened=max(opened, saved + handed_in),
        started=saved + handed_in,
        saved=saved,
        submitted=handed_in - withdrawn,
        withdrawn=withdrawn,
        declined=before.get("declined", _count(session, declined)),
    )


def _number(condition: sa.ColumnElement[bool] | Any) -> sa.ColumnElement[int]:  # noqa: ANN401
    return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)


def _count(session: Session, rows: sa.Select[Any]) -> int:
    return session.scalars(sa.select(sa.func.count()).select_from(rows.subquery())).one()
