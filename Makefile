# Every command of this repository. Each first sets up what it needs: environments, tools, servers.
.DEFAULT_GOAL := help
SHELL := /bin/sh
MAKEFLAGS += --no-print-directory --no-builtin-rules

RUN = python3 tests/sandbox/tools/bootstrap.py

# --option "value" for a variable given on make's command line; what the shell's environment happens to hold is not
# taken. The shell reads the value from the environment, into which make puts it, so that no quoting is lost.
option = $(if $(findstring command line,$(origin $(1))),--$(2) "$$$(1)")

##@ Sandbox
.PHONY: up
up: ## Bring up all layers on the embedded sandbox [LAYER=… APP=…]
	@$(RUN) up $(call option,LAYER,layer) $(call option,APP,app)

.PHONY: preview
preview: ## Show what a change would do, as the read-only identity [LAYER=… APP=… STACK=sandbox REFRESH=yes REPORT=folder]
	@$(RUN) preview $(call option,LAYER,layer) $(call option,APP,app) $(call option,STACK,stack) \
	  $(if $(findstring command line,$(origin REFRESH)),--refresh) $(call option,REPORT,report)

.PHONY: audit
audit: ## Judge the states of all layers together, and the cloud's own policies [STACK=sandbox REPORT=folder]
	@$(RUN) audit $(call option,STACK,stack) $(call option,REPORT,report)

.PHONY: access
access: ## Tell who can do what, by which path [WHO=… CAN=… ON=… FORMAT=markdown|json BEFORE=file PLANNED=yes STACK=sandbox]
	@$(RUN) access $(call option,STACK,stack) $(call option,WHO,who) $(call option,CAN,can) $(call option,ON,on) \
	  $(call option,FORMAT,format) $(call option,BEFORE,before) $(call option,PLANNED,planned)

.PHONY: cost
cost: ## Estimate what the stacks cost a month, and what a change would [LAYER=… APP=… STACK=sandbox]
	@$(RUN) cost $(call option,LAYER,layer) $(call option,APP,app) $(call option,STACK,stack)

.PHONY: history
history: ## Tell who did what [WHO=… RESOURCE=… LAYER=… APP=… SINCE=3d UNTIL=… UPDATE=platform/12 STACK=… LOGS=folder READS=yes FORMAT=json]
	@$(RUN) history $(call option,STACK,stack) $(call option,WHO,who) $(call option,RESOURCE,resource) \
	  $(call option,LAYER,layer) $(call option,APP,app) $(call option,SINCE,since) $(call option,UNTIL,until) \
	  $(call option,UPDATE,update) $(call option,LOGS,logs) $(call option,FORMAT,format) \
	  $(if $(findstring command line,$(origin READS)),--reads)

.PHONY: portal
portal: ## Write all answers as a web site that needs no server [STACK=sandbox DRIFT=yes REPORTS=folder LOGS=… OUT=.portal]
	@$(RUN) portal $(call option,STACK,stack) $(if $(findstring command line,$(origin DRIFT)),--drift) \
	  $(call option,REPORTS,reports) $(call option,LOGS,logs) $(call option,OUT,out)

.PHONY: status
status: ## Show servers, stacks and identities
	@$(RUN) status

.PHONY: shell
shell: ## A shell with pulumi and kubectl as a layer's identity: LAYER=… [APP=… AS=preview|deploy CMD='…']
	@$(RUN) shell $(call option,LAYER,layer) $(call option,APP,app) $(call option,AS,as) $(call option,CMD,command)

.PHONY: drift
drift: ## Change the sandbox behind Pulumi's back; `make preview REFRESH=yes` finds it
	@$(RUN) drift

.PHONY: explain
explain: ## Explain the last refusals of the simulated cloud, and what would lift them [ARGS='--last 3']
	@$(RUN) explain $(if $(findstring command line,$(origin ARGS)),$(ARGS))

.PHONY: conformance
conformance: ## Write the table of who may do what, as the running sandbox decides
	@$(RUN) conformance

.PHONY: checkov
checkov: ## Ask an independent judge about what the sandbox deployed, and write its verdicts
	@$(RUN) checkov

.PHONY: unused
unused: ## List what was granted and never used [ARGS='--member platform-deploy']
	@$(RUN) unused $(if $(findstring command line,$(origin ARGS)),$(ARGS))

.PHONY: verify-reproducible
verify-reproducible: ## Bring this commit up twice from nothing, and compare the states
	@$(RUN) verify-reproducible

.PHONY: down
down: ## Stop the servers and discard the sandbox
	@$(RUN) down

##@ Environments
.PHONY: bootstrap
bootstrap: ## Take an empty project to a running identity layer, or go on with it: STACK=prod [YES=yes]
	@$(RUN) bootstrap $(call option,STACK,stack) $(call option,YES,yes)

.PHONY: deploy
deploy: ## Deploy what is previewed, judged and let through: STACK=prod [LAYER=… APP='…']
	@$(RUN) deploy $(call option,STACK,stack) $(call option,LAYER,layer) $(call option,APP,app)

.PHONY: compare
compare: ## Tell what dev and prod would not share, and whether that is intended [LAYER=…]
	@$(RUN) compare $(call option,LAYER,layer)

.PHONY: github
github: ## Bring the repository's settings on GitHub to .github/settings.yaml [CHECK=yes REPOSITORY=owner/name]
	@$(RUN) github $(if $(findstring command line,$(origin CHECK)),--check) $(call option,REPOSITORY,repository)

.PHONY: ci
ci: ## Do a step of a workflow on GitHub: STEP=…
	@$(RUN) ci $(call option,STEP,step)

##@ Apps
.PHONY: new-app
new-app: ## Prepare a new app, a branch for each team that has a say: NAME=… TEAM=… [KIND=webService PUBLIC=yes]
	@$(RUN) new-app $(call option,NAME,name) $(call option,TEAM,team) $(call option,KIND,kind) $(call option,PUBLIC,public)

##@ Development
.PHONY: test
test: ## Run all tests [ARGS='-k name']
	@$(RUN) test $(if $(findstring command line,$(origin ARGS)),$(ARGS))

.PHONY: check
check: ## Lint, format, types, lock files, documents, environments: what CI checks
	@$(RUN) check

.PHONY: lock
lock: ## Write the lock files from each pyproject.toml [UPGRADE=yes]
	@$(RUN) lock $(if $(findstring command line,$(origin UPGRADE)),--upgrade)

.PHONY: bench
bench: ## Measure what everything costs, and write the tables of tests/bench [ARGS='layers pack']
	@$(RUN) bench $(if $(findstring command line,$(origin ARGS)),$(ARGS))

##@ Tools
.PHONY: tools
tools: ## Find, download or build the tools, and nothing else
	@$(RUN) tools

.PHONY: doctor
doctor: ## Show what was found where, at which version, and what is missing
	@$(RUN) doctor

##@ Help
.PHONY: help
help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@/ { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
