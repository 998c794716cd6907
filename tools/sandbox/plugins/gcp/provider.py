"""The provider: one session per engine run, and Pulumi's operations on it."""

from collections.abc import Callable
from typing import Any, TypeVar

from sandbox.cloud.credentials import current_caller, open_cloud
from sandbox.cloud.errors import ApiError
from sandbox.plugins.gcp import catalog, functions, transport
from sandbox.plugins.gcp import inputs as sdk
from sandbox.plugins.gcp.types import ResourceType, Session, autonamed, identifiable
from sandbox.plugins.protocol import (
    Difference,
    InitFailedError,
    Properties,
    Provider,
    ProviderError,
    Resource,
    contains_unknown,
    differences,
)

VERSION = "10.2.0"  # the SDK's version in the layers' requirements

UNSETTLED = "__unsettled"  # marks the state of a resource whose creation did not finish

T = TypeVar("T")


class GcpProvider(Provider):
    """Provider of the simulated Google Cloud."""

    version = VERSION

    def __init__(self) -> None:
        self._session: Session | None = None

    @property
    def session(self) -> Session:
        """The configured session."""
        if self._session is None:
            raise ProviderError("The gcp provider was used before it was configured.")
        return self._session

    def configure(self, config: Properties) -> None:
        """Opens the cloud as the identity in the environment and the configuration."""

        def open_session() -> Session:
            cloud = open_cloud()
            defaults = {key: str(config[key]) for key in ("project", "region", "zone") if config.get(key)}
            if "region" in defaults:
                defaults["location"] = defaults["region"]
            return Session(cloud, current_caller(cloud), defaults)

        self._session = _translated("configuring the gcp provider", open_session)

    def check(
        self, resource: Resource, olds: Properties, news: Properties, seed: bytes
    ) -> tuple[Properties, list[str]]:
        """Fills in defaults and a name; returns also the problems by the SDK's types."""
        kind = _type(resource)
        inputs = autonamed(kind, resource.name, {**self._inherited(kind), **kind.defaults, **news}, olds, seed)
        missing = [
            f"Missing required argument '{key}' of {resource.type}." for key in kind.required if inputs.get(key) is None
        ]
        return inputs, [*missing, *_conflicts(kind, news), *sdk.problems(resource.type, inputs)]

    def _inherited(self, kind: ResourceType) -> Properties:
        return {key: value for key, value in self.session.defaults.items() if key in kind.inherits}

    def diff(self, resource: Resource, old_inputs: Properties, olds: Properties, news: Properties) -> Difference:
        """Returns the changed inputs, with a replacement where the schema requires it."""
        del olds
        kind = _type(resource)
        changes = dict(differences(old_inputs, news))
        replaces = frozenset(path for path in changes if kind.replaces(path, old_inputs, news))
        # If the id stays the same, the new resource cannot exist beside the old one.
        collides = identifiable(kind, news) and kind.pulumi_id(news) == resource.id
        return Difference(changes, replaces, delete_first=collides)

    def create(self, resource: Resource, inputs: Properties, *, preview: bool) -> tuple[str, Properties]:
        """Creates a resource; a preview makes no call."""
        kind = _type(resource)
        if preview:
            return "", kind.predicted(inputs)
        transport.effects.begin()
        try:
            created = kind.create(self.session, inputs)
        except ApiError as error:
            has_id = identifiable(kind, inputs)
            recorded = transport.effects.any and (has_id or transport.effects.created != "")
            transport.end_operation(self.session.cloud, recorded=recorded)
            if not recorded:
                raise ProviderError(f"creating {resource.name}: {error}") from error
            # A resource exists, or may exist: the engine keeps it, and the next update settles its state.
            identifier = kind.pulumi_id(inputs) if has_id else transport.effects.created
            name_output = {} if has_id else {"name": transport.effects.created}
            outputs = {**inputs, **name_output, UNSETTLED: True}
            raise InitFailedError(identifier, outputs, inputs, [f"creating {resource.name}: {error}"]) from error
        transport.end_operation(self.session.cloud, recorded=True)
        return created

    def read(self, resource: Resource, inputs: Properties, state: Properties) -> tuple[str, Properties, Properties]:
        """Reads a resource; without inputs (an import) they follow from the id."""
        kind = _type(resource)
        del state
        known_inputs = inputs or {**self._inherited(kind), **kind.inputs_from_id(resource.id)}

        def read() -> tuple[Properties, Properties] | None:
            if not inputs:
                return kind.adopt(self.session, resource.id, known_inputs, sdk.properties(resource.type).keys())
            return kind.read(self.session, resource.id, known_inputs)

        present = _translated(f"reading {resource.id}", read)
        return (kind.canonical_id(resource.id, present[0]), *present) if present else ("", {}, {})

    def update(
        self, resource: Resource, old_inputs: Properties, olds: Properties, news: Properties, *, preview: bool
    ) -> Properties:
        """Updates a resource in place."""
        kind = _type(resource)
        if preview:
            return kind.predicted_update(olds, news)
        if olds.get(UNSETTLED):
            return _translated(f"settling {resource.name}", lambda: self._settle(kind, resource.id, olds, news))
        return _translated(
            f"updating {resource.name}", lambda: kind.update(self.session, olds, old_inputs or olds, news)
        )

    def _settle(self, kind: ResourceType, resource_id: str, olds: Properties, news: Properties) -> Properties:
        """Brings a resource whose creation did not finish to the declared state."""
        inputs_and_outputs = kind.read(self.session, resource_id, news)
        if inputs_and_outputs is None:
            transport.effects.begin()
            outputs = kind.create(self.session, news)[1]
            transport.end_operation(self.session.cloud, recorded=True)
            return outputs
        present, outputs = inputs_and_outputs
        if present == news:
            return outputs
        state = {key: value for key, value in olds.items() if key != UNSETTLED}
        return kind.update(self.session, state, present, news)

    def delete(self, resource: Resource, state: Properties) -> None:
        """Deletes a resource; succeeds if it is gone already."""
        kind = _type(resource)

        def delete() -> None:
            try:
                kind.delete(self.session, state)
            except ApiError as error:
                if error.status != "NOT_FOUND":
                    raise

        _translated(f"deleting {resource.id}", delete)

    def invoke(self, token: str, arguments: Properties) -> Properties:
        """Calls a function; unknown arguments give no result yet."""
        if contains_unknown(arguments):
            return {}
        return _translated(token.rpartition(":")[2], lambda: functions.call(self.session, token, arguments))


def id_of(token: str, inputs: dict[str, Any]) -> str | None:
    """Returns the id that a resource of these inputs has once it exists; None if the API generates it."""
    kind = catalog.TYPES.get(token)
    return kind.pulumi_id(inputs) if kind and identifiable(kind, inputs) else None


def _conflicts(kind: ResourceType, inputs: Properties) -> list[str]:
    """Returns the conflicts between inputs, a sentence each."""
    given = ((key, others & inputs.keys()) for key, others in kind.conflicts.items() if inputs.get(key))
    return [
        f"'{other}' conflicts with '{key}' in {kind.type}."
        for key, conflicting in given
        for other in sorted(conflicting)
    ]


def _type(resource: Resource) -> ResourceType:
    kind = catalog.TYPES.get(resource.type)
    if kind is None:
        raise ProviderError(
            f"The sandbox does not support {resource.type}; nothing was created. Add the type in"
            " tools/sandbox/plugins/gcp/catalog/ and its API in tools/sandbox/cloud/services."
        )
    return kind


def _translated(action: str, operation: Callable[[], T]) -> T:
    try:
        return operation()
    except ApiError as error:
        raise ProviderError(f"{action}: {error}") from error
