"""Instruments as the database keeps them: stored once per version, parsed once per process."""

from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

import questionnaires
from questionnaires import Instrument
from survey.storage.models import StoredInstrument

CACHE: Final = "instruments"


def store(session: Session, instrument: Instrument) -> None:
    """Keep this version of an instrument, if it is not kept already."""
    key = {"id": instrument.id, "version": instrument.version}
    if session.get(StoredInstrument, (instrument.id, instrument.version)) is None:
        session.add(StoredInstrument(**key, canonical=instrument.canonical()))
        session.flush()


def stored(session: Session, instrument_id: str, version: str) -> Instrument:
    """Give a stored instrument; a version never changes, so it is parsed only once.

    Parameters
    ----------
    session
        An open session; its ``info`` carries the cache of the `Storage` it came from.
    instrument_id, version
        As the study names them.

    Returns
    -------
    Instrument
        The very form the respondents of the study see.
    """
    cache: dict[tuple[str, str], Instrument] = session.info[CACHE]
    found = cache.get((instrument_id, version))
    if found is None:
        canonical = session.scalars(
            sa.select(StoredInstrument.canonical).where(
                StoredInstrument.id == instrument_id, StoredInstrument.version == version
            )
        ).one()
        found = cache[instrument_id, version] = questionnaires.from_canonical(canonical)
    return found
