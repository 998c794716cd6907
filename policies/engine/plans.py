"""Update plans: `pulumi preview --save-plan`. The plan is what binds an update."""

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
        """Values after the changes."""
        return {**{key: value for key, value in values.items() if key not in self.deletes}, **self.adds, **self.updates}


class Goal(Document):
    """A resource as the program declares it."""

    type: str
    custom: bool = True
    protect: bool = False
    delete_before_replace: bool = False
    input_diff: Difference = Difference()
    output_diff: Difference = Difference()


class ResourcePlan(Document):
    """Steps of an update on one resource; `goal` is None for a resource that the program no longer declares."""

    goal: Goal | None = None
    steps: tuple[str, ...] = ()


class UpdatePlan(Document):
    """All that an update may do, by URN. Every plan of the engine has a manifest, so a document without is none."""

    manifest: Json
    resource_plans: dict[str, ResourcePlan] = Field(default_factory=dict[str, ResourcePlan])


def parse(content: bytes, name: str) -> UpdatePlan:
    """An update plan.

    Raises:
        FormatError: the content is not one.
    """
    return checked("plan", name, lambda: UpdatePlan.model_validate_json(content))
