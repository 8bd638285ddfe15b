# aicost. Needs Python >= 3.11, git and make; everything else is put into .venv.
# Relative paths only: make cannot handle a space in a target, and the checkout may sit in such a folder.

PY := .venv/bin/python
PYTHON ?=

# A .venv is right when it was made in this folder from these pins, and its Python still runs.
# The first two are a checksum in the stamp's name (git does not keep times); the third is asked.
sum = $(shell { pwd; cat pyproject.toml $(1); } | cksum | cut -d ' ' -f 1)
READY := .venv/ready-$(call sum,requirements.lock)
READY_DEV := .venv/ready-dev-$(call sum,requirements.lock requirements-dev.lock)
ifneq ($(shell $(PY) -c 'import sys; print(sys.version_info >= (3, 11))' 2>/dev/null),True)
.PHONY: $(READY) $(READY_DEV)
endif

.PHONY: help top demo test e2e fuzz bench soak train classify-report prices lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' Makefile

top: $(READY) ## open the dashboard (starts the daemon)
	@$(PY) -m aicost top $(ARGS)

demo: $(READY) ## open the dashboard on a recorded day; needs no agent logs
	@$(PY) -m aicost top --demo $(ARGS)

test: $(READY_DEV) ## every check and test that needs no real agent
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	.venv/bin/lint-imports --no-logo
	$(PY) -m pytest -n logical $(ARGS)

e2e: $(READY_DEV) ## the whole way, with the real clients where they are installed
	$(PY) -m pytest tests/e2e -ra $(ARGS)

fuzz: $(READY_DEV) ## made-up input for every parser, a minute each (ARGS='--seconds 600')
	@$(INSTALL) --require-hashes --only-binary :all: -r tests/fuzz/requirements.txt || true
	PYTHONPATH=tests $(PY) -m fuzz.main $(ARGS)

bench: $(READY_DEV) ## measure beside ccusage and tokscale on 1 GiB of logs
	PYTHONPATH=tests $(PY) -m bench.main $(ARGS)

soak: $(READY_DEV) ## a million lines in 22 minutes: nothing lost, memory flat (needs tmux)
	PYTHONPATH=tests $(PY) -m soak.main $(ARGS)

train: $(READY_DEV) ## fit the weights of task categories anew (needs numpy and scipy)
	@$(INSTALL) --require-hashes --only-binary :all: -r tests/classify/requirements.txt
	PYTHONPATH=tests $(PY) -m classify.train

classify-report: $(READY_DEV) ## how often task categories are right on sessions not trained on
	@$(INSTALL) --require-hashes --only-binary :all: -r tests/classify/requirements.txt
	PYTHONPATH=tests $(PY) -m classify.report $(ARGS)

prices: $(READY_DEV) ## compile the shipped price book again
	$(PY) -m aicost.prices.compile

lock: $(READY_DEV) ## resolve the pins again (ARGS=--upgrade moves them)
	$(PY) -m pip install --quiet uv
	echo 'hatchling' | $(UV_COMPILE) requirements.lock $(ARGS) -
	$(UV_COMPILE) requirements-dev.lock --extra dev --constraint requirements.lock $(ARGS)

clean: ## remove .venv and every cache
	rm -rf .venv .bench .fuzz .hypothesis .import_linter_cache .lab .mypy_cache .pytest_cache .ruff_cache
	rm -rf build dist snapshot_report.html
	find companion tui hooks tests -name __pycache__ -prune -exec rm -rf {} +

# One answer for every Python from 3.11 on, on Linux and macOS; addresses and local paths stay out.
UV_COMPILE = $(PY) -m uv pip compile pyproject.toml --quiet --no-config --universal --python-version 3.11 \
  --generate-hashes --custom-compile-command 'make lock' --output-file

INSTALL = $(PY) -m pip install -qq --disable-pip-version-check

$(READY):
	@for python in '$(PYTHON)' python3 python3.14 python3.13 python3.12 python3.11; do \
	  "$$python" -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; \
	  python=; \
	done; \
	if [ -z "$$python" ]; then \
	  echo 'aicost needs Python 3.11 or later with venv, and found none.' >&2; \
	  echo '   try: apt install python3-venv, or brew install python, or make top PYTHON=/path/to/python' >&2; \
	  exit 1; \
	fi; \
	echo "Making .venv with $$("$$python" -V) (once, about a minute)" >&2; \
	"$$python" -m venv --clear .venv
	@$(INSTALL) --require-hashes -r requirements.lock
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(READY_DEV): $(READY)
	@echo 'Adding the development tools to .venv' >&2
	@$(INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@
