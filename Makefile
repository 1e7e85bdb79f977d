# `make` alone says what there is. Everything runs from .venv, made from hash-locked packages.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

PORT ?= 8000
VAR ?= var
PYTHON ?= python3
BENCH ?=
# Tests of one service wait more than they count: three files at a time on two cores; of whole cities two.
WORKERS ?= 3
CITIES ?= 2
CORRECTIONS ?=
BIN := .venv/bin
# A stamp is written last, so that an interrupted set-up is begun again.
READY := .venv/.ready
JAVASCRIPT := tests/javascript/node_modules
CODE := services shared deploy sdk tests

.PHONY: help setup run test check unit bench topics test-compose

help: ## Say what there is
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@printf '\n  PORT=8000  port of make run        VAR=var  directory of all data        BENCH=intake  one benchmark only\n'

setup: $(READY) ## Make .venv with the caunoi command (packages are checked by hash)

$(READY): requirements/dev.txt pyproject.toml sdk/pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { echo "fix: apt-get install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . -e sdk
	@touch $@

# Another language's client of the bus, and the schema of AsyncAPI: for tests alone (Node.js itself comes from a wheel).
$(JAVASCRIPT)/.package-lock.json: $(READY) tests/javascript/package-lock.json
	cd tests/javascript && PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --no-audit --no-fund --loglevel=error
	@touch $@

run: $(READY) ## Start the whole city on this machine (Ctrl-C stops it)
	@exec setpriv --pdeathsig TERM -- $(BIN)/caunoi up --port "$(PORT)" --var "$(VAR)"

check: $(READY) ## The fast half of the tests: format, lint, types, layers, sizes, unit
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/mypy services shared deploy sdk/caunoi_sdk
	$(BIN)/mypy tests
	PYTHONPATH=sdk $(BIN)/lint-imports
	$(BIN)/python -m tests.style.sizes $(CODE)
	$(BIN)/python -m pytest -q tests/unit

unit: $(READY) ## The unit tests alone
	$(BIN)/python -m pytest -q tests/unit

test: check $(JAVASCRIPT)/.package-lock.json ## Everything: check, then contract, component, browser, system and fault tests
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile tests/contract tests/component
	@# In a process of their own: while a browser is open, no other test of that process can run an event loop.
	$(BIN)/python -m pytest -q tests/browser
	$(BIN)/python -m pytest -q -n $(CITIES) --dist loadfile tests/system tests/fault

bench: $(READY) ## Measure: tables here, JSON under var/bench
	@mkdir -p var/bench
	@for file in tests/bench/bench_$(or $(BENCH),*).py; do $(BIN)/python -m tests.bench.$$(basename "$$file" .py) || exit 1; done

topics: $(READY) ## Train the model of topics and put its figures into docs/topics.md (CORRECTIONS=file.jsonl)
	$(BIN)/python -m tests.topics.train $(CORRECTIONS)

test-compose: $(READY) ## The system tests against docker compose
	tests/compose/run.sh
