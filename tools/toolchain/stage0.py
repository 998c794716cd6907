"""First stage of every command: runs `doctor` itself, and makes the Python environments of all other commands."""

import os
import sys
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NoReturn

from toolchain import environments, memory
from toolchain.errors import ToolError
from toolchain.progress import say

# Commands that run programs of tests/, commands that run neither a program of a layer nor one of the policies, and
# commands that run the policies on states: they need no environment of a layer's program.
OF_TESTS = ("bench", "check", "checkov", "compare", "docs", "test")
OF_TOOLS = (
    *(
        "conformance",
        "down",
        "drift",
        "explain",
        "github",
        "help",
        "history",
        "lock",
        "move",
        "new-app",
        "pins",
        "status",
    ),
    *("tools", "unused"),
)
OF_POLICIES = ("access", "audit", "doctor", "portal")
# Steps of a workflow that run programs of layers; the other steps only process their results.
STEPS_OF_LAYERS = ("drift", "preview")
# A step that runs a checker of the tests.
STEP_OF_TESTS = "actions"
SANDBOX = "sandbox"


def main(arguments: list[str]) -> int:
    """Run one command; return its exit code (130 when interrupted), or be replaced by the command's process."""
    try:
        if arguments == ["doctor"]:
            # It must also run where no environment can be made, so the current Python runs it.
            return _hand_over(sys.executable, ["-m", "cli.doctor"])
        environments.ensure(needed(arguments, os.environ), pinned=has_identity(arguments, os.environ))
    except ToolError as error:
        say(f"error: {error}")
        return error.exit_code
    except KeyboardInterrupt:
        say("interrupted: environments that were not complete are made again by the next run")
        return 130
    return _hand_over(str(environments.python("tools")), ["-m", "cli", *arguments])


def needed(arguments: Sequence[str], variables: Mapping[str, str]) -> tuple[str, ...]:
    """Projects whose environments a command uses; a deployment of one layer needs neither other layers nor the tests.

    Args:
        arguments: the command and its options.
        variables: environment variables; LAYER is the layer of a workflow's job.
    """
    command = arguments[0] if arguments else ""
    options = dict(pairwise(arguments))
    if command in OF_TESTS:
        return environments.PROJECTS
    if command == "ci" and options.get("--STEP") == STEP_OF_TESTS:
        return ("tools", "tests")
    if command in OF_TOOLS or (command == "ci" and options.get("--STEP") not in STEPS_OF_LAYERS):
        return ("tools",)
    if command in OF_POLICIES and not options.keys() & {"--DRIFT", "--PLANNED"}:
        return ("tools", "policies")
    return ("tools", *_layers(command, options, variables), "policies")


def has_identity(arguments: Sequence[str], variables: Mapping[str, str]) -> bool:
    """Return whether a command works on Google Cloud, or in a job that can sign in there: its programs are pinned.

    Args:
        arguments: the command and its options.
        variables: environment variables; GitHub sets the address for tokens where a job may ask for one.
    """
    stack = dict(pairwise(arguments)).get("--STACK", SANDBOX)
    return stack != SANDBOX or "ACTIONS_ID_TOKEN_REQUEST_URL" in variables


def _layers(command: str, options: Mapping[str, str], variables: Mapping[str, str]) -> Sequence[str]:
    """Layers whose programs a command runs."""
    if command == "bootstrap":
        return ("identity",)
    layer = options.get("--LAYER", "apps" if "--APP" in options else variables.get("LAYER", ""))
    return (layer,) if layer in environments.LAYERS else environments.LAYERS


def environment() -> dict[str, str]:
    """Environment variables of the commands."""
    env = {**os.environ, **memory.large_pages(), "PYTHONPATH": str(environments.CHECKOUT / "tools")}
    # Without byte code each program start compiles its SDKs anew, which takes four seconds.
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    return env


def _hand_over(python: str, arguments: list[str]) -> NoReturn:
    sys.stderr.flush()
    os.execve(python, [python, *arguments], environment())  # noqa: S606  an environment's own Python
