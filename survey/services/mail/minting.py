"""Links that are made when a message or a letter is: until then there is nothing to steal."""

import uuid
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.services import anonymous_links
from survey.services.tokens import new_token, token_hash
from survey.storage.models import (
    ANONYMOUS,
    Invitation,
    InvitationLink,
    Study,
    Wave,
    today,
)


def mint(session: Session, invitations: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Make a link for each of some invitations.

    Parameters
    ----------
    session
        A writing session; the links work once it commits.
    invitations
        Of any waves. Where people have a name, links from before keep working; in an anonymous
        study the new one takes the place of any other, see `anonymous_links.give`.

    Returns
    -------
    dict
        Invitation → token. It is kept nowhere.
    """
    tokens = {key: new_token() for key in invitations}
    if tokens:
        keep(session, tokens)
    return tokens


def keep(session: Session, tokens: dict[uuid.UUID, str]) -> None:
    """Let links work whose tokens were drawn before: invitation → token; see `mint`."""
    rows = session.execute(
        sa.select(Invitation.id, Invitation.wave_id, Study.privacy_mode)
        .join(Wave, Wave.id == Invitation.wave_id)
        .join(Study, Study.id == Wave.study_id)
        .where(Invitation.id.in_(list(tokens)))
    ).all()
    nameless: dict[uuid.UUID, dict[uuid.UUID, str]] = {}
    named = []
    for key, wave_id, mode in rows:
        if mode == ANONYMOUS:
            nameless.setdefault(wave_id, {})[key] = tokens[key]
        else:
            named.append(key)
    for wave_id, theirs in sorted(nameless.items()):
        anonymous_links.give(session, wave_id, theirs)
    if named:
        _add(session, {key: tokens[key] for key in named})


def _add(session: Session, tokens: dict[uuid.UUID, str]) -> None:
    """Note further links of people who have a name."""
    session.execute(
        sa.insert(InvitationLink),
        [
            {"token_sha256": token_hash(token), "invitation_id": key, "made_on": today()}
            for key, token in tokens.items()
        ],
    )
    session.execute(
        sa.update(Invitation).where(Invitation.id.in_(list(tokens))).values(unsent=False)
    )


def take_back(session: Session, invitation_id: uuid.UUID) -> None:
    """Note that the link made for somebody never left this machine, so that they have none."""
    session.execute(sa.update(Invitation).where(Invitation.id == invitation_id).values(unsent=True))
