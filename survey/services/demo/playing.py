"""The study of suppliers: four waves, each opened, answered by both sides and closed."""

import datetime as dt
import random
from typing import Final

import questionnaires
from survey.services import closing, invitations, studies
from survey.services.audit import COMMAND_LINE
from survey.services.demo.answering import answer
from survey.services.demo.recording import write_records
from survey.services.demo.truths import (
    CLOSED_STUDY,
    DEPARTMENT,
    DEPARTMENTS,
    MILDNESS,
    PARTNERS,
    WAVES,
)
from survey.services.partners import NewPartner
from survey.services.register import partner_import
from survey.services.studies import NewStudy
from survey.settings import Settings
from survey.storage.engine import Storage
from survey.storage.models import SIDES, now

SEED: Final = 20
BETWEEN: Final = dt.timedelta(days=91)
OPEN_FOR: Final = dt.timedelta(days=14)
WEIGHTS: Final = {  # of the scorecard, agreed before the first wave
    "accuracy": 3,
    "availability": 2,
    "adaptation": 1,
    "advising": 1,
    "trust": 3,
    "credibility": 2,
    "legitimacy": 1,
    "openness": 2,
    "balance": 1,
    "mutual_understanding": 2,
    "mutual_satisfaction": 2,
}


def play(storage: Storage, settings: Settings, waves: int = WAVES) -> None:
    """Make the study and its waves, the last of them closed yesterday.

    Parameters
    ----------
    storage, settings
        Of an installation that has been set up, without this study.
    waves
        How many, from the first one on.
    """
    rng = random.Random(SEED)  # noqa: S311 (a simulation, no secret)
    with storage.write() as session:
        partner_import.carry_out(session, COMMAND_LINE, _register(), "partners.csv")
        instrument = questionnaires.combine(
            questionnaires.load("grunig7_berg4"), questionnaires.load("grunig7_coorientation")
        )
        partners = tuple(map(NewPartner, PARTNERS))
        new = NewStudy(CLOSED_STUDY, "Our suppliers", instrument, partners, SIDES, weights=WEIGHTS)
        studies.create(session, new)
    for wave in range(1, waves + 1):
        closed = now() - dt.timedelta(days=1) - BETWEEN * (waves - wave)
        with storage.write() as session:
            if wave > 1:
                studies.next_wave(session, CLOSED_STUDY)
            languages = instrument.languages
            studies.open_wave(
                session, CLOSED_STUDY, accept=languages, by="tillit demo", at=closed - OPEN_FOR
            )
            links = invitations.invite(
                session, CLOSED_STUDY, _people(), "people.csv", base_url=settings.base_url
            )
            for place, link in enumerate(links):
                department = place // DEPARTMENT
                mildness = MILDNESS[department] if department < len(DEPARTMENTS) else 0.0
                answer(session, link.link.rsplit("/", 1)[1], wave, mildness, rng)
        closing.close(storage, settings, CLOSED_STUDY, at=closed)
    with storage.write() as session:
        write_records(session, now().date())


def _register() -> bytes:
    rows = ["name,kind,category,region,class,share"]
    rows += [
        f"{name},supplier,{s.category},{s.region},{s.kraljic},{s.share:g}"
        for name, s in PARTNERS.items()
    ]
    return "\n".join(rows).encode()


def _people() -> bytes:
    """List who is asked: our departments, then the suppliers' people, each about us alone."""
    languages = questionnaires.LANGUAGES
    rows = ["name,email,language,side,partners"]
    for number in range(len(DEPARTMENTS) * DEPARTMENT):
        department, place = divmod(number, DEPARTMENT)
        known = [
            name
            for name, supplier in PARTNERS.items()
            if department in supplier.departments
            and place < (DEPARTMENT if supplier.raters is None else supplier.raters)
        ]
        name = f"{DEPARTMENTS[department]} {place + 1}"
        email = name.replace(" ", "").lower() + "@example.org"
        rows.append(f"{name},{email},{languages[number % 4]},ours,{';'.join(known)}")
    for place, (partner, supplier) in enumerate(PARTNERS.items(), 1):
        rows += [
            f"{partner} {n},contact{place}-{n}@example.org,{languages[n % 4]},theirs,{partner}"
            for n in range(1, supplier.contacts + 1)
        ]
    return "\n".join(rows).encode()
