"""Links to hand out: open ones with their codes, letters on paper, personal ones as a file."""

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, Final

from flask import Blueprint, Response, make_response, request
from wtforms import StringField

from survey.errors import NoLetters, NoOpenLink, NoSuchPartner, UnknownSide, WaveState
from survey.pages import access
from survey.pages.forms import Fields
from survey.pages.site import database, go, release, site
from survey.services import audit, invitations, open_links, qr_codes, studies
from survey.services.accounts.sessions import SignedIn
from survey.services.mail import letters
from survey.services.mail.letters import Letter
from survey.services.partners import partners_of
from survey.services.people import Link
from survey.storage.models import ANONYMOUS

blueprint = Blueprint("links", __name__)

_NEW: Final[Fields] = (("side", StringField()), ("partner", StringField()))
_NOTHING_TOLD: Final = ("stale", "nobody", "moved", "which")


@blueprint.get("/studies/<slug>/links")
def see(slug: str) -> Response:
    """Show the open links, and what letters and personal links would be made."""
    return _draw(access.authorised("study.run", slug=slug).known, slug, 200)


@blueprint.post("/studies/<slug>/links")
def make(slug: str) -> Response:
    """Make an open link, or find the one that is there."""
    known = access.authorised("study.run", slug=slug).known
    form = access.form(known, request.form, fields=_NEW)
    if not form.validate():
        return _draw(known, slug, 400, stale=True)
    side, partner = form["side"].data or None, form["partner"].data or None
    try:
        open_links.make(
            database(), slug, base_url=site().settings.base_url, side=side, partner=partner
        )
    except (UnknownSide, NoSuchPartner):
        return _draw(known, slug, 400, which=True)
    except (NoOpenLink, WaveState):
        return _draw(known, slug, 409, moved=True)
    audit.note(database(), audit.by(known.user_id), "open link made", audit.of_study(slug))
    return go(f"/studies/{slug}/links")


@blueprint.get("/open-links/<code>.<file_format>")
def picture(code: str, file_format: str) -> Response:
    """Hand out an open link as a QR code."""
    permitted = access.authorised("links.code", code=code, file_format=file_format)
    drawn = qr_codes.picture(permitted.object, file_format)
    return _file(drawn, qr_codes.FORMATS[file_format], f"{code}.{file_format}")


@blueprint.post("/studies/<slug>/links/letters")
def write_letters(slug: str) -> Response:
    """Hand out a letter for each person, with a link that is made now."""
    known = access.authorised("study.run", slug=slug).known
    if not access.form(known, request.form).validate():
        return _draw(known, slug, 400, stale=True)
    return _hand_out(known, slug, "letters made", letters.as_pdf, "application/pdf", "letters.pdf")


@blueprint.post("/studies/<slug>/links/personal")
def write_links(slug: str) -> Response:
    """Hand out a sheet of the same links."""
    known = access.authorised("study.run", slug=slug).known
    if not access.form(known, request.form).validate():
        return _draw(known, slug, 400, stale=True)
    kind = "text/csv; charset=utf-8"
    return _hand_out(known, slug, "personal links made", _as_sheet, kind, "links.csv")


def _hand_out(
    known: SignedIn,
    slug: str,
    deed: str,
    written: Callable[[tuple[Letter, ...]], bytes],
    media_type: str,
    ending: str,
) -> Response:
    """Write a file of links and let them work; nobody waits while it is written.

    Links work from the moment at which the file leaves. Who has answered or got a link since
    it was begun stops it.
    """
    base_url = site().settings.base_url
    release()
    try:
        with site().storage.read() as session:
            made = letters.write(session, slug, base_url=base_url, discreet=True)
        data = written(made)
        letters.keep(database(), slug, made, discreet=True)
    except NoLetters:
        return _draw(known, slug, 409, nobody=True)
    except WaveState:
        return _draw(known, slug, 409, moved=True)
    _, wave = studies.find(database(), slug)
    audit.note(database(), audit.by(known.user_id), deed, audit.of_study(slug, wave.number))
    return _file(data, media_type, f"{slug}-{ending}")


def _as_sheet(made: tuple[Letter, ...]) -> bytes:
    links = [Link(each.name, each.email, each.language, each.words.link) for each in made]
    return invitations.links_csv(links).encode()


def _file(data: bytes, media_type: str, name: str) -> Response:
    response = make_response(data)
    response.content_type = media_type
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _draw(known: SignedIn, slug: str, status: int, **told: Any) -> Response:  # noqa: ANN401
    study, wave = studies.find(database(), slug)
    waiting, invited = letters.count(database(), slug, discreet=True)
    found = open_links.listed(database(), slug, base_url=site().settings.base_url)
    return access.page(
        known,
        "links.html",
        status=status,
        study=study,
        wave=wave,
        is_anonymous=study.privacy_mode == ANONYMOUS,
        open=[(each, qr_codes.as_address(each.link)) for each in found],
        partners=[partner.name for partner in partners_of(database(), study)],
        waiting=waiting,
        left_out=invited - waiting,
        only_unlinked=letters.only_unlinked(study, wave, discreet=True),
        can_set=find_spec("typst") is not None,
        chosen=(request.form.get("side", study.sides[0]), request.form.get("partner", "")),
        **(dict.fromkeys(_NOTHING_TOLD, False) | told),
    )
