# `make demo` opens the page, `make test` checks everything; each first sets up what it needs in .venv.
PYTHON ?= python3
VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
PIP := $(BIN)/python -m pip --disable-pip-version-check
STAGES := clip chat principal reconstruction1 reconstruction2 encoder styles realignment generation1 generation2 generation3 decoder tuning

.PHONY: demo test lint mini screenshots

demo: $(VENV)/demo.stamp
	$(BIN)/python app.py $(ARGS)

# With CI set, the tests marked slow run too. Tiny models gain nothing from a second thread, but tests from a second
# process; each takes its files whole, since many share a page.
test: export OMP_NUM_THREADS = 1
test: lint
	$(BIN)/python -m unilip.emoji fetch
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile $(if $(CI),-m "")

lint: $(VENV)/test.stamp
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .

# The embedded model from nothing. An interrupted run goes on where it stopped.
# The two malloc settings keep large buffers from going back to the system between training steps.
mini: export MALLOC_MMAP_MAX_ = 0
mini: export MALLOC_TRIM_THRESHOLD_ = 100000000000
mini: $(VENV)/test.stamp
	$(BIN)/python -m unilip.emoji fetch
	for stage in $(STAGES); do $(BIN)/python -m unilip train $$stage || exit 1; done
	$(BIN)/python -m unilip train package

screenshots: $(VENV)/test.stamp
	$(BIN)/python -m tests.screenshots

$(VENV)/created.stamp:
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Python 3.11 or newer is needed: make PYTHON=...')"
	@echo "Setting up $(VENV); the first time this takes a few minutes."
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/demo.stamp: $(VENV)/created.stamp requirements.txt
	$(PIP) install -r requirements.txt
	touch $@

$(VENV)/test.stamp: $(VENV)/demo.stamp pyproject.toml
	$(PIP) install -e ".[test]"
	touch $@
