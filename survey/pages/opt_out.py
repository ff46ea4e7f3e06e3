"""The page on which somebody stops mail about surveys, from a link in each message.

The code in the address is the secret: mail programs post to it by themselves when their own
button is pressed (RFC 8058), without cookie and without a form of ours. It stops mail to the
one address and does nothing else.
"""

from flask import Blueprint, Response

from questionnaires import LANGUAGES
from survey.pages import visitor
from survey.pages.refusals import NothingHere
from survey.pages.site import answer, database
from survey.services.accounts.users import organisation
from survey.services.mail import stopping

blueprint = Blueprint("opt_out", __name__)


@blueprint.get("/mail/stop/<code>")
def ask(code: str) -> Response:
    """Ask whether mail is to be stopped; programs that look at links in mail change nothing."""
    return _page(stopped=stopping.is_stopped(database(), _person(code)))


@blueprint.post("/mail/stop/<code>")
def stop(code: str) -> Response:
    """Stop mail; doing it again changes nothing. Mail programs want an answer and no way on."""
    stopping.stop(database(), _person(code))
    return _page(stopped=True)


def _person(code: str) -> str:
    person = stopping.person_of(database(), code)
    if person is None:
        visitor.count_miss()
        raise NothingHere
    return person


def _page(*, stopped: bool) -> Response:
    return answer(
        "mail_stop.html",
        visitor.language(),
        languages=LANGUAGES,
        organisation=organisation(database()),
        stopped=stopped,
    )
