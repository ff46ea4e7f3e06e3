"""The two open studies of the demonstration, and the people who may try them.

One asks about suppliers: the main form, where it is heading, and what the supplier may think.
The other is anonymous and open to everybody who comes by its link: a few questions after a
purchase.
"""

import secrets
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

import questionnaires
from survey.services import invitations, open_links, studies, tokens
from survey.services.accounts import passwords, users
from survey.services.accounts.users import NewUser
from survey.services.audit import COMMAND_LINE
from survey.services.demo.truths import ANONYMOUS_STUDY, OPEN_STUDY, PARTNERS, SHOP
from survey.services.partners import NewPartner
from survey.services.studies import NewStudy
from survey.storage.account_models import MANAGER, RESEARCHER, User
from survey.storage.models import ANONYMOUS

PEOPLE: Final = {
    MANAGER: ("Marit Midtbyen", "manager@example.org"),
    RESEARCHER: ("Rúnar Midtbyen", "researcher@example.org"),
}


def make(session: Session) -> None:
    """Make and open both studies, in a writing session."""
    suppliers = tuple(NewPartner(name, "supplier") for name in PARTNERS)
    parts = ("grunig7_berg4", "pulse", "grunig7_coorientation")
    whole = questionnaires.combine(*map(questionnaires.load, parts))
    after_sale = questionnaires.load("post_sale")
    shop = (NewPartner(SHOP, "other"),)
    for new in (
        NewStudy(OPEN_STUDY, "How is the cooperation?", whole, suppliers),
        NewStudy(ANONYMOUS_STUDY, "After your purchase", after_sale, shop, privacy_mode=ANONYMOUS),
    ):
        studies.create(session, new)
        studies.open_wave(session, new.slug, accept=new.instrument.languages, by="tillit demo")


def guest(session: Session, *, language: str, partners: int, base_url: str) -> str:
    """Invite one more person to the open study, and give the personal link."""
    email = f"guest-{secrets.token_hex(6)}@example.org"
    names = ";".join(list(PARTNERS)[:partners])
    sheet = f"name,email,language,partners\nGuest,{email},{language},{names}\n".encode()
    (link,) = invitations.invite(session, OPEN_STUDY, sheet, "guest.csv", base_url=base_url)
    return link.link


def people(session: Session) -> tuple[tuple[str, str, str], ...]:
    """Let a manager and a researcher log in, with new passwords at each start.

    Returns
    -------
    tuple of tuple
        What they do, e-mail address and password; the password is kept as a hash only.
    """
    logins = []
    for role, (name, email) in PEOPLE.items():
        password = "-".join(tokens.new_code(4) for _ in range(4))
        user = session.scalar(sa.select(User).where(User.email == email))
        if user is None:
            user = users.add(session, COMMAND_LINE, NewUser(name, email, role))
        user.password_hash = passwords.hashed(password)
        logins.append((role, email, password))
    return tuple(logins)


def anyone(session: Session, *, base_url: str) -> str:
    """Give the link to the anonymous study, the same at each start."""
    return open_links.make(session, ANONYMOUS_STUDY, base_url=base_url).link
