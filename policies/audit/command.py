"""Audits the states of all layers of an environment: `python -m audit.command --environment … --state … …`.

It merges the states, has the engine run this pack over them (`pulumi policy analyze`), and reports the findings. Exit
codes: 0 no findings, 1 findings, 2 the call, a state or a file of security's is wrong. No option makes a rule milder.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from audit import pack, settings
from audit.merge import StateError, merged
from engine import events, states
from engine.data import DataError
from engine.document import FormatError
from engine.events import PolicyEvent
from reports.events import applied, finding
from reports.finding import Run
from reports.locations import Locations
from reports.terminal import show
from reports.write import write

PACK = Path(__file__).resolve().parent


def main() -> int:
    """Audit by the arguments; return the exit code."""
    arguments = _arguments()
    try:
        resources = merged(
            arguments.state,
            arguments.environment,
            arguments.live,
            missing_roles=arguments.missing_role,
            rbac=arguments.rbac,
            abandoned=arguments.abandoned,
        )
        known = {policy.name: policy for policy in pack.rules()}
        policy_events = _analysed(resources, arguments.pulumi)
        locations = Locations(
            settings.ROOT, {resource["urn"]: resource.get("sourcePosition", "") for resource in resources}
        )
        findings = [finding(event, known, locations) for event in policy_events]
        summary = _summary(
            len(arguments.state), len(resources) - 1, live=arguments.live is not None, rbac=arguments.rbac is not None
        )
        run = Run("audit", arguments.environment, applied(policy_events, known), findings, f"{summary}\n")
        if arguments.report:
            write(run, arguments.report, f"audit-{arguments.environment}")
    except (StateError, FormatError, DataError) as error:
        return _ended(str(error))
    except OSError as error:
        return _ended(f"{error.filename} cannot be used ({error.strerror}), so there is no verdict.")
    show(run, summary)
    return 1 if run.violations else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="audit", description="Judge the states of all layers together.")
    parser.add_argument("--environment", required=True, help="which environment the states are of")
    parser.add_argument(
        "--state", required=True, action="append", type=Path, help="from `pulumi stack export`; several"
    )
    parser.add_argument("--live", type=Path, help="from `gcloud asset search-all-iam-policies --format=json`")
    parser.add_argument("--rbac", type=Path, help="items of `kubectl get --output=json` of Roles and bindings")
    parser.add_argument(
        "--missing-role", action="append", default=[], help="custom role that these name, and that is deleted; several"
    )
    parser.add_argument(
        "--abandoned", action="append", default=[], help="state with resources that no stack file is of; several"
    )
    parser.add_argument("--pulumi", required=True, type=Path, help="the engine")
    parser.add_argument("--report", type=Path, help="write SARIF, JUnit and Markdown into this folder")
    return parser.parse_args()


def _analysed(resources: list[dict[str, Any]], pulumi: Path) -> list[PolicyEvent]:
    """Run this pack on the resources, and return its findings.

    Raises:
        StateError: the engine or the pack did not complete.
        FormatError: the engine's output has an event of an unknown form.
    """
    with tempfile.TemporaryDirectory(prefix="prodfirst-") as folder:
        file = Path(folder) / "states.json"
        file.write_text(states.exported({"manifest": {}, "resources": resources}), encoding="utf-8")
        options = ["--file", str(file), "--policy-pack", str(PACK), "--json", "--non-interactive"]
        done = subprocess.run(  # noqa: S603 - the caller's engine
            [str(pulumi), "policy", "analyze", *options], cwd=folder, capture_output=True, text=True, check=False
        )
    summary = events.parse(done.stdout.encode(), "of the audit")
    # The engine ends with an error when there are violations, and only then; anything else is no verdict.
    if not summary.packs or bool(done.returncode) != bool(summary.violations):
        output = (done.stderr.strip() or done.stdout.strip())[-2000:]
        raise StateError(f"the engine did not get to the end of the audit, so there is no verdict:\n{output}")
    return summary.policies


def _summary(states: int, resources: int, *, live: bool, rbac: bool) -> str:
    policies = (
        "with the cloud's own policies" if live else "without the cloud's own policies: undeclared grants not sought"
    )
    inside = "with the cluster's RBAC" if rbac else "without the cluster's RBAC: undeclared bindings not sought"
    return f"{states} stacks, {resources} resources, {policies}, {inside}"


def _ended(message: str) -> int:
    print(f"error: {message}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
