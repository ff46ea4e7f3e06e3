"""The demonstration: a closed wave with planted truths, and two open studies to try.

One asks about suppliers: the main form, where it is heading, and what the supplier may think.
The other is anonymous and open to everybody who comes by its link: a few questions after a
purchase.

Everything goes the way that real answers go: people are invited from a sheet,
every page is saved and submitted by the respondent's services, and the wave is
closed. The planted truths: «Nordlys Elektro» and «Vestvind Transport» are equally
good and cannot be told apart, «Havblikk IT» is weak in openness alone, «Breiddal
Bygg» is weak throughout, and «Tindra Data» has three raters, too few to show.
"""

import random
import secrets
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

import questionnaires
from questionnaires import Instrument, Item
from survey.kinds import Answer
from survey.services import invitations, open_links, respond, studies, tokens
from survey.services.accounts import passwords, users
from survey.services.accounts.users import NewUser
from survey.services.audit import COMMAND_LINE
from survey.services.partners import NewPartner
from survey.services.studies import NewStudy
from survey.storage.account_models import MANAGER, RESEARCHER, User
from survey.storage.models import ANONYMOUS

ORGANISATION: Final = "Midtbyen Energi"
CLOSED_STUDY: Final = "suppliers"
OPEN_STUDY: Final = "your-turn"
ANONYMOUS_STUDY: Final = "after-your-purchase"
SHOP: Final = "Midtbyen Strømbutikk"
SEED: Final = 20
PEOPLE: Final = {
    MANAGER: ("Marit Midtbyen", "manager@example.org"),
    RESEARCHER: ("Rúnar Midtbyen", "researcher@example.org"),
}


@dataclass(frozen=True, slots=True)
class _Truth:
    """How a simulated supplier really is, in points from the middle of the scale."""

    raters: int
    level: float
    openness: float = 0.0


PARTNERS: Final = {
    "Nordlys Elektro": _Truth(raters=16, level=0.9),
    "Vestvind Transport": _Truth(raters=12, level=0.9),
    "Havblikk IT": _Truth(raters=14, level=0.6, openness=-1.4),
    "Lyngstad Renhold": _Truth(raters=9, level=0.4),
    "Sólheimar Prent": _Truth(raters=8, level=0.3),
    "Fjordheim Papir": _Truth(raters=11, level=0.2),
    "Breiddal Bygg": _Truth(raters=13, level=-0.6),
    "Tindra Data": _Truth(raters=3, level=1.2),
}
_PEOPLE: Final = 28
_COMMENTS: Final = (
    "Tell us earlier when a delivery slips.",
    "Give us one person to call.",
    "Explain the invoice before it comes.",
    "Involve us when the plan is made.",
)


def make(session: Session, *, base_url: str) -> None:
    """Make the studies, and answer the first as its simulated people would.

    Parameters
    ----------
    session
        A writing session on an installation that has been set up.
    base_url
        What links begin with; the links of the simulated people are used at once.
    """
    rng = random.Random(SEED)  # noqa: S311 (a simulation, no secret)
    suppliers = tuple(NewPartner(name, "supplier") for name in PARTNERS)
    shop = (NewPartner(SHOP, "other"),)
    main = questionnaires.load("grunig7_berg4")
    further = map(questionnaires.load, ("pulse", "grunig7_coorientation"))
    after_sale = questionnaires.load("post_sale")
    for new in (
        NewStudy(CLOSED_STUDY, "Our suppliers, autumn", main, suppliers),
        NewStudy(
            OPEN_STUDY,
            "How is the cooperation?",
            questionnaires.combine(main, *further),
            suppliers,
        ),
        NewStudy(ANONYMOUS_STUDY, "After your purchase", after_sale, shop, privacy_mode=ANONYMOUS),
    ):
        studies.create(session, new)
        studies.open_wave(session, new.slug, accept=new.instrument.languages, by="tillit demo")
    sheet = _sheet(_rosters(rng))
    for link in invitations.invite(session, CLOSED_STUDY, sheet, "people.csv", base_url=base_url):
        _answer(session, link.link.rsplit("/", 1)[1], rng)


def guest(session: Session, *, language: str, partners: int, base_url: str) -> str:
    """Invite one more person to the open study, and give the personal link."""
    email = f"guest-{secrets.token_hex(6)}@example.org"
    names = ";".join(list(PARTNERS)[:partners])
    sheet = f"name,email,language,partners\nGuest,{email},{language},{names}\n".encode()
    (link,) = invitations.invite(session, OPEN_STUDY, sheet, "guest.csv", base_url=base_url)
    return link.link


def people(session: Session) -> tuple[tuple[str, str, str], ...]:
    """Let a manager and a researcher log in, with new passwords at each start.

    Returns
    -------
    tuple of tuple
        What they do, e-mail address and password; the password is kept as a hash only.
    """
    logins = []
    for role, (name, email) in PEOPLE.items():
        password = "-".join(tokens.new_code(4) for _ in range(4))
        user = session.scalar(sa.select(User).where(User.email == email))
        if user is None:
            user = users.add(session, COMMAND_LINE, NewUser(name, email, role))
        user.password_hash = passwords.hashed(password)
        logins.append((role, email, password))
    return tuple(logins)


def open_link(session: Session, *, base_url: str) -> str:
    """Give the link to the anonymous study, the same at each start."""
    return open_links.make(session, ANONYMOUS_STUDY, base_url=base_url).link


def _rosters(rng: random.Random) -> list[list[str]]:
    """Deal every supplier to as many people as the truth says, two or three to most people."""
    rosters: list[list[str]] = [[] for _ in range(_PEOPLE)]
    for name, truth in PARTNERS.items():
        by_load = sorted(range(_PEOPLE), key=lambda person: (len(rosters[person]), rng.random()))
        for person in by_load[: truth.raters]:
            rosters[person].append(name)
    return rosters


def _sheet(rosters: list[list[str]]) -> bytes:
    languages = questionnaires.LANGUAGES
    rows = ["name,email,language,partners"]
    rows += [
        f"Person {n},person{n}@example.org,{languages[n % len(languages)]},{';'.join(names)}"
        for n, names in enumerate(rosters, 1)
        if names
    ]
    return "\n".join(rows).encode()


def _answer(session: Session, token: str, rng: random.Random) -> None:
    """Fill in and submit every assessment of one person, whose severity is their own."""
    severity = rng.gauss(0, 0.3)
    person = respond.by_token(session, token)
    for entry in person.roster:
        view = _View(PARTNERS[entry.partner], severity, person.instrument, rng)
        for number, page in enumerate(person.instrument.pages, 1):
            given = {item.id: view.answer(item) for item in page.items}
            respond.save_page(session, person, entry.place, number, given)
        respond.submit(session, person, entry.place)


class _View:
    """One person's view of one supplier: correlated within an aspect, noisy within an item."""

    def __init__(
        self, truth: _Truth, severity: float, instrument: Instrument, rng: random.Random
    ) -> None:
        self._rng = rng
        self._levels = {
            construct.id: truth.level + severity + rng.gauss(0, 0.6)
            for construct in instrument.constructs
        }
        self._levels["openness"] += truth.openness

    def answer(self, item: Item) -> Answer:
        if item.scale is None:
            return self._rng.choice(_COMMENTS) if self._rng.random() < 0.5 else ""
        luck = self._rng.random()
        if luck < 0.03:  # a few cannot judge
            return "dont_know"
        if luck < 0.05:  # a few leave it out
            return ""
        middle = (item.scale.low + item.scale.high) / 2
        value = round(middle + self._levels[str(item.construct)] + self._rng.gauss(0, 0.6))
        return min(item.scale.high, max(item.scale.low, value))
