"""What a study says in its mail itself, and what a message will look like."""

from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from questionnaires import LANGUAGES
from survey.errors import BadInput, UnknownPerson
from survey.services.mail.drafting import Texts
from survey.services.mail.kinds import KINDS, OF_A_STUDY
from survey.services.mail.wording import NAME, Words, as_html, as_text, clean, subject_of, words_for
from survey.services.naming import email_problem
from survey.services.studies import find
from survey.storage.models import (
    ANONYMOUS,
    MailChoice,
    MailText,
    Participant,
    Study,
)

FACTS: Final = ("name", "organisation", "study", "contact")
LONGEST_SUBJECT, LONGEST_LEAD = 150, 4000


@dataclass(frozen=True, slots=True)
class Preview:
    """A message as it would be sent, with a link that leads nowhere."""

    subject: str
    text: str
    html: str


def say(
    session: Session,
    slug: str,
    kind: str,
    language: str,
    *,
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
    subject, lead
        New words; what is ``None`` stays as it is, an empty text brings our own words back.
        The lead is what stands before the link, in paragraphs with blank lines between them;
        ``{name}``, ``{organisation}``, ``{study}`` and ``{contact}`` are filled in.

    Raises
    ------
    UnknownStudy
    BadInput
        With every reason.
    """
    study, _ = find(session, slug)
    _check(study, kind, language, subject, lead)
    key = (study.id, kind, language)
    row = session.get(MailText, key)
    said = {"subject": row.subject if row else None, "lead": row.lead if row else None}
    said |= {
        name: text for name, text in (("subject", subject), ("lead", lead)) if text is not None
    }
    if row:
        session.delete(row)
        session.flush()
    if said["subject"] or said["lead"]:
        kept = {name: text or None for name, text in said.items()}
        session.add(MailText(study_id=study.id, kind=kind, language=language, **kept))
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


def preview(
    session: Session,
    slug: str,
    kind: str,
    language: str,
    *,
    base_url: str,
    person: str | None = None,
) -> Preview:
    """Show a message as it will be, for somebody who is invited or for anybody.

    Raises
    ------
    UnknownStudy, BadInput
    UnknownPerson
        Nobody with this address is in the study.
    """
    study, _ = find(session, slug)
    name = "Kari Nordmann"
    if person is not None:
        name, language = _person(session, study, person)
    _check(study, kind, language, None, None)
    texts = Texts(session, base_url)
    return shown(
        words_for(
            kind,
            language,
            {"name": name, **texts.facts(study.id)},
            own=texts.own(study.id, kind, language),
            link=f"{base_url}/r/{'x' * 22}" if KINDS[kind].links else "",
            stop_link=f"{base_url}/mail/stop/{'x' * 36}?lang={language}",
        )
    )


def shown(words: Words) -> Preview:
    """Write a message out."""
    return Preview(subject_of(words), as_text(words), as_html(words))


def _person(session: Session, study: Study, address: str) -> tuple[str, str]:
    found = None
    if email_problem(address) is None:
        asked = sa.select(Participant.name, Participant.language).where(
            Participant.study_id == study.id, Participant.email == address.lower()
        )
        found = session.execute(asked).one_or_none()
    if found is None:
        raise UnknownPerson(slug=study.slug)
    return found.name, found.language


def _check(study: Study, kind: str, language: str, subject: str | None, lead: str | None) -> None:
    problems = []
    if kind not in OF_A_STUDY:
        problems.append(f"--kind {kind!r}: the kinds are {', '.join(OF_A_STUDY)}")
    if language not in LANGUAGES or language not in study.languages:
        allowed = ", ".join(study.languages)
        problems.append(f"--language {language!r}: the study's languages are {allowed}")
    for what, text, longest in (
        ("--subject", subject, LONGEST_SUBJECT),
        ("--file", lead, LONGEST_LEAD),
    ):
        problems += _text_problems(what, text or "", longest)
    if problems:
        raise BadInput("mail", tuple(problems))


def _text_problems(what: str, text: str, longest: int) -> list[str]:
    problems = []
    if len(text) > longest:
        problems.append(f"{what}: {len(text)} characters, at most {longest} are allowed")
    unknown = [f"{{{name}}}" for name in NAME.findall(text) if name not in FACTS]
    if unknown:
        allowed = ", ".join(f"{{{name}}}" for name in FACTS)
        problems.append(f"{what}: {', '.join(unknown)} stands for nothing; there are {allowed}")
    if what == "--subject" and clean(text) != text.strip():
        problems.append(f"{what}: it must be one line without invisible characters")
    return problems
