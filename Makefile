# Data pipes. `make help` lists the commands; README.md explains them.

STACK  ?= aws-msk-eks
BASE   ?= main
PYTHON ?= python3
ARGS   ?=

VENV   := .venv
PY     := $(VENV)/bin/python
STAMP  := $(VENV)/.requirements-installed

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help venv plan rehearse prove diff preview up destroy lint format reference inventories test test-unit test-kubernetes test-dataplane test-engine

help: ## List these commands
	@echo "make COMMAND [STACK=$(STACK)] [BASE=$(BASE)] [ARGS=...]"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' Makefile

venv: $(STAMP) ## Make .venv and install requirements.txt, if it changed

$(STAMP): requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or later is needed, and $(PYTHON) is " + sys.version.split()[0] + "; name another one: make PYTHON=python3.12 venv")'
	@test -x $(PY) || { echo "+ $(PYTHON) -m venv $(VENV)"; $(PYTHON) -m venv $(VENV); }
	@$(PY) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "$(VENV) holds Python " + sys.version.split()[0] + ", and 3.11 or later is needed; remove $(VENV) and run make venv again")'
	@echo "+ pip install -r requirements.txt"
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $(STAMP)

plan: $(STAMP) ## Show what a stack would be, contacting nothing (a few seconds)
	@$(PY) -m workbench plan "$(STACK)" $(ARGS)

rehearse: $(STAMP) ## Deploy, change and destroy a stack with the real engine on simulated clouds
	@$(PY) -m workbench rehearse "$(STACK)" $(ARGS)

prove: $(STAMP) ## Show the equation in messages: a real Kafka broker and the real consumer, on this machine
	@$(PY) -m workbench prove "$(STACK)" $(ARGS)

diff: $(STAMP) ## Show as Markdown what every stack would become since BASE, contacting nothing
	@$(PY) -m workbench diff "$(BASE)" $(ARGS)

preview: $(STAMP) ## pulumi preview: compare a stack with the real cloud
	@$(call pulumi,preview --stack "$(STACK)" $(ARGS))

up: $(STAMP) ## pulumi up: deploy a stack to the real cloud
	@$(call pulumi,up --stack "$(STACK)" $(ARGS))

destroy: $(STAMP) ## pulumi destroy: remove a stack from the real cloud
	@{ $(call pulumi,destroy --stack "$(STACK)" $(ARGS)); } || { status=$$?; \
	  echo "If the stack is protected: pulumi config set data-pipes:protect false, make up, make destroy (README, Taking a stack down)." >&2; \
	  echo "Do not add --run-program: with --skip-preview it deletes consumers and nodes before it is refused." >&2; exit $$status; }

lint: $(STAMP) ## ruff (rules and format) and basedpyright
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m basedpyright --level error

format: $(STAMP) ## Format the code and mend what ruff can mend
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

reference: $(STAMP) ## Write stacks/schema.json and docs/settings.md from the settings' models
	@$(PY) -m workbench reference

inventories: $(STAMP) ## Write tests/inventories from the stack files, after an intended change of what they make
	@$(PY) -m tests.inventory

test: lint test-unit test-kubernetes test-dataplane test-engine ## All of the following, the fast ones first

test-unit: $(STAMP) ## The tests that need no server and no engine
	$(PY) -m pytest -m "not (kubernetes or dataplane or engine)" -n auto $(ARGS)

test-kubernetes: $(STAMP) ## Every Kubernetes object on a real API server (built once, if there is none)
	$(PY) -m pytest -m kubernetes -n 2 --dist loadfile $(ARGS)

test-dataplane: $(STAMP) ## The consumer on a real Kafka broker, and on servers that stand in for Kinesis and Pub/Sub
	$(PY) -m pytest -m dataplane -n 2 --dist loadfile $(ARGS)

test-engine: $(STAMP) ## The tests on the real Pulumi engine (built once, if pulumi is not installed)
	$(PY) -m pytest -m engine -n 2 --dist loadgroup $(ARGS)

# The plain Pulumi commands run the program through the CLI's Python language host, which comes with
# the CLI's official release and not with the engine that the rehearsal builds for itself.
define pulumi
command -v pulumi >/dev/null || { \
  echo "make $@ talks to a real cloud account and needs the Pulumi CLI, and there is no pulumi on PATH." >&2; \
  echo "Install it (https://www.pulumi.com/docs/install/): curl -fsSL https://get.pulumi.com | sh" >&2; \
  echo "Without an account, make plan and make rehearse show the same stack." >&2; \
  exit 1; }; \
echo "+ pulumi $(strip $(1))"; pulumi $(1)
endef
