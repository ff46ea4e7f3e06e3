"""Receipts: they say that answers are stored and show none, and let them be withdrawn."""

from flask import Blueprint, Response, request

from questionnaires import LANGUAGES
from survey.errors import UnknownReceipt
from survey.pages import drawn, paths, visitor
from survey.pages.site import database, go, site
from survey.services import erasing, receipts
from survey.services.receipts import ReceiptView

blueprint = Blueprint("receipts", __name__)


@blueprint.get("/receipt/<code>")
def receipt(code: str) -> Response:
    """Show that answers are stored; it shows none of them, and needs no session.

    Of an anonymous study the receipt does not know what is left, but this browser may.
    """
    view = _view(code)
    left = (
        visitor.left_to_answer() if view.remaining is None and not view.closed else view.remaining
    )
    language = visitor.language(view.language)
    return drawn.receipt(
        view,
        code,
        language,
        form=visitor.form(language),
        left=left,
        continues=bool(left) and visitor.is_known(),
        languages=LANGUAGES,
    )


@blueprint.get("/receipt/<code>/withdraw")
def ask(code: str) -> Response:
    """Say what withdrawing does, before it is done."""
    view = _view(code)
    return go(paths.receipt(code)) if view.withdrawn_on else _ask(view, code, 200)


@blueprint.post("/receipt/<code>/withdraw")
def withdraw(code: str) -> Response:
    """Destroy the answers behind a receipt; doing it again changes nothing."""
    if not visitor.form(visitor.language(), request.form).validate():
        return _ask(_view(code), code, 400)
    try:
        erasing.withdraw(site().storage, site().settings, code)
    except UnknownReceipt:
        visitor.count_miss()
        raise
    return go(paths.receipt(code))


def _view(code: str) -> ReceiptView:
    try:
        return receipts.receipt(database(), code)
    except UnknownReceipt:
        visitor.count_miss()
        raise


def _ask(view: ReceiptView, code: str, status: int) -> Response:
    language = visitor.language(view.language)
    form = visitor.form(language)
    return drawn.withdrawal(view, code, language, form=form, languages=LANGUAGES, status=status)
