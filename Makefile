# Causeway. `make run` starts a whole city portal on this machine, `make test` runs its tests; `make help` lists all.
# Needs Python 3.11 or newer with pip and venv, and nothing else.

PORT ?= 8000
HOST_ADDRESS ?= 127.0.0.1
ARGS ?=
JOBS ?= 2
PY := .venv/bin/python

# The first Python that is new enough; PYTHON=/path/to/python names another.
FIND_PYTHON = \
	for python in $(if $(PYTHON),"$(PYTHON)") python3 python3.13 python3.12 python3.11; do \
		"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; python=; \
	done; \
	if [ -z "$$python" ]; then \
		echo "Causeway needs Python 3.11 or newer; found $$(python3 --version 2>&1 | head -n 1)." \
			"Name a newer one: make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; exit 1; \
	fi

PIP = $(PY) -m pip install --quiet --no-input --disable-pip-version-check --no-warn-script-location --require-hashes
COMPILE = CUSTOM_COMPILE_COMMAND="make lock" $(PY) -m piptools compile --quiet --generate-hashes --strip-extras \
	--allow-unsafe --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options
NOT_INSTALLED = { echo "The requirements could not be installed; pip says why above." >&2; exit 1; }

.DEFAULT_GOAL := help
.PHONY: help run test bench check lock screenshots clean venv

help:
	@echo "make run          start everything on this machine (PORT=$(PORT), HOST_ADDRESS=$(HOST_ADDRESS))"
	@echo "make test         run the tests (ARGS=\"-k gate\" passes arguments on, ARGS=--slow runs all, JOBS=0 one by one)"
	@echo "make bench        measure the promises of speed, some minutes long, and write docs/benchmarks.md"
	@echo "make check        style, imports, missing migrations, templates, message catalogues"
	@echo "make screenshots  the pictures of the pages, into var/screenshots"
	@echo "make lock         write requirements.lock and requirements-dev.lock anew"
	@echo "make clean        stop the test servers and remove .venv and what tests left (the data of make run stays)"

run: .venv/run
	@exec $(PY) manage.py up --port "$(PORT)" --host "$(HOST_ADDRESS)" --with-parent

test: .venv/dev
	@exec $(PY) -m pytest -n $(JOBS) --dist loadfile $(ARGS)

bench: .venv/dev .venv/datasette/ready
	@exec $(PY) -m tests.benchmarks $(ARGS)

check: .venv/dev
	$(PY) -m ruff check .
	$(PY) manage.py check --fail-level WARNING
	$(PY) -W ignore manage.py makemigrations --check --dry-run
	$(PY) manage.py templates
	$(PY) manage.py states --check
	@if [ -e portal/management/commands/messages.py ]; then $(PY) manage.py messages --check; fi
	$(PY) -m pytest -q tests/test_architecture.py

lock: .venv/dev
	$(COMPILE) --output-file requirements.lock requirements.txt
	$(COMPILE) --output-file requirements-bench.lock requirements-bench.txt
	$(COMPILE) --output-file requirements-dev.lock --constraint requirements.lock requirements-dev.txt

screenshots: .venv/dev
	@exec $(PY) -m pytest -q -m browser --slow $(ARGS)

clean:
	@if [ -x $(PY) ]; then $(PY) -m tests.engines || true; fi
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +

venv: .venv/bin/python

.venv/bin/python:
	@$(FIND_PYTHON); \
	if ! [ -w . ]; then echo "The folder $$PWD cannot be written: make it yours, or clone elsewhere." >&2; exit 1; fi; \
	echo "Making .venv with $$("$$python" --version) ..."; \
	"$$python" -m venv --clear .venv >/dev/null || { rm -rf .venv; echo "Python could not make .venv: install its venv" \
		"and pip (Debian, Ubuntu: apt install python3-venv) or make room on the disk, and try again." >&2; exit 1; }

.venv/run: requirements.lock .venv/bin/python
	@echo "Installing what Causeway is made of (once, about half a minute) ..."
	@$(PIP) -r requirements.lock || $(NOT_INSTALLED)
	@touch $@

.venv/dev: requirements-dev.lock requirements.lock .venv/bin/python
	@echo "Installing what Causeway and its tests are made of (once) ..."
	@$(PIP) -r requirements-dev.lock || $(NOT_INSTALLED)
	@touch .venv/run $@

.venv/datasette/ready: requirements-bench.lock .venv/bin/python
	@echo "Installing what our row pages are compared with (once) ..."
	@$(PY) -m venv --clear .venv/datasette
	@.venv/datasette/bin/python -m pip install --quiet --no-input --disable-pip-version-check --require-hashes \
		-r requirements-bench.lock || $(NOT_INSTALLED)
	@touch $@
