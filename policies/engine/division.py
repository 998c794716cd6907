"""Division of a deployment: resources that another stack of the same project owns, and what is around them.

The engine alone writes states; `pulumi stack import` takes what these functions return.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from engine.states import Resource
from engine.values import is_opaque, leaves

Json = dict[str, Any]

_STACK = "pulumi:pulumi:Stack"
_PROVIDER = "pulumi:providers:"
# Fields of a resource that name other resources, one or several.
_ONE, _SEVERAL = ("parent", "deletedWith", "viewOf"), ("dependencies", "aliases", "replaceWith")


class DivisionError(Exception):
    """The deployments cannot be divided; the message says why, and what to do."""


@dataclass(frozen=True)
class Division:
    """A deployment and the deployment of another stack, before and after a move.

    Attributes:
        moved: resources that move, as the source has them, without components.
        source: the source's deployment without them.
        target: the target's deployment with them.
        changes_target: whether the target lacks one of them; a move that was interrupted has added them all.
    """

    moved: tuple[Resource, ...]
    source: Json
    target: Json
    changes_target: bool

    @property
    def has_secrets(self) -> bool:
        """True when a moved resource has a value that the source's key encrypts."""
        properties = (fields for resource in self.moved for fields in (resource.inputs, resource.outputs))
        return any(is_opaque(value) for fields in properties for _, value in leaves(fields))


@dataclass(frozen=True)
class Names:
    """Project, and names of the two stacks, for the translation of URNs."""

    project: str
    source: str
    target: str

    def translated(self, urn: str) -> str:
        """The URN in the target of a resource of the source.

        A component that declares a provider stays behind, and the program of the target declares one without.
        """
        root = f"urn:pulumi:{self.source}::{self.project}::{_STACK}::{self.project}-{self.source}"
        if urn == root:
            return self.root
        above, _, provider = urn.partition(f"${_PROVIDER}")
        if provider:
            urn = f"{above.rpartition('::')[0]}::{_PROVIDER}{provider}"
        return f"urn:pulumi:{self.target}::{urn.removeprefix(f'urn:pulumi:{self.source}::')}"

    @property
    def root(self) -> str:
        """URN of the target's stack itself."""
        return f"urn:pulumi:{self.target}::{self.project}::{_STACK}::{self.project}-{self.target}"


# A resource and the components above it, each by type and name.
Chain = Sequence[tuple[str, str]]


def divided(source: Json, target: Json, moves: Callable[[Chain], bool], names: Names) -> Division:
    """Divide a deployment.

    Args:
        source: the deployment as exported.
        target: the deployment of the other stack, as exported.
        moves: returns whether a resource belongs to the other stack.
        names: names for the translation.

    Raises:
        DivisionError: one of the stacks has unfinished operations, or the target has another resource of the same name.
    """
    for name, deployment in ((names.source, source), (names.target, target)):
        if deployment.get("pending_operations"):
            raise DivisionError(
                f"the stack {name} of {names.project} has operations that an interrupted update left, so nobody knows "
                "what it holds. Nothing was moved. Deploy it once more from the commit before, then move."
            )
    resources, present = _resources(source), _resources(target)
    going = _going(source, moves)
    known = {resource["urn"]: resource for resource in present}
    kept = [_without(resource, going) for resource in resources if resource["urn"] not in going]
    arriving = [_translated(resource, going, names) for resource in resources if resource["urn"] in going]
    for resource in arriving:
        other = known.get(resource["urn"])
        if other and other.get("id") != resource.get("id"):
            raise DivisionError(
                f"both stacks of {names.project} have a resource {resource['urn'].rpartition('::')[2]!r} of type "
                f"{resource['type']}, with the IDs {resource.get('id')} and {other.get('id')}. Nothing was moved. "
                "Find out which of them is in use, and take the other one out of its state."
            )
    added = [resource for resource in arriving if resource["urn"] not in known]
    around = _around(added, resources, known, names) if added else []
    moved = (resource for resource in resources if resource["urn"] in going and resource.get("custom"))
    return Division(
        tuple(map(Resource.model_validate, moved)),
        {**source, "resources": kept},
        {**target, "resources": [*around, *present, *added]},
        bool(added),
    )


def _resources(deployment: Json) -> list[Json]:
    return list(cast("Iterable[Json]", deployment.get("resources") or ()))


def chains(deployment: Json) -> dict[str, Chain]:
    """Chain of each resource that is in the cloud, by URN."""
    resources = _resources(deployment)
    parents, types = _parents(resources), {resource["urn"]: resource["type"] for resource in resources}
    in_cloud = (each["urn"] for each in resources if each.get("custom") and not each["type"].startswith(_PROVIDER))
    return {
        urn: [(types.get(line, ""), line.rpartition("::")[2]) for line in (urn, *_above(urn, parents))]
        for urn in in_cloud
    }


def _going(deployment: Json, moves: Callable[[Chain], bool]) -> set[str]:
    """URNs of the resources that move, and of the components that hold nothing else."""
    parents = _parents(_resources(deployment))
    chained = chains(deployment)
    going = {urn for urn, chain in chained.items() if moves(chain)}
    staying = {above for urn in chained.keys() - going for above in _above(urn, parents)}
    components = {above for urn in going for above in _above(urn, parents)} - staying
    return going | {urn for urn in components if f"::{_STACK}::" not in urn}


def _parents(resources: Iterable[Json]) -> dict[str, str]:
    return {resource["urn"]: resource.get("parent", "") for resource in resources}


def _above(urn: str, parents: Mapping[str, str]) -> Iterator[str]:
    above = parents.get(urn, "")
    while above:
        yield above
        above = parents.get(above, "")


def _without(resource: Json, gone: set[str]) -> Json:
    """A resource without references to others."""
    return _referring(resource, lambda urn: None if urn in gone else urn)


def _translated(resource: Json, going: set[str], names: Names) -> Json:
    """A resource as the target has it: references to what stays behind are what a contract carries from now on."""

    def new(urn: str) -> str | None:
        return names.translated(urn) if urn in going or f"::{_STACK}::" in urn else None

    moved = _referring(resource, new)
    provider, _, identifier = str(resource.get("provider", "")).rpartition("::")
    with_provider = {"provider": f"{names.translated(provider)}::{identifier}"} if provider else {}
    return {**moved, "urn": names.translated(resource["urn"]), **with_provider}


def _referring(resource: Json, new: Callable[[str], str | None]) -> Json:
    """A resource whose references to others are replaced; None removes one."""
    changed = dict(resource)
    for key in _ONE:
        if (urn := resource.get(key)) is not None:
            changed[key] = new(urn)
    for key in _SEVERAL:
        if key in resource:
            changed[key] = [urn for old in resource[key] or () if (urn := new(old))]
    if properties := cast("dict[str, list[str] | None] | None", resource.get("propertyDependencies")):
        changed["propertyDependencies"] = {
            name: [urn for old in urns or () if (urn := new(old))] for name, urns in properties.items()
        }
    return {key: value for key, value in changed.items() if key not in _ONE or value}


def _around(added: Iterable[Json], resources: Iterable[Json], known: Mapping[str, Json], names: Names) -> list[Json]:
    """The target's stack and the providers of the added resources, as far as the target lacks them.

    A provider of the same name that the target has already is used instead: its configuration is the project's.
    """
    around: list[Json] = []
    if names.root not in known:
        around.append({"urn": names.root, "custom": False, "type": _STACK})
    used = {str(resource["provider"]).rpartition("::")[0] for resource in added if resource.get("provider")}
    for provider in resources:
        urn = names.translated(provider["urn"])
        if urn in used and urn not in known:
            around.append(_translated(provider, set(), names))
    for resource in added:
        provider = known.get(str(resource.get("provider", "")).rpartition("::")[0])
        if provider:
            resource["provider"] = f"{provider['urn']}::{provider['id']}"
    return around
