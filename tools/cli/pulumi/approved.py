"""The plan that a reviewer has read, and whether it is the plan that is about to be carried out.

Two previews of the same change, by different accounts and at different times, never leave the same file: secrets are
encrypted anew, and names are random. So a plan is compared resource by resource: the steps, and what the program
declares, with secrets masked.
"""

import hashlib
import json
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, ValidationError

from cli.layout import Stack
from engine import plans, urns
from engine.values import masked
from toolchain.errors import ToolError
from toolchain.files import write_whole

# Folder with the plans that the reviewers of a run have read, as the action for deployments names it.
FOLDER = "APPROVED_PLANS"
_SHOWN = 20


class _Approved(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    stack: str
    resources: dict[str, str]


def file_name(stack: Stack) -> str:
    """Name of the file with the plan of a stack."""
    return f"{stack.project}-{stack.name}.approved.json"


def write(stack: Stack, plan: Path, folder: Path) -> None:
    """Write what identifies the plan of a preview into a folder; nothing for a preview without a plan."""
    if plan.is_file():
        content = _Approved(stack=f"{stack.project}/{stack.name}", resources=_digests(plan))
        write_whole(folder / file_name(stack), content.model_dump_json() + "\n", 0o644)


def require(stack: Stack, plan: Path, folder: Path) -> None:
    """Check that a plan is the one that the reviewers have read.

    Raises `ToolError` when it differs, or when there is none that they could have read.
    """
    found = sorted(folder.rglob(file_name(stack)))
    if not found:
        raise ToolError(
            f"{stack.title}: {stack.environment} is reviewed, and this run has no plan of the stack that its reviewers "
            "could read. Nothing was changed. Look at the job that plans it, and start the workflow anew."
        )
    try:
        approved = _Approved.model_validate_json(found[0].read_bytes())
    except ValidationError as error:
        raise ToolError(
            f"{stack.title}: the plan that its reviewers have read cannot be compared ({error.error_count()} problems)."
            " Nothing was changed. Start the workflow anew."
        ) from error
    digests = _digests(plan)
    different = {urn for urn in {*digests, *approved.resources} if digests.get(urn) != approved.resources.get(urn)}
    if different or approved.stack != f"{stack.project}/{stack.name}":
        listed = "\n".join(f"  {urns.label(urn)}" for urn in sorted(different)[:_SHOWN])
        more = f"\n  … and {len(different) - _SHOWN} more" if len(different) > _SHOWN else ""
        raise ToolError(
            f"{stack.title}: what would be done now is not what its reviewers have read, so the cloud or the state has "
            f"changed since. It differs in {len(different)} resources:\n{listed}{more}\nNothing was changed. Start the "
            "workflow anew: it plans anew, and the reviewers read that."
        )


def _digests(plan: Path) -> dict[str, str]:
    return {urn: _digest(urn, planned) for urn, planned in plans.documents(plan.read_bytes(), plan.name).items()}


def _digest(urn: str, planned: dict[str, Any]) -> str:
    goal = dict(planned.get("goal") or {})
    if urns.parse(urn).type != urns.STACK:
        # What the provider foresees depends on what the account may read; of a stack it is the contract.
        goal.pop("outputDiff", None)
    told = masked({"steps": sorted(planned.get("steps", ())), "goal": _ordered(goal) | _values(goal)})
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _ordered(option: Any) -> Any:
    """Return the options of a goal with their lists, which are sets, such as those of dependencies, in one order."""
    if isinstance(option, dict):
        return {name: _ordered(inner) for name, inner in cast("dict[str, Any]", option).items()}
    if isinstance(option, list):
        return sorted(cast("list[Any]", option), key=lambda item: json.dumps(item, sort_keys=True))
    return option


def _values(goal: dict[str, Any]) -> dict[str, Any]:
    """Return the differences of a goal without regard to what was there: to add a value is to change it.

    An account that may not read a payload sees none after a refresh, and what it plans is the same.
    """
    return {
        name: {
            "set": {**goal[name].get("adds", {}), **goal[name].get("updates", {})},
            "deletes": goal[name].get("deletes"),
        }
        for name in ("inputDiff", "outputDiff")
        if goal.get(name)
    }
