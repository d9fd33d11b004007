# MediaVeil. `make help` lists what there is.

PREFIX ?= /usr
DESTDIR ?=
SWIFT ?= swift
# What is installed must run without the toolchain.
RELEASE = $(SWIFT) build -c release --static-swift-stdlib
FUZZ_SECONDS ?= 60
export PREFIX DESTDIR SWIFT FUZZ_SECONDS

.PHONY: help demo test test-extra build bench fuzz stress tsan lint docs install uninstall deb packages clean

help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

demo: ## Show the main job on real photos, step by step
	@scripts/machine
	@scripts/packages demo
	$(RELEASE) --product mediaveild
	$(RELEASE) --product mediaveilctl
	@scripts/demo

test: ## Install what is needed and run every test
	@scripts/machine
	@scripts/packages test
	@$(MAKE) --no-print-directory lint
	$(SWIFT) build --build-tests
	scripts/test

test-extra: ## The suites that need large packages or a long time
	@scripts/machine
	@scripts/packages extra
	$(SWIFT) build --build-tests
	@scripts/docs
	MEDIAVEIL_TEST_EXTRA=1 scripts/test --extra

build: ## Build the programs in release mode
	@scripts/machine toolchain
	@scripts/packages build
	$(RELEASE) --product mediaveild
	$(RELEASE) --product mediaveilctl

bench: build ## Measure against the backing directory and the peers
	@scripts/packages bench
	@scripts/bench
	@scripts/bench-redaction

stress: ## Race readers against writers for STRESS_TRIES (1000000) reads
	@scripts/machine
	@scripts/packages test
	$(SWIFT) build --build-tests
	MEDIAVEIL_STRESS_TRIES=$${STRESS_TRIES:-1000000} $(SWIFT) test --skip-build --filter RaceAttackTests

tsan: ## Run the tests in which threads meet (or those of FILTER) under the thread sanitizer; takes long
	@scripts/machine
	@scripts/packages test
	@scripts/tsan "$(FILTER)"

fuzz: ## Fuzz the redaction of hostile files: each of CONTAINERS (all) for FUZZ_SECONDS (60)
	@scripts/machine toolchain
	@scripts/packages build
	@scripts/fuzz $(CONTAINERS)

lint: ## Check the format of all sources (the compiler treats warnings as errors)
	$(SWIFT) format lint --strict --parallel --recursive Sources Tests Fuzz Package.swift

docs: ## Make the documentation of the libraries Redaction and Policy in .build/docs
	@scripts/machine toolchain
	@scripts/packages build
	$(SWIFT) build --target Redaction
	$(SWIFT) build --target Policy
	@scripts/docs

install: ## Install programs, units and documentation (DESTDIR, PREFIX)
	@scripts/install install

uninstall: ## Remove what install has installed; state and configuration stay
	@scripts/install uninstall

deb: build ## Make a Debian package in .build
	@scripts/deb

packages: ## Install the Debian packages that building and testing need
	@scripts/packages test

clean: ## Remove everything that was built
	rm -rf .build .build-fuzz .build-tsan
