"""Entries of accepted drift for security's list (`policies/drift_acceptances.yaml`)."""

from datetime import date
from typing import Any

from cli.drifted.drifted_property import DriftedProperty
from cli.drifted.places import written
from cli.layout import Stack
from engine import urns

FILE = "policies/drift_acceptances.yaml"


def entry(stack: Stack, drifted: DriftedProperty, until: date, reason: str) -> str:
    """Return the entry that accepts a drifted property, as lines of the list.

    Without a reason the list refuses it, so that nobody enters it unread.
    """
    parts = urns.parse(drifted.resource)
    resource = {"stack": f"{stack.project}/{stack.name}", "type": parts.type, "name": parts.name}
    fields: dict[str, Any] = {
        "resource": resource,
        "path": drifted.path,
        "value": drifted.live,
        "reason": reason,
        "owner": stack.team() if stack.is_one_of_many else stack.owner(),
        "expires": until,
    }
    lines = [f"{name}: {written(value)}" for name, value in fields.items()]
    return "\n".join(["  - " + lines[0], *("    " + line for line in lines[1:])])
