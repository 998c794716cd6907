"""Checks the committed stacks; prints one line per finding and ends with 1 when there is one."""

import sys
from collections.abc import Iterator

from cli.layout import stacks_by_file
from committed import owners, programs
from toolchain.errors import ToolError
from toolchain.progress import say


def findings() -> Iterator[str]:
    """Findings one at a time: of owners' patterns, then of each stack file's program, policies and owners."""
    yield from owners.patterns()
    for file, stack in stacks_by_file().items():
        if stack is None:  # `make check` says elsewhere which environment is not listed, or lacks the layer before
            continue
        for finding in programs.findings(stack):
            yield f"{file}: {finding}"
        for finding in owners.findings(stack):
            yield f"{file}: {finding}"
    for environment in sorted({stack.environment for stack in stacks_by_file().values() if stack}):
        yield from programs.exceeded(environment)


def main() -> int:
    """Print the findings; return the exit code."""
    code = 0
    for finding in findings():
        print(finding, flush=True)
        code = 1
    return code


if __name__ == "__main__":
    try:
        code = main()
    except ToolError as error:
        say(f"error: {error}")
        code = error.exit_code
    sys.exit(code)
