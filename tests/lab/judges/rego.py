"""Evaluates the five rules in Rego, compiled once, for one resource after the other."""

from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from lab.judges import protocol

_ENTRY = "judges/findings"


def main() -> None:
    """Evaluate the resources of standard input."""
    # By name: only the environment of the judges has it.
    interpreter: Any = import_module("regopy").Interpreter()
    interpreter.add_module("rules", Path(__file__).with_name("rules.rego").read_text(encoding="utf-8"))
    compiled = interpreter.build(None, [_ENTRY])

    def evaluate(resources: Sequence[protocol.Resource]) -> Iterator[protocol.Found]:
        for position, resource in enumerate(resources):
            interpreter.set_input(resource)
            output = interpreter.query_bundle_entrypoint(compiled, _ENTRY)
            yield from ((position, rule) for rule in output[0][0])

    protocol.answer(evaluate)


if __name__ == "__main__":
    main()
