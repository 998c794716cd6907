"""Pulumi resource types over API methods: names, fields, replacement rules, and the calls.

A `ResourceType` maps one type of the gcp provider to one REST collection. Most types need only this declaration
(`catalog/`); types that the provider handles specially override a method (`special.py`).
"""

import copy
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from sandbox.cloud.api import Cloud
from sandbox.cloud.errors import ApiError
from sandbox.cloud.iam import Caller
from sandbox.plugins.gcp import defaults, facts, paths, transport
from sandbox.plugins.gcp.conversions import Conversion
from sandbox.plugins.protocol import UNKNOWN, Properties, ProviderError, contains_unknown

AUTONAME_DIGITS = 7


@dataclass(frozen=True)
class Session:
    """A configured provider: the cloud, the identity it calls as, and the defaults of its configuration.

    Attributes:
        defaults: property -> value for resources without one ("project", "region", "zone").
    """

    cloud: Cloud
    caller: Caller
    defaults: Mapping[str, str]

    def call(self, method: str, name: str, body: Properties | None = None) -> Properties:
        """Carries out an API method as the session's identity."""
        return transport.call(self.cloud, self.caller, method, name, body)


@dataclass(frozen=True)
class ResourceType:
    """One type of the gcp provider over one REST collection.

    Attributes:
        type: Pulumi's type token.
        kind: prefix of the collection's method ids.
        name: template of the relative REST name, over the inputs.
        id: template of Pulumi's resource id; the REST name when empty.
        required: required inputs.
        replace_on: top-level inputs whose change forces a replacement; for nested inputs see facts.py.
        delete_first: whether the provider deletes the old resource first in every replacement.
        provider_only: inputs that the API never sees.
        fields: dotted path in the inputs -> dotted path in the REST body, where they differ; applied in this order.
        conversions: dotted path in the REST body -> conversion of its value, where the provider's differs.
        computed: output -> dotted path in the REST body.
        computed_within: dotted paths, inside objects that are also inputs, which the API fills in.
        inherits: inputs that default to the provider's configuration.
        autoname: the input that is named by the provider when absent ("" for none).
    """

    type: str
    kind: str
    name: str
    id: str = ""
    required: tuple[str, ...] = ()
    replace_on: frozenset[str] = frozenset()
    delete_first: bool = False
    provider_only: frozenset[str] = frozenset()
    fields: Mapping[str, str] = field(default_factory=dict[str, str])
    conversions: Mapping[str, Conversion] = field(default_factory=dict[str, Conversion])
    computed: Mapping[str, str] = field(default_factory=dict[str, str])
    computed_within: tuple[str, ...] = ()
    inherits: tuple[str, ...] = ("project",)
    autoname: str = "name"

    # Names

    def variables(self, inputs: Properties) -> Mapping[str, Any]:
        """Returns the values that the templates of names can use."""
        return inputs

    def rest_name(self, inputs: Properties) -> str:
        """Returns the relative REST name of the resource with these inputs."""
        return self.name.format_map(self.variables(inputs))

    def pulumi_id(self, inputs: Properties) -> str:
        """Returns Pulumi's id of the resource with these inputs."""
        return (self.id or self.name).format_map(self.variables(inputs))

    def canonical_id(self, resource_id: str, inputs: Properties) -> str:
        """Returns the id in the state of a resource that was read by `resource_id`."""
        del inputs
        return resource_id

    def inputs_from_id(self, resource_id: str) -> Properties:
        """Returns the inputs in an id, for an import.

        Raises:
            ProviderError: the id is not of this type's form.
        """
        template = self.id or self.name
        pattern = re.sub(r"\\\{(\w+)\\\}", _id_group, re.escape(template))
        match = re.fullmatch(pattern, resource_id)
        if match is None:
            raise ProviderError(f"importing {self.type}: the id {resource_id!r} does not have the form {template!r}.")
        return match.groupdict()

    # Bodies

    def to_body(self, inputs: Properties) -> Properties:
        """Returns the REST body of the inputs."""
        body = copy.deepcopy({key: value for key, value in inputs.items() if key not in self._outside_the_body})
        for source, target in self.fields.items():
            paths.move(body, source, target)
        for path, conversion in self.conversions.items():
            paths.convert(body, path, conversion.to_api)
        return body

    def from_body(self, body: Properties) -> Properties:
        """Returns a REST body with the provider's property names."""
        properties = copy.deepcopy(body)
        for path, conversion in self.conversions.items():
            paths.convert(properties, path, conversion.from_api)
        for source, target in reversed(list(self.fields.items())):
            paths.move(properties, target, source)
        return properties

    def to_outputs(self, inputs: Properties, body: Properties) -> Properties:
        """Returns the outputs of a resource: its inputs with the API's additions, and computed outputs."""
        present = self.from_body(body)
        outputs = {
            key: paths.filled(value, present.get(key)) if key not in self._outside_the_body else value
            for key, value in inputs.items()
        }
        for key, path in self.computed.items():
            value = paths.take(body, path)
            if value is not None:
                outputs[key] = value
        return outputs

    def read_inputs(self, inputs: Properties, body: Properties) -> Properties:
        """Returns the inputs as the API has them: the same keys, with the values of the body."""
        present = self.from_body(body)
        return {
            key: paths.restricted(value, present.get(key)) if key not in self._outside_the_body else value
            for key, value in inputs.items()
        }

    @property
    def _outside_the_body(self) -> frozenset[str]:
        return self.provider_only | {"project", "deletionPolicy", defaults.LIST}

    def predicted(self, inputs: Properties) -> Properties:
        """Returns the outputs that a preview of a creation knows; additions to a declared object are unknown."""
        outputs = copy.deepcopy(inputs)
        for path in self.computed_within:
            *above, last = path.split(".")
            holder = paths.take(outputs, ".".join(above))
            if isinstance(holder, dict):
                cast("Properties", holder)[last] = UNKNOWN
        return outputs

    def predicted_update(self, state: Properties, inputs: Properties) -> Properties:
        """Returns the outputs that a preview of an update knows: the new inputs, and outputs computed before."""
        return {**state, **{key: paths.filled(value, state.get(key)) for key, value in inputs.items()}}

    # Operations

    def create(self, session: Session, inputs: Properties) -> tuple[str, Properties]:
        """Creates the resource, then reads it as the provider does."""
        verb = session.cloud.collection(self.kind).create
        session.call(f"{self.kind}.{verb}", self.rest_name(inputs), self.to_body(inputs))
        return self.pulumi_id(inputs), self.to_outputs(inputs, self.get(session, inputs))

    def get(self, session: Session, inputs: Properties) -> Properties:
        """Returns the resource's REST body."""
        return session.call(f"{self.kind}.get", self.rest_name(inputs))

    def read(self, session: Session, resource_id: str, inputs: Properties) -> tuple[Properties, Properties] | None:
        """Returns the present inputs and outputs; None if the resource is gone."""
        del resource_id  # the inputs contain the name; types that Google numbers need the id
        try:
            body = self.get(session, inputs)
        except ApiError as error:
            if error.status == "NOT_FOUND":
                return None
            raise
        present = self.read_inputs(inputs, body)
        return present, self.to_outputs(present, body)

    def adopt(
        self, session: Session, resource_id: str, inputs: Properties, names: Collection[str]
    ) -> tuple[Properties, Properties] | None:
        """Reads inputs and outputs of a resource by its id alone, for an import.

        Args:
            session: the configured provider.
            resource_id: the id.
            inputs: the inputs in the id.
            names: names of the type's inputs.
        """
        inputs_and_outputs = self.read(session, resource_id, inputs)
        body = self.body_of(session, resource_id, inputs) if inputs_and_outputs else None
        if body is None:
            return inputs_and_outputs
        body_inputs = {
            key: value for key, value in self.from_body(body).items() if key in names and key not in self.computed
        }
        known = facts.of(self.type)
        top = {path: value for path, value in known.defaults.items() if "." not in path}
        present = {**top, **body_inputs, **inputs}
        for path in known.computed:
            paths.drop(present, path)
        return present, self.to_outputs(present, body)

    def body_of(self, session: Session, resource_id: str, inputs: Properties) -> Properties | None:
        """Returns the REST body of an id; None if no body contains the inputs."""
        del resource_id
        return self.get(session, inputs)

    def update(self, session: Session, state: Properties, old_inputs: Properties, inputs: Properties) -> Properties:
        """Changes the resource in place, then reads it; `state` has its previous outputs."""
        del state
        changed = self.changes(old_inputs, inputs)
        if changed:
            session.call(f"{self.kind}.{session.cloud.collection(self.kind).update}", self.rest_name(inputs), changed)
        return self.to_outputs(inputs, self.get(session, inputs))

    def changes(self, old_inputs: Properties, inputs: Properties) -> Properties:
        """Returns the body of an update: the top-level fields that differ, null for removed fields."""
        after, before = self.to_body(inputs), self.to_body(old_inputs)
        changed: Properties = {key: value for key, value in after.items() if before.get(key) != value}
        return {**changed, **dict.fromkeys(before.keys() - after.keys())}

    def delete(self, session: Session, state: Properties) -> None:
        """Deletes the resource, unless the provider's own protection forbids it."""
        self.refuse_if_protected(state)
        if state.get("deletionPolicy") != "ABANDON":
            session.call(f"{self.kind}.delete", self.rest_name(state))

    def refuse_if_protected(self, state: Properties) -> None:
        """Raises ProviderError if the state protects the resource from destruction."""
        if state.get("deletionProtection") or state.get("deletionPolicy") == "PREVENT":
            raise ProviderError(
                f"{state.get('name') or self.rest_name(state)} cannot be destroyed: its deletion protection is on in"
                " the state. Turn it off in a reviewed change of its own, then destroy it."
            )


def autonamed(kind: ResourceType, logical_name: str, inputs: Properties, olds: Properties, seed: bytes) -> Properties:
    """Returns the inputs with a generated name if the program declares none; a generated name stays."""
    if not kind.autoname or inputs.get(kind.autoname) is not None:
        return inputs
    before = olds.get(kind.autoname) if defaults.may_stay(kind.autoname, olds) else None
    return {**inputs, kind.autoname: before or f"{logical_name}-{seed.hex()[:AUTONAME_DIGITS]}"}


def deleted_first(kind: ResourceType, inputs: Properties) -> bool:
    """Returns whether a replacement deletes the old resource first: it does where the program itself names it."""
    named = kind.autoname in inputs and kind.autoname not in inputs.get(defaults.LIST, ())
    return kind.delete_first or named


def identifiable(kind: ResourceType, inputs: Properties) -> bool:
    """Returns whether the inputs contain all parts of the resource's id."""
    needed = re.findall(r"\{(\w+)\}", kind.name + kind.id)
    try:
        variables = kind.variables(inputs)
        return not any(contains_unknown(variables.get(key, UNKNOWN)) for key in needed)
    except (KeyError, AttributeError, TypeError):
        return False


def _id_group(match: re.Match[str]) -> str:
    """Returns the group that matches one variable of an id; of parts with a slash, only roles have a known form."""
    role = r"(?:(?:projects|organizations)/[^/]+/)?roles/[^/]+"
    return f"(?P<{match[1]}>{role if match[1] == 'role' else '.+?'})"
