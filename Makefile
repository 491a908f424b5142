# The commands of the README; each is one line that can be run by hand as well.

.PHONY: help scan test acceptance coverage nightly guest second-opinion bench docs lint clean
.DEFAULT_GOAL := help

BIN := .venv/bin
# Tests wait for servers as much as they compute: three workers on two cores.
WORKERS := $(shell expr 3 '*' $$(getconf _NPROCESSORS_ONLN) / 2)

help:
	@echo 'make scan        set up, scan this machine, write reports into ./controlproof-out'
	@echo 'make test        set up, then every check and test that needs no root'
	@echo 'make acceptance  as root: real servers, booted hosts, denial tests'
	@echo 'make coverage    which lines the tests reach, of all rooms'
	@echo 'make nightly     as root: every mutation of hardened hosts; what takes longer than a change may wait'
	@echo 'make second-opinion  as root: our verdicts beside those of oscap; docs/differences.md says how'
	@echo 'make guest       as root: machines under QEMU, slow; modules, partitions, audit, AppArmor'
	@echo 'make bench       benchmarks; docs/performance.md says how to read them'
	@echo 'make docs        write the generated pages anew'

scan:
	@.ci/scan

lint:
	@.ci/venv dev
	$(BIN)/ruff format --check scanner tests
	$(BIN)/ruff check scanner tests
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/yamllint -s rules profiles
	$(BIN)/controlproof rules lint
	$(BIN)/controlproof rules test
	$(BIN)/python -m tests.support.docs --check

# What decides: each line and branch of it is reached by tests of its own.
CORE := model matching planning evaluation gate
OF_CORE := tests/model tests/matching tests/planning tests/evaluation tests/test_gate.py tests/collection/records tests/cli/test_drill.py

test: lint
	@! command -v npm >/dev/null 2>&1 || .ci/servers >/dev/null || [ -z "$$CI" ]
	$(BIN)/pytest -n $(WORKERS) --dist loadfile $(patsubst %,--cov=scanner.%,$(CORE)) --cov-report= $(OF_CORE)
	$(BIN)/coverage report --fail-under=100 --skip-covered --show-missing
	$(BIN)/pytest -n $(WORKERS) --dist loadfile tests $(patsubst %,--ignore=%,$(OF_CORE))

acceptance:
	@.ci/apt
	@.ci/venv dev
	@.ci/servers >/dev/null
	$(BIN)/pytest -n $(WORKERS) --dist loadfile -m acceptance tests/acceptance

coverage:
	@.ci/venv dev
	$(BIN)/pytest -n $(WORKERS) --dist loadfile --cov --cov-report= tests
	$(BIN)/coverage report --fail-under=90

nightly: acceptance coverage
	$(BIN)/python -m tests.hosts.mutate --all --batch 1
	$(BIN)/python -m tests.hosts.remedies

second-opinion:
	@.ci/venv dev
	$(BIN)/python -m tests.second_opinion

guest:
	@.ci/venv dev
	$(BIN)/pytest -m guest tests/acceptance/test_guest.py

bench:
	@.ci/venv dev
	$(BIN)/python -m tests.benchmarks

docs:
	@.ci/venv dev
	$(BIN)/python -m tests.support.docs

clean:
	rm -rf .venv .mypy_cache .ruff_cache .hypothesis .import_linter_cache controlproof-out dist .coverage
