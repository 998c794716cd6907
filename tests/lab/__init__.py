"""Experiments that take too long for `make test`: `.venv/bin/python -m lab.<name>`, from `tests/`."""

import sys
import tomllib
from pathlib import Path

_TESTS = Path(__file__).resolve().parent.parent


def _find_sources() -> None:
    """Let this interpreter import what pytest's setting `pythonpath` names, after what it finds already."""
    settings = tomllib.loads((_TESTS / "pyproject.toml").read_text(encoding="utf-8"))
    for place in settings["tool"]["pytest"]["ini_options"]["pythonpath"]:
        path = str((_TESTS / place).resolve())
        if path not in sys.path:
            sys.path.append(path)


_find_sources()
