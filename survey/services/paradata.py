"""When pages were posted, apart from what was answered. No address, no browser."""

import uuid
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.storage.models import Base, PageVisit, now

_VISIT: Final = Base.metadata.tables[PageVisit.__tablename__]
_AGAIN: Final = (
    sa.update(_VISIT)
    .where(
        _VISIT.c.assessment_id == sa.bindparam("assessment"),
        _VISIT.c.page == sa.bindparam("number"),
    )
    .values(posts=_VISIT.c.posts + 1, last_at=sa.bindparam("moment"))
    .returning(_VISIT.c.posts)
)
_FIRST: Final = sa.insert(_VISIT)


def note_post(session: Session, assessment_id: uuid.UUID, page: int) -> None:
    """Count one post of a page; the caller holds the assessment."""
    moment = now()
    key = {"assessment": assessment_id, "number": page, "moment": moment}
    if session.scalar(_AGAIN, key) is None:
        row = {"assessment_id": assessment_id, "page": page, "posts": 1}
        session.execute(_FIRST, {**row, "first_at": moment, "last_at": moment})
