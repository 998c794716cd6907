"""Experiments that take too long for `make test`: `.venv/bin/python -m lab.<name>`, from `tests/`."""
