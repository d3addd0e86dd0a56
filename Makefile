# Everything a stranger needs: `make demo` and `make test`. Both set up what they use.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-warn-script-location
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header

.PHONY: help demo test check serve bench torture sbom samples lock clean setup

help:  ## Say what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: .stamps/dev

.stamps/run: requirements.lock pyproject.toml
	@mkdir -p .stamps
	@echo "Installing into .venv, once: this takes some minutes and says nothing meanwhile."
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(INSTALL) --require-hashes -r requirements.lock
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

.stamps/dev: requirements-dev.lock .stamps/run
	$(INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@

demo: .stamps/run  ## Sample footage to finished notices in demo-out/
	$(BIN)/speedcam demo --out demo-out

serve: .stamps/run  ## Show the notices of the demo in a browser
	$(BIN)/speedcam serve --office demo-out/office --forms

test: .stamps/dev  ## Set up and run every test
	tests/setup-browser
	tests/setup-sandbox
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

check: .stamps/dev  ## Format, lint, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: .stamps/dev  ## Measure ourselves, in hours; BENCH=clips, tracks, renders, plates, hiding, office or peers for a part
	$(BIN)/python -m tests.bench $(BENCH)

torture: .stamps/dev  ## Attack what is sealed and told, kill what works and break its disk, for hours
	$(BIN)/python -m tests.torture

.stamps/release: requirements-release.lock
	@mkdir -p .stamps
	test -x build/release/bin/python || $(PYTHON) -m venv build/release
	build/release/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

sbom: .stamps/release  ## Name every package that users get, with its hashes, in dist/ (CycloneDX)
	@mkdir -p dist
	build/release/bin/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml --mc-type application \
		--output-reproducible --of JSON -o dist/speedcam.cdx.json

samples: .stamps/run  ## Make sample_videos/ again, bit for bit
	$(BIN)/speedcam simulate --samples sample_videos

lock: .stamps/dev  ## Renew the hashed locks from pyproject.toml
	$(COMPILE) pyproject.toml --extra build -o requirements.lock
	$(COMPILE) pyproject.toml --extra build --extra dev -o requirements-dev.lock
	$(COMPILE) pyproject.toml --extra build --extra cluster --constraint requirements.lock -o requirements-cluster.lock
	echo "cyclonedx-bom>=7.5" | $(COMPILE) - -o requirements-release.lock
	$(COMPILE) --no-annotate tests/bench/peers/requirements.in -o tests/bench/peers/requirements.txt

clean:  ## Remove what was made
	rm -rf .venv .stamps demo-out build dist
