"""The installation itself: set up once, for one organisation."""

import sqlalchemy as sa

from survey.errors import AlreadySetUp, BadInput, NotSetUp
from survey.services.naming import name_problem, tidy
from survey.storage import schema
from survey.storage.engine import Storage
from survey.storage.models import Installation


def set_up(storage: Storage, organisation: str) -> str:
    """Make the tables and write down whom this installation serves; give the name as kept.

    Raises
    ------
    BadInput
        The name is empty, too long or has control characters.
    AlreadySetUp
        Nothing is changed then.
    UnknownSchema
        The database holds something else.
    """
    organisation = tidy(organisation)
    problem = name_problem(organisation)
    if problem:
        raise BadInput("--organisation", (problem,))
    try:
        schema.require_head(storage)
    except NotSetUp:
        schema.set_up(storage)
    with storage.write() as session:
        present = session.scalar(sa.select(Installation.organisation))
        if present is not None:
            raise AlreadySetUp(organisation=present)
        session.add(Installation(organisation=organisation))
    return organisation
