"""How long the data of a wave are kept, and their deletion when that time has come."""

import datetime as dt


def keep_until(retention_days: int | None, closed_on: dt.date) -> dt.date | None:
    """Give the last day on which the data of a wave are kept; ``None`` where none was promised.

    A study of before there was a date has none.
    """
    return None if retention_days is None else closed_on + dt.timedelta(days=retention_days)
