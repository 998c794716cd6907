"""Contracts as a plan would publish them, for the previews of their consumers.

A value that only the update makes known stays what is published, and its path is reported. A field that the contract
`keeps` is left out, so that its readers take the published one, and reported where the plan changes it. A contract with
an unknown value that was never published is not foretold at all.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from engine import contracts
from engine.values import is_opaque, is_unknown
from plan_gate.change import Changes
from plan_gate.plan import Plan

_ABSENT = object()


@dataclass(frozen=True)
class PlannedContract:
    """Contract that a plan would publish.

    Attributes:
        name: of the contract.
        document: the JSON object without what the contract keeps; None where too little is known before the update.
        unknown: paths of values that only the update makes known.
        kept: fields that the plan changes, and that readers take from the published contract all the same.
    """

    name: str
    document: dict[str, Any] | None
    unknown: tuple[str, ...]
    kept: tuple[str, ...] = ()


def planned_contracts(plan: Plan, changed: Changes) -> Iterator[PlannedContract]:
    """Yield the contracts that a plan changes, of those that are published and have consumers."""
    stack = next((change for change in changed.all if change.urn == plan.stack_urn), None)
    if stack is None or stack.goal is None or stack.old is None:
        return
    program, before = contracts.program_of(stack.urn), stack.old.outputs
    after = stack.goal.output_diff.applied(before)
    for name, declared in contracts.contracts().contracts.items():
        output = contracts.output(name, program)
        old, new = before.get(output), after.get(output)
        if declared.producer == program and declared.consumers and isinstance(old, dict) and old != new:
            yield _planned(name, cast("dict[str, Any]", old), new, declared.keeps)


def _planned(name: str, old: dict[str, Any], new: Any, kept: Sequence[str]) -> PlannedContract:
    unknown: list[str] = []
    changed: tuple[str, ...] = ()
    if isinstance(new, dict) and not is_opaque(cast("object", new)):
        fields = cast("dict[str, Any]", new)
        changed = tuple(field for field in kept if fields.get(field) != old.get(field))
        new = {field: value for field, value in fields.items() if field not in kept}
    document = _known(old, new, "", unknown)
    foretold = cast("dict[str, Any]", document) if isinstance(document, dict) else None
    return PlannedContract(name, foretold, tuple(sorted(unknown)), changed)


def _known(old: Any, new: Any, path: str, unknown: list[str]) -> Any:
    """Return a planned value with published values for unknown ones; _ABSENT where there is no published one."""
    if is_unknown(new) or is_opaque(new):
        unknown.append(path or "all of it")
        return old if path else _ABSENT
    if isinstance(new, dict):
        known = cast("dict[str, Any]", old) if isinstance(old, dict) else {}
        made = {
            key: _known(known.get(key, _ABSENT), value, f"{path}.{key}" if path else key, unknown)
            for key, value in cast("dict[str, Any]", new).items()
        }
        return _ABSENT if _ABSENT in made.values() else made
    if isinstance(new, list):
        listed = cast("list[Any]", old) if isinstance(old, list) else []
        items = [
            _known(listed[index] if index < len(listed) else _ABSENT, value, f"{path}.{index}", unknown)
            for index, value in enumerate(cast("list[Any]", new))
        ]
        return _ABSENT if _ABSENT in items else items
    return new
