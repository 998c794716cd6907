"""Judges plans by readtheplan: the worst risk of a change in each."""

from importlib import import_module
from typing import Any

from lab.readers import protocol


def main() -> None:
    """Judge the plans of standard input."""
    # By name: only the environment of the judges has it.
    judge: Any = import_module("readtheplan")
    order: dict[str, int] = import_module("readtheplan.rules").RISK_ORDER

    def level(document: protocol.Document) -> str:
        risks = (change.risk for change in judge.analyze(document).resource_changes)
        return str(max(risks, key=order.__getitem__, default="safe"))

    protocol.answer(level)


if __name__ == "__main__":
    main()
