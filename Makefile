# The vocabulary of this repository. What CI runs is what you can run.

PORT ?= 8080
FILTERS := $(notdir $(wildcard filters/*))
# What runs on any machine and in any proxy: these crates' tests also run as wasm.
PURE := policy source jose rls sigv4 iam iam-policies iam-authorizer resource-policy x509 rate-limit api-keys jwt-authorizer throttle usage-plan canary json-schema payload mapping cors lambda lambda-proxy lambda-authorizer request-validator parameter-mapping gateway-response access-log gateway openapi overlay envoy-config
WASM := target/wasm32-wasip1/wasm
export TOLLGATE_ENVOY ?= $(CURDIR)/.tools/bin/envoy
export WASM_BINDGEN_TEST_ONLY_NODE = 1

.DEFAULT_GOAL := help
.PHONY: help run build filters oci test test-native test-wasm e2e bench bench-check bench-accept check fmt size clean envoy redis lambda signers promtool

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

##@ Use it

run: build envoy ## Serve the orders API on PORT (8080): gateway, backend and token issuer; Ctrl-C stops all
	@target/debug/tollgate dev up envoy/regional/api.yaml --overlay envoy/regional/tollgate.yaml --port $(PORT)

build: filters ## Build `tollgate`, with the gateway filter inside
	@.ci/install openssl && cargo build --quiet -p tollgate-cli

filters: ## Build every filter into dist/
	@.ci/install wasm-target && cargo build --profile wasm --target wasm32-wasip1 $(addprefix -p ,$(FILTERS))
	@mkdir -p dist; $(foreach f,$(FILTERS),cmp -s $(WASM)/$(subst -,_,$f).wasm dist/$f.wasm || cp $(WASM)/$(subst -,_,$f).wasm dist/$f.wasm;)

oci: filters ## Pack every filter as an OCI image into dist/oci, as Istio loads it
	@.ci/oci dist/oci $(addprefix dist/,$(addsuffix .wasm,$(FILTERS)))

##@ Work on it

test: test-native test-wasm ## Run every test, those with a real Envoy included

test-native: build envoy redis promtool lambda signers ## Run the tests that need no wasm runner
	@cargo test --quiet

test-wasm: filters ## Run the pure crates' tests as wasm under Node, and check what the filters import and export
	@.ci/install wasm-runner
	@CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER=$(CURDIR)/.tools/bin/wasm-bindgen-test-runner \
	  cargo test --lib --target wasm32-unknown-unknown $(addprefix -p tollgate-,$(PURE))
	@cargo test --quiet -p tollgate-tests --test wasm

e2e: build envoy redis lambda signers ## Run only the tests with a real Envoy
	@cargo test --quiet -p tollgate-tests --test e2e

bench: build envoy redis ## Measure what requests cost, beside Envoy's own filters and other proxies; ARGS=--help
	@.ci/install wrk haproxy nginx && cargo test --quiet -p tollgate-tests --bench requests -- --chart docs/bench.svg $(ARGS)

bench-check: build envoy redis ## Fail if a request costs a tenth more than the baseline says, next to the same base
	@.ci/install wrk haproxy nginx && cargo test --quiet -p tollgate-tests --bench requests -- --only 'whole job' --baseline check $(ARGS)

bench-accept: build envoy redis ## Write down what requests cost now, for `make bench-check`
	@.ci/install wrk haproxy nginx && cargo test --quiet -p tollgate-tests --bench requests -- --only 'whole job' --baseline write $(ARGS)

check: ## Format, lint and licences: everything that runs nothing
	@.ci/install openssl && cargo fmt --all --check && cargo clippy --quiet --workspace --all-targets -- --deny warnings
	@.ci/install wasm-target && cargo clippy --quiet --target wasm32-wasip1 $(addprefix -p ,$(FILTERS)) -- --deny warnings
	@.ci/install cargo-deny && .tools/bin/cargo-deny --log-level error --config .deny.toml check --hide-inclusion-graph bans licenses sources

fmt: ## Format the code
	@cargo fmt --all

size: filters ## Show how large each filter is
	@wc -c $(addprefix dist/,$(addsuffix .wasm,$(FILTERS)))

envoy: ## Install the Envoy that the tests and `make run` use, into .tools
	@.ci/install envoy

redis: ## Install the Redis that the tests use
	@.ci/install redis

lambda: ## Install what runs functions as AWS runs them, into .tools
	@.ci/install lambda

signers: ## Install the clients of AWS that the tests sign with, into .tools
	@.ci/install signers

promtool: ## Install the program of Prometheus that tests its rules, into .tools
	@.ci/install promtool

clean: ## Remove everything that was built, but not what was installed
	@cargo clean --quiet; rm -rf dist
