# Everything that is done with this repository. `make help` lists it.

# A Swift toolchain in one of the usual places is found even if it is not on the path.
export PATH := $(PATH):/opt/swift/usr/bin:/usr/share/swift/usr/bin:$(HOME)/.local/share/swiftly/bin

# What `make test` runs; for example `make test FILTER=EmbeddedTests`.
FILTER ?=
# How many tests run at once: more than there are cores, since most wait for servers.
WIDTH ?= 6
# What `make fuzz` puts to each surface; SURFACE=name for one, SEED=number for the same inputs again.
INPUTS ?= 1000000
# What `make bench` measures, each with a report of its own; for example `make bench SUITES=objectives`.
SUITES ?= webdis peers fsync growth orders routes objectives
# Where `make run` keeps its data, and the port that it serves on.
DATA ?= data
PORT ?= 8080

SOURCES := Package.swift Sources Tests loadtest lua

.DEFAULT_GOAL := help
.PHONY: help run test test-tsan fuzz setup setup-test setup-bench build release lint format bench clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: release ## Run a whole flash sale: servers, 20,000 buyers, result, audit; then keep serving
	@scripts/run --data "$(DATA)" --port "$(PORT)"

test: setup-test lint ## Run all tests, and say at the end what failed (FILTER=name for some)
	swift build --build-tests
	@scripts/test --experimental-maximum-parallelization-width $(WIDTH) $(if $(FILTER),--filter '$(FILTER)')

# The sanitizer's build is one of its own. Programs are slower under it by a factor, so fewer tests run at
# once; a report fails the run, whatever the tests say.
test-tsan: setup-test ## Run the tests under the thread sanitizer (FILTER=name for some)
	swift build --build-tests --sanitize=thread --scratch-path .build/thread
	TSAN_OPTIONS="exitcode=66 suppressions=$(CURDIR)/scripts/tsan-suppressions" SWIFT_BACKTRACE=enable=no \
	  swift test --skip-build --sanitize=thread --scratch-path .build/thread \
	  --experimental-maximum-parallelization-width 2 $(if $(FILTER),--filter '$(FILTER)')

# Optimised, but in the debug configuration: the fuzzer looks into the layers as tests do.
fuzz: setup ## Put a million inputs to all that reads what strangers send, under the address sanitizer
	SPILLWAY_FUZZ=1 swift build --sanitize=address -Xswiftc -O --scratch-path .build/fuzz --product spillway-fuzz
	ASAN_OPTIONS="detect_leaks=1" SWIFT_BACKTRACE=enable=no \
	  .build/fuzz/debug/spillway-fuzz $(SURFACE) --inputs $(INPUTS) $(if $(SEED),--seed $(SEED))

setup: ## Install the Debian packages that are missing
	@scripts/setup

setup-test: ## Install also the browser that the tests look at pages with
	@scripts/setup test

setup-bench: ## Install also what the benchmarks compare with
	@scripts/setup bench

build: setup ## Build for debugging
	swift build

release: setup ## Build optimised
	swift build --configuration release --product spillway
	swift build --configuration release --product spillway-loadtest

lint: setup ## Check the formatting and the style of all sources
	swift format lint --strict --parallel --recursive $(SOURCES)

format: setup ## Format all sources
	swift format --in-place --parallel --recursive $(SOURCES)

bench: setup-bench release ## Measure side by side (SUITES=name for some; reports go to loadtest/results)
	for suite in $(SUITES); do \
	  .build/release/spillway-loadtest compare --suite $$suite --output loadtest/results/compare-$$suite.md || exit 1; \
	done

clean: ## Remove what was built; data stays
	swift package clean
