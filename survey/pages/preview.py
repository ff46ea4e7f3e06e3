"""A study as each kind of respondent meets it, in each language: the same pages, nothing stored.

The pages are drawn by `survey.pages.drawn`, as for respondents. What is filled in stands in the
address (`survey.pages.walk`), so a GET shows any of them and a POST only leads on to another.
"""

import uuid
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, g, request

from survey.pages import access, preview_faces, previewed, visitor, walk
from survey.pages.making import TITLES
from survey.pages.previewed import View
from survey.pages.refusals import NothingHere
from survey.pages.site import database, go, site
from survey.services import previewing
from survey.services.accounts.sessions import SignedIn
from survey.services.drafts import Draft
from survey.services.previewing import Subject, Unready

blueprint = Blueprint("preview", __name__, url_prefix="/studies")


@blueprint.get("/<slug>/preview")
def of_study(slug: str) -> Response:
    """Choose whom to be in a preview of a study."""
    permitted = access.authorised("study.preview", slug=slug)
    return _choose(permitted.known, permitted.object, *_of_study(slug))


@blueprint.get("/<slug>/preview/<face>")
def study_page(slug: str, face: str) -> Response:
    """Show a page of it."""
    permitted = access.authorised("study.preview", slug=slug)
    return _show(permitted.known, permitted.object, *_of_study(slug), face)


@blueprint.post("/<slug>/preview/<face>")
def leave_study_page(slug: str, face: str) -> Response:
    """Go where the button of the page leads."""
    permitted = access.authorised("study.preview", slug=slug)
    return _leave(permitted.known, permitted.object, *_of_study(slug), face)


@blueprint.get("/previews/<uuid:draft_id>")
def of_draft(draft_id: uuid.UUID) -> Response:
    """Choose whom to be in a preview of a study in the making."""
    permitted = access.authorised("draft.preview", draft_id=draft_id)
    return _choose(permitted.known, *_draft(permitted.object))


@blueprint.get("/previews/<uuid:draft_id>/<face>")
def draft_page(draft_id: uuid.UUID, face: str) -> Response:
    """Show a page of it."""
    permitted = access.authorised("draft.preview", draft_id=draft_id)
    return _show(permitted.known, *_draft(permitted.object), face)


@blueprint.post("/previews/<uuid:draft_id>/<face>")
def leave_draft_page(draft_id: uuid.UUID, face: str) -> Response:
    """Go where the button of the page leads."""
    permitted = access.authorised("draft.preview", draft_id=draft_id)
    return _leave(permitted.known, *_draft(permitted.object), face)


def _of_study(slug: str) -> tuple[str, str]:
    return f"/studies/{slug}/preview", f"/studies/{slug}"


def _draft(draft: Draft) -> tuple[Subject | Unready, str, str]:
    """Give a study in the making with names where none are chosen, its preview, and its steps."""
    here = f"/studies/making/{draft.key}"
    subject = previewing.of_draft(draft.chosen)
    if isinstance(subject, Subject):
        say = site().renderer.catalogues[visitor.language()].gettext
        subject = replace(
            subject,
            title=subject.title or say("Name of the study"),
            partners=subject.partners or (say("A partner"),),
        )
    return subject, f"/studies/previews/{draft.key}", f"{here}/review"


def _choose(
    known: SignedIn, subject: Subject | Unready, base: str, back: str, status: int = 200
) -> Response:
    ready = subject if isinstance(subject, Subject) else None
    return access.page(
        known,
        "preview.html",
        status=status,
        subject=ready,
        missing=subject.steps if isinstance(subject, Unready) else (),
        base=base,
        back=back,
        titles=TITLES,
        chosen=walk.read(base, ready, request.args, visitor.language()) if ready else None,
    )


def _show(known: SignedIn, subject: Subject | Unready, base: str, back: str, face: str) -> Response:
    if isinstance(subject, Unready):
        return _choose(known, subject, base, back, 409)
    view = _view(known, subject, base, back, face)
    if face.isdecimal() and int(face) not in view.route.pages:
        return go(previewed.onward(view, face, {}))
    return preview_faces.draw(view, face)


def _leave(
    known: SignedIn, subject: Subject | Unready, base: str, back: str, face: str
) -> Response:
    if isinstance(subject, Unready):
        return _choose(known, subject, base, back, 400)
    view = _view(known, subject, base, back, face)
    form = view.form_of(face, request.form)
    if not form.validate():
        return preview_faces.draw(view, face, posted=request.form)
    return go(_onward(view, face, form.answers))


def _view(known: SignedIn, subject: Subject, base: str, back: str, face: str) -> View:
    if not previewed.is_face(face, subject):
        raise NothingHere
    g.nav = None  # what stands above the pages of those who log in is not on a respondent's
    chosen = walk.read(base, subject, request.args, visitor.language())
    return previewed.view(known, subject, chosen, back, database())


def _onward(view: View, face: str, given: dict[str, Any]) -> str:
    """Tell where a button leads, with what was filled in."""
    here, pressed = view.walk, request.form
    cleared, language = pressed.get("clear", ""), pressed.get("language", view.walk.language)
    if given or cleared:
        emptied = {cleared: ""} if cleared else {}
        here = replace(here, given={**here.given, **given, **emptied})
    if cleared:
        return view.to(face, here) + f"#q-{cleared}"
    if language != here.language and language in view.subject.languages:
        return view.to(face, replace(here, language=language))
    return previewed.onward(view.moved(here), face, pressed)
