"""What was kept of a wave, with what the register knows of its partners today."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.errors import ResultsMissing
from survey.services import participation
from survey.services.comparing import kept as files
from survey.services.comparing.model import Workspace
from survey.services.instruments import stored
from survey.services.partners import partners_of
from survey.services.register.partner_import import groups_by_partner
from survey.services.studies import find
from survey.settings import Settings
from survey.storage.models import Partner, Study, StudyPartner, Wave

FIELDS: Final = ("kind", "category", "region", "kraljic", "group")  # what partners are chosen by


@dataclass(frozen=True, slots=True)
class Known:
    """A partner as the register has it.

    Parameters
    ----------
    id, name
        Of the partner; the name is that under which the wave knows it.
    values
        What it is, by the names of `FIELDS`: each any number of values.
    share
        Per cent of the revenue of all; ``None`` where it is not known.
    invited, submitted
        Who was asked of our side, and how many assessments came; ``None`` where that is not told.
    invited_there, submitted_there
        The same of the partner's own people.
    """

    id: uuid.UUID
    name: str
    values: Mapping[str, tuple[str, ...]]
    share: float | None
    invited: int = 0
    submitted: int | None = None
    invited_there: int = 0
    submitted_there: int | None = None

    @property
    def coverage(self) -> float | None:
        """Share of those asked of our side who answered."""
        if self.submitted is None or not self.invited:
            return None
        return self.submitted / self.invited


@dataclass(frozen=True, slots=True)
class Desk:
    """A wave to be compared by, its partners, and what its scales are about.

    `kinds` gives the kind of each scale (relationship, performance, outcome …); `partners` are
    by their place in the workspace, ``None`` where the register has none of that name any more.
    """

    workspace: Workspace
    waves: tuple[int, ...]
    partners: tuple[Known | None, ...]
    kinds: Mapping[str, str]

    def place_of(self, partner_id: uuid.UUID) -> int | None:
        """Give the place of a partner; ``None`` if the wave did not ask about it."""
        for place, known in enumerate(self.partners):
            if known is not None and known.id == partner_id:
                return place
        return None

    def chosen(self, wanted: Mapping[str, str]) -> tuple[int, ...]:
        """Give the places of the partners that have all of the values."""
        return tuple(
            place
            for place, known in enumerate(self.partners)
            if all(known is not None and value in known.values[f] for f, value in wanted.items())
        )

    def choices(self) -> dict[str, tuple[str, ...]]:
        """List the values by which partners of this wave can be chosen, where there are several."""
        found = {
            field: sorted(
                {value for known in self.partners if known for value in known.values[field]},
                key=str.casefold,
            )
            for field in FIELDS
        }
        return {field: tuple(values) for field, values in found.items() if len(values) > 1}


def desk(session: Session, settings: Settings, slug: str, wave: int | None = None) -> Desk:
    """Read what partners are compared by.

    Parameters
    ----------
    session, settings
        Of the installation.
    slug, wave
        The study, and one of its closed waves: the latest of which something is kept.

    Raises
    ------
    UnknownStudy, UnknownWave
    ResultsMissing
        Nothing is kept of it: it is open, being computed, or its data were deleted.
    ComparisonOutdated, ComparisonUnreadable
        What is kept of it cannot be used. An earlier wave is not shown in its place.
    """
    study, last = find(session, slug, wave)
    waves = files.waves(session, settings, slug)
    number = wave or files.latest(session, settings, slug) or last.number
    kept = files.require(settings, slug, number)
    if kept is None:
        raise ResultsMissing(wave=number, slug=slug)
    taking = {(row.name, row.side): row for row in participation.by_partner(session, slug, number)}
    groups = groups_by_partner(session)
    rows = {row.name: row for row in partners_of(session, study)}
    instrument = stored(session, study.instrument_id, study.instrument_version)
    return Desk(
        workspace=kept,
        waves=tuple(waves),
        partners=tuple(
            _known(rows[name], groups.get(rows[name].id, ()), taking) if name in rows else None
            for name in kept.names
        ),
        kinds={construct.id: construct.kind for construct in instrument.constructs},
    )


def _known(
    row: Partner,
    groups: tuple[str, ...],
    taking: Mapping[tuple[str, str], participation.Taking],
) -> Known:
    own = {"kind": row.kind, "category": row.category, "region": row.region, "kraljic": row.kraljic}
    values = {field: (value,) if value else () for field, value in own.items()}
    ours, theirs = taking.get((row.name, "ours")), taking.get((row.name, "theirs"))
    return Known(
        id=row.id,
        name=row.name,
        values={**values, "group": groups},
        share=row.revenue_share,
        invited=ours.invited if ours else 0,
        submitted=ours.submitted if ours else None,
        invited_there=theirs.invited if theirs else 0,
        submitted_there=theirs.submitted if theirs else None,
    )


@dataclass(frozen=True, slots=True)
class CardWay:
    """Where the card of a partner is: in the latest wave of a study of which something is kept."""

    slug: str
    title: str
    partner_id: uuid.UUID
    partner: str


def cards(
    session: Session, settings: Settings, partners: Collection[uuid.UUID]
) -> tuple[CardWay, ...]:
    """List the cards of some partners, for those who may see no others."""
    rows = session.execute(
        sa.select(Study.slug, Study.title, Partner.id, Partner.name)
        .join(StudyPartner, StudyPartner.study_id == Study.id)
        .join(Partner, Partner.id == StudyPartner.partner_id)
        .where(Partner.id.in_(partners))
        .order_by(Study.created_at.desc(), Partner.name)
    )
    return tuple(CardWay(*row) for row in rows if files.waves(session, settings, row.slug))


def opened_on(session: Session, slug: str) -> dict[int, str]:
    """Give the day on which each wave of a study was opened, as an ISO text."""
    rows = session.execute(
        sa.select(Wave.number, Wave.opened_at)
        .join(Study, Study.id == Wave.study_id)
        .where(Study.slug == slug, Wave.opened_at.is_not(None))
    )
    return {number: at.date().isoformat() for number, at in rows if at is not None}
