"""Types whose resources Google names itself: a name is known only after the resource's creation."""

from dataclasses import dataclass

from sandbox.cloud.errors import ApiError
from sandbox.plugins.gcp.types import ResourceType, Session
from sandbox.plugins.protocol import Properties


@dataclass(frozen=True)
class NumberedType(ResourceType):
    """A type whose REST name ends in `{number}`, which is no input."""

    autoname: str = ""

    def create(self, session: Session, inputs: Properties) -> tuple[str, Properties]:
        """Creates the resource, and takes its name from the response."""
        verb = session.cloud.collection(self.kind).create
        parent = self.name.format_map({**self.variables(inputs), "number": "-"})
        created = session.call(f"{self.kind}.{verb}", parent, self.to_body(inputs))
        return created["name"], self.created_outputs(inputs, session.call(f"{self.kind}.get", created["name"]))

    def created_outputs(self, inputs: Properties, body: Properties) -> Properties:
        """Returns the outputs of a creation, which may contain values that Google shows only once."""
        return self.to_outputs(inputs, body)

    def inputs_from_id(self, resource_id: str) -> Properties:
        """Returns the inputs in the name; its number is no input."""
        parts = super().inputs_from_id(resource_id)
        return {key: value for key, value in parts.items() if key != "number"}

    def read(self, session: Session, resource_id: str, inputs: Properties) -> tuple[Properties, Properties] | None:
        """Returns the present inputs and outputs; None if the resource is gone."""
        try:
            body = session.call(f"{self.kind}.get", resource_id)
        except ApiError as error:
            if error.status == "NOT_FOUND":
                return None
            raise
        present = self.read_inputs(inputs, body)
        return present, self.to_outputs(present, body)

    def body_of(self, session: Session, resource_id: str, inputs: Properties) -> Properties | None:
        """Returns the body of the resource, whose id is its name."""
        del inputs
        return session.call(f"{self.kind}.get", resource_id)

    def update(self, session: Session, state: Properties, old_inputs: Properties, inputs: Properties) -> Properties:
        """Changes the resource in place."""
        verb = session.cloud.collection(self.kind).update
        changed = self.changes(old_inputs, inputs)
        if changed:
            session.call(f"{self.kind}.{verb}", state["name"], changed)
        return self.to_outputs(inputs, session.call(f"{self.kind}.get", state["name"]))

    def delete(self, session: Session, state: Properties) -> None:
        """Deletes the resource, unless the provider's own protection forbids it."""
        self.refuse_if_protected(state)
        if state.get("deletionPolicy") != "ABANDON":
            session.call(f"{self.kind}.delete", state["name"], self.deletion_body(state))

    def deletion_body(self, state: Properties) -> Properties:
        """Returns the body of the deleting call."""
        del state
        return {}
