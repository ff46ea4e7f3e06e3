"""The submitted answers of a wave, as a snapshot takes them. For closing only: it loads polars."""

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.services.snapshots import Row
from survey.storage.models import (
    ANONYMOUS,
    IDENTIFIED,
    AnonymousAnswers,
    Assessment,
    Participant,
    Partner,
    Study,
    Wave,
)

CODE_LENGTH: Final = 12


def rows(session: Session, study: Study, wave: Wave) -> list[Row]:
    """Give what was submitted in a wave and not withdrawn, in no order that means anything.

    Returns
    -------
    list of Row
        Of an identified study with name and code, the same in each of its waves; of an
        anonymous one without language, which would be a hint at the person.
    """
    return [_row(study, row) for row in session.execute(_query(study, wave))]


def _query(study: Study, wave: Wave) -> sa.Select[Any]:
    if study.privacy_mode == ANONYMOUS:
        return (
            sa.select(
                Partner.name.label("partner"),
                AnonymousAnswers.side,
                sa.null().label("language"),
                AnonymousAnswers.answers,
                AnonymousAnswers.off_path,
                AnonymousAnswers.item_order,
            )
            .join(Partner, Partner.id == AnonymousAnswers.partner_id)
            .where(AnonymousAnswers.wave_id == wave.id, AnonymousAnswers.withdrawn_on.is_(None))
        )
    return (
        sa.select(
            Partner.name.label("partner"),
            Participant.side,
            Assessment.language,
            Assessment.answers,
            Assessment.off_path,
            Assessment.item_order,
            Participant.name.label("person"),
            Participant.id.label("participant_id"),
        )
        .join(Partner, Partner.id == Assessment.partner_id)
        .join(Participant, Participant.id == Assessment.participant_id)
        .where(
            Assessment.wave_id == wave.id,
            Assessment.submitted_at.is_not(None),
            Assessment.withdrawn_on.is_(None),
        )
    )


def _row(study: Study, row: Any) -> Row:  # noqa: ANN401 (a row of the query above)
    named = study.privacy_mode == IDENTIFIED
    return Row(
        partner=row.partner,
        side=row.side,
        language=row.language,
        answers=row.answers,
        off_path=tuple(row.off_path or ()),
        order=tuple(row.item_order) if row.item_order else None,
        person=row.person if named else None,
        code=row.participant_id.hex[:CODE_LENGTH] if named else None,
    )
