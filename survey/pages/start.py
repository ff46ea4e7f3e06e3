"""The front door, the files that pages need, and two signs of life."""

import sqlalchemy as sa
from flask import Blueprint, Response, make_response, request

from questionnaires import LANGUAGES
from survey.pages import visitor
from survey.pages.forms import GuardedForm, LinkField, token_in
from survey.pages.headers import takes_gzip
from survey.pages.refusals import NothingHere
from survey.pages.site import answer, database, go, site

blueprint = Blueprint("start", __name__)

_FIELDS = (("link", LinkField("link", name="link")),)
_A_YEAR = "public, max-age=31536000, immutable"


@blueprint.get("/")
def start() -> Response:
    """Say what this is, and take a personal link."""
    return _start(visitor.form(visitor.language(), fields=_FIELDS), 200)


@blueprint.post("/")
def open_link() -> Response:
    """Go to the survey whose link was pasted; only ever to an address of this server."""
    form = visitor.form(visitor.language(), request.form, fields=_FIELDS)
    if not form.validate():
        return _start(form, 400)
    return go(f"/r/{token_in(form['link'].data)}")


def _start(form: GuardedForm, status: int) -> Response:
    language = visitor.language()
    return answer(
        "start.html",
        language,
        status=status,
        languages=LANGUAGES,
        form=form,
        stale=status != 200 and not form.is_current,
    )


@blueprint.get("/static/<digest>/<name>")
def static_file(digest: str, name: str) -> Response:
    """Send a stylesheet or picture; its address changes with its content."""
    asset = site().renderer.assets.get(name)
    if asset is None or asset.path != f"/static/{digest}/{name}":
        raise NothingHere
    zipped = takes_gzip()
    response = make_response(asset.zipped if zipped else asset.body)
    response.content_type = asset.media_type
    response.headers["Cache-Control"] = _A_YEAR
    response.vary.add("Accept-Encoding")
    if zipped:
        response.content_encoding = "gzip"
    return response


@blueprint.get("/healthz")
def healthz() -> Response:
    """Say that the process answers."""
    return _plain("ok\n")


@blueprint.get("/readyz")
def readyz() -> Response:
    """Say that the database answers too; otherwise the answer is 503."""
    database().execute(sa.text("SELECT 1"))
    return _plain("ready\n")


def _plain(text: str) -> Response:
    response = make_response(text)
    response.content_type = "text/plain; charset=utf-8"
    return response
