# One word for each thing people do here; `make` alone lists them.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
# One thread for each worker, idle threads asleep: two torch processes on two cores otherwise wait for each other.
QUIET_CORES := OMP_NUM_THREADS=1 OMP_WAIT_POLICY=PASSIVE
# The built web app, and what it is built from: its sources, and the studio's, which its client is written from.
BUILT := src/danlu/studio/static/index.html
WEB_SOURCES := $(shell find web src/danlu/studio src/danlu/jobs src/danlu/store \
	\( -name node_modules -o -name static -o -name __pycache__ \) -prune -o \
	-type f ! -name schema.ts ! -name openapi.json -print)

.PHONY: help demo web test check docs bench screenshots clean

help:
	@echo "make demo    train a small LoRA on the sample character, from pictures to report, and show where it lies"
	@echo "make web     build the web app of danlu studio (installed packages have it already)"
	@echo "make test    every check and every test"
	@echo "make check   formatting, lint, types, import directions, sizes, generated documents"
	@echo "make docs    write the generated documents anew"
	@echo "make bench   run the benchmarks"
	@echo "make screenshots  every page of the web app as pictures: wide and narrow, light and dark, in both languages"
	@echo "make clean   remove the demo and what tools left behind (the environment and the cache stay)"

demo: .venv/installed
	@$(BIN)/danlu demo

web: $(BUILT)

$(BUILT): .venv/installed-web $(WEB_SOURCES)
	$(BIN)/python web/build.py
	touch $@

test: check $(BUILT)
	$(QUIET_CORES) $(BIN)/python -m pytest -n 2 --dist worksteal --ignore=tests/architecture

check: .venv/installed-test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(QUIET_CORES) $(BIN)/python -m pytest --quiet --durations=0 tests/architecture

docs: .venv/installed
	$(BIN)/python docs/generate.py

screenshots: .venv/installed-test $(BUILT)
	$(QUIET_CORES) $(BIN)/python tests/screenshots.py

bench: .venv/installed-test
	set -e; for script in bench/*.py; do echo "== $$script"; $(BIN)/python $$script; done

clean:
	rm -rf demo screenshots build/wheel dist web/node_modules src/danlu/studio/static .pytest_cache .ruff_cache .import_linter_cache .hypothesis

# torch comes first and pinned, so that nothing else pulls another build of it.
.venv/installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing Danlu into .venv (a few minutes the first time) …"
	$(PIP) "$$(grep '^torch==' constraints.txt)"
	$(PIP) -e .
	touch $@

.venv/installed-test: .venv/installed
	$(PIP) -e ".[test]"
	touch $@

.venv/installed-web: .venv/installed
	$(PIP) -e ".[web]"
	touch $@
