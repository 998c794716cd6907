"""Evaluates the files of a preview: `python -m plan_gate --title … --plan … --state … --events …`.

Exit codes: 0 the plan may be carried out, 1 it is refused, 2 the call or a file of security's is wrong. There is no
option that makes the gate milder: its demands are in plan_rules.yaml, accepted refusals in plan_exceptions.yaml, and
accepted drift in drift_acceptances.yaml.
"""

import argparse
import json
import sys
from pathlib import Path

from engine.data import DataError
from engine.document import FormatError
from plan_gate import summary
from plan_gate.chained import planned_contracts
from plan_gate.change import changes
from plan_gate.needed import add_environment
from plan_gate.needs import Environment, environment
from plan_gate.plan import read
from plan_gate.verdict import Verdict, evaluate


def main() -> int:
    """Evaluate by the arguments; return the exit code."""
    arguments = _arguments()
    try:
        around = _environment(arguments)
        plan = read(arguments.plan, arguments.state, arguments.events)
        verdict = evaluate(plan, around=around, unattended=arguments.unattended, assumed=tuple(arguments.assumed))
        _write(verdict, arguments)
    except (FormatError, DataError) as error:
        return _ended(str(error))
    except OSError as error:
        return _ended(
            f"{error.filename} cannot be written ({error.strerror}), so there is no verdict and nothing may run."
        )
    from plan_gate.terminal import show  # noqa: PLC0415 - only after everything that may end this program at once

    show(verdict, arguments.title, binding=arguments.binding)
    return 0 if verdict.passed else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="plan_gate", description="Judge a plan of the engine before it is carried out."
    )
    parser.add_argument("--title", required=True, help="what the stack is called")
    parser.add_argument("--plan", required=True, type=Path, help="from `pulumi preview --save-plan`")
    parser.add_argument("--state", required=True, type=Path, help="from `pulumi stack export`")
    parser.add_argument("--events", required=True, type=Path, help="from `pulumi preview --event-log`")
    parser.add_argument("--verdict", type=Path, help="write the verdict there, as JSON")
    parser.add_argument("--binding", action="store_true", help="an update of this very plan is to follow")
    parser.add_argument("--unattended", action="store_true", help="refuse everything but putting harmless drift back")
    parser.add_argument("--report", type=Path, help="write SARIF, JUnit and Markdown into this folder")
    parser.add_argument(
        "--contracts", type=Path, help="write the contracts that the plan would publish into this folder"
    )
    parser.add_argument(
        "--assumed",
        action="append",
        default=[],
        help="what the preview took as published, and an update before changes",
    )
    add_environment(parser)
    return parser.parse_args()


def _environment(arguments: argparse.Namespace) -> Environment | None:
    if arguments.fetched is None:
        return None
    states = [arguments.state, *arguments.around]
    return environment(arguments.fetched, states, arguments.account, arguments.number)


def _write(verdict: Verdict, arguments: argparse.Namespace) -> None:
    if arguments.verdict:
        text = json.dumps(summary.document(verdict), indent=2)
        arguments.verdict.write_text(text, encoding="utf-8")
    if arguments.contracts:
        for contract in planned_contracts(verdict.plan, changes(verdict.plan)):
            text = json.dumps({"document": contract.document, "unknown": contract.unknown, "kept": contract.kept})
            (arguments.contracts / f"{contract.name}.json").write_text(text, encoding="utf-8")
    if arguments.report:
        from plan_gate.findings import run  # noqa: PLC0415  needs the whole pack, which a verdict does not
        from policy_pack import catalog  # noqa: PLC0415  the same
        from reports.write import write  # noqa: PLC0415  the same

        pack = {policy.name: policy for policy in (*catalog.RULES, *catalog.STACK_RULES)}
        write(run(verdict, arguments.title, pack), arguments.report, arguments.title.replace("/", "-"))


def _ended(message: str) -> int:
    print(f"error: {message}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
