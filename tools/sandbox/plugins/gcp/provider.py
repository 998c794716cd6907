"""The provider: one session per engine run, and Pulumi's operations on it."""

from collections.abc import Callable, Collection
from typing import Any, TypeVar

from sandbox.cloud.credentials import current_caller, open_cloud
from sandbox.cloud.errors import ApiError
from sandbox.plugins.gcp import catalog, changes, checks, defaults, functions, refusals, transport
from sandbox.plugins.gcp import inputs as sdk
from sandbox.plugins.gcp.types import ResourceType, Session, autonamed, deleted_first, identifiable
from sandbox.plugins.progress import Progress
from sandbox.plugins.protocol import (
    Difference,
    InitFailedError,
    Properties,
    Provider,
    ProviderError,
    Resource,
    contains_unknown,
)

VERSION = "10.2.0"  # the SDK's version in the layers' requirements

UNSETTLED = "__unsettled"  # marks the state of a resource whose creation did not finish

T = TypeVar("T")


class GcpProvider(Provider):
    """Provider of the simulated Google Cloud.

    Args:
        remark: receiver of remarks on the plan of a resource.
    """

    version = VERSION
    is_bridged = True

    def __init__(self, remark: Progress | None = None) -> None:
        self._session: Session | None = None
        self._remark = remark

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
            places = {key: str(config[key]) for key in ("project", "region", "zone") if config.get(key)}
            if "region" in places:
                places["location"] = places["region"]
            return Session(cloud, current_caller(cloud), places)

        self._session = _translated("configuring the gcp provider", open_session)

    def check(
        self, resource: Resource, olds: Properties, news: Properties, seed: bytes
    ) -> tuple[Properties, list[str]]:
        """Fills in defaults and a name; returns also the problems by the SDK's types and the provider's facts."""
        kind = _type(resource)
        given = {key: value for key, value in news.items() if value is not None and not key.startswith("__")}
        declared = sdk.converted(resource.type, given)
        named = autonamed(kind, resource.name, {**self._inherited(kind), **declared}, olds, seed)
        inputs = defaults.filled(resource.type, named, olds, named.keys() - declared.keys() - set(kind.inherits))
        missing = [
            f"Missing required argument '{key}' of {resource.type}." for key in kind.required if inputs.get(key) is None
        ]
        problems = [*sdk.problems(resource.type, inputs), *checks.problems(resource.type, inputs)]
        planned = changes.with_kept(resource.type, inputs, olds)
        return inputs, [*missing, *problems, *refusals.problems(resource.type, planned)]

    def _inherited(self, kind: ResourceType) -> Properties:
        """Returns the values of the provider's configuration for inputs that may be left out."""
        optional = frozenset(kind.inherits) - frozenset(kind.required)
        return {key: value for key, value in self.session.defaults.items() if key in optional}

    def diff(self, resource: Resource, old_inputs: Properties, olds: Properties, news: Properties) -> Difference:
        """Returns the changed inputs, with a replacement where the provider makes one."""
        kind = _type(resource)
        found = changes.between(resource.type, kind.replace_on, old_inputs, news, olds)
        if self._remark and found.kept:
            self._remark(resource.urn, _remark(found.kept))
        first = deleted_first(kind, news)
        return Difference(found.kinds, frozenset(found.replaced), delete_first=first)

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
        before = changes.with_kept(resource.type, old_inputs or olds, olds)
        after = changes.with_kept(resource.type, news, olds, old_inputs)
        return _translated(f"updating {resource.name}", lambda: kind.update(self.session, olds, before, after))

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


def _remark(kept: Collection[str]) -> str:
    """Returns what a person should know who removed inputs that have a value of their own at Google.

    No value is in it, because it may be a secret.
    """
    are = (
        "is no longer declared and stays as it is" if len(kept) == 1 else "are no longer declared and stay as they are"
    )
    return f"{', '.join(sorted(kept))} {are}: Google keeps the present value. Declare the value that you want instead."


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
