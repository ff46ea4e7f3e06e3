"""The audit log, for admins: who did what to what, and when."""

import re
from collections.abc import Callable

from flask import Blueprint, Response, request

from survey.pages import access, visitor
from survey.pages.explanations import N_
from survey.pages.languages import moment
from survey.pages.mail import REASONS
from survey.pages.site import database, site
from survey.services import audit
from survey.services.accounts import users
from survey.services.audit import Entry
from survey.storage.account_models import ORIGINS, TERMINAL

blueprint = Blueprint("log", __name__, url_prefix="/log")

_WHO = re.compile(r"[0-9a-f]{32}")
_OF_A_FILE = 3  # wave, name, hash
_WORDS = {  # every action that is noted somewhere, in the words of the page
    "user added": N_("user added"),
    "user disabled": N_("user disabled"),
    "user enabled": N_("user enabled"),
    "role admin": N_("role: administrator"),
    "role researcher": N_("role: researcher"),
    "role manager": N_("role: manager"),
    "role viewer": N_("role: viewer"),
    "partners changed": N_("partners of a viewer changed"),
    "logged in": N_("logged in"),
    "log-in slowed down": N_("log-in slowed down after wrong passwords"),
    "link for a password made": N_("link for a password made"),
    "password chosen by link": N_("password chosen by link"),
    "password changed": N_("password changed"),
    "second factor begun": N_("second factor begun"),
    "second factor ended": N_("second factor ended"),
    "recovery code used": N_("recovery code used"),
    "partner added": N_("partner added"),
    "partner changed": N_("partner changed"),
    "partner archived": N_("partner archived"),
    "partner restored": N_("partner restored"),
    "partner anonymised": N_("partner anonymised"),
    "partners imported": N_("partners imported"),
    "contact added": N_("contact added"),
    "contact removed": N_("contact removed"),
    "contacts imported": N_("contacts imported"),
    "study made": N_("study made"),
    "wave made": N_("wave made"),
    "wave opened": N_("wave opened"),
    "wave closed": N_("wave closed"),
    "open link made": N_("open link made"),
    "letters made": N_("letters made"),
    "personal links made": N_("file of personal links made"),
    "people invited": N_("people invited"),
    "people reminded": N_("people reminded"),
    "words of mail changed": N_("words of mail changed"),
    "thanks chosen": N_("thanks by mail chosen or not"),
    "message sent again": N_("message sent again"),
    "message dropped": N_("message dropped"),
    "mail taken up again": N_("mail to somebody taken up again"),
    "answers erased": N_("answers erased by receipt"),
    "wave purged": N_("data of a wave deleted"),
    "rows exported": N_("rows exported"),
    "record entry made": N_("entry of a record made"),
    "record entry changed": N_("entry of a record changed"),
    "record entry moved on": N_("entry of a record moved on"),
    "record entry struck out": N_("entry of a record struck out"),
    "record exported": N_("record exported"),
    "card released": N_("card let out to a partner"),
    "link to a card mailed": N_("link to a card sent by e-mail"),
    "link to a card made": N_("new link to a card shown"),
    "answer to a reply mailed": N_("answer to a reply told by e-mail"),
    "card taken back": N_("card taken back"),
    "reply received": N_("reply to a card received"),
    "reply answered": N_("reply to a card answered"),
    "report made": N_("report on partners made"),
    "report destroyed": N_("report on partners destroyed"),
}


@blueprint.get("")
def see() -> Response:
    """Show a page of the log, all of it or what one person or one action is about."""
    known = access.authorised("log.see").known
    language = visitor.language()
    say = site().renderer.catalogues[language].gettext
    who, action = request.args.get("who", ""), request.args.get("action", "")[:60]
    who = who if who in ORIGINS or _WHO.fullmatch(who) else ""
    number = request.args.get("page", "1")
    page = audit.page(
        database(),
        int(number) if re.fullmatch(r"[0-9]{1,6}", number) else 1,
        who=who,
        action=action,
    )
    people = [(user.id.hex, user.name) for user in users.listing(database())]
    words = {each: say(_WORDS.get(each, each)) for each in audit.actions(database())}
    return access.page(
        known,
        "log.html",
        log=page,
        rows=[
            (moment(each.at, language), _who(each, say), words[each.action], _what(each, say))
            for each in page.entries
        ],
        who=who,
        action=action,
        whos=[("", say("everybody")), *people, (TERMINAL, say("command line"))],
        actions=[("", say("everything")), *sorted(words.items(), key=lambda row: row[1])],
        query=f"who={who}&action={action.replace(' ', '+')}&",
    )


def _who(entry: Entry, say: Callable[[str], str]) -> str:
    if entry.who:
        return entry.who
    return say("command line") if entry.origin == TERMINAL else say("someone not logged in")


def _what(entry: Entry, say: Callable[[str], str]) -> str:
    """Name what it was done to: a person, a study or a wave of it, or what the line says."""
    if entry.whom:
        return entry.whom
    kind, *rest = entry.what.split("/")
    if kind == "mail":
        return say(REASONS[rest[0]]) if rest else say("Mail")
    if kind == "partner":
        return say("a partner that is not in the register any more")
    if kind != "study" or not rest:
        return entry.what
    slug, *wave = rest
    if len(wave) == _OF_A_FILE:
        number, name, sha256 = wave
        said = say("%(study)s, wave %(wave)s: file %(file)s with the SHA-256 %(sha256)s")
        return said % {"study": slug, "wave": number, "file": name, "sha256": sha256}
    return say("%(study)s, wave %(wave)s") % {"study": slug, "wave": wave[0]} if wave else slug
