# Two commands matter: `make demo` and `make test`. Both work on a fresh machine
# with python3 (3.11 or later, with its venv module) and make, and nothing else.
PYTHON ?= python3
PORT ?= 8000
PYTEST ?= pytest -n 2 --dist worksteal -q
VENV := .venv
BIN := $(VENV)/bin
CORE := $(VENV)/.core-installed
DEV := $(VENV)/.dev-installed
# Compiling all of the statistics packages takes longer than the few that are imported.
PIP_OPTIONS := --quiet --disable-pip-version-check --no-compile

# What was compiled once is kept: collecting the tests then takes 6 s of CPU, and 14 s without.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test check lock clean

help: ## list the commands
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

demo: $(CORE) ## set up, make the demo study, serve it: PORT=8123 make demo
	@$(BIN)/tillit demo --port $(PORT)

test: export OPENBLAS_NUM_THREADS = 1 # small matrices: threads would only wait for each other
test: $(DEV) ## set up and run the tests
	$(BIN)/$(PYTEST)

check: $(DEV) ## format, lint, import contracts, types, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/$(PYTEST)

lock: $(DEV) ## resolve the dependencies anew
	$(BIN)/uv pip compile $(LOCK_OPTIONS) --extra report pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile $(LOCK_OPTIONS) --all-extras -c requirements.lock pyproject.toml -o requirements-dev.lock

LOCK_OPTIONS := --quiet --upgrade --universal --generate-hashes --no-header --no-emit-index-url --no-annotate

clean: ## remove the environment and the demo's data
	rm -rf $(VENV) demo-data

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "tillit needs Python 3.11 or later; $(PYTHON) is older. Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(CORE): requirements.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install $(PIP_OPTIONS) --require-hashes -r requirements.lock
	$(BIN)/python -m pip install $(PIP_OPTIONS) --no-deps -e .
	@touch $@

$(DEV): requirements-dev.lock $(CORE)
	$(BIN)/python -m pip install $(PIP_OPTIONS) --require-hashes -r requirements-dev.lock
	@touch $@
