"""What the mail of a study says, in its own words or ours, and whom it goes to next."""

import base64
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from flask import Blueprint, Response, make_response, request
from wtforms import StringField, TextAreaField
from wtforms.validators import AnyOf

from survey.errors import BadInput, NoReminder, WaveState
from survey.pages import access, mail, visitor
from survey.pages.explanations import N_
from survey.pages.forms import Fields
from survey.pages.site import database, go, site
from survey.services import audit, studies
from survey.services.accounts.sessions import SignedIn
from survey.services.mail import inviting, outlook, own_words, wording
from survey.services.mail.drafting import Texts
from survey.services.mail.inviting import Plan
from survey.services.mail.own_words import FACTS, LONGEST, Preview, Said
from survey.services.mail.trying import Trial, try_out
from survey.storage.models import IDENTIFIED, Study, Wave
from survey.words import in_words, say_in

blueprint = Blueprint("mail_words", __name__, url_prefix="/studies/<slug>/mail")

SIDES: Final = {"ours": N_("Our side"), "theirs": N_("Their side")}
LEFT_OUT: Final = {
    "everything is answered": N_("everything is answered"),
    "no more mail was asked for": N_("no more mail was asked for"),
    "the address takes no mail": N_("the address takes no mail"),
    "reminded a short while ago": N_("reminded a short while ago"),
    "reminded 3 times": N_("reminded 3 times"),
    "not invited by mail yet": N_("not invited by mail yet"),
}
MOST_NAMES: Final = 100
_THANKS: Final[Fields] = (("thanks", StringField(validators=[AnyOf(("yes", "no"))])),)
_EXAMPLE: Final = "https://survey.example.org"


@blueprint.get("")
def see(slug: str) -> Response:
    """Show which messages a study sends and whom the next go to."""
    return _draw_all(access.authorised("study.mail", slug=slug).known, slug, 200)


@blueprint.post("")
def thank(slug: str) -> Response:
    """Decide whether people are thanked when they have answered everything."""
    known = access.authorised("study.mail", slug=slug).known
    form = access.form(known, request.form, fields=_THANKS)
    if not form.validate():
        return _draw_all(known, slug, 400, stale=True)
    try:
        own_words.thank(database(), slug, wanted=form["thanks"].data == "yes")
    except BadInput:
        return _draw_all(known, slug, 409)
    audit.note(database(), audit.by(known.user_id), "thanks chosen", audit.of_study(slug))
    return go(f"/studies/{slug}/mail")


@dataclass(frozen=True, slots=True)
class _Place:
    """Somebody at the words of one message."""

    known: SignedIn
    study: Study
    wave: Wave
    kind: str
    side: str
    language: str


@blueprint.get("/<message>/<side>/<language>")
def words(slug: str, message: str, side: str, language: str) -> Response:
    """Show what a message says, and how it will look."""
    which = {"message": message, "side": side, "language": language}
    permitted = access.authorised("study.words", slug=slug, **which)
    study, wave = permitted.object
    place = _Place(permitted.known, study, wave, message, side, language)
    return _draw(place, _said(place), 200)


@blueprint.post("/<message>/<side>/<language>")
def change(slug: str, message: str, side: str, language: str) -> Response:
    """Keep words, look at them as text or HTML, try them out, or go back to ours."""
    which = {"message": message, "side": side, "language": language}
    permitted = access.authorised("study.words", slug=slug, **which)
    study, wave = permitted.object
    place = _Place(permitted.known, study, wave, message, side, language)
    form = access.form(place.known, request.form, fields=_WORDS)
    typed = Said(
        (form["subject"].data or "").strip(),
        (form["lead"].data or "").replace("\r\n", "\n").strip(),
        own=_said(place).own,
    )
    if not form.validate():
        return _draw(place, typed, 400, stale=True)
    if form["do"].data == "house":
        return _keep(place, Said("", ""))
    wrong = _problems(typed)
    if wrong:
        return _draw(place, typed, 400, wrong=wrong)
    return _ACTS[form["do"].data](place, typed)


def _said(place: _Place) -> Said:
    return own_words.said(database(), place.study, place.kind, place.side, place.language)


def _keep(place: _Place, typed: Said) -> Response:
    """Keep the words, or go back to ours where there are none."""
    slug, which = place.study.slug, (place.kind, place.side, place.language)
    own_words.say(
        database(),
        slug,
        place.kind,
        place.language,
        side=place.side,
        subject=typed.subject,
        lead=typed.lead,
    )
    audit.note(
        database(), audit.by(place.known.user_id), "words of mail changed", audit.of_study(slug)
    )
    return go(f"/studies/{slug}/mail/{'/'.join(which)}?kept=1")


def _look(place: _Place, typed: Said) -> Response:
    return _unzipped(_draw(place, typed, 200, looked=True))


def _as_html(place: _Place, typed: Said) -> Response:
    """Show a message exactly as mail programs get it: alone, with its own look and no other."""
    response = make_response(_preview(place, typed).html)
    response.headers["Content-Security-Policy"] = _policy()
    return _unzipped(response)


def _try(place: _Place, typed: Said) -> Response:
    """Queue the message to whoever writes it, at their own address."""
    if not site().settings.smtp_url:
        return _draw(place, typed, 409, no_server=True)
    trial = Trial(place.study.slug, place.kind, place.side, place.language, typed)
    try_out(database(), place.known, trial, access.now())
    return _unzipped(_draw(place, typed, 200, tried=True))


_ACTS: Final[Mapping[str, Callable[[_Place, Said], Response]]] = {
    "save": _keep,
    "look": _look,
    "html": _as_html,
    "try": _try,
}
_WORDS: Final[Fields] = (
    ("subject", StringField()),
    ("lead", TextAreaField()),
    ("do", StringField(validators=[AnyOf((*_ACTS, "house"))])),
)


def _problems(typed: Said) -> dict[str, str]:
    """Say what is wrong with words, by field, in the language of the page."""
    found = own_words.problems(typed.subject, typed.lead)
    for name in LONGEST:
        if not getattr(typed, name):
            found[name] = [in_words("it is empty; the last button brings our words back")]
    catalogue = site().renderer.catalogues[visitor.language()]
    return {
        name: "; ".join(say_in(catalogue, line) for line in lines) for name, lines in found.items()
    }


def _preview(place: _Place, typed: Said) -> Preview:
    run = Texts(database(), site().settings.base_url or _EXAMPLE)
    return own_words.shown(own_words.sample(run, place.wave, place.kind, place.language, typed))


def _draw(place: _Place, said: Said, status: int, **told: Any) -> Response:  # noqa: ANN401
    nothing = dict.fromkeys(("stale", "looked", "tried", "no_server"), False)
    return access.page(
        place.known,
        "mail_words.html",
        status=status,
        study=place.study,
        kind=place.kind,
        side=place.side,
        written_in=place.language,
        said=said,
        kinds=mail.KINDS,
        sides=SIDES,
        facts=FACTS,
        longest=LONGEST,
        shown=None if told.get("wrong") or told.get("stale") else _preview(place, said),
        waiting=outlook.waiting_of(database(), place.wave, place.kind),
        email=place.known.email,
        kept=request.method == "GET" and "kept" in request.args,
        **(nothing | {"wrong": {}} | told),
    )


def _draw_all(known: SignedIn, slug: str, status: int, **told: Any) -> Response:  # noqa: ANN401
    study, wave = studies.find(database(), slug)
    plan = _reminding(slug)
    names = outlook.names_of(database(), study, wave, most=MOST_NAMES)
    tells = study.privacy_mode == IDENTIFIED
    return access.page(
        known,
        "study_mail.html",
        status=status,
        study=study,
        wave=wave,
        of_study=own_words.kinds_of(study),
        own=own_words.with_own_words(database(), study),
        thanks=own_words.thanks(database(), study),
        kinds=mail.KINDS,
        sides=SIDES,
        outlook=outlook.outlook(database(), site().settings, access.now()),
        due=outlook.due(database(), wave),
        names=names,
        plan=plan,
        reminded=[each.values["name"] for each in plan.messages[:MOST_NAMES]]
        if plan and tells
        else [],
        left_out=LEFT_OUT,
        when=mail.when,
        most=MOST_NAMES,
        **({"stale": False} | told),
    )


def _reminding(slug: str) -> Plan | None:
    """Say whom a reminder would go to now; ``None`` where nobody can be reminded."""
    try:
        return inviting.planned(database(), slug)
    except (NoReminder, WaveState):
        return None


def _unzipped(response: Response) -> Response:
    """Keep an answer that repeats what was typed from being compressed, see `headers.compress`."""
    response.headers["Cache-Control"] = "no-store, no-transform"
    return response


@cache
def _policy() -> str:
    """Allow the styles of the message by their hashes, and nothing else at all."""
    styles = sorted(set(re.findall(r'style="([^"]*)"', wording.template_text())))
    hashes = [base64.b64encode(hashlib.sha256(each.encode()).digest()).decode() for each in styles]
    allowed = " ".join(f"'sha256-{each}'" for each in hashes)
    return (
        f"default-src 'none'; style-src 'unsafe-hashes' {allowed}; form-action 'none'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
