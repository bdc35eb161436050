# Every command is a Python function in dev/cli.py; variables reach it by the environment.
PYTHON ?= python3
COMMANDS := run test test-long lint bench replay db shell demo-reset terms screenshots release stop help

.DEFAULT_GOAL := help
.PHONY: $(COMMANDS)

$(COMMANDS):
	@$(PYTHON) -m dev $@
