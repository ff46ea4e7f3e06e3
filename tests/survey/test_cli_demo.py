"""The demonstration: one command sets up, serves, prints links that work, and ends when told."""

import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

pytestmark = pytest.mark.durability  # starts and ends servers

TILLIT = Path(sys.executable).with_name("tillit")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def demonstration(folder, port):
    """Run the command until its links are printed; end it as Ctrl-C does."""
    process = subprocess.Popen(
        [TILLIT, "demo", "--port", str(port), "--data", "demo"],
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    )
    watchdog = threading.Timer(300, process.kill)
    watchdog.start()
    try:
        said = []
        for line in process.stdout:
            said.append(line)
            if "tillit analyse" in line:
                break
        yield "".join(said)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0
    finally:
        watchdog.cancel()
        process.kill()
        process.wait()
        process.stdout.close()


def links(said):
    return re.findall(r"^http://127\.0\.0\.1:\S+$", said, re.MULTILINE)


def test_the_demonstration_prints_links_that_work_and_sets_up_once(tmp_path):
    port = free_port()
    with demonstration(tmp_path, port) as first:
        assert "Setting up" in first
        respondent, roster, anyone, results, research, login, desk = links(first)
        for link in (respondent, roster, anyone, results, research, login, desk):
            assert link.startswith(f"http://127.0.0.1:{port}/")
            assert urllib.request.urlopen(link).status == 200
        page = urllib.request.urlopen(f"{results}&lang=en").read().decode()
        assert "too few answers (fewer than 5)" in page
        kept = [tmp_path / name for name in re.findall(r"demo/snapshots/\S+", first)]
        report, snapshot, *earlier = kept
        assert len(earlier) == 3
        assert report.suffix == ".html"
        assert snapshot.suffix == ".parquet"
        assert report.stat().st_size > 10_000
        assert snapshot.exists()
    with demonstration(tmp_path, port) as second:
        assert "Setting up" not in second
        fresh = links(second)
        assert fresh[0] != respondent, "each start invites one more guest"
        assert fresh[2:] == [anyone, results, research, login, desk]
        logins = [
            re.findall(r"^(manager|researcher) +(\S+@\S+) +(\S+)$", said, re.MULTILINE)
            for said in (first, second)
        ]
        assert [len(each) for each in logins] == [2, 2]
        assert logins[0] != logins[1], "passwords are new at each start"


def test_a_folder_with_other_data_is_left_alone(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "tillit.sqlite3").write_bytes(b"somebody's answers")
    done = subprocess.run(
        [TILLIT, "demo", "--data", data], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "holds data that are no demonstration" in done.stderr
    assert [path.name for path in data.iterdir()] == ["tillit.sqlite3"]
