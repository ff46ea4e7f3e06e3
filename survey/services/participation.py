"""Who takes part, by partner and side, without telling of few people what they did.

Whether somebody has answered is not what they answered, but a partner with two people would
show it of each. So numbers of few people are hidden, and as many more as it takes that a
subtraction from the total says nothing of few either. People are counted once, on however many
lists they stand.
"""

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.services import counters
from survey.services.counters import Counts, Part
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


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is asked about a partner on a side, and how many assessments are handed in."""

    side: str
    people: frozenset[uuid.UUID]
    submitted: int


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
        different people than the threshold are invited to all that are hidden, on each side
        and together (in anonymous studies also as long as fewer have answered there for
        certain): totals are told, so the sum of the hidden is known.

    Raises
    ------
    UnknownStudy, UnknownWave
    """
    study, wave = find(session, slug, number)
    people = _people_by_cell(session, wave)
    submitted = _submitted(session, study, wave)
    cells = {
        (partner.id, side): Asked(
            side, frozenset(people.get((partner.id, side), ())), submitted[partner.id, side]
        )
        for partner in partners_of(session, study)
        for side in study.sides
        if people.get((partner.id, side)) or submitted[partner.id, side]
    }
    names = {partner.id: partner.name for partner in partners_of(session, study)}
    rows = {
        cell: Taking(names[cell[0]], asked.side, len(asked.people), asked.submitted)
        for cell, asked in cells.items()
    }
    if study.privacy_mode == IDENTIFIED:
        return tuple(rows.values())
    hidden = _hidden(cells, study)
    return tuple(
        replace(row, submitted=None) if cell in hidden else row for cell, row in rows.items()
    )


def by_side(session: Session, slug: str, number: int | None = None) -> tuple[Part, ...]:
    """Count by side, and by language where that tells of few people neither.

    Returns
    -------
    tuple of Part
        With an empty language where only sides are told; nothing where not even these are, and
        in anonymous studies, whose notes say neither side nor language. Sides are told where
        the threshold of different people is met on each; languages only where it is met by
        every partner's people of each side and language, so that no difference between this
        table and that of partners is of fewer.

    Raises
    ------
    UnknownStudy, UnknownWave
    """
    study, wave = find(session, slug, number)
    if study.privacy_mode == ANONYMOUS:
        return ()
    found = counters.parts(session, wave)
    if study.privacy_mode == IDENTIFIED:
        return found
    rows = _listed(session, wave)
    if not _each_is_of_many([(side, person) for _, side, _, person in rows], study):
        return ()
    if _each_is_of_many(rows, study):
        return found
    return tuple(
        Part(side, "", sum((part.counts for part in found if part.side == side), Counts()))
        for side in sorted({part.side for part in found})
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


def _listed(session: Session, wave: Wave) -> list[tuple[uuid.UUID, str, str, uuid.UUID]]:
    """Give partner, side, language and person of all that is asked for in a wave."""
    rows = session.execute(
        sa.select(Roster.partner_id, Participant.side, Participant.language, Participant.id)
        .join(Participant, Participant.id == Roster.participant_id)
        .join(Invitation, Invitation.participant_id == Participant.id)
        .where(Invitation.wave_id == wave.id)
    )
    return [(partner, side, language, person) for partner, side, language, person in rows]


def _people_by_cell(session: Session, wave: Wave) -> dict[Cell, set[uuid.UUID]]:
    people: dict[Cell, set[uuid.UUID]] = {}
    for partner, side, _, person in _listed(session, wave):
        people.setdefault((partner, side), set()).add(person)
    return people


def _each_is_of_many(rows: Iterable[tuple[object, ...]], study: Study) -> bool:
    """Whether each group, which is all but the last of a row, has enough different people."""
    groups: dict[tuple[object, ...], set[object]] = {}
    for *group, person in rows:
        groups.setdefault(tuple(group), set()).add(person)
    return all(len(people) >= study.min_group for people in groups.values())


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


def _hidden(cells: Mapping[Cell, Asked], study: Study) -> set[Cell]:
    """Choose what is not told: few people, and enough besides that no difference tells them.

    First on each side, whose sums may be told as well, then over both.
    """
    hidden = {cell for cell, asked in cells.items() if _is_of_few([asked], study)}
    for sides in (*([side] for side in study.sides), study.sides):
        here = [cell for cell, asked in cells.items() if asked.side in sides]
        rest = sorted(
            (cell for cell in here if cell not in hidden), key=lambda cell: _people([cells[cell]])
        )
        among = hidden.intersection(here)
        while among and rest and _is_of_few([cells[cell] for cell in among], study):
            among.add(rest.pop(0))
        hidden |= among
    return hidden


def _is_of_few(cells: Sequence[Asked], study: Study) -> bool:
    """Whether a sum of these tells of fewer different people than the threshold."""
    if _people(cells) < study.min_group:
        return True
    return study.privacy_mode == ANONYMOUS and _answered(cells) < study.min_group


def _people(cells: Sequence[Asked]) -> int:
    """Count the different people who may have answered: by an open link, more than invited."""
    invited: frozenset[uuid.UUID] = frozenset().union(*(asked.people for asked in cells))
    return max(len(invited), _answered(cells))


def _answered(cells: Sequence[Asked]) -> int:
    """Count the different people who have answered for certain.

    Nobody answers about a partner twice, nor for both sides; about several partners the same
    people may have answered.
    """
    most: dict[str, int] = {}
    for asked in cells:
        most[asked.side] = max(most.get(asked.side, 0), asked.submitted)
    return sum(most.values())
