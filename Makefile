# Everything needs only Python (3.11 or newer), a C compiler and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
BUILT_FROM := pyproject.toml CMakeLists.txt $(wildcard iqcurate/kernels/src/*)

# one process more than cores, since many tests wait for others; those of one file share what is
# costly to set up
PARALLEL := --numprocesses $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1) --dist loadfile

# tests start hundreds of processes, which need not compile the same modules again
unexport PYTHONDONTWRITEBYTECODE
# and which share the cores, so that more threads in each would only wait for each other
test test-core test-slow: export OMP_NUM_THREADS = 1

PEER_VENVS := benchmarks/.venvs

.PHONY: bench bench-deep compiler demo test test-core test-slow check format clean

## the whole way, from images that are made for it to a manifest, in iqcurate-demo
demo: $(VENV)/core.stamp
	$(BIN)/iqcurate demo
	@echo
	@echo "Here 'iqcurate' is $(BIN)/iqcurate."

## run the tests (installs torch: 7 GB); IQCURATE_TEST_DATA names a folder of real test data,
## without it some skip, and so do tests of pages without Chromium and chromedriver
test: $(VENV)/models.stamp
	IQCURATE_ALL_EXTRAS=1 $(BIN)/python -m pytest $(PARALLEL)

## the same without torch; tests of what needs it skip
test-core: $(VENV)/dev.stamp
	$(BIN)/python -m pytest $(PARALLEL)

## also the tests that take minutes
test-slow: $(VENV)/models.stamp
	IQCURATE_ALL_EXTRAS=1 $(BIN)/python -m pytest $(PARALLEL) -m "slow or not slow" --timeout 1800

## lint, format, types, layers
check: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# pyiqa's environment takes 7 GB: torch
PEERS ?= pyiqa cleanvision

## speed beside other tools: PHOTOS=folder (yours), PEERS= (no other tool), BENCH=--full (see -h)
bench: $(VENV)/core.stamp $(PEERS:%=$(PEER_VENVS)/%.stamp)
	$(BIN)/python -m benchmarks $(PEERS:%=--peer %) $(if $(PHOTOS),--photos "$(PHOTOS)") $(BENCH)

## deep metrics beside pyiqa's own loop, on the CPU (minutes): BENCH="musiq --threads 4" (see -h)
bench-deep: $(VENV)/models.stamp
	$(BIN)/python -m benchmarks.deep $(BENCH)

format: $(VENV)/dev.stamp
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) $(PEER_VENVS) iqcurate-demo build dist *.egg-info

compiler:
	@for name in $(firstword $(CC)) gcc clang; do command -v $$name && exit; done > /dev/null; \
		{ echo "iqcurate needs a C compiler: install gcc or clang, or set CC."; false; }

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/core.stamp: $(BUILT_FROM) | compiler $(BIN)/python
	$(PIP) install -q -e .
	@touch $@

$(VENV)/dev.stamp: $(BUILT_FROM) | compiler $(BIN)/python
	$(PIP) install -q -e '.[dev]'
	@touch $@ $(VENV)/core.stamp

$(VENV)/models.stamp: $(BUILT_FROM) | compiler $(BIN)/python
	$(PIP) install -q -e '.[dev,models,deep]'
	@touch $@ $(VENV)/dev.stamp $(VENV)/core.stamp

$(PEER_VENVS)/%.stamp: benchmarks/peers/%.txt
	$(PYTHON) -m venv $(PEER_VENVS)/$*
	$(PEER_VENVS)/$*/bin/python -m pip --disable-pip-version-check install -q -r $<
	@touch $@
