import doctest
import importlib
import pkgutil

import pytest

import analysis

MODULES = [name for _, name, _ in pkgutil.walk_packages(analysis.__path__, "analysis.")]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_the_docstrings_print_what_they_say(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0
