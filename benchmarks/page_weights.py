"""What every page of those who log in weighs, where lists have grown long.

    python benchmarks/page_weights.py [--partners 1000] [--people 10000] [--folder DIR]

An installation is made with as many partners and people as that in an open wave, a closed wave of
fewer (what is computed of it takes longer than what is weighed here), mail that failed, people
who want none, users, and a log. Then every page is opened as an admin, and weighed as it leaves
the server: with gzip where it is compressed.
"""

import argparse
import datetime as dt
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from werkzeug.test import Client

import questionnaires
from survey.app import create_app
from survey.services import closing, drafts, invitations, studies
from survey.services.accounts import sessions, users
from survey.services.accounts.users import NewUser
from survey.services.audit import COMMAND_LINE
from survey.services.installation import set_up
from survey.services.mail import codes, ending, inviting, stopping
from survey.services.partners import NewPartner
from survey.services.register import contact_import, partner_import
from survey.services.studies import NewStudy
from survey.settings import Settings
from survey.storage.base import now
from survey.storage.engine import Storage
from survey.storage.models import Assessment, Invitation, Outbox, Partner, Roster, Wave

LIMIT = 60 * 1024
MOST_CLOSED = (200, 1_600)  # partners and people of the closed wave
SECRET = "fish-bone-lamp-oil-9381-Trondheim"  # noqa: S105 (of an installation that is thrown away)
OPEN, CLOSED = "open-study", "closed-study"
WORDS = ("Nordlys", "Fjord", "Havn", "Sund", "Vik", "Berg", "Dal", "Nes", "Elv", "Skog")
TRADES = ("Transport", "Elektro", "Prent", "Bygg", "Rør", "Data", "Fisk", "Maskin", "Mat", "Lager")


def main() -> None:
    """Make the installation, weigh its pages, and print them, the heaviest first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--partners", type=int, default=1_000)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as own:
        for size, path in weights(given.folder or Path(own), given.partners, given.people):
            print(f"{size / 1024:8.1f} kB{'  TOO HEAVY' if size > LIMIT else ''}  {path}")


def weights(folder: Path, partners: int, people: int) -> list[tuple[int, str]]:
    """Give the bytes of every page that an admin can open, the heaviest first."""
    settings = Settings.for_loopback(folder / "data", 8000, SECRET)
    settings.data_dir.mkdir(mode=0o700)
    storage = Storage(settings.database_url, SECRET)
    set_up(storage, "Vik Energi")
    _fill(storage, settings, partners, people)
    with storage.write() as session:
        user = users.add(session, COMMAND_LINE, NewUser("Anna Berg", "anna@vik.no", "admin"))
        token = sessions.begin(session, user.id, now())
        ids = _ids(session)
    storage.close()
    app = create_app(settings)
    client = app.test_client()
    client.set_cookie("tillit-login", token, domain="127.0.0.1")
    found = sorted({*_weighed(app, client, ids)}, reverse=True)
    app.extensions["tillit"].storage.close()
    return found


def names(count: int) -> Iterator[str]:
    """Give names of partners as long as names are, all different."""
    chance = random.Random(3)  # noqa: S311 (the same names in each run)
    for number in range(count):
        first, second = chance.choices(WORDS, k=2)
        yield f"{first}{second.lower()} {chance.choice(TRADES)} {number}"


def _fill(storage: Storage, settings: Settings, partners: int, people: int) -> None:
    called = list(names(partners))
    with storage.write() as session:
        sheet = "name,share,groups,class\n" + "".join(
            f"{name},{100 / partners:.2f},Group {number % 20},strategic\n"
            for number, name in enumerate(called)
        )
        partner_import.carry_out(session, COMMAND_LINE, sheet.encode(), "partners.csv")
        contacts = "partner,name,email,language\n" + "".join(
            f"{name},Kari Nordmann {number},c{number}@example.org,nb\n"
            for number, name in enumerate(called)
        )
        contact_import.carry_out(session, COMMAND_LINE, contacts.encode(), "contacts.csv")
        most, answering = MOST_CLOSED
        _study(session, CLOSED, called[:most], min(people, answering))
        _study(session, OPEN, called, people)
        _answer(session, CLOSED)
        _mail(session)
        _further(session)
    closing.close(storage, settings, CLOSED)


def _study(session: sa.orm.Session, slug: str, called: list[str], people: int) -> None:
    instrument = questionnaires.load("grunig7")
    asked = tuple(map(NewPartner, called))
    studies.create(session, NewStudy(slug, "How is the cooperation?", instrument, asked))
    sheet = "name,email,language,partners\n" + "".join(
        f"Kim Nordmann {number},{slug}{number}@example.org,nb,{called[number % len(called)]}\n"
        for number in range(people)
    )
    invitations.enrol(session, slug, sheet.encode(), "people.csv")
    inviting.queue_invitations(session, slug)
    studies.open_wave(session, slug, accept=instrument.languages, by="a benchmark")


def _answer(session: sa.orm.Session, slug: str) -> None:
    """Let everybody answer everything, without the way through the pages."""
    study, wave = studies.find(session, slug)
    items = [item.id for item in questionnaires.load(study.instrument_id).items]
    chance = random.Random(5)  # noqa: S311 (the same answers in each run)
    rows = session.execute(
        sa.select(Roster.participant_id, Roster.partner_id)
        .join(Invitation, Invitation.participant_id == Roster.participant_id)
        .where(Invitation.wave_id == wave.id)
    ).all()
    session.execute(
        sa.insert(Assessment),
        [
            {
                "participant_id": person,
                "partner_id": partner,
                "wave_id": wave.id,
                "instrument_id": study.instrument_id,
                "instrument_version": study.instrument_version,
                "language": "nb",
                "answers": {item: chance.choice((1, 2, 3, 4, 4, 5, 5)) for item in items},
                "pages_done": 1,
                "submitted_at": now(),
                "receipt": f"R{number:039d}",
            }
            for number, (person, partner) in enumerate(rows)
        ],
    )


def _mail(session: sa.orm.Session) -> None:
    """Let a tenth of the mail fail, and as many people want none."""
    waiting = session.scalars(sa.select(Outbox.id)).all()
    secret = codes.secret_of(session)
    for number, key in enumerate(waiting[: len(waiting) // 10]):
        ending.failed(session, key, "the mail server refuses it with 550 5.1.1", attempts=1)
        stopping.stop(session, codes.person_code(secret, f"{OPEN}{number}@example.org"))


def _further(session: sa.orm.Session) -> None:
    """Add users, which no installation has in thousands, and a study in the making."""
    for number in range(100):
        new = NewUser(f"Kim Berg {number}", f"kim{number}@vik.no", "researcher")
        users.add(session, COMMAND_LINE, new)
    drafts.begin(session, like=OPEN)


def _ids(session: sa.orm.Session) -> dict[str, list[str]]:
    """Give what stands in the places of addresses."""
    study, wave = studies.find(session, OPEN)
    del study, wave
    known = users.listing(session)[0].id
    return {
        "slug": [OPEN, CLOSED],
        "wave": ["1"],
        "step": [*drafts.STEPS, drafts.LAST],
        "draft_id": [str(each.key) for each in drafts.drafts(session)],
        "partner_id": [str(session.scalars(sa.select(Partner.id)).first())],
        "user_id": [str(known)],
        "kind": ["partners", "contacts"],
        "message": ["invitation"],
        "side": ["ours"],
        "language": ["nb"],
        "source": ["contacts"],
        "number": [str(session.scalars(sa.select(Wave.number)).first())],
        "day": [dt.date(2026, 1, 1).isoformat()],
    }


def _weighed(app: object, client: Client, ids: dict[str, list[str]]) -> Iterator[tuple[int, str]]:
    """Open every address that can be filled in and gives a page."""
    for rule in app.url_map.iter_rules():  # type: ignore[attr-defined]
        if "GET" not in rule.methods or not rule.arguments <= ids.keys():
            continue
        for path in _paths(rule, ids):
            response = client.get(
                path, base_url="http://127.0.0.1:8000", headers={"Accept-Encoding": "gzip"}
            )
            is_file = "attachment" in response.headers.get("Content-Disposition", "")
            if response.status_code == 200 and response.mimetype == "text/html" and not is_file:
                yield len(response.data), path


def _paths(rule: object, ids: dict[str, list[str]]) -> Iterator[str]:
    found = [rule.rule]  # type: ignore[attr-defined]
    for name in rule.arguments:  # type: ignore[attr-defined]
        found = [_put(path, name, value) for path in found for value in ids[name]]
    yield from found


def _put(path: str, name: str, value: str) -> str:
    before, _, after = path.partition(f"{name}>")
    return f"{before.rpartition('<')[0]}{value}{after}"


if __name__ == "__main__":
    main()
