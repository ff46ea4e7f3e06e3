"""What a report rests on: held while the report is kept, since it was composed before.

Composing takes long, so that it is done while others write. Meanwhile a wave may be deleted, its
results made anew, or somebody forgotten: a report that still says it must not be kept.
"""

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.services.comparing import kept
from survey.services.comparing.model import Workspace
from survey.services.record.whole import Record, whole
from survey.services.reporting.errors import ReportOvertaken
from survey.settings import Settings
from survey.storage.models import Partner, Study, Wave


def require_same(
    session: Session,
    settings: Settings,
    work: Workspace,
    first_wave: int,
    of_partner: tuple[uuid.UUID, Record | None] | None,
) -> None:
    """Refuse a report whose grounds have changed, and let nobody change them until it is kept.

    Parameters
    ----------
    session, settings
        The writing session in which it is kept; the installation.
    work, first_wave
        What it was composed of, and the earliest wave whose numbers are in that.
    of_partner
        The partner it is about, with the record that it tells, if it is about one.

    Raises
    ------
    ReportOvertaken
    """
    waves = (
        sa.select(Wave.id)
        .join(Study, Study.id == Wave.study_id)
        .where(Study.slug == work.study, Wave.number.between(first_wave, work.wave))
        .order_by(Wave.number)
    )
    session.execute(waves.with_for_update(of=Wave)).all()
    if kept.read(settings, work.study, work.wave) != work:
        raise ReportOvertaken
    if of_partner is None:
        return
    partner_id, record = of_partner
    session.execute(sa.select(Partner.id).where(Partner.id == partner_id).with_for_update()).all()
    if record is not None and whole(session, partner_id) != record:
        raise ReportOvertaken
