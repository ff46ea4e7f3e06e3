"""Every interval that a result offers has a row that says how often it holds, and a test."""

import dataclasses
import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import pytest

import analysis

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "coverage.md").read_text("utf-8")
NAMED = re.compile(r"`(\w+\.\w+)`")
TEST = re.compile(r"`(test_\w+\.py)::(test_\w+)`")


def offered():
    """Return «class.field» of every lower end in a result of the package."""
    found = set()
    for module in pkgutil.iter_modules(analysis.__path__, "analysis."):
        if module.name in ("analysis.report", "analysis.pingouin_bridge"):
            continue
        for name, kind in vars(importlib.import_module(module.name)).items():
            if inspect.isclass(kind) and dataclasses.is_dataclass(kind) and name[0] != "_":
                fields = (field.name for field in dataclasses.fields(kind))
                found |= {f"{name}.{field}" for field in fields if re.search(r"(^|_)low$", field)}
    return found


def test_every_interval_has_a_row():
    assert offered() <= set(NAMED.findall(PAGE))


def test_every_public_function_with_a_level_is_listed():
    functions = {
        name
        for name in analysis.__all__
        if inspect.isfunction(found := getattr(analysis, name))
        and "level" in inspect.signature(found).parameters
    }
    listed = set(re.findall(r"`(\w+)`", PAGE.partition("## By function")[2]))
    assert functions <= listed


def test_no_row_is_of_an_interval_that_is_gone():
    known = offered() | {"ScaleEvidence.bounds"}
    assert set(NAMED.findall(PAGE)) - {name for name, _ in TEST.findall(PAGE)} <= known


def test_every_row_names_a_test_that_is_there():
    rows = [line for line in PAGE.splitlines() if "_low`" in line or ".bounds`" in line]
    rows = [line for line in rows if line.count("|") > 4]
    assert rows
    for row in rows:
        assert TEST.search(row), row


@pytest.mark.parametrize(("file", "name"), sorted(set(TEST.findall(PAGE))))
def test_the_test_is_there(file, name):
    assert f"def {name}(" in (Path(__file__).parent / file).read_text("utf-8")
