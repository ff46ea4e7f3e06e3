"""Who takes part, by partner and side, without telling of few people what they did.

Whether somebody has answered is not what they answered, but a partner with two people would
show it of each. So numbers of few people are hidden, and as many more as it takes that a
subtraction from the total says nothing of few either.
"""

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.services.partners import partners_of
from survey.services.register.partner_import import groups_by_partner
from survey.services.studies import find
from survey.storage.models import (
    ANONYMOUS,
    IDENTIFIED,
    AnonymousAnswers,
    Assessment,
    Invitation,
    Participant,
    Roster,
    Study,
    Wave,
)

Cell = tuple[uuid.UUID, str]  # partner and side


@dataclass(frozen=True, slots=True)
class Taking:
    """How many take part.

    Parameters
    ----------
    name, side
        The partner, or the group of partners, and who answers.
    invited
        People who have it on their list.
    submitted
        Assessments handed in and not withdrawn; ``None`` where that is not told.
    """

    name: str
    side: str
    invited: int
    submitted: int | None


@dataclass(frozen=True, slots=True)
class Group:
    """A group of partners: the sums of those that are told, and how many are not."""

    name: str
    partners: int
    invited: int
    submitted: int
    untold: int


def by_partner(session: Session, slug: str, number: int | None = None) -> tuple[Taking, ...]:
    """Count participation of each partner and side that somebody is asked about.

    Parameters
    ----------
    session
        An open session.
    slug, number
        The study, and its wave: the latest if not given.

    Returns
    -------
    tuple of Taking
        In the order of the study's partners. In identified studies all numbers are told. Else
        `submitted` is ``None`` where fewer people than the threshold are invited (in anonymous
        studies also where fewer have answered), and for the next smallest as long as fewer
        than the threshold are invited to all that are hidden (in anonymous studies also as long
        as fewer have answered there): the total is told, so the sum of the hidden is known.

    Raises
    ------
    UnknownStudy, UnknownWave
    """
    study, wave = find(session, slug, number)
    invited, submitted = _invited(session, wave), _submitted(session, study, wave)
    rows = {
        (partner.id, side): Taking(
            partner.name, side, invited[partner.id, side], submitted[partner.id, side]
        )
        for partner in partners_of(session, study)
        for side in study.sides
        if invited[partner.id, side] or submitted[partner.id, side]
    }
    if study.privacy_mode == IDENTIFIED:
        return tuple(rows.values())
    hidden = _hidden(rows, study)
    return tuple(
        replace(row, submitted=None) if cell in hidden else row for cell, row in rows.items()
    )


def by_group(session: Session, slug: str, number: int | None = None) -> tuple[Group, ...]:
    """Add up what `by_partner` tells, by the groups that partners stand in."""
    study, _ = find(session, slug, number)
    groups = groups_by_partner(session)
    members: dict[str, set[str]] = {}
    for partner in partners_of(session, study):
        for name in groups.get(partner.id, ()):
            members.setdefault(name, set()).add(partner.name)
    rows = by_partner(session, slug, number)
    return tuple(
        _group(name, [row for row in rows if row.name in members[name]])
        for name in sorted(members, key=str.casefold)
    )


def _group(name: str, rows: Sequence[Taking]) -> Group:
    told = [row for row in rows if row.submitted is not None]
    return Group(
        name=name,
        partners=len({row.name for row in rows}),
        invited=sum(row.invited for row in rows),
        submitted=sum(row.submitted or 0 for row in told),
        untold=len(rows) - len(told),
    )


def _invited(session: Session, wave: Wave) -> Counter[Cell]:
    rows = session.execute(
        sa.select(Roster.partner_id, Participant.side, sa.func.count())
        .join(Participant, Participant.id == Roster.participant_id)
        .join(Invitation, Invitation.participant_id == Participant.id)
        .where(Invitation.wave_id == wave.id)
        .group_by(Roster.partner_id, Participant.side)
    )
    return Counter({(partner, side): count for partner, side, count in rows})


def _submitted(session: Session, study: Study, wave: Wave) -> Counter[Cell]:
    if study.privacy_mode == ANONYMOUS:
        rows = session.execute(
            sa.select(AnonymousAnswers.partner_id, AnonymousAnswers.side, sa.func.count())
            .where(AnonymousAnswers.wave_id == wave.id, AnonymousAnswers.withdrawn_on.is_(None))
            .group_by(AnonymousAnswers.partner_id, AnonymousAnswers.side)
        )
    else:
        rows = session.execute(
            sa.select(Assessment.partner_id, Participant.side, sa.func.count())
            .join(Participant, Participant.id == Assessment.participant_id)
            .where(
                Assessment.wave_id == wave.id,
                Assessment.receipt.is_not(None),
                Assessment.withdrawn_on.is_(None),
            )
            .group_by(Assessment.partner_id, Participant.side)
        )
    return Counter({(partner, side): count for partner, side, count in rows})


def _hidden(rows: Mapping[Cell, Taking], study: Study) -> set[Cell]:
    """Choose what is not told: few people, and enough besides that no difference tells them."""
    least, anonymous = study.min_group, study.privacy_mode == ANONYMOUS
    few = {
        cell
        for cell, row in rows.items()
        if _people(row) < least or (anonymous and (row.submitted or 0) < least)
    }
    rest = sorted((cell for cell in rows if cell not in few), key=lambda cell: _people(rows[cell]))
    while few and rest and _is_told_by_total([rows[cell] for cell in few], study):
        few.add(rest.pop(0))
    return few


def _is_told_by_total(hidden: Sequence[Taking], study: Study) -> bool:
    """Whether the total less what is told speaks of fewer people than the threshold."""
    if sum(map(_people, hidden)) < study.min_group:
        return True
    answered = sum(row.submitted or 0 for row in hidden)
    return study.privacy_mode == ANONYMOUS and answered < study.min_group


def _people(row: Taking) -> int:
    """Count those who may have answered: by an open link, more than were invited."""
    return max(row.invited, row.submitted or 0)
