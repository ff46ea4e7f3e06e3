"""How many messages may leave within an hour, over all workers and restarts."""

import datetime as dt
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.storage.inserting import insert_into
from survey.storage.models import Base, MailMinute, MailSecret

_MINUTE: Final = Base.metadata.tables[MailMinute.__tablename__]
HOUR: Final = dt.timedelta(hours=1)
_MINUTE_LONG: Final = dt.timedelta(minutes=1)


def left(session: Session, limit: int | None, moment: dt.datetime) -> int | None:
    """Give how many messages may still leave within this hour; ``None`` for any number."""
    if limit is None:
        return None
    sent = session.scalars(
        sa.select(sa.func.coalesce(sa.func.sum(_MINUTE.c.sent), 0)).where(
            _MINUTE.c.minute > moment - HOUR - _MINUTE_LONG
        )
    ).one()
    return max(0, limit - int(sent))


def take(session: Session, limit: int | None, moment: dt.datetime, *, at_once: bool) -> bool:
    """Count one message that leaves now; false, and not counted, if the limit is reached.

    Parameters
    ----------
    session
        A writing session; the message counts once it commits.
    limit
        Messages within any 60 minutes; a minute that lies in them in part counts whole.
    moment
        The time, in UTC.
    at_once
        Whether it leaves in any case.
    """
    if limit is None:
        return True
    # One after the other: two workers would both find the last place free.
    session.execute(sa.select(MailSecret.id).with_for_update()).one()
    if not at_once and left(session, limit, moment) == 0:
        return False
    minute = moment.replace(second=0, microsecond=0)
    counted = insert_into(session, _MINUTE).values(minute=minute, sent=1)
    session.execute(
        counted.on_conflict_do_update(index_elements=["minute"], set_={"sent": _MINUTE.c.sent + 1})
    )
    session.execute(sa.delete(_MINUTE).where(_MINUTE.c.minute <= moment - 2 * HOUR))
    return True


def free_at(session: Session, limit: int | None, moment: dt.datetime) -> dt.datetime:
    """Give the time, from a moment on, at which the limit lets another message leave."""
    if limit is None or left(session, limit, moment):
        return moment
    taken = 0
    rows = session.execute(
        sa.select(_MINUTE.c.minute, _MINUTE.c.sent)
        .where(_MINUTE.c.minute > moment - HOUR - _MINUTE_LONG)
        .order_by(_MINUTE.c.minute.desc())
    ).all()
    minute: dt.datetime
    for minute, sent in rows:
        taken += sent
        if taken >= limit:  # once this minute is out of the hour, the later ones leave room
            return max(moment, minute + HOUR + _MINUTE_LONG)
    return moment
