# The project's few words. They need Python 3.11 or newer, pip and make; everything else comes from requirements/.
#
#   make run     start the gateway with a demo sender and a phone (ARGS="--port 9000 --data DIR")
#   make test    run the tests (PYTEST_ARGS="tests/rules -x")
#   make check   linter, formatter, types, import contracts
#   make torture kill gateways for half an hour, and count what became of their promises (MINUTES=5 SEED=1 ENGINE=sqlite)
#   make bench   measure, one JSON object for each figure (ONLY=accept,pipeline PEERS=1 FULL=1 SAVE=name ARGS="rounds=5")
#   make docs    build the site of the docs, docs/_build/html
#   make lock    write requirements/ anew from pyproject.toml (LOCK_ARGS="--upgrade" takes newer releases)
#   make clean   remove the virtual environment and what tools left behind
#
# PYTHON=python3.12 chooses the interpreter that .venv is made with.

PYTHON ?= python3
# Tests start many processes: each would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE
VENV := .venv
BIN := $(VENV)/bin
DOCS := .venv-docs

# Where Python comes without ensurepip (Debian), the machine's own pip installs into .venv.
PIP_OF = $(shell $(1)/bin/python -m pip --version >/dev/null 2>&1 && echo $(1)/bin/python -m pip || \
	echo $(PYTHON) -m pip --python $(1)/bin/python)
INSTALLING = install --quiet --disable-pip-version-check --no-input --no-deps
INSTALL = $(call PIP_OF,$(VENV)) $(INSTALLING)
LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command "make lock" $(LOCK_ARGS)

.PHONY: run test check bench docs lock clean torture

run: $(VENV)/.run
	@exec $(BIN)/parlance dev $(ARGS)

# Where memory passes for a disk and there is plenty of it, thousands of small databases need not wait for the real one.
ROOM = $(shell df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 && $$4 > 4000000 { print "TMPDIR=/dev/shm" }')

test: $(VENV)/.test
	@$(if $(TMPDIR),,$(ROOM)) $(BIN)/python -m pytest -n $$(($$(nproc 2>/dev/null || echo 2) + 1)) --dist worksteal $(PYTEST_ARGS)

check: $(VENV)/.test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

torture: $(VENV)/.test
	@$(BIN)/python tools/torture.py --minutes $(or $(MINUTES),30) $(if $(SEED),--seed $(SEED)) $(if $(ENGINE),--engine $(ENGINE))

bench: $(VENV)/.test
	@$(BIN)/python bench/run.py $(if $(ONLY),--only $(ONLY)) $(if $(PEERS),--peers) $(if $(FULL),--full) \
		$(if $(SAVE),--save $(SAVE)) $(ARGS)

# Sphinx lives apart: it needs other versions of what the tests need too.
docs: $(DOCS)/.docs
	@$(DOCS)/bin/sphinx-build --fail-on-warning --keep-going --quiet docs docs/_build/html
	@echo "docs/_build/html/index.html"

lock: $(VENV)/.test
	$(LOCK) pyproject.toml --all-extras --group build --output-file requirements/run.txt >/dev/null
	$(LOCK) pyproject.toml --all-extras --group build --group test --group check --constraints requirements/run.txt \
		--output-file requirements/test.txt >/dev/null
	$(LOCK) --group docs --output-file requirements/docs.txt >/dev/null

clean:
	rm -rf $(VENV) $(DOCS) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage dist build docs/_build

# Stamps: what they depend on is what makes a new installation necessary.

$(VENV)/.run: $(VENV)/pyvenv.cfg requirements/run.txt pyproject.toml
	@echo "Installing what parlance needs …"
	@$(INSTALL) --require-hashes -r requirements/run.txt
	@$(INSTALL) --no-build-isolation --editable .
	@touch $@

$(VENV)/.test: $(VENV)/.run requirements/test.txt
	@echo "Installing what the tests need …"
	@$(INSTALL) --require-hashes -r requirements/test.txt
	@touch $@

$(DOCS)/.docs: $(DOCS)/pyvenv.cfg requirements/docs.txt
	@echo "Installing what the docs need …"
	@$(call PIP_OF,$(DOCS)) $(INSTALLING) --require-hashes -r requirements/docs.txt
	@touch $@

# A virtual environment whose interpreter has gone, or is too old, is made anew.
ifneq ($(shell $(BIN)/python -c 'import sys; print(sys.version_info >= (3, 11))' 2>/dev/null),True)
.PHONY: $(VENV)/pyvenv.cfg
endif

$(VENV)/pyvenv.cfg:
	@command -v $(PYTHON) >/dev/null || \
		{ echo "parlance needs Python 3.11 or newer; there is no $(PYTHON) here. Try: make PYTHON=python3.12 …" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "parlance needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1). Try: make PYTHON=python3.12 …" >&2; \
		exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) -V) …"
	@$(PYTHON) -m venv --clear $(VENV) >/dev/null 2>&1 || $(PYTHON) -m venv --clear --without-pip $(VENV)

$(DOCS)/pyvenv.cfg:
	@$(PYTHON) -m venv --clear $(DOCS) >/dev/null 2>&1 || $(PYTHON) -m venv --clear --without-pip $(DOCS)
