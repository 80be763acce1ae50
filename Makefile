# Everything here is one line; the work is done by ops/setup, goodterms and pytest.
.DEFAULT_GOAL := help
BIN := .venv/bin
FOR ?=
BENCH ?=

.PHONY: help setup demo up test check bench doctor docs screenshots clean

help: ## what can be done here
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

setup: ## get this machine ready
	@ops/setup demo

demo: setup ## the whole line on this machine; FOR=120 ends it after 120 seconds
	@exec $(BIN)/goodterms demo $(if $(FOR),--for $(FOR))

up: setup ## goodterms itself, all on this machine
	@exec $(BIN)/goodterms up

test: ## every check and every test, with all the set-up they need
	@ops/setup test
	@$(MAKE) --no-print-directory check
	$(BIN)/pytest

check: ## the quick checks: format, lint, types, imports, unit tests
	@test -x $(BIN)/ruff || ops/setup test
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest tests/unit

bench: ## the benchmarks; BENCH=gate,import picks some
	@ops/setup bench
	$(BIN)/python bench/run.py $(BENCH)

doctor: ## what is missing and how to get it
	@$(BIN)/goodterms doctor

docs: ## write anew what the documentation takes from the code
	$(BIN)/python -m ops.docs

screenshots: ## the pictures in docs/, taken from the running demo
	@ops/setup test
	$(BIN)/python ops/screenshots.py

clean: ## remove what was built or fetched into this folder
	rm -rf .venv var ui/node_modules src/goodterms/web/static/build
