"""Studies, for everybody who works with them: how far each wave has come, and where to go on."""

from flask import Blueprint, Response

from survey.pages import access
from survey.pages.explanations import N_

blueprint = Blueprint("studies", __name__, url_prefix="/studies")

STATES = {"draft": N_("in draft"), "open": N_("open"), "closed": N_("closed")}
MODES = {
    "identified": N_("identified: with names"),
    "confidential": N_("confidential: groups only"),
    "anonymous": N_("anonymous: nothing leads to a person"),
}


@blueprint.get("")
def listing() -> Response:
    """List the studies that this person may know of, with their waves."""
    permitted = access.authorised("studies.list")
    return access.page(
        permitted.known,
        "studies.html",
        studies=permitted.object,
        states=STATES,
        sees_results=access.may(permitted.known, "results.see"),
    )


@blueprint.get("/<slug>")
def see(slug: str) -> Response:
    """Show a study: the counts of each wave, and the ways to its results."""
    permitted = access.authorised("study.see", slug=slug)
    return access.page(
        permitted.known,
        "study.html",
        study=permitted.object,
        states=STATES,
        modes=MODES,
        sees_results=access.may(permitted.known, "results.see"),
    )
