# make run [ARGS="--port 9000"]   the sample platform on http://127.0.0.1:8050
# make test [ARGS="-k reviews"]   lint, then the tests, those in a browser too
# make test-clickhouse            the tests of all engines on ClickHouse, which make test leaves out
# make test-label-studio          the tests of the connection to Label Studio, beside a real one, too, which it installs
# make bench [ARGS="--annotations 10000000"]   how fast it is, beside what one would write instead
# make load                       how a host's pages fare beside many dashboards and beside an attack, with wrk
# make test-security              all of the tests of which make test does a part, which takes long
# make attack                     attacks the sample platform, and prints what came of it, now and in 1.0
# make test-sabotage              sees that those tests turn red when what they protect is broken
# make lint                       style, types and the direction of imports, of Python, scripts and stylesheets
# make docs                       the tables of the READMEs, from the code
# make lock                       .ci/lock.txt anew: the versions that development and tests run on
# make clean                      away with all that these made
#
# Each sets up what it needs; PYTHON=python3.12 chooses the interpreter.

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python -m
# What is installed depends on these files alone; the stamps say when that was done last.
LOCK := .ci/lock.txt
# Two processes: with a third one, tests in a browser take a tenth longer. A file stays in one.
AT_ONCE := --numprocesses 2 --dist loadfile
# What tests write stays in memory where there is room for it, so that nobody waits for a disk.
ROOM := 4194304  # kB
IN_MEMORY := $(shell test $$(df -k --output=avail /dev/shm 2>/dev/null | tail -n 1 || echo 0) -gt $(ROOM) 2>/dev/null && echo TMPDIR=/dev/shm)
# Compiled files are kept: each of the hundred programs that tests start begins two thirds of a second sooner.
export PYTHONDONTWRITEBYTECODE :=
# Tests of how the code is written, which are a part of lint, and no part of what test does behind it.
LINTED := tests/test_guards.py tests/test_house.py
DECLARED := setup.cfg pyproject.toml $(LOCK)
# The version that the tests beside a real one run.
LABEL_STUDIO := 1.23.2

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test test-clickhouse test-label-studio test-security attack test-sabotage lint docs bench load lock browser proxy database clean

help:
	@sed -n '/^#/!q; s/^# \{0,1\}//p' Makefile

run: $(VENV)/installed
	@exec $(VENV)/bin/python server.py $(ARGS)

test: lint browser proxy database
	@$(IN_MEMORY) $(RUN) pytest $(AT_ONCE) -m 'not clickhouse' $(LINTED:%=--ignore=%) --ignore=tests/label_studio $(ARGS)

# A small statement takes ClickHouse ten milliseconds and more, which made these a quarter of make test.
test-clickhouse: $(VENV)/installed-test
	@$(IN_MEMORY) $(RUN) pytest $(AT_ONCE) -m clickhouse $(ARGS)

lint: $(VENV)/installed-test .node/installed
	@$(RUN) ruff check --quiet
	@$(RUN) ruff format --check --quiet
	@$(RUN) mypy --no-error-summary
	@report=$$($(VENV)/bin/lint-imports --no-logo) || { echo "$$report"; exit 1; }
	@report=$$($(RUN) pytest -q $(LINTED)) || { echo "$$report"; exit 1; }
	@[ ! -x $(BIOME) ] || report=$$($(BIOME) lint --config-path=.ci/biome.json --error-on-warnings assets perfwidget/demo/static 2>&1) \
	  || { echo "$$report"; exit 1; }

test-security: $(VENV)/installed-test browser proxy database
	@PERFWIDGET_SECURITY=full $(RUN) pytest $(AT_ONCE) tests/security tests/durability tests/label_studio \
	  tests/engines tests/test_properties.py tests/test_downloads.py tests/test_exports.py tests/test_observations.py \
	  tests/test_import_order.py tests/test_many_members_hold.py tests/test_sets.py tests/test_standing.py \
	  tests/pay tests/stores $(ARGS)

attack: $(VENV)/installed-test
	@$(RUN) tests.security.attack $(ARGS)

test-sabotage: $(VENV)/installed-test browser proxy database
	@$(RUN) tests.security.sabotage $(ARGS)

# Label Studio lives in a virtual environment of its own, as it holds its many dependencies to versions of its own.
# Where ARGS choose, one of the two may have nothing to do, which pytest tells by 5.
NONE_IS_FINE = $(if $(ARGS),|| [ $$? -eq 5 ])
test-label-studio: $(VENV)/installed-test browser proxy .label-studio/installed
	@command -v faketime >/dev/null || $(call apt_install,faketime)
	@$(IN_MEMORY) $(RUN) pytest $(AT_ONCE) -m 'not clickhouse' tests/label_studio $(ARGS) $(NONE_IS_FINE)
	@PERFWIDGET_LABEL_STUDIO_PROGRAM=$(CURDIR)/.label-studio/bin/label-studio $(RUN) pytest tests/real_label_studio $(ARGS) \
	  $(NONE_IS_FINE)

.label-studio/installed: $(VENV)/bin/python Makefile
	@echo 'Installing Label Studio $(LABEL_STUDIO) into .label-studio, which takes some minutes.' >&2
	@$(PYTHON) -m venv --clear .label-studio
	@.label-studio/bin/python -m pip install -qq --disable-pip-version-check label-studio==$(LABEL_STUDIO)
	@touch $@

# Its figures go into .readme/ and the README: ratios of one run, which say more than those of another machine.
bench: $(VENV)/installed-test browser
	@$(RUN) tests.benchmarks $(ARGS)

load: $(VENV)/installed-test
	@command -v wrk >/dev/null || $(call apt_install,wrk)
	@$(RUN) tests.benchmarks.load

lock: $(VENV)/bin/python
	@: > $(LOCK)
	@$(RUN) pip install -qq --disable-pip-version-check --upgrade --upgrade-strategy eager --editable '.[test]'
	@$(RUN) pip freeze --exclude-editable --exclude pip --exclude setuptools > $(LOCK)

docs: $(VENV)/installed-test
	@$(RUN) tests.test_readme

clean:
	rm -rf $(VENV) .label-studio .node build dist *.egg-info .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

# $(call apt_install,PACKAGES): by Debian's package manager, where that goes without asking anyone for a password.
define apt_install
{ command -v apt-get >/dev/null && if [ "$$(id -u)" -eq 0 ]; then root=; else root='sudo -n'; $$root true 2>/dev/null; fi \
  && echo 'Installing $(1) with apt-get.' >&2 && $$root apt-get -qq update \
  && $$root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 install -y $(1) >/dev/null; }
endef

# The linter of scripts and stylesheets, and what looks whether everybody can use the page; neither is ever shipped. Where
# there is no npm, or no network, scripts are not linted and axe's tests are skipped.
NODE_PACKAGES := @biomejs/biome@2.6.8 axe-core@4.14.1
BIOME := .node/node_modules/.bin/biome
.node/installed: Makefile
	@mkdir -p .node
	@npm install --prefix .node --no-save --no-audit --no-fund --silent $(NODE_PACKAGES) >/dev/null 2>&1 && touch $@ \
	  || echo 'Scripts and stylesheets are not linted: install npm (apt-get install npm).' >&2

# Playwright's driver asks for libatomic1. Without a browser the tests that need one are skipped, or fail where CI=true.
# A page costs half as much in the one without windows; where a distribution has none, the other one does.
BROWSER := chromium chromium-driver libatomic1
WITHOUT_WINDOWS := chromium-headless-shell
browser: $(VENV)/installed-test .node/installed
	@{ command -v chromium && command -v chromedriver && $(RUN) playwright --version; } >/dev/null 2>&1 \
	  || $(call apt_install,$(BROWSER)) \
	  || echo 'No browser to test in: install Chromium, its driver and libatomic (apt-get install $(BROWSER)).' >&2
	@command -v $(WITHOUT_WINDOWS) >/dev/null || $(call apt_install,$(BROWSER) $(WITHOUT_WINDOWS)) 2>/dev/null || true

# Proxies that tests start by themselves, on ports of their own.
PROXIES := nginx-light caddy openssl
proxy:
	@PATH="$$PATH:/usr/sbin" && command -v nginx >/dev/null && command -v caddy >/dev/null && command -v openssl >/dev/null \
	  || $(call apt_install,$(PROXIES)) \
	  || echo 'No nginx or no Caddy to test behind: apt-get install $(PROXIES)' >&2

# A PostgreSQL server that tests start by themselves, in a folder of their own; Debian starts another one, which is left alone.
database:
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 \
	  || $(call apt_install,postgresql) \
	  || echo 'No PostgreSQL to test on: apt-get install postgresql' >&2

$(VENV)/installed: $(VENV)/bin/python $(DECLARED)
	@echo 'Installing perfwidget and what it runs on into $(VENV).' >&2
	@$(RUN) pip install -qq --disable-pip-version-check --constraint $(LOCK) --editable '.'
	@touch $@

$(VENV)/installed-test: $(VENV)/bin/python $(DECLARED)
	@echo 'Installing perfwidget and what tests it into $(VENV).' >&2
	@$(RUN) pip install -qq --disable-pip-version-check --constraint $(LOCK) --editable '.[test]'
	@touch $(VENV)/installed $@

$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null || { [ '$(PYTHON)' = python3 ] && $(call apt_install,python3 python3-venv); } \
	  || { echo 'perfwidget needs Python 3.11 or later (apt-get install python3 python3-venv), or name yours: make PYTHON=…' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "perfwidget needs Python 3.11 or later, and $(PYTHON) is $$($(PYTHON) -V): name a later one with make PYTHON=…" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || $(call apt_install,python3-venv) \
	  || { echo '$(PYTHON) makes no virtual environments yet: apt-get install python3-venv' >&2; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV)
