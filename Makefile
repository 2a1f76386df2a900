# Two commands set everything up on a machine with only Python (3.11 or later) and make:
#
#     make demo     the tour: mypy plugin, pytest plugin, IR, a real PyTorch archive
#     make test     the default test run; needs no PyTorch
#
# Each target makes the virtual environment it needs and remembers that in a stamp file, which is
# older than pyproject.toml whenever the dependencies may have changed. `.venv` never holds
# PyTorch; `.venv-oracle` does, for the comparisons with it.

PYTHON ?= python3
VENV ?= .venv
ORACLE ?= .venv-oracle
# pytest-xdist's worker count; empty runs the tests in one process (for pdb).
WORKERS ?= 2
# What to pass on to pytest: make test ARGS="-k archive -x"
ARGS ?=

PACKAGES = ops_registry tscript tscript_mypy pytest_tscript
CODE = $(PACKAGES) tests examples benchmarks docs parity
PIP_FLAGS = --quiet --disable-pip-version-check
XDIST = $(if $(WORKERS),-n $(WORKERS),)

# Two workers on two cores: a BLAS that starts threads of its own in each only slows both.
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1

.DEFAULT_GOAL := help
.PHONY: help demo test coverage lint format index types floors docs gaps oracle parity benchmarks venv clean
.DELETE_ON_ERROR:

help:
	@echo "make demo        the tour: mypy plugin, pytest plugin, IR, a real PyTorch archive"
	@echo "make test        all tests that need no PyTorch   (ARGS='-k name -x' goes to pytest)"
	@echo "make coverage    the emitter's branches and the codes that generated programs reach"
	@echo "make oracle      the comparisons with real PyTorch 2.13.0 (installs it)"
	@echo "make lint        ruff: style, and formatting as 'make format' leaves it"
	@echo "make format      ruff: rewrite the files"
	@echo "make index       rewrite the operator index, after an operator was added or changed"
	@echo "make diagnostics rewrite docs/diagnostics.md: PyTorch's messages beside ours"
	@echo "make types       mypy --strict on the four packages"
	@echo "make floors      import-linter: who may import whom"
	@echo "make gaps        rewrite the list of PyTorch's schemas that have no operator here"
	@echo "make docs        Sphinx, warnings are errors; result in docs/_build/html"
	@echo "make parity      PyTorch's op_db and module_db, sample by sample (ARGS='--only linalg')"
	@echo "make benchmarks  ratios against PyTorch, side by side in one run"
	@echo "make venv        only the development environment ($(VENV))"
	@echo "make clean       remove the environments and everything built"

demo: $(VENV)/.stamp-dev
	$(VENV)/bin/python examples/demo.py

test: $(VENV)/.stamp-dev
	$(VENV)/bin/python -m pytest -q $(XDIST) $(ARGS)

# At least 95 % of them, and each code of the catalogue raised.
coverage: $(VENV)/.stamp-dev
	$(VENV)/bin/python -m tests.properties.coverage_of_emitter

lint: $(VENV)/.stamp-dev
	$(VENV)/bin/ruff check $(CODE)
	$(VENV)/bin/ruff format --check $(CODE)

format: $(VENV)/.stamp-dev
	$(VENV)/bin/ruff check --fix-only --quiet $(CODE)
	$(VENV)/bin/ruff format $(CODE)

# The list of operators that is read in place of the families, until one of them runs.
index: $(VENV)/.stamp-dev
	$(VENV)/bin/python -m ops_registry.builtin.generate_index

# After a message was changed; needs PyTorch only when a mistake was added or changed.
diagnostics: $(ORACLE)/.stamp
	$(ORACLE)/bin/python docs/diagnostics_page.py --record

types: $(VENV)/.stamp-dev
	$(VENV)/bin/mypy

floors: $(VENV)/.stamp-dev
	$(VENV)/bin/lint-imports

docs: $(VENV)/.stamp-docs
	$(VENV)/bin/python -m sphinx -W --keep-going -q -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

# Which of PyTorch's schemas have no operator here.
gaps: $(ORACLE)/.stamp
	$(ORACLE)/bin/python docs/operator_gaps.py

oracle: $(ORACLE)/.stamp
	$(ORACLE)/bin/python -m pytest -q $(XDIST) -m oracle $(ARGS)

# Every sample of PyTorch's own databases of operators and modules; ARGS=--write rewrites the page.
parity: $(ORACLE)/.stamp
	$(ORACLE)/bin/python -m parity $(ARGS)

# Ratios want the cores to themselves, and each library its own number of threads.
benchmarks: export OMP_NUM_THREADS =
benchmarks: export OPENBLAS_NUM_THREADS =
benchmarks: $(ORACLE)/.stamp
	$(ORACLE)/bin/python -m benchmarks $(ARGS)

venv: $(VENV)/.stamp-dev

clean:
	rm -rf $(VENV) $(ORACLE) docs/_build docs/operators build dist .mypy_cache .pytest_cache \
		.ruff_cache .import_linter_cache .hypothesis

define make_venv
$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
	"tscript needs Python 3.11 or later; set PYTHON=/path/to/one (found " + sys.version.split()[0] + ")")'
$(PYTHON) -m venv $(1)
endef

$(VENV)/bin/python:
	$(call make_venv,$(VENV))

$(VENV)/.stamp-dev: pyproject.toml | $(VENV)/bin/python
	$(VENV)/bin/python -m pip install $(PIP_FLAGS) --editable '.[dev]'
	@touch $@

$(VENV)/.stamp-docs: $(VENV)/.stamp-dev
	$(VENV)/bin/python -m pip install $(PIP_FLAGS) --editable '.[docs]'
	@touch $@

$(ORACLE)/bin/python:
	$(call make_venv,$(ORACLE))

# PyTorch first and by its exact version alone, so that no resolver reaches for another build of it.
$(ORACLE)/.stamp: pyproject.toml | $(ORACLE)/bin/python
	$(ORACLE)/bin/python -m pip install $(PIP_FLAGS) torch==2.13.0
	$(ORACLE)/bin/python -m pip install $(PIP_FLAGS) --editable '.[dev,oracle]'
	@touch $@
