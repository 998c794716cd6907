"""Protocol of the programs that judge: Terraform's plans as JSON on standard input, a level of each on the output.

The standard library alone: the programs run in the environment of the judges.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

Document = dict[str, Any]


def answer(level: Callable[[Document], str]) -> None:
    """Judge the plans of standard input; write the level of each, and the processor seconds that they took."""
    documents: list[Document] = json.load(sys.stdin)
    started = time.process_time()
    levels = [level(document) for document in documents]
    json.dump({"seconds": time.process_time() - started, "levels": levels}, sys.stdout)
