"""The rows of a closed wave as files for other programs, for those who analyse them."""

import hashlib
import tempfile
from collections.abc import Iterator
from importlib import import_module
from io import BufferedRandom
from typing import Any, Final

from flask import Blueprint, Response, make_response, request
from wtforms import StringField

from survey.errors import NothingToExport, WaveState
from survey.pages import access, visitor
from survey.pages.explanations import N_
from survey.pages.forms import Fields
from survey.pages.refusals import NothingHere
from survey.pages.site import database, release, site
from survey.services import audit, studies
from survey.services.accounts.sessions import SignedIn
from survey.words import say_in

blueprint = Blueprint("exporting", __name__, url_prefix="/research/<slug>/<int:wave>/export")

_FORMAT: Final[Fields] = (("format", StringField()),)
_BLOCK: Final = 1 << 16
_CODEBOOKS: Final = {"csv": "text/csv; charset=utf-8", "json": "application/json"}
_SAID: Final = {  # what a format is for; one that is not here is shown by its name alone
    "csv": N_("CSV: a table that every program reads"),
    "xlsx": N_("Excel"),
    "sav": N_("SPSS, with the words of the questions and of their answers"),
    "dta": N_("Stata, with the same words; long names are cut"),
    "parquet": N_("Parquet: typed columns, with the scoring key and a description inside"),
    "json": N_("JSON, for programs of your own"),
}


@blueprint.get("")
def see(slug: str, wave: int) -> Response:
    """Say which rows may be handed out, what is withheld and why, and in which formats."""
    return _draw(access.authorised("rows.export", slug=slug, wave=wave).known, slug, wave, 200)


@blueprint.post("")
def export(slug: str, wave: int) -> Response:
    """Hand out the rows in a format; who did it, and the hash of the file, stand in the log."""
    known = access.authorised("rows.export", slug=slug, wave=wave).known
    form = access.form(known, request.form, fields=_FORMAT)
    if not form.validate():
        return _draw(known, slug, wave, 400, stale=True)
    service, chosen = _service(), form["format"].data
    if chosen not in service.formats():
        return _draw(known, slug, wave, 400)
    release()  # nobody waits to be stored while rows are read and written
    try:
        with site().storage.read() as session:
            exported = service.prepare(session, site().settings, slug, wave)
    except (WaveState, NothingToExport):
        return _draw(known, slug, wave, 409)
    # An unnamed file: rows that nobody fetches leave nothing behind, and a thousand pages of
    # them are not held in memory.
    file = tempfile.TemporaryFile(dir=site().settings.snapshots_dir)  # noqa: SIM115 (sent below)
    service.write(exported, chosen, file)
    name = f"{slug}-w{wave}.{chosen}"
    what = audit.of_file(slug, wave, name, _sha256(file))
    audit.note(database(), audit.by(known.user_id), "rows exported", what)
    return _sent(file, name)


@blueprint.get("/codebook.<book>")
def codebook(slug: str, wave: int, book: str) -> Response:
    """Hand out what each column means; no answer is in it."""
    known = access.authorised("rows.export", slug=slug, wave=wave).known
    if book not in _CODEBOOKS:
        raise NothingHere
    service = _service()
    try:
        exported = service.prepare(database(), site().settings, slug, wave)
    except (WaveState, NothingToExport):
        return _draw(known, slug, wave, 409)
    response = make_response(service.codebook_of(exported, as_table=book == "csv"))
    response.content_type = _CODEBOOKS[book]
    name = f"{slug}-w{wave}-codebook.{book}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _service() -> Any:  # noqa: ANN401 (a module)
    """Load what reads rows into columns: it needs polars, which the server does not load before."""
    return import_module("survey.services.export")


def _sha256(file: BufferedRandom) -> str:
    file.seek(0)
    return hashlib.file_digest(file, "sha256").hexdigest()


def _sent(file: BufferedRandom, name: str) -> Response:
    """Send a file in blocks; it is gone once it is sent, or nobody wants the rest."""
    size = file.tell()
    response = Response(_blocks(file), content_type="application/octet-stream")
    response.content_length = size
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.call_on_close(file.close)
    return response


def _blocks(file: BufferedRandom) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while block := file.read(_BLOCK):
            yield block


def _draw(known: SignedIn, slug: str, wave: int, status: int, *, stale: bool = False) -> Response:
    study, row = studies.find(database(), slug, wave)
    catalogue = site().renderer.catalogues[visitor.language()]
    service, exported = _service(), None
    if row.status == "closed":
        try:
            exported = service.prepare(database(), site().settings, slug, wave)
        except NothingToExport:
            status = status if status >= 400 else 409
    elif status == 200:
        status = 409
    return access.page(
        known,
        "export.html",
        status=status,
        study=study,
        wave=wave,
        is_closed=row.status == "closed",
        rows=exported.snapshot.frame.height if exported else 0,
        columns=exported.snapshot.frame.width if exported else 0,
        withheld=[say_in(catalogue, line) for line in service.told(exported)] if exported else (),
        formats=[(name, _SAID.get(name, name)) for name in service.formats()],
        stale=stale,
    )
