"""Inputs of providers: which ones a provider may have, and whether a plan changes them.

A provider's inputs decide where the token of the identity goes, and whose answers the program believes. They follow
from the stack's configuration and from the platform's contract, and stay as they are from the first update on.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from engine import own, urns
from plan_gate.access import readable
from plan_gate.change import Change
from plan_gate.plan import Plan
from policy_pack.environments import ENVIRONMENTS
from policy_pack.permitted_inputs import PERMITTED_INPUTS

_TYPES = "pulumi:providers:"
# Inputs that direct no token: what a newer plugin changes, and an option on fields of objects in the same cluster.
# The closed list has their only values, so security changes them there.
_LISTED_EXACTLY = frozenset({"version", "__internal", "enablePatchForce"})

Inputs = Mapping[str, Any]


def is_provider(change: Change) -> bool:
    """Return whether a change is of a provider."""
    return change.type.startswith(_TYPES)


def unlisted(change: Change) -> Iterator[str]:
    """Yield the inputs of a declared provider that inputs.yaml does not list, and the values that it does not."""
    if change.goal is None:
        return
    if change.type not in PERMITTED_INPUTS.types:
        yield "policies/inputs.yaml does not list this kind of provider, so nobody knows where its token goes"
        return
    facts = own.of_environment(ENVIRONMENTS.of_stack(urns.parse(change.urn).stack))
    yield from PERMITTED_INPUTS.problems(change.type, readable(change.after), facts)


def changed(change: Change, plan: Plan) -> tuple[str, ...]:
    """Return the names of the inputs in which a declared provider differs from the one that the state has.

    A provider under another name replaces one that is there, as the program can move all resources to it: so a new one
    is compared with all of its type, and the nearest of them counts. The first one of a stack differs from none.
    """
    if change.goal is None:
        return ()
    if change.old is not None:
        present = [change.old.inputs]
    else:
        present = [resource.inputs for resource in plan.state.resources if resource.type == change.type]
    differences = [_differing(inputs, change.after) for inputs in present]
    return min(differences, key=len, default=())


def _differing(before: Inputs, after: Inputs) -> tuple[str, ...]:
    names = (before.keys() | after.keys()) - _LISTED_EXACTLY
    return tuple(sorted(name for name in names if before.get(name) != after.get(name)))
