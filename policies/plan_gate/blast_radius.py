"""Blast radius of a change: changed resources, consumers of the contract, irreversible steps, changed access."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, cast

from engine import contracts, urns
from engine.plans import Difference
from engine.states import Resource
from engine.values import is_unknown, leaves, masked
from plan_gate import weakening
from plan_gate.access import access, lines, permissions
from plan_gate.change import Change, Changes, Operation
from plan_gate.digest import Line, entries, named
from plan_gate.out_of_band import stopped, undone
from plan_gate.plan import Plan
from plan_gate.quotas import exceeded
from plan_gate.settings import Settings

_PROVIDER: Final = "pulumi:providers:gcp"


@dataclass(frozen=True)
class Contract:
    """Changes of a contract.

    Attributes:
        consumers: the programs that read it.
        paths: changed fields and their values with a sign in front: `+` new, `-` removed, `~` different.
        unknown: whether the new contract is known only after the update.
    """

    consumers: tuple[str, ...]
    paths: tuple[str, ...]
    unknown: bool


@dataclass(frozen=True)
class BlastRadius:
    """Blast radius of a change.

    Attributes:
        counts: resources by operation, components aside.
        digest: changed resources, those that change alike together.
        changes: changed resources, components aside.
        contracts: changes that consumers see, by contract.
        weakened: updates that weaken, open, stop or downgrade, a line each.
        irreversible: steps that cannot be undone, a line each.
        options: options that change in the state alone, a line each.
        administrators: labels of changed resources in a stack that administrators alone deploy.
        access: granted and revoked access, a line each, the strongest first.
        undone: out-of-band changes that the update undoes, a line each.
        stopped: apps that a person has stopped and that stay so, a line each.
        exceeded: namespaces whose quota is too small for what runs, a line each.
    """

    counts: dict[Operation, int]
    digest: tuple[Line, ...]
    changes: tuple[Change, ...]
    contracts: tuple[Contract, ...]
    weakened: tuple[str, ...]
    irreversible: tuple[str, ...]
    options: tuple[str, ...]
    administrators: tuple[str, ...]
    access: tuple[str, ...]
    undone: tuple[str, ...]
    stopped: tuple[str, ...]
    exceeded: tuple[str, ...]


def blast_radius(plan: Plan, changed: Changes, settings: Settings) -> BlastRadius:
    """Return the blast radius of a plan."""
    real = [change for change in changed.real if not change.is_component]
    project = _project(changed)
    weak = list(weakening.weakened(changed.all, weakening.settings()))
    return BlastRadius(
        counts=_counts(changed),
        digest=tuple(entries(changed.all)),
        changes=tuple(real),
        contracts=tuple(_contracts(plan, changed)),
        weakened=tuple(sorted(found.line for found in weak if found.kind != "final")),
        irreversible=(
            *sorted(f"update {found.line.removeprefix('final ')}" for found in weak if found.kind == "final"),
            *_irreversible(plan, real, settings),
        ),
        options=tuple(option.line for change in changed.all for option in change.options),
        administrators=tuple(change.label for change in real) if _is_administrators(plan) else (),
        access=tuple(
            lines(
                (one for change in real for one in access(change, project)),
                (one for change in changed.all for one in permissions(change)),
            )
        ),
        undone=tuple(undone(changed, settings)),
        stopped=tuple(stopped(changed, plan.events)),
        exceeded=tuple(exceeded(changed, plan.events)),
    )


def _project(changed: Changes) -> str:
    """Return the project of the stack's default provider; empty without one."""
    providers = (change.after or change.before for change in changed.all if change.type == _PROVIDER)
    return next((found for inputs in providers if isinstance(found := inputs.get("project"), str)), "")


def _is_administrators(plan: Plan) -> bool:
    return bool(plan.stack_urn) and contracts.program_of(plan.stack_urn) in contracts.contracts().administrators


def _counts(changed: Changes) -> dict[Operation, int]:
    counts = dict.fromkeys(Operation, 0)
    for change in changed.all:
        if not change.is_component:
            counts[change.operation] += 1
    return counts


def _irreversible(plan: Plan, real: list[Change], settings: Settings) -> Iterator[str]:
    for change in real:
        if change.operation is Operation.UPDATE:
            continue
        known = settings.irreversible.get(change.type, {})
        why = known.get("delete") if change.goes else known.get("create")
        if why and not change.stays:
            yield "; ".join(
                (f"{change.operation} {change.label}: {why}", *(_affected(plan, change) if change.goes else ()))
            )


def _affected(plan: Plan, change: Change) -> Iterator[str]:
    """Yield what depends on a resource that goes, in its own stack and among the readers of the stack's contracts."""
    old = change.old
    if old is None:
        return
    users = sorted(urns.label(other.urn) for other in plan.state.resources if other.custom and old.urn in other.uses)
    if users:
        yield f"on it depend {named(users)}"
    if readers := sorted(set(_readers(plan, old))):
        yield f"read by {', '.join(readers)}"


def _readers(plan: Plan, gone: Resource) -> Iterator[str]:
    """Yield the programs that read a contract with the name of a resource: as a field, or as a value."""
    stack = plan.state.by_urn.get(plan.stack_urn)
    own = {str(gone.inputs.get("name") or gone.name), gone.id} - {""}
    for name, document in contracts.published(stack.outputs, contracts.program_of(stack.urn)) if stack else ():
        declared = contracts.contracts().contracts.get(name)
        if declared and any(own & {str(value), *path.split(".")} for path, value in leaves(document)):
            yield from declared.consumers


def _contracts(plan: Plan, changed: Changes) -> Iterator[Contract]:
    stack = next((change for change in changed.all if change.urn == plan.stack_urn), None)
    if stack is None or stack.goal is None:
        return
    program, difference = contracts.program_of(stack.urn), stack.goal.output_diff
    before = stack.old.outputs if stack.old else {}
    for name, declared in contracts.contracts().contracts.items():
        output = contracts.output(name, program)
        if declared.producer != program or not declared.consumers or not _touched(difference, output):
            continue
        old = before.get(output)
        new = difference.applied({output: old}).get(output)
        unknown = is_unknown(new)
        yield Contract(declared.consumers, () if unknown else tuple(_paths(old, new)), unknown=unknown)


def _touched(difference: Difference, output: str) -> bool:
    return output in (*difference.adds, *difference.updates, *difference.deletes)


_SIGNS: Final = "-+~"


def _paths(old: Any, new: Any) -> Iterator[str]:
    """Yield the differences of a contract, what goes first; lists of names and addresses are compared as sets."""
    if old is None and isinstance(new, dict):
        yield f"+ new, with {', '.join(cast('dict[str, Any]', new))}"
        return
    yield from sorted(_compared("", old, new), key=lambda line: _SIGNS.index(line[0]))


def _compared(path: str, old: Any, new: Any) -> Iterator[str]:
    before, after = _set(old), _set(new)
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        fields, others = cast("dict[str, Any]", old), cast("dict[str, Any]", new)
        for key in sorted(fields.keys() | others.keys()):
            yield from _compared(f"{path}.{key}" if path else key, fields.get(key), others.get(key))
    elif before is not None and after is not None:
        yield from (f"- {path}: {_value(item)}" for item in before if item not in after)
        yield from (f"+ {path}: {_value(item)}" for item in after if item not in before)
        if not [item for item in (*before, *after) if item not in before or item not in after]:
            yield f"~ {path}: in another order, or not as often"
    elif old is None or new is None:
        sign = "+" if old is None else "-"
        yield from (f"{sign} {where}: {text}" for where, text in _flat(path, new if old is None else old))
    else:
        yield f"~ {path}: {_value(old)} → {_value(new)}"


def _set(value: Any) -> list[Any] | None:
    """Return a list of names or addresses; None for anything else."""
    listed = cast("list[Any]", value) if isinstance(value, list) else None
    return None if listed is None or any(isinstance(item, dict | list) for item in listed) else listed


def _flat(path: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield the fields of a value by path, a list of names or addresses in one."""
    fields = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    for key, inner in fields.items():
        yield from _flat(f"{path}.{key}" if path else key, inner)
    if not fields:
        listed = _set(value)
        yield path, ", ".join(map(_value, listed)) if listed else _value(value)


def _value(value: Any) -> str:
    """Return a value of a contract in a line; a contract has names and addresses only, and no secret."""
    return str(masked(value)) if isinstance(value, str | int) else json.dumps(masked(value))
