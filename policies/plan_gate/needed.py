"""Shows what the update of a plan requires, without a verdict: `python -m plan_gate.needed --title … --plan … …`.

Exit codes: 0 nothing is missing, 1 the update would be refused, 2 the call or a file is wrong.
"""

import argparse
import json
import sys
from pathlib import Path

from engine.data import DataError
from engine.document import FormatError
from plan_gate import summary
from plan_gate.change import changes
from plan_gate.needs import environment, required
from plan_gate.plan import read
from plan_gate.requirements import Needs
from plan_gate.terminal import show_needs

_FORMATS = ("table", "json")


def main() -> int:
    """Show what the arguments ask for; return the exit code."""
    arguments = _arguments()
    try:
        needs = _needs(arguments)
    except (FormatError, DataError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if arguments.format == "json":
        print(json.dumps(summary.needed(needs), indent=2))
    else:
        show_needs(needs, arguments.title)
    return 1 if needs.refused else 0


def _needs(arguments: argparse.Namespace) -> Needs:
    plan = read(arguments.plan, arguments.state, arguments.events)
    states = [arguments.state, *arguments.around]
    around = environment(arguments.fetched, states, arguments.account, arguments.number)
    return required(plan, changes(plan), around)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="plan_gate.needed", description="Show what the update of a plan requires.")
    parser.add_argument("--title", required=True, help="what the stack is called")
    parser.add_argument("--plan", required=True, type=Path, help="from `pulumi preview --save-plan`")
    parser.add_argument("--state", required=True, type=Path, help="from `pulumi stack export`")
    parser.add_argument("--events", required=True, type=Path, help="from `pulumi preview --event-log`")
    parser.add_argument("--format", choices=_FORMATS, default=_FORMATS[0], help="form of the answer")
    add_environment(parser, required=True)
    return parser.parse_args()


def add_environment(parser: argparse.ArgumentParser, *, required: bool = False) -> None:
    """Add the options that describe the environment of a plan."""
    group = parser.add_argument_group("the environment, to predict what the update would be refused for")
    group.add_argument("--fetched", type=Path, required=required, help="what was fetched of the cloud (iam/fetched.py)")
    group.add_argument("--account", default="", help="address of the account that would update")
    group.add_argument("--number", default="", help="number of the project")
    group.add_argument("--around", action="append", default=[], type=Path, help="another stack's state; several")


if __name__ == "__main__":
    sys.exit(main())
