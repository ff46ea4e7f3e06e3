"""Adapter of the load driver `respondents.py`: how tillit is answered, and what it stored.

The driver puts its own module in place as ``respondents`` and loads this file:

    respondents.py --adapter benchmarks/adapter.py:Tillit --base http://127.0.0.1:8000 \
        --opt data_dir=DIR [--opt pages=one|own] [--opt partners=1] [--opt instrument=ID]

``data_dir`` is the data folder of the server under test, which is set up (`tillit init`)
and served from the same machine. ``pages=one`` puts all items of the instrument on one
page, as the products compared in docs/reference/performance.md did.
"""

import random
import secrets
from pathlib import Path

import msgspec
import sqlalchemy as sa
from respondents import Form, FormSurvey

import questionnaires
from questionnaires import Instrument, Page
from survey.services import invitations, studies
from survey.services.partners import NewPartner
from survey.services.studies import NewStudy
from survey.settings import Settings
from survey.storage.engine import Storage
from survey.storage.models import Assessment


class Tillit(FormSurvey):
    """A study of its own for each batch of respondents, read back from the database."""

    def __init__(self, base: str, **options: str) -> None:
        super().__init__(base, **options)
        settings = Settings.from_environment({"TILLIT_DATA_DIR": options["data_dir"]})
        if not Path(settings.data_dir).is_dir():
            message = f"data_dir={options['data_dir']!r} is no folder: run `tillit init` there"
            raise SystemExit(message)
        self.storage = Storage(settings.database_url)
        self.instrument = _instrument(
            options.get("instrument", "grunig7_berg4"), options.get("pages", "own")
        )
        self.most = {item.id: item.pick for item in self.instrument.items if item.pick}
        self.partners = [f"Partner {n}" for n in range(1, int(options.get("partners", "1")) + 1)]

    def prepare(self, n: int) -> list[str]:
        """Make a study, invite ``n`` people to it, and give their links."""
        slug = f"load-{secrets.token_hex(4)}"
        partners = tuple(NewPartner(name) for name in self.partners)
        people = [f"Person {i},{slug}-{i}@example.org,en," for i in range(n)]
        sheet = "\n".join(["name,email,language,partners", *people]).encode()
        with self.storage.write() as session:
            studies.create(session, NewStudy(slug, "Load", self.instrument, partners))
            links = invitations.invite(session, slug, sheet, "people.csv", base_url=self.base[:-1])
            studies.open_wave(session, slug, accept=self.instrument.languages, by="benchmark")
        return [link.link for link in links]

    def start_url(self, context: str) -> str:
        """Open the personal link."""
        return context

    def fill(self, form: Form, rng: random.Random, sent: list[str]) -> list[tuple[str, str]]:
        """Answer as the driver does, but pick no more options than a question allows."""
        form.checks = [
            (name, value)
            for name in dict.fromkeys(name for name, _ in form.checks)
            for value in rng.sample([v for n, v in form.checks if n == name], self.most[name])
        ]
        filled: list[tuple[str, str]] = super().fill(form, rng, sent)
        return filled

    def stored(self) -> int:
        """Count the submitted assessments; a respondent has one for each partner."""
        with self.storage.read() as session:
            submitted = sa.select(sa.func.count()).where(Assessment.receipt.is_not(None))
            return session.scalars(submitted).one() // len(self.partners)

    def stored_sum(self) -> float:
        """Add up the ratings in all submitted assessments."""
        with self.storage.read() as session:
            answers = session.scalars(
                sa.select(Assessment.answers).where(Assessment.receipt.is_not(None))
            )
            return float(sum(v for each in answers for v in each.values() if isinstance(v, int)))


def _instrument(name: str, pages: str) -> Instrument:
    """Load an instrument; with ``one``, all of its items on one page."""
    own = questionnaires.load(name)
    if pages == "own":
        return own
    return msgspec.structs.replace(own, id=f"{name}_one_page", pages=(Page(items=own.items),))
