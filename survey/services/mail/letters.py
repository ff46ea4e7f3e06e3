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
from babel.dates import format_date
from sqlalchemy.orm import Session

from survey.errors import BadSettings, NoLetters
from survey.services.mail.drafting import Texts
from survey.services.mail.kinds import INVITATION
from survey.services.mail.minting import mint
from survey.services.mail.refusing import finished
from survey.services.mail.wording import Words, filled, subject_of, texts, words_for
from survey.services.studies import find, require_state
from survey.storage.models import (
    ANONYMOUS,
    Invitation,
    Outbox,
    Participant,
    Study,
    Wave,
    today,
)

KIND: Final = "letter"
_LOCALES: Final = {"en": ("en_GB", "en", "GB"), "nb": ("nb", "nb", "NO"), "nn": ("nn", "nn", "NO")}
_ON_ITS_WAY: Final = ("queued", "claimed", "sending", "sent", "doubtful")


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter to one person, whose link is in it and nowhere else."""

    name: str
    email: str
    language: str
    words: Words = field(repr=False)


def write(session: Session, slug: str, *, base_url: str) -> tuple[Letter, ...]:
    """Make letters and their links for the latest wave of a study.

    Parameters
    ----------
    session
        A writing session: the links work once it commits.
    slug
        The study.
    base_url
        What links begin with.

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
    rows = _people(session, study, wave)
    if not rows:
        problem = (
            "everybody has a link already"
            if study.privacy_mode == ANONYMOUS
            else ("nobody is invited, or everybody is done")
        )
        raise NoLetters(slug=slug, problem=problem)
    tokens = mint(session, [row.id for row in rows])
    facts = Texts(session, base_url).facts(study.id)
    return tuple(_letter(row, study, facts, f"{base_url}/r/{tokens[row.id]}") for row in rows)


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
    source = resources.files(__package__).joinpath("letter.typ").read_bytes()
    made: bytes = typst.compile(
        source, format="pdf", pdf_standards=["ua-1"], sys_inputs={"letters": data.decode()}
    )
    return made


def _people(session: Session, study: Study, wave: Wave) -> list[Any]:
    asked = (
        sa.select(Invitation.id, Participant.name, Participant.email, Participant.language)
        .join(Participant, Participant.id == Invitation.participant_id)
        .where(Invitation.wave_id == wave.id)
        .order_by(Participant.name, Participant.email)
    )
    if study.privacy_mode == ANONYMOUS:
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


def _letter(row: Any, study: Study, facts: dict[str, str], link: str) -> Letter:  # noqa: ANN401
    language = row.language if row.language in study.languages else study.languages[0]
    words = words_for(KIND, language, {"name": row.name, **facts}, link=link)
    return Letter(row.name, row.email, language, words)


def _page(letter: Letter, day: dt.date) -> dict[str, Any]:
    words = letter.words
    locale, lang, region = _LOCALES.get(letter.language, (letter.language, letter.language, "IS"))
    code = io.BytesIO()
    segno.make(words.link, error="m").save(code, kind="svg", border=2, xmldecl=False)

    def put(text: str) -> str:
        return filled(text, words.facts)

    return {
        "lang": lang,
        "region": region,
        "title": words.facts["study"],
        "organisation": words.facts["organisation"],
        "name": words.facts["name"],
        "day": format_date(day, format="long", locale=locale),
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
