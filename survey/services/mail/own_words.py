"""What a study says in its mail itself, and what a message will look like."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from questionnaires import LANGUAGES
from survey.errors import BadInput, UnknownPerson
from survey.services.mail.drafting import Texts
from survey.services.mail.kinds import GENERAL_REMINDER, OF_A_STUDY, REMINDER, THANKS
from survey.services.mail.wording import (
    NAME,
    Words,
    as_html,
    as_text,
    clean,
    subject_of,
    texts,
)
from survey.services.naming import email_problem
from survey.services.studies import find
from survey.storage.models import ANONYMOUS, MailChoice, MailText, Participant, Study, Wave
from survey.words import in_words

FACTS: Final = ("name", "organisation", "study", "contact")
LONGEST: Final[Mapping[str, int]] = {"subject": 150, "lead": 4000}
_PERSONAL: Final = re.compile(r"/r/[A-Za-z0-9]{20,}")
_BRACES: Final = re.compile(r"\{[^{}]{0,40}\}")


@dataclass(frozen=True, slots=True)
class Said:
    """What stands in a kind of message; ``own`` if a study says any of it itself."""

    subject: str
    lead: str
    own: bool = False


@dataclass(frozen=True, slots=True)
class Preview:
    """A message as it would be sent, with a link that leads nowhere."""

    subject: str
    text: str
    html: str


def kinds_of(study: Study) -> tuple[str, ...]:
    """Give the kinds of messages that a study sends: whoever has no name has no reminder."""
    nameless = study.privacy_mode == ANONYMOUS
    never = {REMINDER.name, THANKS.name} if nameless else {GENERAL_REMINDER.name}
    return tuple(kind for kind in OF_A_STUDY if kind not in never)


def house(kind: str, language: str) -> Said:
    """Give our own words for a kind of message."""
    ours = texts(kind)
    return Said(ours["subject"][language], ours["lead"][language].strip())


def said(session: Session, study: Study, kind: str, side: str, language: str) -> Said:
    """Give what stands in a kind of message of a study: its own words, where it has none ours."""
    ours, row = house(kind, language), session.get(MailText, (study.id, kind, side, language))
    if row is None:
        return ours
    return Said(row.subject or ours.subject, row.lead or ours.lead, own=True)


def with_own_words(session: Session, study: Study) -> set[tuple[str, str, str]]:
    """Give kind, side and language of all messages in which a study has words of its own."""
    rows = sa.select(MailText.kind, MailText.side, MailText.language)
    found = session.execute(rows.where(MailText.study_id == study.id))
    return {(row.kind, row.side, row.language) for row in found}


def problems(subject: str | None, lead: str | None) -> dict[str, list[str]]:
    """Say what is wrong with words, by field; a field with nothing wrong is not there.

    Parameters
    ----------
    subject, lead
        As in `say`; ``None`` and an empty text are never wrong.
    """
    found = {
        name: _text_problems(text or "", LONGEST[name])
        for name, text in (("subject", subject), ("lead", lead))
    }
    if clean(subject or "") != (subject or "").strip():
        found["subject"].append(in_words("it must be one line without invisible characters"))
    return {name: lines for name, lines in found.items() if lines}


def say(
    session: Session,
    slug: str,
    kind: str,
    language: str,
    *,
    side: str | None = None,
    subject: str | None = None,
    lead: str | None = None,
) -> None:
    """Let a study say something itself in one kind of message and one language.

    Parameters
    ----------
    session
        A writing session.
    slug, kind, language
        Which study, which message, which of the study's languages.
    side
        To which side of the study; ``None`` for all that it has.
    subject, lead
        New words; what is ``None`` stays as it is, an empty text brings our own words back, and
        so do words that are ours. The lead is what stands before the link, in paragraphs with
        blank lines between them; ``{name}``, ``{organisation}``, ``{study}`` and ``{contact}``
        are filled in. Messages that wait are sent with the new words.

    Raises
    ------
    UnknownStudy
    BadInput
        With every reason.
    """
    study, _ = find(session, slug)
    wrong = _choice_problems(study, kind, language, side)
    for name, lines in problems(subject, lead).items():
        wrong += [f"{'--file' if name == 'lead' else '--subject'}: {line}" for line in lines]
    if wrong:
        raise BadInput("mail", tuple(wrong))
    ours = house(kind, language)
    given = {"subject": subject, "lead": lead}
    for each in (side,) if side else study.sides:
        row = session.get(MailText, (study.id, kind, each, language))
        kept = {name: getattr(row, name) if row else None for name in given}
        kept |= {
            name: None if text.strip() in {"", getattr(ours, name)} else text
            for name, text in given.items()
            if text is not None
        }
        if row:
            session.delete(row)
            session.flush()
        if any(kept.values()):
            key = {"study_id": study.id, "kind": kind, "side": each, "language": language}
            session.add(MailText(**key, **kept))
            session.flush()


def thank(session: Session, slug: str, *, wanted: bool) -> None:
    """Decide whether people are thanked when they have answered everything.

    Raises
    ------
    UnknownStudy
    BadInput
        In an anonymous study nobody knows who has.
    """
    study, _ = find(session, slug)
    if wanted and study.privacy_mode == ANONYMOUS:
        raise BadInput("--thanks", ("in an anonymous study nobody knows whom to thank",))
    session.execute(sa.delete(MailChoice).where(MailChoice.study_id == study.id))
    session.add(MailChoice(study_id=study.id, thanks=wanted))
    session.flush()


def thanks(session: Session, study: Study) -> bool:
    """Whether people are thanked when they have answered everything."""
    choice = session.get(MailChoice, study.id)
    return choice is not None and choice.thanks


def preview(
    session: Session,
    slug: str,
    kind: str,
    language: str,
    *,
    base_url: str,
    side: str | None = None,
    person: str | None = None,
) -> Preview:
    """Show a message as it will be, for somebody who is invited or for anybody.

    Raises
    ------
    UnknownStudy, BadInput
    UnknownPerson
        Nobody with this address is in the study.
    """
    study, wave = find(session, slug)
    name = None
    if person is not None:
        name, language, side = _person(session, study, person)
    wrong = _choice_problems(study, kind, language, side)
    if wrong:
        raise BadInput("mail", tuple(wrong))
    words = said(session, study, kind, side or study.sides[0], language)
    return shown(sample(Texts(session, base_url), wave, kind, language, words, name=name))


def sample(
    run: Texts,
    wave: Wave,
    kind: str,
    language: str,
    words: Said,
    *,
    name: str | None = None,
) -> Words:
    """Put some words into a message that could be sent, with links that lead nowhere."""
    own = {"subject": words.subject, "lead": words.lead}
    return run.sample(wave.study_id, kind, language, own, day=wave.answer_by, name=name)


def shown(words: Words) -> Preview:
    """Write a message out."""
    return Preview(subject_of(words), as_text(words), as_html(words))


def _person(session: Session, study: Study, address: str) -> tuple[str, str, str]:
    found = None
    if email_problem(address) is None:
        asked = sa.select(Participant.name, Participant.language, Participant.side).where(
            Participant.study_id == study.id, Participant.email == address.lower()
        )
        found = session.execute(asked).first()
    if found is None:
        raise UnknownPerson(slug=study.slug)
    return found.name, found.language, found.side


def _choice_problems(study: Study, kind: str, language: str, side: str | None) -> list[str]:
    found = []
    if kind not in OF_A_STUDY:
        found.append(f"--kind {kind!r}: the kinds are {', '.join(OF_A_STUDY)}")
    if language not in LANGUAGES or language not in study.languages:
        allowed = ", ".join(study.languages)
        found.append(f"--language {language!r}: the study's languages are {allowed}")
    if side is not None and side not in study.sides:
        found.append(f"--side {side!r}: the study's sides are {', '.join(study.sides)}")
    return found


def _text_problems(text: str, longest: int) -> list[str]:
    found: list[str] = []
    if len(text) > longest:
        found.append(
            in_words(
                "%(has)d characters, at most %(most)d are allowed", has=len(text), most=longest
            )
        )
    unknown = [each for each in _BRACES.findall(text) if not _is_fact(each)]
    if unknown:
        allowed = ", ".join(f"{{{name}}}" for name in FACTS)
        found.append(
            in_words(
                "%(unknown)s stands for nothing; there are %(allowed)s",
                unknown=", ".join(dict.fromkeys(unknown)),
                allowed=allowed,
            )
        )
    if _PERSONAL.search(text):
        found.append(
            in_words(
                "there is somebody's personal link in it; each person's own link is put below "
                "these words by itself"
            )
        )
    return found


def _is_fact(braces: str) -> bool:
    match = NAME.fullmatch(braces)
    return match is not None and match[1] in FACTS
