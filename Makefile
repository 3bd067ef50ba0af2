# Everything a contributor does with Seawall is one of these targets; `make` alone lists them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
UV_VERSION := 0.13.8
export SEAWALL_CACHE_DIR ?= $(CURDIR)/.cache

# A virtual environment that happens to be active is not ours to fill, and the interpreter is never downloaded.
unexport VIRTUAL_ENV
export UV_PYTHON_DOWNLOADS := never
export UV_NO_PROGRESS := 1

BIN := .venv/bin
UV := .tools/bin/uv
UV_STAMP := .tools/uv-$(UV_VERSION).stamp
SYNC_STAMP := .venv/synced.stamp

TYPED := chassis cli events resilience services simulator tests bench
CHECKS := check-format check-lint check-types check-imports check-proto check-stubs check-asyncapi check-openapi check-manifests

# $(call step,COMMAND): run one check under a heading, and say which one it was when it fails.
define step
	@printf '\n==> %s\n' '$@'
	@{ $(1); } || { printf '\n%s failed: run "make %s" to see only this.\n' '$@' '$@' >&2; exit 1; }
endef

.PHONY: help
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9-]+:.*## / {printf "  %-18s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

# ── Set-up ────────────────────────────────────────────────────────────────────────────────────────────────────────

.PHONY: setup
setup: $(SYNC_STAMP) ## Make the virtual environment (python3 >= 3.11 with venv is all it needs)

$(UV_STAMP):
	@$(PYTHON) -c 'import sys; sys.exit("Seawall needs Python 3.11 or newer: make PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .tools
	.tools/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

$(SYNC_STAMP): $(UV_STAMP) pyproject.toml uv.lock
	$(UV) sync --locked --quiet --python "$$(command -v $(PYTHON))"
	@touch $@

.PHONY: setup-test
setup-test: setup ## Also get what the tests run against: Apache Kafka, PostgreSQL, Redis, kustomize, Chromium, callers' frameworks
	@deploy/dev/install-test-tools.sh
	@UV_COMPILE_BYTECODE=1 UV_PROJECT_ENVIRONMENT="$(SEAWALL_CACHE_DIR)/frameworks" $(UV) sync --locked --quiet --only-group frameworks --python "$$(command -v $(PYTHON))"

# ── Run ───────────────────────────────────────────────────────────────────────────────────────────────────────────

.PHONY: run
run: setup ## Start the five services with a development broker and simulated vendors
	@$(BIN)/seawall up

.PHONY: bench bench-full bench-scenarios
bench: setup ## Measure cost per request, added latency and memory beside nginx, in three minutes; fails where it regressed
	@$(BIN)/python -m bench

bench-full: setup ## The same with ten rounds, what each feature costs, memory over a million requests; then the scenarios
	@$(BIN)/python -m bench --full
	@$(BIN)/python -m bench.scenarios

bench-scenarios: setup ## Play the scenarios under load alone, in their short forms
	@$(BIN)/python -m bench.scenarios

# ── Change ────────────────────────────────────────────────────────────────────────────────────────────────────────

.PHONY: format
format: setup ## Format the code and apply the safe lint fixes
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format .

.PHONY: proto
proto: setup ## Regenerate gen/ from proto/
	@proto/generate.sh gen

# ── Check ─────────────────────────────────────────────────────────────────────────────────────────────────────────

.PHONY: check $(CHECKS)
check: $(CHECKS) ## Everything that can be said without running a service; stops at the first failure
	@printf '\nAll checks passed.\n'

check-format: setup ## ruff format
	$(call step,$(BIN)/ruff format --check --quiet .)

check-lint: setup ## ruff check
	$(call step,$(BIN)/ruff check .)

check-types: setup ## mypy --strict
	$(call step,$(BIN)/mypy $(wildcard $(TYPED)))

check-imports: setup ## Who may import whom (import-linter)
	$(call step,$(BIN)/lint-imports)

check-proto: setup ## buf lint, and no breaking change against proto/baseline.binpb
	$(call step,$(BIN)/buf lint && $(BIN)/buf breaking --against proto/baseline.binpb)

check-stubs: setup ## gen/ is what proto/ generates
	$(call step,proto/check-stubs.sh)

check-asyncapi: setup ## The committed AsyncAPI document is what the code declares
	$(call step,$(BIN)/python -m chassis.kafka.asyncapi --check)

check-openapi: setup ## The committed OpenAPI document is what the code serves
	$(call step,$(BIN)/python -m services.gateway.entrypoints.http.openapi --check)

check-manifests: setup ## Every Kubernetes overlay renders and validates
	$(call step,deploy/validate.sh)

# ── Test ──────────────────────────────────────────────────────────────────────────────────────────────────────────

PYTEST := $(BIN)/pytest
SUITES := $(addprefix tests/,unit contract integration e2e conformance matrix)

.PHONY: test test-unit test-contract test-integration test-e2e test-conformance conformance-report test-matrix matrix-report
test: setup-test check ## The checks, then every test: first side by side, then those that need the machine to themselves
	@failed=; \
	$(PYTEST) -n 2 --dist loadfile -m 'not alone' $(SUITES) || failed+=' those side by side;'; \
	$(PYTEST) -m alone $(SUITES) || failed+=' those alone;'; \
	if [ -n "$$failed" ]; then printf '\nTests failed:%s their names are at the end of what each part printed.\n' "$$failed" >&2; exit 1; fi

test-unit: setup ## Pure code: no network, no processes
	@$(PYTEST) tests/unit

test-contract: setup-test ## What other people build on: wire formats, topics, manifests
	@$(PYTEST) tests/contract

test-integration: setup-test ## One service against its real dependencies
	@$(PYTEST) tests/integration

test-e2e: setup-test ## All five services together
	@$(PYTEST) tests/e2e

test-conformance: setup-test ## Every way in which vendors fail, over HTTP and gRPC; prints figures
	@$(PYTEST) tests/conformance

conformance-report: setup-test ## The same, and write docs/conformance.md
	@SEAWALL_CONFORMANCE_REPORT=docs/conformance.md $(PYTEST) tests/conformance

test-matrix: setup-test ## Every vendor's dialect before every caller's SDK
	@$(PYTEST) tests/matrix

matrix-report: setup ## Write docs/matrix.md from what the matrix asserts
	@$(BIN)/python -m tests.matrix.report > docs/matrix.md

.PHONY: translation-report
translation-report: setup ## Write docs/translation.md from what the tests of translation assert
	@$(BIN)/python -m tests.unit.providers.translation.table > docs/translation.md

# ── Clean ─────────────────────────────────────────────────────────────────────────────────────────────────────────

.PHONY: clean
clean: ## Remove everything that can be made again
	rm -rf .venv .tools .cache .seawall .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
