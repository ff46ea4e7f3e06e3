"""`tillit plan`: sentences, files, and what it refuses."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

from survey.cli import main

USUAL = ("plan", "--partners", "12", "--icc", ".15", "--draws", "500")


def run(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


def test_it_says_how_many_raters(tmp_path):
    page, numbers = tmp_path / "plan.html", tmp_path / "plan.json"
    done = run(*USUAL, "--raters", 10, "--html", page, "--json", numbers)
    assert done.exit_code == 0, done.output
    assert "reliability .70 with 14 raters of each partner, 168 people in all" in done.output
    assert json.loads(numbers.read_text())["raters_for_reliability"] == 14
    written = page.read_text()
    assert "168 people in all" in written
    assert "tillit plan --partners 12 --icc 0.15 --raters 10 --draws 500" in written


def test_numbers_alone_can_be_piped():
    found = json.loads(run(*USUAL, "--json", "-").stdout)
    assert found["partners"] == 12
    assert found["curve"][0]["raters"] == 1


def test_the_top_may_be_a_fraction():
    assert json.loads(run(*USUAL, "--top", "1/4", "--json", "-").stdout)["top"] == 3


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--top", "1/0"], "1/0"),
        (["--top", "most"], "most"),
        (["--each", "13"], "each is 13"),
        (["--severity", "0.9"], "leave nothing for the rest"),
        (["--reliability", "1"], "not in the range"),
    ],
)
def test_what_makes_no_sense_is_refused(words, told):
    refused = run(*USUAL, *words)
    assert refused.exit_code == 2
    assert told in refused.output


@pytest.mark.durability
def test_an_interrupt_ends_it_without_a_traceback():
    words = ["plan", "--partners", "1000", "--icc", ".1", "--draws", "200000"]
    code = "from survey.cli import main; main()"
    with subprocess.Popen(
        [sys.executable, "-c", code, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        time.sleep(5)
        assert process.poll() is None
        os.killpg(process.pid, signal.SIGINT)
        told, complaints = process.communicate(timeout=30)
    assert process.returncode == 130
    assert told == ""
    assert complaints == "Interrupted.\n"
