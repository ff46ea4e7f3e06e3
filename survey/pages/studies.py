"""Studies, for everybody who works with them: how far each wave has come, and where to go on."""

from typing import Any, Final

from flask import Blueprint, Response

from survey.errors import SurveyError, WavePurged
from survey.pages import access, visitor
from survey.pages.explanations import N_
from survey.pages.paging import leaf, number_asked
from survey.pages.site import database, site
from survey.services import drafts, jobs, participation, readiness, results, studies
from survey.services.accounts.sessions import SignedIn
from survey.services.comparing import desk
from survey.services.register.listing import PartnerRow
from survey.services.register.listing import partners as listing_of_partners
from survey.services.studies import Status
from survey.words import say_in

blueprint = Blueprint("studies", __name__, url_prefix="/studies")

STATES = {"draft": N_("in draft"), "open": N_("open"), "closed": N_("closed")}
MODES = {
    "identified": N_("identified: with names"),
    "confidential": N_("confidential: groups only"),
    "anonymous": N_("anonymous: nothing leads to a person"),
}


REASONS: Final = {  # why computing failed, in the words of whoever asked for it
    "MemoryError": N_("the server has too little memory for it"),
    "No space left on device": N_("the disk of the server is full"),
    "Disk quota exceeded": N_("the disk of the server is full"),
}
_NOTHING_TOLD: Final = ("stale", "unread", "moved", "bad_day", "not_now", "unsure", "nothing")


@blueprint.get("")
def listing() -> Response:
    """List the studies that this person may know of, with their waves."""
    return draw_list(access.authorised("studies.list").known, 200)


def draw_list(known: SignedIn, status: int, *, stale: bool = False) -> Response:
    """Draw the list of studies, and for those who make them what is in the making."""
    may_make = access.may(known, "study.make")
    return access.page(
        known,
        "studies.html",
        status=status,
        studies=access.authorised("studies.list").object,
        states=STATES,
        sees_results=access.may(known, "results.see"),
        may_make=may_make,
        making=drafts.drafts(database()) if may_make else [],
        own=_own_partners(known),
        cards=desk.cards(database(), site().settings, known.partners) if known.partners else (),
        stale=stale,
    )


def _own_partners(known: SignedIn) -> list[PartnerRow]:
    """Give the partners to which a viewer is limited: the way to their records."""
    if not known.partners:
        return []
    return [row for row in listing_of_partners(database()) if row.id in known.partners]


@blueprint.get("/<slug>")
def see(slug: str) -> Response:
    """Show a study: the counts of each wave, what is to be done, and the ways to its results."""
    return draw(access.authorised("study.see", slug=slug).known, slug, 200)


def draw(known: SignedIn, slug: str, status: int, **told: Any) -> Response:  # noqa: ANN401
    """Draw the page of a study; ``told`` is what went wrong, or was done, just now.

    The role decides what is on it: who runs studies sees what stands in the way of opening
    and who takes part, for everybody else there are the counts of whole waves.
    """
    study = access.authorised("study.see", slug=slug).object
    runs = access.may(known, "study.run")
    latest = study.waves[0]
    row, _ = studies.find(database(), slug)
    return access.page(
        known,
        "study.html",
        status=status,
        study=study,
        states=STATES,
        modes=MODES,
        sees_results=access.may(known, "results.see"),
        runs=runs,
        exports=access.may(known, "rows.export"),
        checks=_checks(slug) if runs and latest.state == "draft" else (),
        unready=sorted(row.translations or {}) if latest.state == "draft" else (),
        taking=leaf(participation.by_partner(database(), slug) if runs else (), number_asked()),
        by_side=participation.by_side(database(), slug) if runs else (),
        job=None if _is_done(latest) else jobs.look(site().settings, slug, latest.wave),
        reasons=REASONS,
        mails=bool(site().settings.smtp_url),
        **(dict.fromkeys(_NOTHING_TOLD, False) | {"reminded": None} | told),
    )


def _checks(slug: str) -> list[tuple[bool, str]]:
    """Say what to know before opening: whether it stops it, and what it is."""
    catalogue = site().renderer.catalogues[visitor.language()]
    found = readiness.checks(database(), site().settings, slug)
    return [(each.severity == readiness.STOP, say_in(catalogue, each.said)) for each in found]


def _is_done(wave: Status) -> bool:
    """Whether nothing is to be computed of a wave: it is not closed, or has its results."""
    return wave.state != "closed" or _is_computed(wave.study, wave.wave)


def _is_computed(slug: str, wave: int) -> bool:
    try:
        results.results(database(), site().settings, slug, wave)
    except WavePurged:
        return True
    except SurveyError:
        return False
    return True
