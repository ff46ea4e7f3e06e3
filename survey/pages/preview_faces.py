"""The pages of a preview, each drawn as it is drawn for respondents, under a bar that says so."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from flask import Response
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from survey.pages import drawn
from survey.pages.languages import long_date
from survey.pages.previewed import (
    ABOUT,
    COPY,
    FACES,
    RECEIPT,
    REVIEW,
    WITHDRAW,
    WITHDRAWN,
    Paths,
    View,
    first_page,
)
from survey.pages.sheets import ReviewRow, review
from survey.pages.site import site
from survey.pages.walk import LIST, START
from survey.services.receipts import ReceiptView

CODE: Final = "-".join(["0000"] * 7)  # in the form of a receipt, and nobody's
Beside = dict[str, Any]


def draw(view: View, face: str, *, posted: MultiDict[str, str] | None = None) -> Response:
    """Draw a page of a preview.

    Parameters
    ----------
    view
        The preview.
    face
        One of ``FACES``, or the number of a page of questions.
    posted
        What was sent of the page and cannot be taken: it is drawn again, with what is wrong.
    """
    beside = {
        "paths": Paths(view),
        "preview": _bar(view, face),
        "query": view.walk.query(view.subject.instrument),
    }
    if face.isdecimal():
        return _questions(view, int(face), posted, beside)
    return _DRAWN[face](view, 200 if posted is None else 400, beside)


def _bar(view: View, face: str) -> Markup:
    """Draw what says on each page that it is a preview, in the language of who looks."""
    walk, route = view.walk, view.route
    numbered = [(str(number), view.to(str(number))) for number in route.pages]
    html = site().renderer.draw(
        "preview_bar.html",
        view.known.language,
        walk=walk,
        face=face,
        partner=view.respondent.roster[0].partner if walk.partner else "",
        branches=view.subject.instrument.branches,
        other=view.to(face if face in FACES else first_page(view), walk.toggled()),
        start=view.to(START),
        pages=numbered,
        review=view.to(REVIEW),
        receipt=view.to(RECEIPT),
        choose=f"{walk.base}?{walk.query(view.subject.instrument)}lang={walk.language}",
        back=view.back,
    )
    return Markup(html)  # noqa: S704 (drawn by our own template)


def _questions(
    view: View, number: int, posted: MultiDict[str, str] | None, beside: Beside
) -> Response:
    asked, route = view.asked(number), view.route
    form = view.form(posted, asked)
    if posted is not None:
        form.validate()
    return drawn.questions(
        view.respondent,
        view.entry,
        asked,
        form=form,
        sheet=view.sheet,
        progress=(route.position(number), route.last),
        mark="",
        autosave="",
        status=200 if posted is None else 400,
        **beside,
    )


def _landing(view: View, status: int, beside: Beside) -> Response:
    known = view.respondent
    return drawn.landing(
        known,
        known.language,
        form=view.form(),
        sheet=view.sheet,
        notice=known.notice,
        status=status,
        **beside,
    )


def _about(view: View, status: int, beside: Beside) -> Response:
    return drawn.about(
        view.respondent,
        form=view.form(),
        sheet=view.sheet,
        has_link=False,
        status=status,
        **beside,
    )


def _roster(view: View, status: int, beside: Beside) -> Response:
    paths: Paths = beside["paths"]
    entries = [
        (
            entry,
            paths.receipt("")
            if entry.state == "submitted"
            else paths.page(entry.place, int(first_page(view))),
        )
        for entry in view.respondent.roster
    ]
    return drawn.roster(view.respondent, entries, form=view.form(), status=status, **beside)


def _review(view: View, status: int, beside: Beside) -> Response:
    return drawn.review(
        view.respondent,
        view.entry,
        _rows(view),
        form=view.form(),
        mark="",
        status=status,
        **beside,
    )


def _copy(view: View, _status: int, beside: Beside) -> Response:
    day = long_date(site().clock().date(), view.walk.language)
    return drawn.copy(view.respondent, view.entry, _rows(view), day=day, **beside)


def _receipt(view: View, _status: int, beside: Beside, *, withdrawn: bool = False) -> Response:
    left = sum(entry.state == "not_started" for entry in view.respondent.roster)
    return drawn.receipt(
        _of_receipt(view, withdrawn=withdrawn),
        CODE,
        view.walk.language,
        form=view.form(),
        left=left,
        continues=bool(left),
        languages=view.respondent.languages,
        **beside,
    )


def _withdrawn(view: View, status: int, beside: Beside) -> Response:
    return _receipt(view, status, beside, withdrawn=True)


def _withdraw(view: View, status: int, beside: Beside) -> Response:
    return drawn.withdrawal(
        _of_receipt(view),
        CODE,
        view.walk.language,
        form=view.form(),
        languages=view.respondent.languages,
        status=status,
        **beside,
    )


def _rows(view: View) -> list[ReviewRow]:
    known = view.respondent
    return review(
        view.sheet,
        view.answers,
        view.order,
        partner=view.entry.partner,
        organisation=known.organisation,
    )


def _of_receipt(view: View, *, withdrawn: bool = False) -> ReceiptView:
    today, known = site().clock().date(), view.respondent
    return ReceiptView(
        study_title=known.study_title,
        organisation=known.organisation,
        day=today,
        language=known.language,
        remaining=None,
        withdrawn_on=today if withdrawn else None,
    )


_DRAWN: Final[Mapping[str, Callable[[View, int, Beside], Response]]] = {
    START: _landing,
    ABOUT: _about,
    LIST: _roster,
    REVIEW: _review,
    COPY: _copy,
    RECEIPT: _receipt,
    WITHDRAW: _withdraw,
    WITHDRAWN: _withdrawn,
}
