# Two commands matter: `make demo` and `make test`. Both make .venv once and then need no network.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q
UV := $(BIN)/uv
COMPILE := $(UV) pip compile --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header -q

.DEFAULT_GOAL := help
.PHONY: help demo test lint lock clean

help: ## Say what can be made.
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1	\2/p' Makefile

demo: $(VENV)/installed ## Play the exercise of Southeast Sulawesi and serve it on this machine.
	@$(BIN)/anoa demo

test: $(VENV)/installed-dev ## Run the tests; what is skipped is named with its reason.
	@echo "make test: running the tests; the lines that begin with SKIPPED say what was left out and why."
	@$(BIN)/python -m pytest -rs -n auto --dist loadfile --no-loadscope-reorder || { \
		echo "make test: what failed above is tried once more, one test after the other, as a real browser may starve on a busy machine. A test that fails twice is red."; \
		$(BIN)/python -m pytest -rs --last-failed --last-failed-no-failures none; }

lint: $(VENV)/installed-dev ## Check style, format and types.
	@$(BIN)/ruff check src tests tools benchmarks
	@$(BIN)/ruff format --check src tests tools benchmarks
	@$(BIN)/mypy

lock: $(VENV)/installed-dev ## Resolve the dependencies anew and write both locks (needs uv and the network).
	@test -x $(UV) || { echo "make lock: uv is not in $(VENV); install it with $(BIN)/pip install uv."; exit 1; }
	@$(COMPILE) --upgrade pyproject.toml requirements.in -o requirements.txt
	@$(COMPILE) --upgrade pyproject.toml requirements.in requirements-dev.in -o requirements-dev.txt

clean: ## Remove the environment and what tools left behind; data folders stay.
	@rm -rf $(VENV) build dist src/*.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find src tests tools benchmarks packs -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/made:
	@command -v $(PYTHON) >/dev/null || { echo "anoa needs Python 3.11 or newer, and $(PYTHON) was not found."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "anoa needs Python 3.11 or newer; $(PYTHON) is older. Try: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "anoa needs Python's venv module, which $(PYTHON) lacks. On Debian: apt install python3-venv"; exit 1; }
	@echo "Making a virtual environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@touch $@

# The stamps say which lock is installed, so a second run installs nothing and needs no network.
$(VENV)/installed: $(VENV)/made requirements.txt pyproject.toml
	@echo "Installing anoa into $(VENV) (once; this needs the network) ..."
	@$(PIP) install --require-hashes -r requirements.txt || { \
		echo "The packages of requirements.txt could not be installed; see the lines above. Run make again when the network is back."; exit 1; }
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed requirements-dev.txt
	@echo "Installing what the tests need into $(VENV) (once; this needs the network) ..."
	@$(PIP) install --require-hashes -r requirements-dev.txt || { \
		echo "The packages of requirements-dev.txt could not be installed; see the lines above. Run make again when the network is back."; exit 1; }
	@touch $@
