"""Letters on paper: a page for each person, with their link as text and as a code to scan."""

import datetime as dt
import io
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import import_module, resources
from typing import Any, Final

import msgspec
import segno
import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.errors import BadSettings, NoLetters
from survey.services.days import long_date
from survey.services.mail import minting
from survey.services.mail.drafting import Texts, still_to_come
from survey.services.mail.kinds import INVITATION
from survey.services.mail.refusing import finished
from survey.services.mail.wording import Words, filled, subject_of, texts, words_for
from survey.services.studies import find, require_state
from survey.services.tokens import new_token
from survey.storage.models import (
    ANONYMOUS,
    CONFIDENTIAL,
    Invitation,
    Outbox,
    Participant,
    Study,
    Wave,
    today,
)

KIND: Final = "letter"
_REGIONS: Final = {"en": "GB", "nb": "NO", "nn": "NO", "is": "IS"}
_ON_ITS_WAY: Final = ("queued", "claimed", "sending", "sent", "doubtful")


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter to one person, whose link is in it and nowhere else."""

    invitation_id: uuid.UUID
    token: str = field(repr=False)
    name: str
    email: str
    language: str
    words: Words = field(repr=False)


def write(
    session: Session, slug: str, *, base_url: str, discreet: bool = False
) -> tuple[Letter, ...]:
    """Make letters for the latest wave of a study; their links work once `keep` has been called.

    Parameters
    ----------
    session
        A reading session: setting a thousand letters takes a while, and nobody is to wait for it.
    slug
        The study.
    base_url
        What links begin with.
    discreet
        Whether the letters must not tell who has answered: once a confidential wave is open
        only who has no link yet gets one, as in an anonymous study.

    Returns
    -------
    tuple of Letter
        By name. Where people have a name everybody who is not done gets one, and links from
        before keep working. In an anonymous study only who has no link yet, and no message on
        its way, gets one: a second link would be a second vote.

    Raises
    ------
    UnknownStudy, WaveState
    NoLetters
    """
    study, wave = find(session, slug)
    require_state(slug, wave, "draft", "open", act="write letters")
    rows = _people(session, study, wave, discreet=discreet)
    if not rows:
        problem = (
            "everybody has a link already"
            if only_unlinked(study, wave, discreet=discreet)
            else ("nobody is invited, or everybody is done")
        )
        raise NoLetters(slug=slug, problem=problem)
    facts = Texts(session, base_url).facts(study.id)
    day = still_to_come(wave.answer_by)
    return tuple(_letter(row, study, facts, day, base_url) for row in rows)


def only_unlinked(study: Study, wave: Wave, *, discreet: bool) -> bool:
    """Say whether only people without a link get a letter; else everybody who is not done."""
    tells = study.privacy_mode == CONFIDENTIAL and wave.status != "draft"
    return study.privacy_mode == ANONYMOUS or (discreet and tells)


def count(session: Session, slug: str, *, discreet: bool = False) -> tuple[int, int]:
    """Count the letters that `write` would make now, and the people invited."""
    study, wave = find(session, slug)
    asked = sa.select(sa.func.count()).where(Invitation.wave_id == wave.id)
    invited = session.scalars(asked).one()
    return len(_people(session, study, wave, discreet=discreet)), invited


def keep(session: Session, slug: str, letters: Sequence[Letter], *, discreet: bool = False) -> None:
    """Let the links in letters work, once the letters are safe on the disk.

    Raises
    ------
    UnknownStudy, WaveState
    NoLetters
        Somebody has answered everything since, or got a link in another way.
    """
    study, wave = find(session, slug)
    session.refresh(wave, with_for_update=True)  # nobody gets a letter and a message at once
    require_state(slug, wave, "draft", "open", act="write letters")
    if not {each.invitation_id for each in letters} <= {
        row.id for row in _people(session, study, wave, discreet=discreet)
    }:
        raise NoLetters(slug=slug, problem="people answered or got a link just now; run it again")
    minting.keep(session, {each.invitation_id: each.token for each in letters})


def as_pdf(letters: Sequence[Letter], day: dt.date | None = None) -> bytes:
    """Set letters as a PDF/UA-1 document, a page for each.

    Raises
    ------
    BadSettings
        The program that sets them is not installed.
    """
    try:
        typst = import_module("typst")
    except ImportError:
        raise BadSettings(
            problem="letters are set by typst, which is not installed: pip install 'tillit[report]'"
        ) from None
    data = msgspec.json.encode([_page(each, day or today()) for each in letters])
    with resources.as_file(resources.files(__package__).joinpath("letter.typ")) as source:
        made: bytes = typst.compile(  # of a path: of bytes it takes no more than 65,535 in a life
            source, format="pdf", pdf_standards=["ua-1"], sys_inputs={"letters": data.decode()}
        )
    return made


def _people(session: Session, study: Study, wave: Wave, *, discreet: bool) -> list[Any]:
    asked = (
        sa.select(Invitation.id, Participant.name, Participant.email, Participant.language)
        .join(Participant, Participant.id == Invitation.participant_id)
        .where(Invitation.wave_id == wave.id)
        .order_by(Participant.name, Participant.email)
    )
    if only_unlinked(study, wave, discreet=discreet):
        mailed = sa.exists().where(
            Outbox.invitation_id == Invitation.id,
            Outbox.kind == INVITATION.name,
            Outbox.state.in_(_ON_ITS_WAY),
        )
        return list(session.execute(asked.where(Invitation.unsent, ~mailed)))
    done: set[uuid.UUID] = finished(
        session, sa.select(Invitation.id).where(Invitation.wave_id == wave.id)
    )
    return [row for row in session.execute(asked) if row.id not in done]


def _letter(
    row: Any,  # noqa: ANN401
    study: Study,
    facts: dict[str, str],
    day: dt.date | None,
    base_url: str,
) -> Letter:
    token = new_token()
    language = row.language if row.language in study.languages else study.languages[0]
    about = {"name": row.name, **facts}
    words = words_for(KIND, language, about, day=day, link=f"{base_url}/r/{token}")
    return Letter(row.id, token, row.name, row.email, language, words)


def _page(letter: Letter, day: dt.date) -> dict[str, Any]:
    words = letter.words
    code = io.BytesIO()
    segno.make(words.link, error="m").save(code, kind="svg", border=2, xmldecl=False)

    def put(text: str) -> str:
        return filled(text, words.facts)

    return {
        "lang": letter.language,
        "region": _REGIONS[letter.language],
        "title": words.facts["study"],
        "organisation": words.facts["organisation"],
        "name": words.facts["name"],
        "day": long_date(day, letter.language),
        "heading": subject_of(words),
        "greeting": put(words.greeting),
        "lead": [put(text) for text in words.lead],
        "after": [put(text) for text in words.after],
        "button": put(words.button),
        "link": words.link,
        "code": code.getvalue().decode(),
        "scan": texts(KIND)["scan"][letter.language],
        "regards": words.regards,
    }
