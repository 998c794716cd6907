"""Documents and checks of a step of the first week in one process, as `make docs` and `make check` have them.

A program of its own, which runs in the adopter's checkout. The checks of code are left out: no step changes code.
"""

import gc
import sys

from cli import catalog, documents, generated, rollout
from committed import __main__ as stacks
from compare import __main__ as comparison
from toolchain.environments import CHECKOUT

CHECKS = ("documents", "generated", "stacks", "environments")


def main(arguments: list[str]) -> int:
    """Print the findings of all checks, with `--docs` after writing the documents; return the exit code."""
    gc.freeze()  # the modules stay; the collector takes half of the time of a layer's program to look through them
    if "--docs" in arguments and (failed := generated.main([])):
        return failed
    findings = [*documents.findings(), *catalog.findings(), *rollout.findings(CHECKOUT)]
    print("\n".join(findings))
    return max(bool(findings), generated.main(["--check"]), stacks.main(), comparison.main(["--quiet"]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
