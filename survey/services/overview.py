"""What studies there are and how far their waves have come, for those who may know."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.errors import UnknownStudy
from survey.services import studies
from survey.services.studies import Status
from survey.storage.models import Study, StudyPartner, Wave


@dataclass(frozen=True, slots=True)
class Overview:
    """A study and its waves, the latest first; counts are of whole waves, nothing finer."""

    slug: str
    title: str
    privacy_mode: str
    waves: tuple[Status, ...]


def listing(session: Session, partners: Collection[uuid.UUID] | None = None) -> list[Overview]:
    """Give all studies, the newest first.

    Parameters
    ----------
    session
        Of any kind.
    partners
        Only studies that ask about none but these: even a count would tell of the others.
    """
    rows = session.scalars(sa.select(Study).order_by(Study.created_at.desc(), Study.slug)).all()
    return [_overview(session, study) for study in rows if _is_about(session, study, partners)]


def one(session: Session, slug: str, partners: Collection[uuid.UUID] | None = None) -> Overview:
    """Give one study.

    Raises
    ------
    UnknownStudy
        There is none, or it asks about other partners than these.
    """
    study = session.scalar(sa.select(Study).where(Study.slug == slug))
    if study is None or not _is_about(session, study, partners):
        raise UnknownStudy(slug=slug, known="")
    return _overview(session, study)


def _is_about(session: Session, study: Study, partners: Collection[uuid.UUID] | None) -> bool:
    if partners is None:
        return True
    asked = session.scalars(
        sa.select(StudyPartner.partner_id).where(StudyPartner.study_id == study.id)
    ).all()
    return bool(asked) and set(asked) <= set(partners)


def _overview(session: Session, study: Study) -> Overview:
    numbers = session.scalars(
        sa.select(Wave.number).where(Wave.study_id == study.id).order_by(Wave.number.desc())
    )
    return Overview(
        slug=study.slug,
        title=study.title,
        privacy_mode=study.privacy_mode,
        waves=tuple(studies.status(session, study.slug, number) for number in numbers),
    )
