# Two commands to know: `make demo` and `make test`. Both set up .venv by themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
DEMO_SECONDS ?=

.PHONY: demo test check lint types contracts contract embeddings torch lock clean

demo: $(VENV)/.base
	$(BIN)/signalbox demo $(if $(DEMO_SECONDS),--seconds $(DEMO_SECONDS))

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n 2 --dist loadfile

# What CI runs: formatter, linter, types, import contracts, tests.
check: lint types contracts test

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.dev
	$(BIN)/mypy

contracts: $(VENV)/.dev
	$(BIN)/lint-imports

# Every dialect of R1 x every fault on the wire, against a scripted server: the table.
contract: $(VENV)/.dev
	$(BIN)/python -m evals.contract --table

# Sentence embeddings. torch comes first and alone: the CPU build is a tenth of the default one.
embeddings: $(VENV)/.base
	$(PIP) install torch==2.13.0
	$(PIP) install --require-hashes --no-deps -r requirements/embeddings.txt
	@touch $(VENV)/.embeddings

# The network beside the forest of `predict` and `learn durations`: torch and what it needs, no more.
torch: $(VENV)/.base
	$(PIP) install torch==2.13.0
	$(PIP) install --require-hashes --no-deps -r requirements/torch.txt
	@touch $(VENV)/.torch

lock:
	PATH="$(CURDIR)/$(BIN):$$PATH" bash requirements/lock.sh

clean:
	rm -rf $(VENV) build *.egg-info

$(VENV)/.base: requirements/base.txt requirements/postgres.txt requirements/engine.txt \
		pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; (3, 11) <= v < (3, 14) or sys.exit("Signalbox needs Python 3.11, 3.12 or 3.13; this is %d.%d. Try: make PYTHON=python3.12 ..." % v)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing pinned requirements into $(VENV) ..."
	$(PIP) install --require-hashes -r requirements/base.txt -r requirements/postgres.txt
	@$(PIP) install --require-hashes --no-deps --no-build-isolation -r requirements/engine.txt \
		|| echo "NOTE: durable-rules could not be built here; rules run on the Python evaluator alone."
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.base requirements/dev.txt
	$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@
