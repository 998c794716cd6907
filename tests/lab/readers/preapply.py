"""Judges plans by preapply: the action that it recommends for each."""

import json
import logging
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lab.readers import protocol


def main() -> None:
    """Judge the plans of standard input."""
    # By name: only the environment of the judges has it.
    judge: Any = import_module("preapply")
    # It reports every step of its work on standard error.
    logging.disable(logging.ERROR)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "plan.json"

        def level(document: protocol.Document) -> str:
            file.write_text(json.dumps(document), encoding="utf-8")
            return str(judge.analyze(str(file))["risk_action"])

        protocol.answer(level)


if __name__ == "__main__":
    main()
