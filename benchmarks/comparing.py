"""How long a page of comparison takes with many partners and waves, beside a page without any.

Usage: python benchmarks/comparing.py [PARTNERS [WAVES]]

Prints the median of the server's time for each view, and how many times that of the page of
one's own account it is, which draws the same frame and reads one row.
"""

import re
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import questionnaires
from survey.app import create_app
from survey.services import studies
from survey.services.accounts import sessions, users
from survey.services.accounts.users import NewUser
from survey.services.audit import COMMAND_LINE
from survey.services.comparing.model import (
    EDITION,
    ENCODER,
    Course,
    Driver,
    Item,
    ItemScore,
    Lead,
    Measure,
    Point,
    Score,
    Seen,
    Shift,
    Sign,
    Workspace,
)
from survey.services.installation import set_up
from survey.services.partners import NewPartner
from survey.services.published import workspace_path
from survey.services.studies import NewStudy
from survey.settings import Settings
from survey.storage.base import now
from survey.storage.engine import Storage

SLUG = "many"
TIMES = 15
VIEWS = ("", "/aspects", "/scorecard", "/scope", "/beside")


def scores(rng: np.random.Generator, size: int) -> list[Score]:
    """Draw a score of each partner."""
    means = rng.normal(3.3, 0.5, size)
    return [
        Score(12, m, m - 0.4, m + 0.4, m, m - 0.35, m + 0.35, 1, size, int(abs(m - 3.3) > 1))
        for m in means.tolist()
    ]


def measure(rng: np.random.Generator, size: int) -> Measure:
    """Make a scale of which nobody can be told apart."""
    return Measure(
        lowest=1, highest=5, centre=3.3, shrunken=True, scores=scores(rng, size),
        bands=[list(range(size))], alpha=0.8, alpha_low=0.7, reliability=0.6,
    )  # fmt: skip


def workspace(partners: int, waves: int, scales: list[str]) -> Workspace:
    """Make what closing would keep of so many partners: numbers without a meaning."""
    rng = np.random.default_rng(1)
    points = [Point(w, 12, 3.3, 3.0, 3.6) for w in range(1, waves + 1)]
    since = [Shift(w, 0.1234567890123456, -0.2, 0.45, shrunken=True) for w in range(1, waves)]
    course = Course(points, 0, -0.1, 0.1, since=since)
    answered = ItemScore(12, 3.3333333333333335, 3.0123456789012345, 3.6)
    seen = Seen(12, 3.3, 3, 3.6, 3.2, 8, 3.1, 2.8, 3.4, 3.0, 0.2, -0.1, 0.5, "close")
    return Workspace(
        edition=EDITION, study=SLUG, title="Many", organisation="Vik", wave=1,
        closed_on="2026-11-01",
        items={f"{s}{n}": Item(s, [answered] * partners) for s in scales for n in range(3)},
        instrument="grunig7_berg4", version="0" * 64, sha256="0" * 64,
        data_version=1, min_group=5, min_group_text=10, level=0.95, n_rows=12 * partners,
        names=[f"Partner {n:04}" for n in range(partners)],
        labels={name: {"en": name} for name in scales},
        scales={name: measure(rng, partners) for name in scales},
        composite=measure(rng, partners), weights=dict.fromkeys(scales, 1 / len(scales)),
        equal_weights=True, near=0.2, far=0.5, holds_within=None,
        leads=[Lead(0.1, 0.1, 0.1, 0.1)] * partners,
        theirs={name: scores(rng, partners) for name in scales},
        seen={name: [seen] * partners for name in scales}, margin=1.0,
        waves=list(range(1, waves + 1)), closed=["2026-01-01"] * waves,
        courses={name: [course] * partners for name in scales},
        composite_courses=[course] * partners,
        warnings=[
            Sign(scales[0], n, "falling", -0.2, -0.3, -0.1, 0, "", 0.03, n % 7 == 0)
            for n in range(0, partners, 3)
        ],
        looked_at=partners * 30, by_chance=partners / 10, outcome="overall",
        drivers=[Driver(name, 0.1, 0.05, 0.2) for name in scales], no_drivers=None, explained=0.5,
        alike=[], notes=[], side="ours",
    )  # fmt: skip


def installation(folder: Path, partners: int, waves: int) -> tuple[Settings, str]:
    """Make a study of so many partners, and log a manager in."""
    settings = Settings.for_loopback(folder, 8000, "fish-bone-lamp-oil-9381-Trondheim")
    storage = Storage(settings.database_url)
    set_up(storage, "Vik")
    instrument = questionnaires.load("grunig7_berg4")
    named = tuple(NewPartner(f"Partner {n:04}", "supplier") for n in range(partners))
    with storage.write() as session:
        studies.create(session, NewStudy(SLUG, "Many", instrument, named, ("ours", "theirs")))
        studies.open_wave(session, SLUG, accept=instrument.languages, by="a benchmark")
        user = users.add(session, COMMAND_LINE, NewUser("Kim", "kim@vik.no", "manager"))
        token = sessions.begin(session, user.id, now())
    storage.close()
    scales = [name for name in instrument.scoring_key() if name != "overall"]
    path = workspace_path(settings, SLUG, 1)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(ENCODER.encode(workspace(partners, waves, scales)))
    print(f"{partners} partners, {waves} waves: {path.stat().st_size / 1e6:.1f} MB kept")
    return settings, token


def main(partners: int = 1000, waves: int = 8) -> None:
    """Print what each page takes."""
    with tempfile.TemporaryDirectory() as folder:
        settings, token = installation(Path(folder), partners, waves)
        client = create_app(settings).test_client()
        client.set_cookie("tillit-login", token, domain="127.0.0.1")
        page = got(client, f"/compare/{SLUG}", packed=False).get_data(as_text=True)
        card = re.findall(rf"/compare/{SLUG}/partners/[0-9a-f-]+", page)[0]
        base = seconds(client, "/account")
        paths = [f"/compare/{SLUG}{view}" for view in VIEWS]
        for name, path in zip((*VIEWS, "card"), (*paths, card), strict=True):
            took = seconds(client, path)
            packed, whole = (len(got(client, path, packed=p).data) / 1e3 for p in (True, False))
            print(
                f"{name or 'overview':12}{1000 * took:7.1f} ms CPU, {took / base:5.1f} x account; "
                f"{packed:6.1f} KB gzip, {whole:7.1f} KB"
            )


def seconds(client: FlaskClient, path: str) -> float:
    """Give the median of the processor's time for a page."""
    taken = []
    for _ in range(TIMES):
        began = time.process_time()
        got(client, path)
        taken.append(time.process_time() - began)
    return statistics.median(taken)


def got(client: FlaskClient, path: str, *, packed: bool = True) -> TestResponse:
    """Ask for a page as a browser does; one that is refused ends the program."""
    headers = {"Accept-Encoding": "gzip"} if packed else {}
    response = client.get(path, base_url="http://127.0.0.1:8000", headers=headers)
    if response.status_code != 200:
        raise SystemExit(f"{path}: {response.status}")
    return response


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
