"""Update plans: `pulumi preview --save-plan`. An update is bound to its plan."""

import json
from typing import Any

from pydantic import Field

from engine.document import Document, checked

Json = dict[str, Any]


class Difference(Document):
    """Changes of a resource's inputs or outputs."""

    adds: Json = Field(default_factory=Json)
    deletes: tuple[str, ...] = ()
    updates: Json = Field(default_factory=Json)

    def applied(self, values: Json) -> Json:
        """Return the values after the changes."""
        return {**{key: value for key, value in values.items() if key not in self.deletes}, **self.adds, **self.updates}


class Goal(Document):
    """Resource as the program declares it; `provider` is the URN and ID of its provider."""

    type: str
    custom: bool = True
    provider: str = ""
    parent: str = ""
    protect: bool = False
    delete_before_replace: bool = False
    ignore_changes: tuple[str, ...] = ()
    input_diff: Difference = Difference()
    output_diff: Difference = Difference()

    @property
    def provider_urn(self) -> str:
        """URN of its provider; empty for a component."""
        return self.provider.rpartition("::")[0]


class ResourcePlan(Document):
    """Steps of an update on one resource; `goal` is None for a resource that the program no longer declares."""

    goal: Goal | None = None
    steps: tuple[str, ...] = ()


class UpdatePlan(Document):
    """Permitted steps of an update, by URN. Every plan has a manifest, so a document without one is no plan."""

    manifest: Json
    resource_plans: dict[str, ResourcePlan] = Field(default_factory=dict[str, ResourcePlan])


def parse(content: bytes, name: str) -> UpdatePlan:
    """Parse an update plan.

    Raises:
        FormatError: the content is not an update plan.
    """
    return checked("plan", name, lambda: UpdatePlan.model_validate_json(content))


def documents(content: bytes, name: str) -> dict[str, Json]:
    """Return the plan of each resource with all that the engine wrote of it, by URN.

    Raises:
        FormatError: the content is not an update plan.
    """
    parse(content, name)
    return dict(json.loads(content).get("resourcePlans") or {})
