"""When pages were posted, apart from what was answered. No address, no browser."""

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.storage.models import PageVisit, now


def note_post(session: Session, assessment_id: uuid.UUID, page: int) -> None:
    """Count one post of a page; the caller holds the assessment."""
    moment = now()
    posts = session.scalar(
        sa.update(PageVisit)
        .where(PageVisit.assessment_id == assessment_id, PageVisit.page == page)
        .values(last_at=moment, posts=PageVisit.posts + 1)
        .returning(PageVisit.posts)
    )
    if posts is None:
        session.execute(
            sa.insert(PageVisit).values(
                assessment_id=assessment_id, page=page, first_at=moment, last_at=moment, posts=1
            )
        )
