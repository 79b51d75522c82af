# `make help` lists the commands. README.md explains them.

STACK  ?= aws-msk-eks
BASE   ?= main
PYTHON ?= python3
ARGS   ?=

VENV   := .venv
PY     := $(VENV)/bin/python
STAMP  := $(VENV)/.requirements-installed

# With this variable, as in some containers, each of a test run's thousand processes would compile the program again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help venv plan size new draw report permissions rehearse prove prove-soak dev handler diff preview up destroy lint format reference inventories test test-unit test-kubernetes test-dataplane test-engine bench

help: ## List these commands
	@echo "make COMMAND [STACK=$(STACK)] [BASE=$(BASE)] [ARGS=...]"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-15s  %s\n", $$1, $$2 }' Makefile

venv: $(STAMP) ## Create .venv and install requirements.txt

$(STAMP): requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "$(PYTHON): must be Python 3.11 or later, got " + sys.version.split()[0] + ". Use another one: make PYTHON=python3.12 venv")'
	@test -x $(PY) || { echo "+ $(PYTHON) -m venv $(VENV)" >&2; $(PYTHON) -m venv $(VENV); }
	@$(PY) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "$(VENV): must have Python 3.11 or later, got " + sys.version.split()[0] + ". Remove $(VENV) and run make venv again.")'
	@echo "+ pip install -r requirements.txt" >&2
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $(STAMP)

plan: $(STAMP) ## Show the resources of a stack; contacts nothing (seconds)
	@$(PY) -m workbench plan "$(STACK)" $(ARGS)

draw: $(STAMP) ## Draw a stack as SVG; contacts nothing
	@$(PY) -m workbench draw "$(STACK)" $(ARGS)

report: $(STAMP) ## Write a report of a stack as one HTML file; contacts nothing
	@$(PY) -m workbench report "$(STACK)" $(ARGS)

size: $(STAMP) ## Show what a load needs on each service (docs/sizing.md)
	@$(PY) -m workbench size $(ARGS)

new: $(STAMP) ## Ask for the load and write the file of a new stack
	@$(PY) -m workbench new "$(STACK)" $(ARGS)

permissions: $(STAMP) ## Print the least policy of a stack's deployer; contacts nothing
	@$(PY) -m workbench permissions "$(STACK)" $(ARGS)

rehearse: $(STAMP) ## Deploy, change and destroy a stack on simulated clouds
	@$(PY) -m workbench rehearse "$(STACK)" $(ARGS)

prove: $(STAMP) ## Run the consumer on a local Kafka broker with a stack's topic
	@$(PY) -m workbench prove "$(STACK)" $(ARGS)

prove-soak: $(STAMP) ## Run the consumer for 5 minutes under random faults
	@$(PY) -m workbench soak "$(STACK)" $(ARGS)

dev: $(STAMP) ## Run a handler on your machine (HANDLER=path/to/handler.py)
	@$(PY) -m workbench dev "$(HANDLER)" "$(STACK)" $(ARGS)

handler: $(STAMP) ## Write a project for a new handler (DIR=path/to/project)
	@$(PY) -m workbench handler new "$(DIR)" $(ARGS)

diff: $(STAMP) ## Compare all stacks with BASE, as Markdown; contacts nothing
	@$(PY) -m workbench diff "$(BASE)" $(ARGS)

preview: $(STAMP) ## Run pulumi preview: compare a stack with the real cloud
	@$(call pulumi,preview --stack "$(STACK)" $(ARGS))

up: $(STAMP) ## Run pulumi up: deploy a stack to the real cloud
	@$(call pulumi,up --stack "$(STACK)" $(ARGS))

destroy: $(STAMP) ## Run pulumi destroy: remove a stack from the real cloud
	@{ $(call pulumi,destroy --stack "$(STACK)" $(ARGS)); } || { status=$$?; \
	  echo "If the stack is protected, run: pulumi config set data-pipes:protect false; make up; make destroy (docs/changing.md, Destroy a stack)." >&2; \
	  echo "Do not add --run-program. Together with --skip-preview, it deletes consumers and nodes before it fails." >&2; exit $$status; }

lint: $(STAMP) ## Run ruff (rules and format) and basedpyright
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m basedpyright --level error

format: $(STAMP) ## Format the code and apply ruff's fixes
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

reference: $(STAMP) ## Write the schema, generated pages of docs/, and pictures
	@$(PY) -m workbench reference

inventories: $(STAMP) ## Write tests/inventories, after an intended resource change
	@$(PY) -m tests.inventory

test: lint test-unit test-kubernetes test-dataplane test-engine ## Run lint and all tests, the fast ones first

test-unit: $(STAMP) ## Run the tests that need no server and no engine
	$(PY) -m pytest -m "not (kubernetes or dataplane or engine)" -n auto $(ARGS)

test-kubernetes: $(STAMP) ## Run all Kubernetes objects on a real API server (built once)
	$(PY) -m pytest -m kubernetes -n 2 --dist loadfile $(ARGS)

# Prometheus is built first: a build takes both cores for minutes, and some of these tests have deadlines. If it cannot be
# built, the tests that need it say why.
test-dataplane: $(STAMP) ## Run the consumer on Kafka and on other local test servers
	@$(PY) -c "from workbench.servers.prometheus_binaries import prometheus_binaries; prometheus_binaries(print)" 2>/dev/null || true
	$(PY) -m pytest -m dataplane -n 2 --dist loadfile $(ARGS)

test-engine: $(STAMP) ## Run the tests on the real Pulumi engine (built once)
	$(PY) -m pytest -m engine -n 2 --dist loadgroup $(ARGS)

# Every script in benchmarks/ with a command line is a benchmark. All of them run, even if one misses its target.
BENCHMARKS := $(basename $(notdir $(shell grep -l 'typer.run(main)' benchmarks/*.py)))

bench: $(STAMP) ## Run all benchmarks; results in .bench/ (about 15 minutes)
	@missed=; for name in $(BENCHMARKS) ; do \
	  echo "+ python -m benchmarks.$$name"; $(PY) -m benchmarks.$$name || missed="$$missed $$name"; \
	done; test -z "$$missed" || { echo "These benchmarks failed or missed a target:$$missed" >&2; exit 1; }

# These commands need the CLI's Python language host. Only the official CLI release includes it; the engine that
# `make rehearse` builds does not.
define pulumi
command -v pulumi >/dev/null || { \
  echo "make $@ uses a real cloud account and requires the Pulumi CLI; pulumi is not on PATH." >&2; \
  echo "Install it (https://www.pulumi.com/docs/install/): curl -fsSL https://get.pulumi.com | sh" >&2; \
  echo "Without an account, run make plan or make rehearse." >&2; \
  exit 1; }; \
echo "+ pulumi $(strip $(1))"; pulumi $(1)
endef
