# Two commands for a newcomer: `make demo` and `make test`. Each sets up what it needs in .venv/.
PYTHON ?= python3
BIN := .venv/bin
# Tests beside one another, on every processor.
BESIDE := -n logical --maxprocesses 8 --dist worksteal
# What failed on a busy machine has a second try, alone and in sight; what fails twice has failed.
AGAIN := $(BIN)/python -m pytest --last-failed --last-failed-no-failures none
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: install demo test test-all check lint types floors lock bench clean

install: .venv/.molva

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/.molva: requirements.lock pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev: requirements-dev.lock .venv/.molva
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	@touch $@

demo: .venv/.molva
	$(BIN)/molva demo --out molva-demo

check: lint types floors

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/.dev
	$(BIN)/mypy

floors: .venv/.dev
	$(BIN)/lint-imports --no-cache

test: .venv/.dev check
	$(BIN)/python -m pytest $(BESIDE) -m "not system" || $(AGAIN) -m "not system"
	@echo "make test left out what needs root or Debian's packages, and the long trials: make test-all runs both"

# After the ordinary tests: what kills, restarts and measures has the machine to itself.
test-all: test
	$(BIN)/python -m pytest -m system || $(AGAIN) -m system

bench: .venv/.dev
	$(BIN)/python -m bench

# Writes the lock files anew; `uv` is fetched into a throw-away environment.
lock:
	$(PYTHON) -m venv .venv-lock && .venv-lock/bin/python -m pip install --quiet uv
	.venv-lock/bin/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate \
		--python-version 3.11 pyproject.toml requirements-build.in -o requirements.lock
	.venv-lock/bin/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate \
		--python-version 3.11 --group dev -c requirements.lock pyproject.toml requirements-build.in -o requirements-dev.lock
	rm -rf .venv-lock

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache molva-demo
