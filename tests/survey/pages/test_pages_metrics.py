"""Numbers for a monitor: who may read them, what they say, and that they name nobody."""

import dataclasses
import re

import pytest

from survey.app import create_app
from survey.services import last_runs, workers
from tests.survey.pages.conftest import HOST

TOKEN = "a-token-of-thirty-two-characters-0123"
SAMPLE = re.compile(r'([a-z_]+)(?:\{((?:[a-z]+="[^"]*",?)*)\})? (-?[0-9.e+]+)')
KINDS = {"gauge", "counter", "histogram"}


def parsed(text):
    """Read the text format: name and labels → value; each family is announced before it comes."""
    samples, known = {}, {}
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name, _, said = line[7:].partition(" ")
            assert said.endswith(".")
        elif line.startswith("# TYPE "):
            name, kind = line[7:].split(" ")
            assert kind in KINDS
            assert name not in known
            known[name] = kind
        else:
            found = SAMPLE.fullmatch(line)
            assert found, line
            family = re.sub(r"_(bucket|sum|count)$", "", found[1])
            assert family in known or found[1] in known, line
            key = (found[1], found[2] or "")
            assert key not in samples
            samples[key] = float(found[3])
    assert text.endswith("\n")
    return samples


def read(visitor, **options):
    page = visitor.get("/metrics", **options)
    assert page.status == 200
    return parsed(page.html)


def test_gauges_say_what_the_database_holds(visitor, make_study, app):
    survey = make_study(2, partners=("Fjord",))
    survey.complete("p1@vik.no")
    survey.save("p2@vik.no", 1, {"t1": 2})
    anonymous = make_study(1, slug="anonymous", privacy_mode="anonymous")
    anonymous.complete("p1@vik.no")
    found = read(visitor)
    assert found["tillit_waves", 'state="open"'] == 2
    assert found["tillit_assessments", 'state="submitted"'] == 1, "of the anonymous study, nothing"
    assert found["tillit_assessments", 'state="saved"'] == 1
    assert found["tillit_mail_messages", 'state="failed"'] == 0
    assert found["tillit_waves_to_delete", ""] == 0
    assert found["tillit_database_bytes", ""] > 100_000
    assert ("tillit_last_backup_timestamp_seconds", "") not in found
    last_runs.note(survey.settings, last_runs.BACKUP, file="/b.tar")
    last = last_runs.last(survey.settings, last_runs.BACKUP)["at"].timestamp()
    found = read(visitor)
    assert found["tillit_last_backup_timestamp_seconds", ""] == pytest.approx(last)
    worker = app.extensions["tillit"].worker.counted.worker
    assert found["tillit_requests_total", f'worker="{worker}",class="2xx"'] == 1


def test_no_study_partner_or_person_is_named(visitor, make_study):
    make_study(2, partners=("Fjord",))
    text = visitor.get("/metrics").html
    for name in ("Fjord", "suppliers", "Our suppliers", "vik", "Vik", "p1"):
        assert name not in re.sub(r"# HELP .*", "", text)


def test_a_histogram_adds_up(visitor):
    for _ in range(3):
        visitor.get("/healthz")
    found = read(visitor)
    (worker,) = {key[1] for key in found if key[0] == "tillit_request_duration_seconds_count"}
    buckets = [
        value for key, value in found.items() if key[0] == "tillit_request_duration_seconds_bucket"
    ]
    assert buckets == sorted(buckets)
    assert len(buckets) == len(workers.BUCKETS) + 1
    assert buckets[-1] == found["tillit_request_duration_seconds_count", worker] == 3
    assert found["tillit_request_duration_seconds_sum", worker] > 0


@pytest.mark.parametrize(
    ("environ", "headers", "status"),
    [
        ({}, {}, 200),
        ({"REMOTE_ADDR": "192.0.2.7"}, {}, 404),
        ({}, {"X-Forwarded-For": "192.0.2.7"}, 404),
        ({}, {"Forwarded": "for=192.0.2.7"}, 404),
        ({"REMOTE_ADDR": "192.0.2.7"}, {"Authorization": f"Bearer {TOKEN}"}, 200),
        ({"REMOTE_ADDR": "192.0.2.7"}, {"Authorization": f"Bearer {TOKEN}x"}, 404),
        ({"REMOTE_ADDR": "192.0.2.7"}, {"Authorization": "Bearer "}, 404),
        ({"REMOTE_ADDR": "192.0.2.7"}, {"Authorization": "Bearer ø"}, 404),
        ({"REMOTE_ADDR": "192.0.2.7"}, {"Authorization": TOKEN}, 404),
    ],
)
def test_this_machine_and_the_token_may(settings, environ, headers, status):
    app = create_app(dataclasses.replace(settings, metrics_token=TOKEN))
    client = app.test_client()
    client.environ_base.update(environ)
    assert client.get("/metrics", headers=headers, base_url=HOST).status_code == status
    app.extensions["tillit"].storage.close()


def test_without_a_token_an_empty_one_opens_nothing(app):
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = "192.0.2.7"
    for given in ("Bearer ", "Bearer", ""):
        answer = client.get("/metrics", headers={"Authorization": given}, base_url=HOST)
        assert answer.status_code == 404


def test_each_process_is_read_by_the_others_until_it_ends(tmp_path):
    one, other = workers.Worker(tmp_path), workers.Worker(tmp_path)
    other.served(200, 0.3)
    other.served(503, 9)
    names = {one.counted.worker, other.counted.worker}
    seen = {each.worker: each for each in workers.running(one)}
    assert set(seen) == names
    assert seen[other.counted.worker].requests == {"1xx": 0, "2xx": 1, "3xx": 0, "4xx": 0, "5xx": 1}
    assert seen[other.counted.worker].slower == [0, 0, 0, 0, 1, 0, 0, 0, 1]
    gone = other.counted.worker
    del other
    assert [each.worker for each in workers.running(one)] == [one.counted.worker]
    assert (tmp_path / gone).exists()
    third = workers.Worker(tmp_path)
    assert not (tmp_path / gone).exists(), "the next one tidies up"
    assert len(workers.running(third)) == 2


def test_where_nothing_can_be_written_a_process_counts_for_itself(tmp_path):
    (tmp_path / "file").write_text("")
    worker = workers.Worker(tmp_path / "file" / "workers")
    worker.served(404, 0.01)
    (seen,) = workers.running(worker)
    assert seen.requests["4xx"] == 1
