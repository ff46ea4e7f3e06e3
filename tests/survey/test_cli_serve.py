"""`tillit serve`: what it needs, what it never writes, and that a killed one loses nothing."""

import http.client
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from contextlib import contextmanager
from http.cookiejar import CookieJar

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from survey.cli import main
from survey.cli.serve import without_visitor
from survey.services import respond
from survey.storage.models import Assessment

SERVER = {
    "TILLIT_SECRET_KEY": "fish-bone-lamp-oil-9381-Trondheim",
    "TILLIT_TRUSTED_HOSTS": "127.0.0.1",
}
PROGRAM = "from survey.cli import main; main()"
BROKEN_CHUNKS = (
    b"POST /respond/1/1 HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\nFrank wrote this\r\n\r\n"
)
FORM = re.compile(r"<form\b.*?</form>", re.DOTALL)
HIDDEN = re.compile(r'<input[^>]*type="hidden"[^>]*>')
FIELD = re.compile(r'(name|value|action)="([^"]*)"')


def serve(environ, *arguments):
    return CliRunner().invoke(main, ["serve", *arguments], env=environ, catch_exceptions=False)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def running(survey, port, *arguments, program=PROGRAM):
    """Run the server as a process group of its own; give the process and its log."""
    settings = survey.settings
    environ = {
        **os.environ,
        **SERVER,
        "TILLIT_DATA_DIR": str(settings.data_dir),
        "TILLIT_DATABASE_URL": settings.database_url,
        "TILLIT_BASE_URL": f"http://127.0.0.1:{port}",
    }
    log = settings.data_dir.with_name(f"server-{time.monotonic_ns()}.log")
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-c", program, "serve", "--port", str(port), *arguments],
            env=environ,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        wait_until_ready(port, process, log)
        yield process, log
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(timeout=30)


def wait_until_ready(port, process, log):
    end = time.monotonic() + 60
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(log.read_text())


class Visitor:
    """A person with a browser that keeps cookies and runs no script."""

    def __init__(self, port):
        self.base = f"http://127.0.0.1:{port}"
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self.page, self.url = "", ""

    def get(self, path):
        return self._read(urllib.parse.urljoin(self.base, path))

    def post(self, given):
        """Send the form of the page that has the questions, or its only one."""
        forms = sorted(FORM.findall(self.page), key=lambda text: text.count("<input"))
        form = forms[-1]
        fields = dict(given)
        for hidden in HIDDEN.findall(form):
            found = dict(FIELD.findall(hidden))
            fields[found["name"]] = found.get("value", "")
        action = dict(FIELD.findall(form.partition(">")[0])).get("action", "") or self.url
        url = urllib.parse.urljoin(self.url, action)
        return self._read(url, urllib.parse.urlencode(fields).encode())

    def _read(self, url, data=None):
        try:
            answer = self.opener.open(url, data, timeout=30)
        except urllib.error.HTTPError as refusal:
            if refusal.code != http.client.GONE:  # a used link: the page shows its receipts
                raise
            answer = refusal
        with answer:
            self.page, self.url = answer.read().decode(), answer.url

    def ratings(self):
        radios = re.findall(r'<input[^>]*type="radio"[^>]*>', self.page)
        return {dict(FIELD.findall(radio))["name"] for radio in radios}


def walk(port, token):
    """Answer one questionnaire as a person does; give the receipt that the last page shows."""
    visitor = Visitor(port)
    visitor.get(f"/r/{token}")
    for _ in range(8):
        found = re.search(r"\b[0-9A-Z]{4}(?:-[0-9A-Z]{4}){6}\b", visitor.page)
        if found:
            return found[0]
        visitor.post(dict.fromkeys(visitor.ratings(), "4"))
    raise AssertionError(visitor.url)


# Before it starts ----------------------------------------------------------------------


def test_it_says_what_must_be_set(tmp_path):
    done = serve({"TILLIT_DATA_DIR": str(tmp_path)})
    assert done.exit_code == 2
    for name in ("TILLIT_SECRET_KEY", "TILLIT_BASE_URL", "TILLIT_TRUSTED_HOSTS"):
        assert f"\n  {name}" in done.output


def test_it_does_not_leave_loopback_without_https(tmp_path):
    environ = {
        **SERVER,
        "TILLIT_DATA_DIR": str(tmp_path),
        "TILLIT_BASE_URL": "http://127.0.0.1:8000",
    }
    done = serve(environ, "--host", "0.0.0.0")  # noqa: S104 (refused)
    assert (done.exit_code, "is reached from other machines" in done.output) == (2, True)
    secure = {**environ, "TILLIT_BASE_URL": "https://127.0.0.1"}
    done = serve(secure, "--host", "0.0.0.0")  # noqa: S104 (no database: it does not get so far)
    assert (done.exit_code, "has not been set up" in done.output) == (1, True)


def test_an_option_that_is_not_allowed_is_refused():
    for option in (("--workers", "0"), ("--threads", "65"), ("--port", "70000")):
        assert serve({}, *option).exit_code == 2


def test_the_web_process_starts_without_statistics():
    program = "import sys, survey.app; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    heavy = {"analysis", "numpy", "scipy", "pandas", "polars", "pingouin", "alembic"}
    assert not heavy & set(done.stdout.split())


# The log -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "arguments"),
    [
        ("Invalid request from ip=192.0.2.7: GET /r/Token", ()),
        ("Error handling request %s %s", ("GET", "/r/Token")),
        ("Error handling request %s", ("/r/Token",)),
    ],
)
def test_messages_about_a_visitor_are_replaced(message, arguments):
    record = logging.LogRecord("gunicorn.error", 40, "", 0, message, arguments, None)
    assert without_visitor(record)
    assert "Token" not in record.getMessage()
    assert "192.0.2.7" not in record.getMessage()


def test_other_messages_stay():
    record = logging.LogRecord("gunicorn.error", 20, "", 0, "Booting worker %d", (7,), None)
    assert without_visitor(record)
    assert record.getMessage() == "Booting worker 7"


def test_a_visitor_from_whom_nothing_comes_is_left(make_study):
    """The only thread of a server is free again after a while."""
    port = free_port()
    soon = f"from survey.cli import serve; serve.STALLED_SECONDS = 1; {PROGRAM}"
    head = (
        f"POST / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 100\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n\r\nlink="
    )
    one = ("--workers", "1", "--threads", "1")
    with (
        running(make_study(), port, *one, program=soon),
        socket.create_connection(("127.0.0.1", port)) as stalled,
    ):
        stalled.sendall(head.encode())
        time.sleep(0.2)
        Visitor(port).get("/healthz")
        assert stalled.recv(20).startswith(b"HTTP/1.1 400")


def test_a_server_answers_ends_when_told_and_logs_no_visitor(make_study):
    survey = make_study()
    token, port = survey.tokens["p1@vik.no"], free_port()
    with running(survey, port, "--workers", "1") as (process, log):
        code = walk(port, token)
        with socket.create_connection(("127.0.0.1", port)) as raw:
            raw.sendall(f"NONSENSE /r/{token} \r\n\r\n".encode())
            raw.recv(100)
        with socket.create_connection(("127.0.0.1", port)) as raw:
            raw.sendall(BROKEN_CHUNKS)
            assert raw.recv(20).startswith(b"HTTP/1.1 400")
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/r/{'x' * 22}")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    said = log.read_text()
    assert "submitted: study suppliers, wave 1" in said
    assert "an invalid request was refused" in said
    for secret in (token, code, "x" * 22, "/r/", "p1@vik.no", "Frank", "Traceback"):
        assert secret not in said
    assert set(re.findall(r"\d+\.\d+\.\d+\.\d+", said)) <= {"127.0.0.1"}
    assert said.count("127.0.0.1") == 1  # where it listens
    with survey.storage.read() as session:
        assert respond.receipt(session, code).organisation == "Vik"


# Killed --------------------------------------------------------------------------------


class Crowd:
    """Sixteen people at a time, who try again until they have a receipt."""

    def __init__(self, port, tokens):
        self.port = port
        self.waiting = list(tokens)
        self.receipts = {}
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self._work, daemon=True) for _ in range(16)]

    def start(self):
        for thread in self.threads:
            thread.start()

    def finish(self):
        for thread in self.threads:
            thread.join(timeout=600)
            assert not thread.is_alive(), f"{len(self.waiting)} people have no receipt"

    def _work(self):
        while True:
            with self.lock:
                if not self.waiting:
                    return
                token = self.waiting.pop()
            try:
                code = walk(self.port, token)
            except (OSError, http.client.HTTPException):
                with self.lock:
                    self.waiting.insert(0, token)
                time.sleep(0.05)
            else:
                self.receipts[token] = code


@pytest.mark.durability
def test_what_was_acknowledged_is_stored_when_the_server_is_killed(make_study, capsys):
    """Kill every process of the server again and again, and count both sides."""
    people, kills = 2500, 20
    survey, port = make_study(people), free_port()
    crowd = Crowd(port, survey.tokens.values())
    for kill in range(kills):
        with running(survey, port) as (process, _):
            if kill == 0:
                crowd.start()
            time.sleep(0.7 + 0.11 * kill)
            os.killpg(process.pid, signal.SIGKILL)
    with running(survey, port):
        crowd.finish()
    with survey.storage.read() as session:
        rows = session.execute(sa.select(Assessment.receipt, Assessment.answers)).all()
    stored = {row.receipt for row in rows if row.receipt}
    figures = {
        "acknowledged": len(crowd.receipts),
        "stored": len(stored),
        "missing": len(set(crowd.receipts.values()) - stored),
        "partial": len([row for row in rows if row.receipt and len(row.answers) < 6]),
        "doubles": len(rows) - people,
    }
    with capsys.disabled():
        print(f"\n{kills} kills: {figures}")  # noqa: T201 (the figures of this test)
    assert figures == {
        "acknowledged": people,
        "stored": people,
        "missing": 0,
        "partial": 0,
        "doubles": 0,
    }
