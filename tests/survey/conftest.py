"""Fixtures of the survey: real databases, a small questionnaire, and a cast of people.

Vik is the organisation that asks; Fjord, Nord and Sund are its partners.
"""

import os
import random
import shutil
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa

from questionnaires import AnswerScale, Construct, Instrument, Item, OffScale, Page, Point
from survey.services import invitations, respond, studies
from survey.services.installation import set_up
from survey.services.partners import NewPartner
from survey.services.studies import NewStudy
from survey.settings import Settings
from survey.storage.engine import Storage

ORGANISATION = "Vik"
PARTNERS = ("Fjord", "Nord", "Sund")
SECRET = "fish-bone-lamp-oil-9381-Trondheim"
RATINGS = ("t1", "t2", "t3", "o1", "o2", "all")
LANGUAGES = ("en", "nb", "nn", "is")
KEY = "the-secret-of-one-browser"
_numbers = count(1)


def texts(english):
    return {"en": english, **{code: f"{english} ({code})" for code in LANGUAGES[1:]}}


def item(item_id, construct, *, kind="rating", reverse=False):
    sides = {
        "ours": {"direct": texts(f"{{partner}} {item_id}.")},
        "theirs": {"direct": texts(f"{{organisation}} {item_id}.")},
    }
    if kind == "text":
        return Item(id=item_id, kind="text", texts=sides, max_length=40, hint=texts("No names"))
    labels = ("Strongly disagree", "Disagree", "Neither", "Agree", "Strongly agree")
    points = tuple(Point(value, texts(label)) for value, label in enumerate(labels, 1))
    scale = AnswerScale("agree5", 1, 5, points)
    return Item(
        id=item_id, kind="rating", texts=sides, construct=construct, scale=scale, reverse=reverse
    )


def small_instrument(instrument_id="small"):
    """Two pages: three items of trust; one of openness, the overall item, an open question."""
    return Instrument(
        id=instrument_id,
        title=texts("A small questionnaire"),
        introduction={side: texts("Welcome") for side in ("ours", "theirs")},
        reference_period=texts("the last 12 months"),
        sides=("ours", "theirs"),
        perspectives=("direct",),
        languages=LANGUAGES,
        min_answered=0.5,
        pages=(
            Page((item("t1", "trust"), item("t2", "trust"), item("t3", "trust", reverse=True))),
            Page(
                (
                    item("o1", "openness"),
                    item("o2", "openness"),
                    item("all", "overall"),
                    item("say", None, kind="text"),
                )
            ),
        ),
        constructs=tuple(
            Construct(name, "relationship", texts(name.title()), texts(f"What {name} is."))
            for name in ("trust", "openness", "overall")
        ),
        off_scale=(
            OffScale("dont_know", texts("Don't know")),
            OffScale("not_applicable", texts("Not applicable")),
        ),
    )


@dataclass
class Survey:
    """A study in a database, and short ways to act in it."""

    storage: Storage
    settings: Settings
    slug: str
    tokens: dict
    key = KEY

    @contextmanager
    def writing(self, email):
        with self.storage.write() as session:
            yield session, respond.by_token(session, self.tokens[email])

    def save(self, email, page, given, place=1):
        with self.writing(email) as (session, respondent):
            respond.save_page(session, respondent, place, page, given)

    def submit(self, email, place=1, key=KEY):
        with self.writing(email) as (session, respondent):
            return respond.submit(session, respondent, place, key=key)

    def answers(self, email, place=1):
        with self.storage.read() as session:
            return respond.answers(session, respond.by_token(session, self.tokens[email]), place)

    def complete(self, email, value=4, place=1, say=""):
        self.save(email, 1, {"t1": value, "t2": value, "t3": 6 - value}, place)
        self.save(email, 2, {"o1": value, "o2": value, "all": value, "say": say}, place)
        return self.submit(email, place)

    def fill_in(self, per_partner, seed=1):
        """Let the first people answer about the first partner, the next about the second."""
        rng = random.Random(seed)  # noqa: S311 (not a secret)
        places = [place for place, people in enumerate(per_partner, 1) for _ in range(people)]
        with self.storage.write() as session:
            for (email, token), place in zip(self.tokens.items(), places, strict=False):
                respondent = respond.by_token(session, token)
                liking = rng.randint(2, 4)
                given = {item: liking + rng.choice((-1, 0, 0, 1)) for item in RATINGS}
                given |= {"t3": 6 - given["t3"], "say": f"Words of {email}"}
                for number, page in enumerate(respondent.instrument.pages, 1):
                    on_page = {item.id: given[item.id] for item in page.items}
                    respond.save_page(session, respondent, place, number, on_page)
                respond.submit(session, respondent, place, key=KEY)

    def assessments(self):
        with self.storage.read() as session:
            return session.execute(sa.text("SELECT * FROM assessment")).mappings().all()


@pytest.fixture(scope="session")
def instrument():
    return small_instrument()


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory):
    """Make a migrated SQLite file with its organisation, to be copied."""
    path = tmp_path_factory.mktemp("template") / "tillit.sqlite3"
    storage = Storage(f"sqlite:///{path}")
    set_up(storage, ORGANISATION)
    storage.close()
    return path


@pytest.fixture(scope="session")
def postgres():
    """Run a PostgreSQL of our own, on loopback, with a migrated database to be copied."""
    with postgres_server() as address:
        server = sa.create_engine(f"{address}/postgres", isolation_level="AUTOCOMMIT")
        with server.connect() as connection:
            connection.exec_driver_sql("CREATE DATABASE empty")
        storage = Storage(f"{address}/empty")
        set_up(storage, ORGANISATION)
        storage.close()
        yield address, server
        server.dispose()


@contextmanager
def postgres_server():
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        pytest.skip("PostgreSQL's server programs are not installed")
    folder = Path(tempfile.mkdtemp(prefix="tillit-postgres-"))
    as_user = {"user": "postgres"} if os.geteuid() == 0 else {}
    if as_user:
        shutil.chown(folder, "postgres")
    port = free_port()
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
    control = [programs[-1] / "pg_ctl", "-D", folder / "data", "-w"]

    def quietly(*command):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder, **as_user)

    initdb = [programs[-1] / "initdb", "-D", folder / "data", "-U", "tillit", "-A", "trust"]
    try:
        quietly(*initdb, "-E", "UTF8", "--locale=C", "-N")
        quietly(*control, "-l", folder / "log", "-o", options + " -c fsync=off", "start")
        try:
            yield f"postgresql+psycopg://tillit@127.0.0.1:{port}"
        finally:
            quietly(*control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request, tmp_path):
    """Give a database that is set up and empty: SQLite, and PostgreSQL under its marker."""
    if request.param == "sqlite":
        yield copied_sqlite(request, tmp_path)
        return
    address, server = request.getfixturevalue("postgres")
    name = f"test_{next(_numbers)}"
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE empty")
    yield f"{address}/{name}"
    with server.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sqlite_url(request, tmp_path):
    return copied_sqlite(request, tmp_path)


def copied_sqlite(request, tmp_path):
    (tmp_path / "data").mkdir(mode=0o700)
    path = tmp_path / "data" / "tillit.sqlite3"
    shutil.copyfile(request.getfixturevalue("empty_sqlite"), path)
    path.chmod(0o600)
    return f"sqlite:///{path}"


@pytest.fixture
def storage(database_url):
    storage = Storage(database_url, SECRET)
    yield storage
    storage.close()


@pytest.fixture
def settings(tmp_path, database_url):
    return Settings(
        data_dir=tmp_path / "data",
        database_url=database_url,
        secret_key=SECRET,
        base_url="http://127.0.0.1:8000",
        trusted_hosts=("127.0.0.1",),
    )


@pytest.fixture(scope="session")
def kept_folders(tmp_path_factory):
    """Give a place for installations that several tests begin with, and what is known of each."""
    return tmp_path_factory.mktemp("kept"), {}


@pytest.fixture
def played_once(storage, settings, kept_folders):
    """Play a study and give its survey; from the second test on, copy the files that it left.

    On PostgreSQL it is played for every test.
    """
    folder, known = kept_folders

    def once(name, play):
        if storage.is_sqlite and name in known:
            storage.close()
            shutil.copytree(folder / name, settings.data_dir, dirs_exist_ok=True)
            return Survey(storage, settings, *known[name])
        survey = play()
        if storage.is_sqlite:
            storage.close()  # so that all is in the file
            shutil.copytree(settings.data_dir, folder / name)
            known[name] = survey.slug, dict(survey.tokens)
        return survey

    return once


@pytest.fixture
def make_study(storage, settings, instrument):
    """Make a study with people p1@vik.no, p2@vik.no …, who know all its partners."""

    def make(
        people=1,
        *,
        slug="suppliers",
        partners=PARTNERS[:1],
        opened=True,
        questionnaire=instrument,
        **choices,
    ):
        new = NewStudy(
            slug=slug,
            title="Our suppliers",
            instrument=questionnaire,
            partners=tuple(NewPartner(name) for name in partners),
            **choices,
        )
        side = new.sides[0]
        rows = [f"P{n},p{n}@vik.no,,{partners[0] if side == 'theirs' else ''},{side}"
                for n in range(1, people + 1)]  # fmt: skip
        sheet = "\n".join(("name,email,language,partners,side", *rows)).encode()
        with storage.write() as session:
            studies.create(session, new)
            links = people and invitations.invite(
                session, slug, sheet, "people.csv", base_url=settings.base_url
            )
            if opened:
                studies.open_wave(session, slug)
        tokens = {link.email: link.link.rpartition("/")[2] for link in links or ()}
        return Survey(storage, settings, slug, tokens)

    return make
