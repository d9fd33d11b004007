# MediaVeil. `make help` lists what there is.

PREFIX ?= /usr
DESTDIR ?=
SWIFT ?= swift
export PREFIX DESTDIR SWIFT

.PHONY: help demo test test-extra build bench lint install uninstall deb packages clean

help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

demo: ## Show the main job on real photos, step by step
	@scripts/machine
	@scripts/packages demo
	$(SWIFT) build -c release --product mediaveild
	$(SWIFT) build -c release --product mediaveilctl
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
	MEDIAVEIL_TEST_EXTRA=1 scripts/test --extra

build: ## Build the programs in release mode
	@scripts/machine toolchain
	@scripts/packages build
	$(SWIFT) build -c release --product mediaveild
	$(SWIFT) build -c release --product mediaveilctl

bench: build ## Measure against the backing directory and the peers
	@scripts/packages bench
	@scripts/bench

lint: ## Check the format of all sources (the compiler treats warnings as errors)
	$(SWIFT) format lint --strict --parallel --recursive Sources Tests Package.swift

install: ## Install programs, units and documentation (DESTDIR, PREFIX)
	@scripts/install install

uninstall: ## Remove what install has installed; state and configuration stay
	@scripts/install uninstall

deb: build ## Make a Debian package in .build
	@scripts/deb

packages: ## Install the Debian packages that building and testing need
	@scripts/packages test

clean: ## Remove everything that was built
	rm -rf .build
