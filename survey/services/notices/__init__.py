"""What page one says about privacy: one text per mode, side and language, kept when shown.

The texts stand in ``<mode>.toml`` beside this module. Opening a wave fills them, hashes them
and stores them, so that later nobody need guess what people were told.
"""

import hashlib
import re
import tomllib
import uuid
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final, Protocol

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.storage import models
from survey.storage.models import Installation, Study, Wave

CACHE: Final = "notices"
_NAME: Final = re.compile(r"\{([a-z_]+)\}")
_STORED: Final = sa.select(models.Notice.sha256, models.Notice.text).where(
    models.Notice.wave_id == sa.bindparam("wave_id"),
    models.Notice.side == sa.bindparam("side"),
    models.Notice.language == sa.bindparam("language"),
)


@dataclass(frozen=True, slots=True)
class Notice:
    """What a respondent is told about privacy, in one language."""

    sha256: str
    headline: str
    paragraphs: tuple[str, ...]


class Rules(Protocol):
    """What a notice is filled with: the rules of a study, made or in the making."""

    @property
    def privacy_mode(self) -> str: ...  # noqa: D102 (as in Study)
    @property
    def min_group(self) -> int: ...  # noqa: D102
    @property
    def min_group_text(self) -> int: ...  # noqa: D102
    @property
    def retention_days(self) -> int | None: ...  # noqa: D102
    @property
    def contact(self) -> str | None: ...  # noqa: D102


def keep(session: Session, study: Study, wave: Wave) -> None:
    """Store the notices of a wave that opens: for each of its sides and languages.

    Parameters
    ----------
    session
        A writing session.
    study, wave
        The wave takes answers from now on; its thresholds and dates are frozen.
    """
    for side in study.sides:
        for language in study.languages:
            made = written(session, study, side, language)
            text = {"headline": made.headline, "paragraphs": list(made.paragraphs)}
            key = {"wave_id": wave.id, "side": side, "language": language}
            session.add(models.Notice(**key, sha256=made.sha256, text=text))
    session.flush()


def shown(session: Session, wave_id: uuid.UUID, side: str, language: str) -> Notice:
    """Give the notice of a wave that has opened; it never changes, so it is read only once.

    A wave that opened before notices were kept gets the one it would have got.
    """
    known: dict[tuple[uuid.UUID, str, str], Notice] = session.info[CACHE]
    key = (wave_id, side, language)
    found = known.get(key)
    if found is None:
        values = {"wave_id": wave_id, "side": side, "language": language}
        row = session.execute(_STORED, values).one_or_none()
        if row is not None:
            found = Notice(row.sha256, row.text["headline"], tuple(row.text["paragraphs"]))
        else:
            asked = sa.select(Study).join(Wave, Wave.study_id == Study.id)
            study = session.scalars(asked.where(Wave.id == wave_id)).one()
            found = written(session, study, side, language)
        known[key] = found
    return found


def written(session: Session, study: Rules, side: str, language: str) -> Notice:
    """Fill the texts of a study's mode with its organisation, thresholds, dates and contact."""
    facts = {
        "organisation": session.scalars(sa.select(Installation.organisation)).one(),
        "least": study.min_group,
        "least_text": study.min_group_text,
        "days": study.retention_days,
        "contact": study.contact,
    }
    document = texts(study.privacy_mode)
    paragraphs = tuple(
        _filled(paragraph[language], facts)
        for paragraph in document["paragraphs"]
        if paragraph.get("side", side) == side and facts[paragraph.get("with", "least")]
    )
    headline = document["headline"][language]
    content = msgspec.json.encode([headline, *paragraphs])
    return Notice(hashlib.sha256(content).hexdigest(), headline, paragraphs)


@cache
def texts(mode: str) -> dict[str, Any]:
    """Read the texts of a mode: a headline, and paragraphs that may be for one side only."""
    return tomllib.loads(resources.files(__name__).joinpath(f"{mode}.toml").read_text("utf-8"))


def _filled(text: str, facts: dict[str, Any]) -> str:
    return _NAME.sub(lambda match: str(facts[match[1]]), text)
