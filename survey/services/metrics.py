"""What a monitor may know, in the text format of Prometheus; no study, no partner, no person.

Gauges come from the database and are right whichever process is asked. Counts of requests are
those of each process, told apart by a random name. Of anonymous studies no assessment is
counted: whoever keeps these numbers keeps the times at which they changed.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.services import deadlines, last_runs, workers
from survey.services.storage_report import StorageReport, report
from survey.services.workers import Counted, Worker
from survey.settings import Settings
from survey.storage.mail_models import OUTBOX_STATES
from survey.storage.models import (
    ANONYMOUS,
    WAVE_STATES,
    Assessment,
    Outbox,
    Study,
    Wave,
)

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Family:
    """A metric: its name, what kind it is, what it means, and samples (ending, labels, value)."""

    name: str
    kind: str
    help: str
    samples: Sequence[tuple[str, Labels, float]]


def exposition(session: Session, settings: Settings, worker: Worker) -> str:
    """Write all metrics as a monitor reads them.

    Parameters
    ----------
    session
        Of any kind.
    settings
        Of the installation.
    worker
        This process.
    """
    stored = report(session, settings)
    families = [
        *_installation(stored, worker.counted),
        *_storage(stored, settings),
        *_surveys(session),
        *_processes(workers.running(worker)),
    ]
    return "".join(_text(family) for family in families if family.samples)


def _installation(stored: StorageReport, here: Counted) -> Iterator[Family]:
    labels = {"version": here.version, "python": here.python, "schema": stored.schema}
    yield Family("tillit_build_info", "gauge", "What runs here.", [("", labels, 1)])


def _storage(stored: StorageReport, settings: Settings) -> Iterator[Family]:
    for name, what, value in (
        ("database", "Size of the database with its log.", stored.database_bytes),
        ("snapshots", "Size of the files of closed waves.", stored.snapshots_bytes),
        ("disk_free", "Free room on the disk of the data folder.", stored.free_bytes),
    ):
        yield Family(f"tillit_{name}_bytes", "gauge", what, [("", {}, value)])
    for what in (last_runs.BACKUP, last_runs.PURGE):
        last = last_runs.last(settings, what)
        yield Family(
            f"tillit_last_{what}_timestamp_seconds",
            "gauge",
            f"When tillit {what} last ended well; absent if that is not known.",
            [("", {}, _seconds(last["at"]))] if last else [],
        )


def _surveys(session: Session) -> Iterator[Family]:
    waves = _by_state(session, Wave.status)
    yield _states("tillit_waves", "Waves by state.", WAVE_STATES, waves)
    yield Family(
        "tillit_waves_to_delete",
        "gauge",
        "Closed waves whose last day is over: tillit purge deletes their data.",
        [("", {}, len(deadlines.due(session)))],
    )
    named = (
        sa.select(
            sa.func.count(Assessment.id),
            sa.func.count(Assessment.receipt),
            sa.func.count(Assessment.withdrawn_on),
        )
        .join(Wave, Wave.id == Assessment.wave_id)
        .join(Study, Study.id == Wave.study_id)
        .where(Study.privacy_mode != ANONYMOUS)
    )
    started, handed_in, withdrawn = session.execute(named).one()
    counts = {
        "saved": started - handed_in,
        "submitted": handed_in - withdrawn,
        "withdrawn": withdrawn,
    }
    what = "Assessments of identified and confidential studies that are stored, by state."
    yield _states("tillit_assessments", what, tuple(counts), counts)
    mail = _by_state(session, Outbox.state)
    yield _states("tillit_mail_messages", "Messages of the outbox by state.", OUTBOX_STATES, mail)


def _processes(running: Sequence[Counted]) -> Iterator[Family]:
    yield Family(
        "tillit_worker_started_timestamp_seconds",
        "gauge",
        "When each process that serves started.",
        [("", {"worker": each.worker}, each.started) for each in running],
    )
    yield Family(
        "tillit_requests_total",
        "counter",
        "Requests that each process has answered, by class of the status.",
        [
            ("", {"worker": each.worker, "class": name}, number)
            for each in running
            for name, number in each.requests.items()
        ],
    )
    yield Family(
        "tillit_request_duration_seconds",
        "histogram",
        "How long each process took to answer.",
        [sample for each in running for sample in _histogram(each)],
    )


def _histogram(each: Counted) -> Iterator[tuple[str, Labels, float]]:
    bounds = (*(f"{bound:g}" for bound in workers.BUCKETS), "+Inf")
    total = 0
    for bound, total in zip(bounds, accumulate(each.slower), strict=True):
        yield "_bucket", {"worker": each.worker, "le": bound}, total
    yield "_sum", {"worker": each.worker}, each.seconds
    yield "_count", {"worker": each.worker}, total


def _by_state(session: Session, column: sa.orm.InstrumentedAttribute[str]) -> dict[str, int]:
    rows = session.execute(sa.select(column, sa.func.count()).group_by(column))
    return {str(state): int(number) for state, number in rows}


def _states(name: str, what: str, states: Sequence[str], counts: Mapping[str, int]) -> Family:
    samples = [("", {"state": state}, float(counts.get(state, 0))) for state in states]
    return Family(name, "gauge", what, samples)


def _seconds(at: dt.datetime) -> float:
    return at.timestamp()


def _text(family: Family) -> str:
    lines = [f"# HELP {family.name} {family.help}", f"# TYPE {family.name} {family.kind}"]
    for ending, labels, value in family.samples:
        named = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
        lines.append(f"{family.name}{ending}{f'{{{named}}}' if named else ''} {_number(value)}")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))
