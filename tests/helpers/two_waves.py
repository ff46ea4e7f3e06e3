"""A study of both sides over two waves, closed, to compare partners by; and what is true of it.

Fjord is good and falls, Nord is poor, Sund has too few raters on our side.
"""

import random
import shutil
from pathlib import Path

from survey.services import closing, invitations, respond, studies
from survey.services.audit import COMMAND_LINE
from survey.services.partners import NewPartner
from survey.services.register import partner_import
from survey.services.studies import NewStudy
from survey.settings import Settings
from survey.storage.engine import Storage

SECRET = "fish-bone-lamp-oil-9381-Trondheim"
HOST = "http://127.0.0.1:8000"
SLUG, SIDES = "both", ("ours", "theirs")
LEVELS = {"Fjord": (4.6, 3.6), "Nord": (1.8, 1.8), "Berg": (3.2, 3.2), "Sund": (3.0, 3.0)}
RATERS = {"Fjord": 12, "Nord": 11, "Berg": 12, "Sund": 3}
REGISTER = (
    "name,kind,region,class,share\n"
    "Fjord,supplier,West,strategic,40\nNord,supplier,North,routine,30\n"
    "Berg,supplier,West,routine,20\nSund,supplier,North,routine,\n"
)
ITEMS = ("t1", "t2", "t3", "o1", "o2", "all")


def installation(folder: Path, template: Path, instrument) -> tuple[Storage, Settings]:
    """Copy an empty database into a folder and play both waves in it."""
    (folder / "data").mkdir(mode=0o700)
    shutil.copyfile(template, folder / "data" / "tillit.sqlite3")
    url = f"sqlite:///{folder / 'data' / 'tillit.sqlite3'}"
    storage = Storage(url, SECRET)
    settings = Settings(
        data_dir=folder / "data", database_url=url, secret_key=SECRET, base_url=HOST,
        trusted_hosts=("127.0.0.1",),
    )  # fmt: skip
    play(storage, settings, instrument)
    return storage, settings


def play(storage: Storage, settings: Settings, instrument) -> None:
    """Make the study and close two waves of it."""
    partners = tuple(NewPartner(name, "supplier") for name in LEVELS)
    with storage.write() as session:
        partner_import.carry_out(session, COMMAND_LINE, REGISTER.encode(), "partners.csv")
        studies.create(session, NewStudy(SLUG, "Our suppliers", instrument, partners, SIDES))
    for wave in (0, 1):
        with storage.write() as session:
            if wave:
                studies.next_wave(session, SLUG)
            links = invitations.invite(session, SLUG, sheet(), "p.csv", base_url=HOST)
            studies.open_wave(session, SLUG)
            for number, link in enumerate(links):
                answer(session, link.link.rpartition("/")[2], wave, number)
        closing.close(storage, settings, SLUG)


def sheet() -> bytes:
    rows = ["name,email,language,partners,side"]
    for n in range(max(RATERS.values())):
        known = ";".join(name for name, raters in RATERS.items() if n < raters)
        rows.append(f"P{n},p{n}@vik.no,en,{known},ours")
    rows += [f"{p}{n},{p}{n}@x.no,en,{p},theirs" for p in LEVELS for n in range(6)]
    return "\n".join(rows).encode()


def answer(session, token: str, wave: int, number: int) -> None:
    person = respond.by_token(session, token)
    for entry in person.roster:
        rng = random.Random(f"{number}{wave}{entry.place}")  # noqa: S311 (no secret)
        level = LEVELS[entry.partner][wave]
        given = {item: min(5, max(1, round(level + rng.gauss(0, 0.6)))) for item in ITEMS}
        given |= {"t3": 6 - given["t3"], "say": f"{entry.partner} {person.side} {wave}"}
        for place, page in enumerate(person.instrument.pages, 1):
            on_page = {item.id: given[item.id] for item in page.items}
            respond.save_page(session, person, entry.place, place, on_page)
        respond.submit(session, person, entry.place)
