"""Security's part in a change that the plan gate refuses: an exception for each thing that its verdict names."""

from datetime import timedelta
from typing import Any

import yaml

from e2e.harness import Ran, Sandbox
from plan_gate.verdict import today

_ASKED = "- {resource: "


def asked(stopped: Ran) -> list[tuple[str, str]]:
    """Resource and operation of each exception that a verdict says it takes."""
    lines = [line.strip() for line in stopped.out.splitlines() if line.strip().startswith(_ASKED)]
    entries: list[dict[str, str]] = [yaml.safe_load(line)[0] for line in lines]
    return [(entry["resource"], entry["operation"]) for entry in entries]


def accept(sandbox: Sandbox, entries: list[tuple[str, str]]) -> None:
    """Enter exceptions into the checkout of a sandbox in place of those that are there."""
    common: dict[str, Any] = {
        "reason": "Reviewed: it is to go, and what it holds is kept elsewhere.",
        "owner": "database",
        "expires": today() + timedelta(days=1),
    }
    exceptions = [{"resource": resource, "operation": operation, **common} for resource, operation in entries]
    file = sandbox.checkout / "policies" / "plan_exceptions.yaml"
    file.write_text(yaml.safe_dump({"exceptions": exceptions}))
