"""What somebody at a partner replies to the card: once, or revised until the last day."""

import datetime as dt
import logging
from collections.abc import Mapping
from typing import Final

from sqlalchemy.orm import Session

from survey.services import audit
from survey.services.record.fields import Problems, Unfit, read_text
from survey.services.record.releases import Release
from survey.storage.models import CardReply
from survey.storage.record_models import STANCES
from survey.words import in_words

log = logging.getLogger(__name__)

LONGEST_REMARK: Final = 1000


def give(
    session: Session,
    card: Release,
    stance: str,
    text: str,
    remarks: Mapping[str, str],
    *,
    today: dt.date,
    seen: int | None = None,
) -> Problems:
    """Keep a reply to a card in the place of an earlier one, or give what is wrong, by field.

    Parameters
    ----------
    session
        A writing session.
    card
        From `releases.by_token`: its link leads somewhere.
    stance
        One of ``STANCES``: a comment, or an objection.
    text
        What is said of the whole.
    remarks
        Construct id → what is said of that aspect; only aspects of the card count.
    today
        The day on which it is sent.
    seen
        How often a reply had been sent when the form was made, ``None`` if nobody asks: what was
        sent from another window since is not overwritten. The same reply twice is sent once.
    """
    if stance not in STANCES:
        return {"stance": in_words("choose one of them")}
    problems: Problems = {}
    words: dict[str, str] = {}
    asked = {"text": text} | {name: remarks.get(name, "") for name in aspects_of(card)}
    for field, given in asked.items():
        try:
            words[field] = read_text(given, *(() if field == "text" else (LONGEST_REMARK,)))
        except Unfit as unfit:
            problems[field] = unfit.args[0]
    if not problems and not any(words.values()):
        problems["text"] = in_words("this is needed")
    if problems:
        return problems
    whole = words.pop("text")
    said = (stance, whole, {k: v for k, v in words.items() if v})
    row = session.get(CardReply, card.id, with_for_update=True, populate_existing=True)
    if row is not None and seen is not None and (row.stance, row.text, row.aspects) == said:
        return {}
    if seen is not None and seen != (row.times if row else 0):
        return {"": in_words("the reply was sent from another window meanwhile")}
    _keep(session, card, row, said, today)
    audit.note(session, audit.STRANGER, "reply received", audit.of_partner(card.partner_id))
    log.info("reply received")
    return {}


def aspects_of(card: Release) -> tuple[str, ...]:
    """Give the ids of the aspects on a card."""
    return tuple(aspect["id"] for aspect in (card.document or {}).get("aspects", ()))


def _keep(
    session: Session,
    card: Release,
    row: CardReply | None,
    said: tuple[str, str, dict[str, str]],
    today: dt.date,
) -> None:
    stance, text, remarks = said
    if row is None:
        session.add(
            CardReply(
                release_id=card.id,
                stance=stance,
                text=text,
                aspects=remarks,
                sent_on=today,
                changed_on=today,
            )
        )
    else:
        row.stance, row.text, row.aspects = stance, text, remarks
        row.changed_on, row.times = today, row.times + 1
    session.flush()
