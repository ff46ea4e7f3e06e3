"""What the documents say is true: links lead somewhere, commands run, references are current."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from survey.cli.reference import reference

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#]+)(#[^)]*)?\)")
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PYTHON_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BINARIES = Path(sys.executable).parent


def run_shell(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": f"{BINARIES}:{os.environ['PATH']}",
        "HOME": str(folder),
        "LANG": "C.UTF-8",
    }
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_to_files_that_are_there(document: Path):
    targets = [match[1] for match in LINK.finditer(document.read_text("utf-8"))]
    missing = [target for target in targets if not (document.parent / target).exists()]
    assert missing == []


@pytest.mark.durability  # as long as their reader's own first run
@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("run-a-study.md", ["data/tillit.sqlite3", "links.csv"]),
        ("analyse-a-file.md", ["report.html", "numbers.json"]),
        ("plan-a-study.md", ["plan.html", "plan.json", "answers.truth.json", "try.html"]),
    ],
)
def test_the_commands_of_a_guide_run_as_they_stand(name: str, made: list[str], tmp_path: Path):
    text = (ROOT / "docs/how-to" / name).read_text("utf-8")
    script = "\n".join(BLOCK.findall(text))
    done = run_shell(script, tmp_path)
    assert done.returncode == 0, done.stderr
    assert [path for path in made if not (tmp_path / path).exists()] == []
    for block in PYTHON_BLOCK.findall(text):
        ran = subprocess.run(
            [sys.executable, "-c", block],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        assert "trust" in ran.stdout


def test_the_example_of_the_readme_prints_what_it_says():
    text = (ROOT / "README.md").read_text("utf-8")
    (block,) = PYTHON_BLOCK.findall(text)
    (printed,) = re.findall(r"^```text\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    ran = subprocess.run(
        [sys.executable, "-c", block],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert len(block.strip().splitlines()) <= 9
    assert [line.rstrip() for line in ran.stdout.splitlines()] == [
        line.rstrip() for line in printed.splitlines()
    ]


def test_the_reference_of_the_command_line_is_current():
    written = (ROOT / "docs/reference/command-line.md").read_text("utf-8")
    assert written == reference(), (
        "run: python -m survey.cli.reference > docs/reference/command-line.md"
    )


def test_every_path_of_the_map_exists():
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    rows = re.findall(r"^\| (`[^|]+) \|", text, re.MULTILINE)
    cells = [cell for row in rows for cell in re.findall(r"`([^`]+)`", row)]
    missing = [path for cell in cells for path in _expand(cell) if not list(ROOT.glob(path))]
    assert missing == []
    assert len(cells) > 15


def _expand(cell: str) -> list[str]:
    braces = re.search(r"\{([^}]+)\}", cell)
    if not braces:
        return [cell if "/" in cell else f"[!.]*/**/{cell}"]
    return [cell.replace(braces[0], name) for name in braces[1].split(",")]


def test_the_lock_files_name_no_address_and_hash_everything():
    for lock in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / lock).read_text("utf-8")
        assert "://" not in text
        pinned = re.findall(r"^[a-z0-9][^\n]*==", text, re.MULTILINE)
        assert len(pinned) > 40
        assert all("--hash=sha256:" in entry for entry in re.split(r"\n(?=[a-z0-9])", text.strip()))
