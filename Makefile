# Needs Python 3.11, make and git. Every target sets up what it uses, in .venv.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
ARGS ?=
# Much of a test is waiting for programs and browsers; more at a time would take a good deal of memory.
TWO_AT_A_TIME := --numprocesses 2 --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help console demo test test-fast check lint types layers web bench lock clean

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -m venv --help >/dev/null 2>&1 || { echo "Python 3.11 was not found. Install it, or name yours: make PYTHON=python3 ..."; exit 1; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV) || { \
	  rm -rf $(VENV); \
	  if [ "$$(id -u)" = 0 ]; then apt-get update -qq && apt-get install -y -qq python3-venv && $(PYTHON) -m venv $(VENV); \
	  else echo "Python's venv module is incomplete here. As root: apt-get install python3-venv"; exit 1; fi; }
	@echo "Installing the locked dependencies into $(VENV) (once; a few minutes)"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

console: $(STAMP) ## the console, built into the package; nothing to do while its sources are as they were
	@$(BIN)/python hatch_build.py

demo: console ## the whole system on a made-up street: no camera, no account; --help in ARGS says what else
	$(BIN)/openlfr demo $(ARGS)

test: console ## every test, two files at a time, e.g. make test ARGS="tests/vision -k tracker"
	$(BIN)/python -m pytest $(TWO_AT_A_TIME) $(ARGS)

test-fast: console ## without the tests marked slow
	$(BIN)/python -m pytest $(TWO_AT_A_TIME) -m "not slow" $(ARGS)

check: lint types layers web ## everything that needs no test run

lint: $(STAMP) ## ruff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP) ## mypy --strict
	$(BIN)/mypy

layers: $(STAMP) ## the arrows between rooms
	$(BIN)/lint-imports

web: console ## types, style and tests of the console
	@$(BIN)/python -c "import hatch_build; hatch_build.npm('run', 'check')"

bench: $(STAMP) ## every benchmark; one alone: .venv/bin/python -m benchmarks.NAME
	$(BIN)/python -m benchmarks $(ARGS)

lock: $(STAMP) ## write requirements.lock anew from pyproject.toml
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --group dev --generate-hashes --no-header --no-annotate --quiet \
	  --python-version 3.11 --python-platform x86_64-manylinux_2_28 --output-file requirements.lock

clean: ## take away everything that make made
	rm -rf $(VENV) web/node_modules src/openlfr/hub/console build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
