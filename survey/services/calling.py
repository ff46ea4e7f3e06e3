"""Where people to be asked come from, as a page names it."""

import uuid
from typing import Final

from sqlalchemy.orm import Session

from survey.errors import NoUpload
from survey.services import asking, invitations, uploads
from survey.services.asking import Asked

CONTACTS: Final = "contacts"
AGAIN: Final = "again"
KNOWN: Final = {CONTACTS: asking.from_contacts, AGAIN: asking.from_last_wave}


def people(session: Session, user: uuid.UUID, slug: str, source: str) -> Asked:
    """Find who is to be asked.

    Parameters
    ----------
    session
        An open session.
    user
        Who asks them: a sheet is seen by who handed it in alone.
    slug
        The study.
    source
        "contacts" (of the register), "again" (those of the wave before), or the key of a sheet.

    Raises
    ------
    NoUpload
    UnknownStudy, WaveState
    BadInput
        Nobody can be asked from there.
    """
    if source in KNOWN:
        return KNOWN[source](session, slug)
    try:
        key = uuid.UUID(source)
    except ValueError:
        raise NoUpload from None
    upload = uploads.find(session, user, purpose(slug), key)
    return invitations.from_sheet(session, slug, upload.data, upload.file)


def purpose(slug: str) -> str:
    """Name what a sheet of people is kept for."""
    return f"people/{slug}"
