# Every command of this repository. Each first sets up what it needs: environments, tools, servers.
.DEFAULT_GOAL := help
SHELL := /bin/sh
MAKEFLAGS += --no-print-directory --no-builtin-rules
# What is given to this make is not given to those that a command starts.
MAKEOVERRIDES =

RUN = python3 tools/toolchain/bootstrap.py

# --NAME "value" for each variable given on make's command line; what the shell's environment happens to hold is not
# taken. The shell reads the value from the environment, into which make puts it, so that no quoting is lost.
option = $(if $(findstring command line,$(origin $(1))),--$(1) "$$$(1)")
options = $(strip $(foreach name,$(sort $(filter-out RUN SHELL,$(.VARIABLES))),$(call option,$(name))))

# The targets, from tools/cli/commands: `make docs` writes them.
##@ Sandbox
.PHONY: up
up: ## Bring up the sandbox and all layers in it, each as its own identity [LAYER=… APP=… OWNER=storage TEAM=… REFRESH=no]
	@$(RUN) $@ $(options)

.PHONY: preview
preview: ## Show what a change would do, as the read-only identity, and the plan gate's verdict [LAYER=… APP=… OWNER=storage TEAM=… STACK=sandbox REFRESH=yes FULL=yes REPORT=folder CONTRACTS=folder]
	@$(RUN) $@ $(options)

.PHONY: needs
needs: ## Show what the update of a change requires, and what it would be refused for: permissions, APIs, groups [LAYER=… APP=… OWNER=storage TEAM=… STACK=sandbox FORMAT=table|json]
	@$(RUN) $@ $(options)

.PHONY: audit
audit: ## Check the states of all layers together: escalation, duties, datastores, undeclared grants [STACK=sandbox REPORT=folder]
	@$(RUN) $@ $(options)

.PHONY: access
access: ## Show who can do what, and by which path [WHO=… CAN=… ON=… STACK=sandbox FORMAT=table|markdown|json BEFORE=file PLANNED=yes]
	@$(RUN) $@ $(options)

.PHONY: cost
cost: ## Estimate what the stacks cost a month at list prices, and what a change would [LAYER=… APP=… OWNER=storage TEAM=… STACK=sandbox]
	@$(RUN) $@ $(options)

.PHONY: history
history: ## Show who changed what, by updates of all layers and out of band [WHO=… RESOURCE=… LAYER=… APP=… SINCE=3d UNTIL=3d UPDATE=platform/12 STACK=sandbox LOGS=folder READS=yes FORMAT=table|markdown|json]
	@$(RUN) $@ $(options)

.PHONY: portal
portal: ## Write all answers as a web site that needs no server [STACK=sandbox DRIFT=yes REPORTS=folder LOGS=folder OUT=.portal]
	@$(RUN) $@ $(options)

.PHONY: status
status: ## Show servers, stacks and identities
	@$(RUN) $@ $(options)

.PHONY: shell
shell: ## Open a shell in which plain `pulumi`, `kubectl` and `psql` work as the identity of a layer or an app [LAYER=… APP=… OWNER=storage TEAM=… AS=preview|deploy|app CMD='…']
	@$(RUN) $@ $(options)

.PHONY: drift
drift: ## Change the sandbox out of band: roles, protections, an image; `make preview REFRESH=yes` finds it
	@$(RUN) $@ $(options)

.PHONY: drifted
drifted: ## Show what drifted by property, with the ways to repair it: put back, adopt into the code, accept until a date [LAYER=… APP=… OWNER=storage TEAM=… STACK=sandbox RESOURCE=name PROPERTY=path CHOICE=adopt|accept UNTIL=2027-01-31 REASON='…']
	@$(RUN) $@ $(options)

.PHONY: explain
explain: ## Explain the last refusals of the simulated cloud: the missing permission, and what would grant it [ARGS='--last 3']
	@$(RUN) $@ $(options)

.PHONY: conformance
conformance: ## Print the table of who may do what, as the running sandbox decides
	@$(RUN) $@ $(options)

.PHONY: checkov
checkov: ## Check what the sandbox deployed with checkov, and print its verdicts
	@$(RUN) $@ $(options)

.PHONY: unused
unused: ## List roles and permissions that were granted and never used [ARGS='--member platform-deploy']
	@$(RUN) $@ $(options)

.PHONY: verify-reproducible
verify-reproducible: ## Bring this commit up twice from nothing, and compare every resource of the states
	@$(RUN) $@ $(options)

.PHONY: down
down: ## Stop the servers and discard the sandbox
	@$(RUN) $@ $(options)

##@ Environments
.PHONY: bootstrap
bootstrap: ## Take an empty project to a running foundation, or go on with it: STACK=prod [YES=yes]
	@$(RUN) $@ $(options)

.PHONY: deploy
deploy: ## Deploy to Google Cloud what is previewed and let through, each stack as its own identity: STACK=prod [LAYER=… OWNER=storage APP='…' TEAM='…' REFRESH=no HARMLESS=yes]
	@$(RUN) $@ $(options)

.PHONY: move
move: ## Move resources to the state of the stack that declares them now; nothing in the cloud changes [STACK=sandbox YES=yes]
	@$(RUN) $@ $(options)

.PHONY: compare
compare: ## Show what `dev` and `prod` would not share, and whether that is declared with a reason [LAYER=…]
	@$(RUN) $@ $(options)

.PHONY: databases
databases: ## Set the rights inside of the databases to what is declared, as yourself [STACK=sandbox CHECK=yes DECLARED=yes AS=address]
	@$(RUN) $@ $(options)

.PHONY: github
github: ## Bring the repository's settings on GitHub to what is committed [CHECK=yes REPOSITORY=owner/name]
	@$(RUN) $@ $(options)

.PHONY: ci
ci: ## Do a step of a workflow on GitHub: STEP=…
	@$(RUN) $@ $(options)

##@ Apps
.PHONY: new-app
new-app: ## Prepare a new app, a branch with a small change for each team that reviews it: NAME=… TEAM=… [KIND=webService|worker|cronJob|job PUBLIC=yes GROUP=…]
	@$(RUN) $@ $(options)

##@ Development
.PHONY: test
test: ## Run the tests [ARGS='-k name']
	@$(RUN) $@ $(options)

.PHONY: check
check: ## Check code, types, lock files, documents and environments: what CI checks
	@$(RUN) $@ $(options)

.PHONY: docs
docs: ## Write every document that is made from code and stack files
	@$(RUN) $@ $(options)

.PHONY: kit
kit: ## Copy the kit that every layer vendors from identity to the other layers
	@$(RUN) $@ $(options)

.PHONY: lock
lock: ## Write the lock files from each `pyproject.toml` [UPGRADE=yes]
	@$(RUN) $@ $(options)

.PHONY: pins
pins: ## Record the published SHA-256 of the vendors' files that deployments run [CHECK=yes]
	@$(RUN) $@ $(options)

.PHONY: bench
bench: ## Measure what everything costs in one run of about 36 minutes, and write the tables of it [ARGS='layers pack']
	@$(RUN) $@ $(options)

##@ Tools
.PHONY: tools
tools: ## Find, download or build the tools, and nothing else
	@$(RUN) $@ $(options)

.PHONY: doctor
doctor: ## Show what was found where, and what is missing; of an environment, how much of Google's limits is used [STACK=prod]
	@$(RUN) $@ $(options)
# End of the targets.

##@ Help
.PHONY: help
help: ## Show this list
	@awk '/^##@/ { line[++n] = "\n" substr($$0, 5) } \
	  /^[a-z-]+: ## / { line[++n] = $$0; sub(/: ## .*/, "", $$0); name[n] = $$0; if (length > width) width = length } \
	  END { for (i = 1; i <= n; i++) if (i in name) \
	    printf "  make %-" width "s  %s\n", name[i], substr(line[i], length(name[i]) + 6); else print line[i] }' Makefile
