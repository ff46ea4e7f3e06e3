"""Ctrl-C: exit code 130, one line, no traceback, no process left, no file half-written."""

import os
import pty
import signal
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

from survey.cli import main, watching
from survey.cli.watching import watched

PROGRAM = "from survey.cli import main; main()"

ANALYSE = ["analyse", "big.csv", "--scales", "big.toml", "--partner", "partner", "--thorough"]


def test_an_interrupt_is_one_line_and_130(monkeypatch, tmp_path):
    def press(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("analysis.simulation.simulate", press)
    found = CliRunner().invoke(main, ["simulate", str(tmp_path / "a.csv")])
    assert found.exit_code == 130
    assert found.stderr == "Interrupted.\n"
    assert found.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_there_is_no_bar_where_nobody_watches(monkeypatch, capsys):
    monkeypatch.setattr(watching, "_PATIENCE", 0.01)
    with watched("Counting") as told:
        told(1, 2)
        time.sleep(0.05)
    assert capsys.readouterr() == ("", "")


def test_a_bar_comes_after_a_while_and_goes(monkeypatch):
    monkeypatch.setattr(watching, "_PATIENCE", 0.05)
    monkeypatch.setenv("TERM", "xterm")
    main_end, terminal = pty.openpty()
    with os.fdopen(terminal, "w") as screen:
        monkeypatch.setattr(sys, "stderr", screen)
        with watched("Counting"):
            pass
        with watched("Adding") as told:
            told(1, 2)
            time.sleep(0.3)
        screen.flush()
        shown = os.read(main_end, 100_000).decode()
    os.close(main_end)
    assert "Counting" not in shown
    assert "Adding" in shown


def gone(group):
    """Wait for the last process of a group to be cleared away."""
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


@pytest.mark.durability
@pytest.mark.parametrize(
    ("words", "after"),
    [
        (["plan", "--partners", "1000", "--icc", ".1", "--draws", "400000"], 5),
        (["simulate", "out.csv", "--partners", "2000", "--raters", "900", "--items", "9"], 3),
        ([*ANALYSE, "--html", "out.html", "--json", "out.json"], 6),
    ],
    ids=["plan", "simulate", "analyse"],
)
def test_long_computations_end_cleanly(tmp_path, words, after):
    if words[0] == "analyse":
        made = ["simulate", str(tmp_path / "big.csv"), "--partners", "900", "--raters", "150"]
        assert CliRunner().invoke(main, [*made, "--items", "12"]).exit_code == 0
    before = sorted(tmp_path.iterdir())
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *words],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    ) as process:
        time.sleep(after)
        assert process.poll() is None
        os.killpg(process.pid, signal.SIGINT)
        told, complaints = process.communicate(timeout=30)
    assert process.returncode == 130
    assert (told, complaints) == ("", "Interrupted.\n")
    assert sorted(tmp_path.iterdir()) == before
    assert gone(process.pid)
