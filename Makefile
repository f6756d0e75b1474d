# Every target sets up what it needs in .venv, from the hashed lock, and says what is missing.
PYTHON ?= python3
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
BIN := .venv/bin
READY := .venv/.ready
# The cache is in the checkout, for HOME may not be writable; certificates are the system's, for a private CA may be there.
export UV_CACHE_DIR ?= $(CURDIR)/.uv/cache
export UV_SYSTEM_CERTS ?= true

.DEFAULT_GOAL := help
.PHONY: help demo demo-web test test-contract-discord test-contract-slack fuzz mutants reach coverage axe bench bench-long soak chaos chaos-long check fix reference wheel lint-deploy docs docs-version pictures licences lock clean other-python

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(READY) ## try the club here: a chat on a terminal, else a tour that ends by itself
	@$(BIN)/dogear demo

demo-web: $(READY) ## the same in a browser, on a page that looks like a chat; Ctrl-C stops it
	@$(BIN)/dogear demo --web

test: $(READY) ## the whole test suite, on SQLite and on a real PostgreSQL
	@$(BIN)/python -m pytest -n 3 --dist worksteal

test-contract-discord: $(READY) ## what is sent to Discord against its own description: DISCORD_OPENAPI=FILE
	@test -r "$$DISCORD_OPENAPI" || { echo "DISCORD_OPENAPI names no file: Discord's openapi.json, of its api-spec repository."; exit 1; }
	@$(BIN)/python -m pytest -n 2 -k discord tests/contract tests/scenario tests/unit

test-contract-slack: $(READY) ## the manifest against Slack's own schema: SLACK_MANIFEST_SCHEMA=FILE
	@test -r "$$SLACK_MANIFEST_SCHEMA" || { echo "SLACK_MANIFEST_SCHEMA names no file: manifest.schema.json of Slack's manifest-schema repository."; exit 1; }
	@$(BIN)/python -m pytest tests/contract/test_slack_manifest.py

fuzz: $(READY) ## 100,000 random strings as searches, on both engines, 10,000 mutated lists and 2,000 random edits; STRINGS=N for more or fewer, LISTS=FOLDER for others
	@DOGEAR_FUZZ=$(or $(STRINGS),100000) $(BIN)/python -m pytest -n 2 -rP tests/contract/test_store_search_any_input.py
	@DOGEAR_FUZZ=10000 DOGEAR_FUZZ_LISTS="$(LISTS)" $(BIN)/python -m pytest -n 0 -q tests/property/test_lists_fuzz.py
	@DOGEAR_EDITS=2000 $(BIN)/python -m pytest -n 0 -q tests/property/test_edits_of_a_file.py

mutants: $(READY) ## whether the tests notice small faults put into the code, some minutes; SEED=1 MUTANTS=150 ONLY="bot/domain store/sql/ledger_queries.py:40"
	@$(BIN)/python -m tests.mutants $(or $(SEED),1) $(or $(MUTANTS),150) $(ONLY)

reach: $(READY) ## how many examples of each property reach its assertion; fails below 30 %; ONLY="tests/property …"
	@PYTHONPYCACHEPREFIX=.mutants/reach $(BIN)/python -m pytest -n 0 -o enable_assertion_pass_hook=true -p tests.mutants.reach $(ONLY)

coverage: $(READY) ## the lines and branches that the tests run on SQLite
	@rm -rf .mutants/coverage && mkdir -p .mutants
	@$(BIN)/python -m coverage run -m pytest -n 2 -k "not postgres"
	@$(BIN)/python -m coverage combine -q
	@$(BIN)/python -m coverage report --skip-covered

bench: $(READY) ## the budgets of the design, one JSON line each, some 10 minutes; ONLY="completion …" picks some
	@MALLOC_ARENA_MAX=1 $(BIN)/python -m tests.bench $(ONLY)

axe: $(READY) ## whether the pages are accessible, by axe-core in Chromium; needs npm; PICTURES=FOLDER keeps pictures
	@mkdir -p .axe && cp tests/axe/package.json tests/axe/package-lock.json .axe
	@npm ci --prefix .axe --ignore-scripts --no-audit --no-fund --silent
	@PICTURES="$(PICTURES)" $(BIN)/python -m pytest -n 0 -rs tests/scenario/test_pages_in_a_browser.py tests/scenario/test_try_in_a_browser.py

chaos: $(READY) ## kill, pause and deceive real workers; one JSON line a row, about 15 minutes; ONLY="R1 R3" picks some
	@$(BIN)/python -m tests.chaos $(ONLY)

chaos-long: $(READY) ## the same with the full counts; about two hours
	@$(BIN)/python -m tests.chaos --long $(ONLY)

soak: $(READY) ## whether a process grows: 100,000 commands, reactions and deliveries in one; some minutes
	@MALLOC_ARENA_MAX=1 $(BIN)/python -m tests.bench soak

bench-long: $(READY) ## 100,000 deliveries in place of 10,000; some minutes
	@DOGEAR_DELIVERIES=100000 $(BIN)/python -m tests.bench deliveries

check: $(READY) ## format, lint, types, import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: $(READY) ## format, and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

reference: $(READY) ## write the generated references of commands and options
	$(BIN)/python -m bot.runtime.reference README.md deploy/env.example docs/commands.md docs/settings.md docs/command-line.md

wheel: $(READY) ## build the wheel into dist/
	@$(BIN)/python -m hatchling build -t wheel

docs: .docs/.ready ## build the documentation into site/; a warning is an error
	@NO_MKDOCS_2_WARNING=1 .docs/bin/mkdocs build -q --strict -d site

docs-version: .docs/.ready ## add the documentation of this version to those on the branch gh-pages; nothing is pushed
	@PATH="$(CURDIR)/.docs/bin:$$PATH" NO_MKDOCS_2_WARNING=1 mike deploy -q --update-aliases \
		"$$($(BIN)/python -c 'import tomllib; print(tomllib.load(open("pyproject.toml", "rb"))["project"]["version"])')" latest
	@.docs/bin/mike set-default latest

pictures: $(READY) ## draw the pictures of the documentation; needs Chromium, Inter and Noto Color Emoji
	@PYTHONPATH=. $(BIN)/python docs/recording.py
	@PYTHONPATH=. $(BIN)/python docs/pictures.py

licences: $(READY) .docs/.ready .lint/.ready ## list the licence of every dependency, after make lock
	@$(BIN)/python docs/third_party.py

lint-deploy: .lint/.ready ## check what deploy/ holds with the tools of Docker, Compose, Kubernetes and systemd
	@.lint/bin/hadolint deploy/Dockerfile
	@.lint/bin/python -c "$$COMPOSE" deploy/compose.yaml
	@.lint/bin/kubernetes-validate --strict deploy/kubernetes/*.yaml
	@command -v systemd-analyze >/dev/null || { echo "systemd-analyze is not here, so dogear.service is not checked."; exit 1; }
	@sed 's#/opt/dogear/bin/dogear#$(CURDIR)/$(BIN)/dogear#' deploy/dogear.service > .lint/dogear.service
	@systemd-analyze verify .lint/dogear.service
	@systemd-analyze security --offline=true --threshold=20 .lint/dogear.service | tail -1

lock: $(READY) ## resolve the dependencies again and write every lock
	$(COMPILE) --upgrade --extra all --group dev -o requirements.lock pyproject.toml
	$(COMPILE) --extra all --group build -c requirements.lock -o deploy/requirements.lock pyproject.toml
	$(COMPILE) --extra all --extra semantic -c requirements.lock -o deploy/semantic.lock pyproject.toml
	$(COMPILE) --upgrade --group deploy -o deploy/lint.lock
	$(COMPILE) --upgrade --group docs -o docs/requirements.lock

clean: ## remove what was set up
	rm -rf .venv .uv .lint .docs .axe .mutants site $${TMPDIR:-/tmp}/dogear-bench-$$(id -u)

COMPILE = $(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate
define COMPOSE
import sys, yaml, compose_spec
file = yaml.safe_load(open(sys.argv[1]))
compose_spec.PyCompose.from_yaml(yaml.safe_dump({name: part for name, part in file.items() if name[:2] != "x-"}))
print(sys.argv[1], "is as the Compose specification has it")
endef
export COMPOSE

# What every target needs of the machine, said before anything is made.
define python-is-fit
	@$(PYTHON) -c $(NEW_ENOUGH) 2>/dev/null || { \
		echo "Dogear needs Python 3.11 or later; '$(PYTHON)' is $$($(PYTHON) -V 2>/dev/null || echo not here)."; \
		for other in python3.14 python3.13 python3.12 python3.11 python3; do \
			$$other -c $(NEW_ENOUGH) 2>/dev/null && echo "Try: make PYTHON=$$other $(MAKECMDGOALS)" && break; \
		done; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "Python's venv module is missing. On Debian or Ubuntu: apt-get install $$($(PYTHON) -c $(VENV_PACKAGE))"; \
		exit 1; }
endef
NEW_ENOUGH = 'import sys; sys.exit(sys.version_info < (3, 11))'
# The package of the system's own python3, else that of this version.
VENV_PACKAGE = 'import os, sys; own, default = map(os.path.realpath, (sys.executable, "/usr/bin/python3")); \
	print("python3-venv" if own == default else "python%d.%d-venv" % sys.version_info[:2])'

# Whether .venv is of a Python that is gone, or of another one than `make PYTHON=…` names: it is made again then.
OTHER_PYTHON := $(shell test -e $(READY) || exit 0; has=$$($(BIN)/python -V 2>&1) || { echo yes; exit; }; \
	test -z "$(filter command environment,$(origin PYTHON))" || test "$$has" = "$$($(PYTHON) -V 2>&1)" || echo yes)

$(READY): requirements.lock pyproject.toml $(if $(filter .uv/bin/uv,$(UV)),.uv/bin/uv) $(if $(OTHER_PYTHON),other-python)
	$(python-is-fit)
	@$(if $(OTHER_PYTHON),rm -rf .venv)
	@echo "  a Python environment, in .venv" >&2
	@$(UV) venv -q --allow-existing --python "$$(command -v $(PYTHON))" .venv
	@echo "  $$(grep -c '^[a-z].*==' requirements.lock) packages, each pinned by hash (some 10 seconds)" >&2
	@$(UV) pip sync -q --python $(BIN)/python --require-hashes requirements.lock
	@echo "  Dogear itself" >&2
	@$(UV) pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

.lint/.ready: deploy/lint.lock $(READY)
	@$(UV) venv -q --allow-existing --python "$$(command -v $(PYTHON))" .lint
	@$(UV) pip sync -q --python .lint/bin/python --require-hashes deploy/lint.lock
	@touch $@

.docs/.ready: docs/requirements.lock $(READY)
	@$(UV) venv -q --allow-existing --python "$$(command -v $(PYTHON))" .docs
	@$(UV) pip sync -q --python .docs/bin/python --require-hashes docs/requirements.lock
	@touch $@

.uv/bin/uv:
	$(python-is-fit)
	@echo "  uv, which installs packages, in .uv" >&2
	@$(PYTHON) -m venv .uv
	@.uv/bin/python -m pip install -q --disable-pip-version-check --no-cache-dir --root-user-action=ignore \
		--only-binary :all: uv==0.13.9 >.uv/pip.log 2>&1 || { cat .uv/pip.log; \
		echo "pip could not install uv, for the reason above. A mirror, proxy or certificate is set for pip with PIP_INDEX_URL, PIP_PROXY or PIP_CERT."; \
		exit 1; }
