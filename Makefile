# The table of contents of what can be done here. Each recipe is one line; scripts/ holds what needs more.

.PHONY: help dev build test check bench interop vectors
.DEFAULT_GOAL := help

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

dev: ## a chain on this machine: installs what is missing, builds, runs `entente dev`
	@scripts/dev

build: ## the release binary
	@cargo build --release --package entente-node

check: ## quick: format, lints, house rules
	@scripts/check

test: ## everything that CI runs, quick ones first
	@scripts/test

vectors: ## replay the Go chain's blocks: the project's own selection, and all of ../shared/vectors if it is there
	@cargo xtask vectors

interop: ## real clients against a real node
	@scripts/interop

bench: ## speed: tree, decimals, transactions
	@scripts/bench
