"""Making a study, step by step; what was chosen is kept, however wrong, until it is made."""

import math
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Final

from flask import Blueprint, Response, request
from werkzeug.datastructures import MultiDict

import questionnaires
from questionnaires import Instrument, InstrumentError
from survey.errors import BadInput, StudyExists
from survey.pages import access, visitor
from survey.pages.explanations import N_
from survey.pages.site import database, go, site
from survey.pages.studies import MODES, draw_list
from survey.services import audit, drafts
from survey.services.accounts.sessions import SignedIn
from survey.services.drafts import LAST, STEPS, Chosen, Draft
from survey.services.naming import tidy
from survey.services.register import listing
from survey.storage.models import HIGHEST_GROUP, LONGEST_KEPT, LOWEST_GROUP, SHORTEST_KEPT, SIDES
from survey.words import say_in

blueprint = Blueprint("making", __name__, url_prefix="/studies/making")

TITLES: Final = {
    "name": N_("Name"),
    "questions": N_("Questions"),
    "partners": N_("Partners"),
    "people": N_("Who answers"),
    "privacy": N_("Privacy"),
    "weights": N_("Weights"),
    LAST: N_("Look over"),
}
SIDE_WORDS: Final = {
    "ours": N_("Our people rate the partners"),
    "theirs": N_("The partners’ people answer about us and the cooperation"),
}
_LONGEST_TYPED: Final = 40  # of what is no number and is kept to be shown again


@blueprint.post("")
def begin() -> Response:
    """Begin a study, from nothing or with the choices of another one."""
    known = access.authorised("study.make").known
    if not access.form(known, request.form).validate():
        return draw_list(known, 400, stale=True)
    draft = drafts.begin(database(), like=request.form.get("like") or None)
    return go(_place(draft, "name"))


@blueprint.get("/<uuid:draft_id>/<step>")
def see(draft_id: uuid.UUID, step: str) -> Response:
    """Show a step, or all of them to look over."""
    permitted = access.authorised("draft.see", draft_id=draft_id, step=step)
    draft: Draft = permitted.object
    wrong = drafts.problems_by_field(draft.chosen) if "wrong" in request.args else {}
    return _draw(permitted.known, draft, step, 200, problems=_said(step, wrong))


@blueprint.post("/<uuid:draft_id>/<step>")
def choose(draft_id: uuid.UUID, step: str) -> Response:
    """Keep what was chosen in a step and go on, or make the study."""
    permitted = access.authorised("draft.see", draft_id=draft_id, step=step)
    known, draft = permitted.known, permitted.object
    if not access.form(known, request.form).validate():
        return _draw(known, draft, step, 400, stale=True)
    if step == LAST:
        return _finish(known, draft)
    chosen = drafts.choose(database(), draft_id, **_READ[step](request.form))
    if step in drafts.problems(chosen.chosen):
        return go(f"{_place(chosen, step)}?wrong=1")  # it is kept all the same
    order = (*STEPS, LAST)
    return go(_place(chosen, order[order.index(step) + 1]))


def _finish(known: SignedIn, draft: Draft) -> Response:
    if request.form.get("do") == "drop":
        drafts.drop(database(), draft.key)
        return go("/studies")
    try:
        made = drafts.finish(database(), draft.key)
    except BadInput:
        return _draw(known, draft, LAST, 400)
    except StudyExists:
        return _draw(known, draft, LAST, 409, taken=True)
    audit.note(database(), audit.by(known.user_id), "study made", audit.of_study(made.slug))
    return go(f"/studies/{made.slug}")


def _draw(known: SignedIn, draft: Draft, step: str, status: int, **told: Any) -> Response:  # noqa: ANN401
    return access.page(
        known,
        "making.html",
        status=status,
        draft=draft,
        chosen=draft.chosen,
        step=step,
        titles=TITLES,
        wrong=drafts.problems(draft.chosen),
        offered=_offered(draft.chosen),
        instrument=_instrument(draft.chosen),
        partners=[row.name for row in listing.partners(database())],
        sides=[(side, SIDE_WORDS[side]) for side in SIDES],
        modes=list(MODES.items()),
        limits=(LOWEST_GROUP, HIGHEST_GROUP, SHORTEST_KEPT, LONGEST_KEPT),
        **({"stale": False, "taken": False, "problems": {}} | told),
    )


def _offered(chosen: Chosen) -> list[tuple[Instrument, bool]]:
    """Give all questionnaires, and which of them are chosen."""
    ids = questionnaires.available()
    return [(questionnaires.load(each), each in chosen.instruments) for each in ids]


def _instrument(chosen: Chosen) -> Instrument | None:
    """Give the questionnaire that was chosen, if there is one."""
    try:
        return drafts.instrument_of(chosen)
    except InstrumentError:
        return None


def _said(step: str, problems: Mapping[str, list[str]]) -> dict[str, str]:
    """Say what is wrong with a step, by field."""
    catalogue = site().renderer.catalogues[visitor.language()]
    return {
        field: "; ".join(say_in(catalogue, problem) for problem in said)
        for field, said in problems.items()
        if field.partition("-")[0] in STEPS.get(step, ())
    }


def _place(draft: Draft, step: str) -> str:
    return f"/studies/making/{draft.key}/{step}"


# What each step of the form says -------------------------------------------------------

Given = MultiDict[str, str]


def _name(given: Given) -> dict[str, Any]:
    return {field: tidy(given.get(field, "")) for field in STEPS["name"]}


def _questions(given: Given) -> dict[str, Any]:
    known = questionnaires.available()
    return {"instruments": tuple(each for each in given.getlist("instruments") if each in known)}


def _partners(given: Given) -> dict[str, Any]:
    added = tidy(given.get("added", ""))
    return {"partners": (*given.getlist("partners"), *([added] if added else []))}


def _people(given: Given) -> dict[str, Any]:
    return {field: tuple(given.getlist(field)) for field in STEPS["people"]}


def _privacy(given: Given) -> dict[str, Any]:
    numbers = ("min_group", "min_group_text", "retention_days")
    return {
        "privacy_mode": given.get("privacy_mode", ""),
        **{field: _number(given.get(field, "")) for field in numbers},
    }


def _number(text: str) -> int | str:
    plain = text.strip()
    is_number = plain.isascii() and plain.removeprefix("-").isdigit() and len(plain) < 7
    return int(plain) if is_number else _typed(text)


def _weight(text: str) -> float | str:
    try:
        weight = float(text.strip().replace(",", "."))
    except ValueError:
        return _typed(text)
    return weight if math.isfinite(weight) else _typed(text)


def _typed(text: str) -> str:
    """Keep what was typed where a number belongs, to show it again; nothing more of it."""
    return tidy(text)[:_LONGEST_TYPED]


def _weights(given: Given) -> dict[str, Any]:
    weights = {
        name.removeprefix("weight-"): _weight(text)
        for name, text in given.items()
        if name.startswith("weight-") and text.strip()
    }
    return {"weights": weights}


_READ: Final[Mapping[str, Callable[[Given], dict[str, Any]]]] = {
    "name": _name,
    "questions": _questions,
    "partners": _partners,
    "people": _people,
    "privacy": _privacy,
    "weights": _weights,
}
