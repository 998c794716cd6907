"""Names of the cloud's objects behind resources: two resources of one name are the same object.

A resource has its Pulumi name, and its object the name that its inputs give it. Where a preview does not know a part of
that, the object has no name here, so it equals no other.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from engine.inputs import at, mapping
from engine.members import Member
from iam import grants, kinds
from policy_pack.permitted_inputs import PERMITTED_INPUTS
from policy_pack.rule import Resource

KUBERNETES = "kubernetes:"
PATCH = "Patch"
Name = tuple[str, ...]

# Types whose inputs name an object; a version of a secret has none.
NAMED = frozenset(
    kind
    for kind in PERMITTED_INPUTS.types
    if not kind.startswith("pulumi:") and kind != "gcp:secretmanager/secretVersion:SecretVersion"
)
# A resource that takes a grant away is about the same grant as one that gives it.
_TAKING = {"gcp:projects/iamMemberRemove:IamMemberRemove": "gcp:projects/iAMMember:IAMMember"}
# Types of which a project has one.
_SINGLE = frozenset({"gcp:binaryauthorization/policy:Policy"})
# Inputs that name an object, and inputs that say where it is. A grant's and a Kubernetes object's are in their models.
_NAMING = (
    "accountId",
    "bucketId",
    "datasetId",
    "name",
    "repositoryId",
    "roleId",
    "secretId",
    "service",
    "tableId",
    "topicId",
    "workloadIdentityPoolId",
    "workloadIdentityPoolProviderId",
)
_PLACING = (
    *("folder", "instance", "keyRing", "location", "managedZone", "map", "orgId", "parent", "project", "region"),
    *("router", "type", "zone"),
)


def names(token: str, inputs: Mapping[str, Any], provider: Mapping[str, Any]) -> Iterator[Name]:
    """Yield the names of a resource's objects: one, several for a policy of grants, none that is not known yet.

    Args:
        token: type of the resource.
        inputs: its inputs.
        provider: inputs of its provider, which stand in for what the resource leaves out.
    """
    if token.startswith(KUBERNETES):
        yield from in_cluster(token, inputs, provider)
    elif kinds.is_grant(token) or token in _TAKING:
        yield from granted(Resource("", _TAKING.get(token, token), "", dict(inputs), provider=dict(provider)))
    elif token.startswith("gcp:"):
        # A connection has no name of its own.
        keys = (*_NAMING, *_PLACING, *(() if "name" in inputs else ("network",)))
        given = {key: inputs[key] for key in keys if inputs.get(key) is not None}
        named = token in _SINGLE or any(key in given for key in _NAMING)
        if named and all(isinstance(value, str) for value in given.values()):
            yield (token, *(f"{key} {value}" for key, value in given.items()))


def declared_twice(resources: Iterable[Member]) -> Iterator[tuple[Member, Member, str]]:
    """Yield each resource with the first one that is the same object, or a policy for the same one, and its name."""
    first: dict[Name, Member] = {}
    for member in resources:
        if member.type in NAMED:
            for name in sorted({*names(member.type, member.fields, {}), *attached(member.type, member.fields)}):
                other = first.setdefault(name, member)
                if other is not member:
                    yield member, other, " ".join(name)


def in_cluster(token: str, inputs: Mapping[str, Any], provider: Mapping[str, Any]) -> Iterator[Name]:
    """Yield the name of a Kubernetes object: kind, namespace and name."""
    version, _, kind = token.removeprefix(KUBERNETES).rpartition(":")
    group = version.partition("/")[0] if "/" in version else "core"
    metadata = mapping(inputs.get("metadata"))
    name = _text(metadata.get("name"))
    # The API server reads no namespace as `default`; for a kind without namespaces it is the same word on both sides.
    namespace = _text(metadata.get("namespace") or provider.get("namespace") or "default")
    if name and namespace:
        yield (f"{group}/{kind.removesuffix(PATCH)}", namespace, name)


def granted(resource: Resource) -> Iterator[Name]:
    """Yield the names of a resource's readable grants: member, role, resource and condition."""
    target = grants.target(resource.type, resource.inputs, grants.own_project(resource))
    if target:
        for grant in grants.readable(resource):
            yield (str(grant.member), str(grant.role), "on", target, str(grant.condition or ""))


def attached(token: str, inputs: Mapping[str, Any]) -> Iterator[Name]:
    """Yield the object that a Kubernetes policy is for: of two policies of a kind for it, one does not count."""
    target = at(cast("dict[str, Any]", inputs), "spec.targetRef")
    kind, name = _text(at(target, "kind")), _text(at(target, "name"))
    if token.startswith(KUBERNETES) and kind and name:
        namespace = _text(at(cast("dict[str, Any]", inputs), "metadata.namespace"))
        yield (f"{token.rpartition(':')[2].removesuffix(PATCH)} for", kind, namespace, name)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
