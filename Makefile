# Two commands set everything up: `make run` and `make test`. The rest serves those who change the code.
PYTHON ?= python3
VENV   ?= .venv
PY     := $(VENV)/bin/python
CORPUS ?= examples/inbox
DEMO   ?= var/demo
.DEFAULT_GOAL := help

.PHONY: help run test check site format lock fuzz soak-kill soak-spool mutations bench clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## */\t/' | expand -t 14

run: $(VENV)/.run  ## start the relay on loopback, send it the example letters, show where each went and why, stop it
	@$(PY) -m examples.relay $(CORPUS) --folder $(DEMO)

test: $(VENV)/.dev  ## every test, in its short form
	@sh tools/testdata.sh $(PY)
	@$(PY) -m pytest

check: $(VENV)/.dev  ## format, lint, types, layers, the shipped rules, the examples of the documents
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy
	@PYTHONPATH=. $(VENV)/bin/lint-imports --no-cache
	@$(PY) -m sievepy fmt --check rules
	@$(PY) -m sievepy check rules/x-com.rules --tests
	@$(PY) -m pytest tests/documents

site: $(VENV)/.dev  ## the documents as a site in var/site, without a broken link
	@NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs build --strict --quiet
	@$(PY) -m tools.site_links var/site

format: $(VENV)/.dev  ## rewrite the code in its canonical layout
	@$(VENV)/bin/ruff check --fix-only -q . ; $(VENV)/bin/ruff format .

fuzz: $(VENV)/.dev  ## the long form: RUNS executions of the letter fuzzer (default 200,000)
	@$(PY) tests/fuzz/fuzz_message.py --runs $(or $(RUNS),200000)

soak-kill: $(VENV)/.dev  ## the long form: KILLS kills of `process --apply` (default 200) and of the relay (default 1,000)
	@$(PY) -m tests.endtoend.kill --kills $(or $(KILLS),200)
	@$(PY) -m tests.faults.relay_kill --kills $(or $(KILLS),1000)

soak-spool: $(VENV)/.dev  ## the long form: CUTS power cuts (default 10,000) and KILLS kills (default 1,000) of the queue
	@$(PY) -m tests.faults.power_cut --cuts $(or $(CUTS),10000)
	@$(PY) -m tests.faults.spool_kill --kills $(or $(KILLS),1000)

mutations: $(VENV)/.dev  ## the long form: ten one-line mutations of the engine, each of which a test must notice
	@$(PY) -m tests.property.mutations

BENCH := $(if $(QUICK),--quick,--write)
bench: $(VENV)/.dev  ## beside Postfix and Pigeonhole, written into bench/RESULTS.md; QUICK=1: a short form, only printed
	@$(PY) -m bench.relay $(BENCH)
	@$(PY) -m bench.sieve $(BENCH)
	@$(PY) -m bench.own $(BENCH)
	@$(PY) -m bench.stages $(BENCH)
	@$(PY) -m bench.rspamd $(BENCH)

lock:  ## renew the locked dependencies (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header -q -o requirements.lock pyproject.toml
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header -q --group dev -c requirements.lock -o requirements-dev.lock pyproject.toml

clean:  ## remove the environment and what tools left behind
	rm -rf $(VENV) .mypy_cache .ruff_cache .hypothesis build dist

$(VENV)/.venv:
	@sh tools/venv.sh $(PYTHON) $(VENV)
	@touch $@

$(VENV)/.run: $(VENV)/.venv requirements.lock
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.dev: $(VENV)/.venv requirements-dev.lock
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@ $(VENV)/.run
