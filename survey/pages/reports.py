"""Reports on partners: made once, then read as a page, a PDF or a workbook, in any language."""

import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Final

from flask import Blueprint, Response, make_response, request
from wtforms import StringField

from survey.pages import access, visitor
from survey.pages.forms import Fields
from survey.pages.paging import leaf, number_asked
from survey.pages.refusals import FormTooOld, NothingHere
from survey.pages.report_making import first_wave, on_all, on_partner
from survey.pages.site import database, go, release, site
from survey.pages.workspace import chosen, compared, frame, wave_asked
from survey.services import audit, studies
from survey.services.accounts.sessions import SignedIn
from survey.services.comparing.desk import FIELDS, Desk
from survey.services.published import require_data
from survey.services.record.whole import whole
from survey.services.reporting import as_pdf, as_xlsx, freezing
from survey.services.reporting.blocks import Document
from survey.services.reporting.freezing import Making
from survey.services.reporting.holding import require_same

blueprint = Blueprint("reports", __name__, url_prefix="/compare/<slug>/reports")

ALL: Final = "all"  # what is typed for a report on all partners
_WANTED: Final[Fields] = tuple(
    (name, StringField()) for name in ("about", "record", "wave", *FIELDS)
)


@dataclass(frozen=True, slots=True)
class Medium:
    """A kind of file that a report can be had as; `needs` is the program that sets it."""

    media_type: str
    needs: str
    write: Callable[[Document], bytes]


MEDIA: Final[Mapping[str, Medium]] = {
    "pdf": Medium("application/pdf", "typst", as_pdf.as_pdf),
    "xlsx": Medium(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "xlsxwriter",
        as_xlsx.as_xlsx,
    ),
}


@blueprint.get("")
def see(slug: str) -> Response:
    """List the reports that were made, and offer to make one."""
    permitted = access.authorised("workspace.see", slug=slug, wave=wave_asked())
    return _draw(permitted.known, permitted.object, 200, about=request.args.get("partner", ALL))


@blueprint.post("")
def make(slug: str) -> Response:
    """Make a report: what it says is kept in every language, and never changes."""
    known = access.authorised("report.make", slug=slug).known
    form = access.form(known, request.form, fields=_WANTED)
    if not form.validate():
        raise FormTooOld
    desk = access.authorised("workspace.see", slug=slug, wave=wave_asked()).object
    about = str(form["about"].data or ALL)
    place = None if about == ALL else _place(desk, about)
    places = desk.chosen(chosen(request.form))
    if (place is None and about != ALL) or not places:
        return _draw(known, desk, 400, about=about, missing=True)
    values = {} if place is not None else chosen(request.form)
    with_record = place is not None and bool(form["record"].data)
    report_id = _frozen(known, desk, place, values, with_record=with_record)
    return go(f"/compare/{slug}/reports/{report_id}")


@blueprint.get("/<uuid:report_id>")
def read(slug: str, report_id: uuid.UUID) -> Response:
    """Show a report as a page that prints well."""
    permitted = access.authorised("report.see", slug=slug, report_id=report_id)
    report, language = permitted.object, visitor.language()
    return access.page(
        permitted.known,
        "report_printed.html",
        document=freezing.document(report, language),
        slug=slug,
        report=report,
        media=_media(),
        may_destroy=access.may(permitted.known, "report.destroy"),
    )


@blueprint.get("/<uuid:report_id>.<file_format>")
def download(slug: str, report_id: uuid.UUID, file_format: str) -> Response:
    """Hand out a report as a file in the language of the page; the same bytes whenever."""
    permitted = access.authorised(
        "report.file", slug=slug, report_id=report_id, file_format=file_format
    )
    if file_format not in _media():
        raise NothingHere
    document = freezing.document(permitted.object, visitor.language())
    number = permitted.object.sha256[:8]
    release()
    medium = MEDIA[file_format]
    response = make_response(medium.write(document))
    response.content_type = medium.media_type
    name = f"{slug}-{number}-{document.language}.{file_format}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@blueprint.post("/<uuid:report_id>/destroy")
def destroy(slug: str, report_id: uuid.UUID) -> Response:
    """Destroy a report."""
    permitted = access.authorised("report.destroy", slug=slug, report_id=report_id)
    known, report = permitted.known, permitted.object
    if not access.form(known, request.form).validate():
        raise FormTooOld
    freezing.destroy(database(), audit.by(known.user_id), report)
    return go(f"/compare/{slug}/reports")


def _frozen(
    known: SignedIn, desk: Desk, place: int | None, values: Mapping[str, str], *, with_record: bool
) -> uuid.UUID:
    """Compose a report and keep it; nobody who answers a survey waits while it is composed."""
    release()
    renderer, settings, work = site().renderer, site().settings, desk.workspace
    partner = None if place is None else desk.partners[place]
    with site().storage.read() as session:
        told = whole(session, partner.id) if partner and with_record else None
        documents = (
            on_all(renderer, desk, values, _today())
            if place is None
            else on_partner(session, renderer, desk, place, record=with_record, day=_today())
        )
    _, wave = studies.find(database(), work.study, work.wave)
    require_data(work.study, wave)
    first = first_wave(work)
    about = (partner.id, told) if partner else None
    require_same(database(), settings, work, first, about)
    made = Making(
        wave=wave,
        partner_id=partner.id if partner else None,
        first_wave=first,
        with_record=with_record,
        chosen=values,
        documents=documents,
    )
    return freezing.freeze(database(), audit.by(known.user_id), made, today=_today())


def _place(desk: Desk, about: str) -> int | None:
    try:
        return desk.place_of(uuid.UUID(about))
    except ValueError:
        return None


def _media() -> list[str]:
    """Give the kinds of files whose program is installed."""
    return [name for name, medium in MEDIA.items() if find_spec(medium.needs) is not None]


def _draw(
    known: SignedIn, desk: Desk, status: int, *, about: str, missing: bool = False
) -> Response:
    view = compared(desk)
    partners = [
        (str(each.id), desk.workspace.names[place])
        for place, each in enumerate(desk.partners)
        if each is not None
    ]
    return access.page(
        known,
        "reports.html",
        status=status,
        **frame(view),
        made=leaf(freezing.listed(database(), desk.workspace.study), number_asked()),
        partners=partners,
        about=about,
        may_make=access.may(known, "report.make"),
        missing=missing,
    )


def _today() -> dt.date:
    return access.now().date()
