"""Protocol of the programs that judge: resources as JSON on standard input, findings and their cost on standard output.

The standard library alone: the programs run in the environments of the judges.
"""

import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypedDict

Inputs = dict[str, Any]
Found = tuple[int, str]  # position of a resource, and name of the rule that it violates


class Resource(TypedDict):
    """Resource as the engine registers it: type token, name and inputs."""

    type: str
    name: str
    inputs: Inputs


def answer(evaluate: Callable[[Sequence[Resource]], Iterable[Found]]) -> None:
    """Evaluate the resources of standard input; write findings and the processor seconds that they took."""
    resources: list[Resource] = json.load(sys.stdin)
    started = time.process_time()
    found = list(evaluate(resources))
    json.dump({"seconds": time.process_time() - started, "found": found}, sys.stdout)
