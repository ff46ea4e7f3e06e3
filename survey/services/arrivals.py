"""Who arrives: by a personal link, by an open one, or with the ticket of a session."""

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.errors import UnknownInvitation, UnknownLanguage
from survey.services import anonymous_people, notices, open_links
from survey.services.notices import Notice
from survey.services.respondents import (
    BY_ID,
    BY_TOKEN,
    Respondent,
    attributed,
    invited,
)
from survey.services.tokens import TOKEN, token_hash
from survey.storage.models import ANONYMOUS, Participant


def by_token(session: Session, token: str) -> Respondent:
    """Find the respondent to whom a link was given, or the nobody behind an open link.

    Raises
    ------
    UnknownInvitation
        The same for a token that is malformed, wrong or withdrawn.
    WaveNotOpen, WaveClosed
        The link is right, but there is nothing to fill in yet, or any more.
    """
    return _by_token(session, token)


def by_ticket(session: Session, ticket: str) -> Respondent:
    """Find the respondent of a session that `by_token` began, by its ``ticket``; raises as it does.

    The ticket is opaque, and as secret as the link. That of an anonymous study holds the
    language and the token, since nothing else leads to what is saved.
    """
    language, dot, token = ticket.partition(".")
    if dot:
        known = _by_token(session, token, language)
        if known.is_anonymous:
            return known
        raise UnknownInvitation
    try:
        row = invited(session, BY_ID, uuid.UUID(hex=ticket))
    except ValueError:
        raise UnknownInvitation from None
    if row.privacy_mode == ANONYMOUS:
        raise UnknownInvitation
    return attributed(session, row)


def _by_token(session: Session, token: str, language: str = "") -> Respondent:
    if open_links.is_token(token):
        return open_links.by_token(session, token, language)
    if not TOKEN.fullmatch(token):
        raise UnknownInvitation
    row = invited(session, BY_TOKEN, token_hash(token))
    if row.privacy_mode == ANONYMOUS:
        return anonymous_people.invited_person(session, row, token, language)
    return attributed(session, row)


def set_language(session: Session, known: Respondent, language: str) -> str:
    """Go on in another language, and give the ticket to keep from now on.

    The language is remembered with the person, except in an anonymous study, where it
    stands in the ticket and is stored nowhere. `UnknownLanguage` if it is not offered.
    """
    if language not in known.languages:
        raise UnknownLanguage(language=language[:20], allowed=", ".join(known.languages))
    if known.is_anonymous:
        return anonymous_people.ticket(language, known.token)
    session.execute(
        sa.update(Participant)
        .where(Participant.id == known.participant_id)
        .values(language=language)
    )
    return known.ticket


def notice(session: Session, known: Respondent, language: str) -> Notice:
    """Give what is said about privacy in another of the study's languages."""
    return notices.shown(session, known.wave_id, known.side, language)
