# The table of contents of what can be done here. Each recipe is one line; scripts/ holds what needs more.

.PHONY: help dev build test check bench interop compare vectors fuzz kill random determinism golden chaos alerts
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
	@cargo xtask vectors --events

interop: ## real clients against a real node
	@scripts/interop

compare: ## the same requests to a chain of the Cosmos SDK, built from its Go module, and to ours
	@scripts/compare

bench: ## speed: each figure of docs/performance.md; scripts/bench NAME runs one
	@scripts/bench

fuzz: ## hours of hostile bytes: SECS=600 for each decoder
	@scripts/fuzz

kill: ## a node is killed at every step of a block, KILLS=2000 times
	@scripts/kill

random: ## thousands of random blocks: RUNS=200 seeds from SEED on, ordinary and with parameters at their ends
	@scripts/random

determinism: ## one app hash with 1, 2 and 8 threads, debug and release, two allocators
	@scripts/determinism

golden: ## write the golden files anew, after a change of the consensus that is meant
	@scripts/golden

chaos: ## nets of validators that are killed, paused, cut off and slowed: 100 seeded schedules
	@scripts/chaos

alerts: ## the board and the alerts of docs/operating with the real Prometheus, on a net of four
	@scripts/alerts
