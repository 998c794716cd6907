"""Drift by property: what a deployment would put back, what stays because it is accepted, and what stays no longer."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from engine import paths, urns
from engine.paths import Path
from engine.values import HIDDEN, leaves, masked
from plan_gate import weakening
from plan_gate.change import Change, Changes, Operation
from plan_gate.differences import shown
from plan_gate.plan import Plan
from policy_pack.acceptances import Acceptance, Acceptances, untouchable

# What makes a value no drift to accept, whatever the type: it is accepted by a waiver or an exception, if at all.
_WEAKER: Final = frozenset({"weakens", "opens"})


@dataclass(frozen=True)
class DriftedProperty:
    """Property that the cloud has otherwise than the program declares, and that an update would put back.

    Attributes:
        change: the resource's change.
        path: the property; empty where the whole resource is gone from the cloud.
        declared: value that the update sets; None for none. Secrets are masked, as in `live`.
        live: value that the cloud has; None for none.
    """

    change: Change
    path: Path
    declared: Any
    live: Any

    @property
    def is_secret(self) -> bool:
        """Return whether a value on a side is secret."""
        return any(value == HIDDEN for side in (self.declared, self.live) for _, value in leaves(side))

    @property
    def untouchable(self) -> str:
        """Why nobody accepts it, nor puts it back unattended; empty where that may be."""
        if not self.path:
            return "the resource is gone"
        parts = urns.parse(self.change.urn)
        secret = "it is secret" if self.is_secret else ""
        return untouchable(parts.type, parts.name, parts.project) or secret


def drifted(changes: Changes) -> Iterator[DriftedProperty]:
    """Yield the drifted properties that an update would put back."""
    for change in changes.all:
        if change.is_made_anew:
            yield DriftedProperty(change, (), None, None)
        elif change.recorded and change.old and change.operation in (Operation.UPDATE, Operation.REPLACE):
            yield from _properties(change, change.recorded.inputs, change.old.inputs)


def _properties(change: Change, recorded: dict[str, Any], present: dict[str, Any]) -> Iterator[DriftedProperty]:
    after = change.after
    secret = change.recorded.confidential if change.recorded else frozenset[str]()
    for path, _, live in paths.changed(recorded, present):
        declared = paths.value(after, path)
        if not paths.equal(live, declared):
            name = path[-1].key
            hidden = path[0].key in secret
            sides = (HIDDEN if hidden else masked(value, name) for value in (declared, live))
            yield DriftedProperty(change, path, *sides)


def kept(changes: Changes, accepted: Acceptances, plan: Plan) -> Iterator[str]:
    """Yield the accepted drift of the plan's stack that stays as it is, a line each."""
    for acceptance, change in _found(changes, accepted, plan):
        if change:
            value, declared = (
                shown(masked(value, acceptance.path.rpartition(".")[2]))
                for value in (acceptance.value, acceptance.of(change.declared))
            )
            yield (
                f"{urns.label(change.urn)}: {acceptance.path} stays {value}, where {declared} is declared. Until "
                f"{acceptance.expires}, by {acceptance.owner}: {acceptance.reason}"
            )


def refused(changes: Changes, accepted: Acceptances, plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield pairs of a URN and the reason why accepted drift stays no longer as it is."""
    for acceptance, change in _found(changes, accepted, plan):
        if change is None:
            continue  # the pack's rule names it
        of = weakening.settings().types.get(change.type)
        if of:
            for path, way, _ in weakening.happening(of, change.declared, acceptance.applied(change.declared)):
                if way.kind in _WEAKER:
                    yield change.urn, f"the {acceptance.title} {way.kind} {path}: {way.because}. Put it back"
        if plan.events.refreshed and not (change.old and acceptance.is_in(change.old.inputs)):
            live = shown(masked(acceptance.of(change.old.inputs))) if change.old else "no such resource"
            accepted_value = shown(masked(acceptance.value))
            message = (
                f"the {acceptance.title} is for {accepted_value}, and the cloud has {live}: nobody has accepted that, "
                "and an acceptance changes nothing"
            )
            yield change.urn, message


def _found(changes: Changes, accepted: Acceptances, plan: Plan) -> Iterator[tuple[Acceptance, Change | None]]:
    """Yield the acceptances of the plan's stack that hold, each with the change of its resource."""
    if not plan.stack_urn:
        return
    stack = urns.parse(plan.stack_urn)
    for acceptance in accepted.of_stack(stack.project, stack.stack):
        if not accepted.expired(acceptance):
            fitting = (change for change in changes.all if acceptance.resource.fits(change.urn) and change.goal)
            yield acceptance, next(fitting, None)
