"""Permissions that each role of the cluster may have (rbac.yaml)."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

from engine import data
from engine.inputs import at, items, named

FILE = Path(__file__).resolve().parents[1] / "rbac.yaml"


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ClusterRole(_Document):
    """Role of a program: resources by the name of a set of verbs, and names of objects by set and resource."""

    program: str
    kind: Literal["Role", "ClusterRole"]
    name: str
    may: dict[str, tuple[str, ...]] = {}
    named: dict[str, dict[str, tuple[str, ...]]] = {}


class ClusterRoles(_Document):
    """Content of rbac.yaml, which explains its parts."""

    verbs: dict[str, frozenset[str]]
    roles: tuple[ClusterRole, ...]

    @model_validator(mode="after")
    def _verbs_are_known(self) -> Self:
        used = {name for role in self.roles for name in (*role.may, *role.named)}
        if unknown := sorted(used - set(self.verbs)):
            raise ValueError(f"{', '.join(unknown)} is no set of verbs; list it under `verbs`")
        return self

    def of(self, program: str, kind: Any, name: Any) -> ClusterRole | None:
        """Return a program's role by kind and name; None for one that is not listed."""
        return next((one for one in self.roles if (one.program, one.kind, one.name) == (program, kind, name)), None)

    def beyond(self, role: ClusterRole, rules: Any, namespace: str) -> Iterator[str]:
        """Yield the permissions in the rules of a role that are not listed, each with its path."""
        for index, one in enumerate(items(rules)):
            groups = items(at(one, "apiGroups")) or [None]
            resources = [*items(at(one, "resources")), *items(at(one, "nonResourceURLs"))] or [None]
            names = items(at(one, "resourceNames"))
            for group in groups:
                for resource in resources:
                    full = f"{resource}.{group}" if group else resource
                    permitted = self._permitted(role, full, names, namespace)
                    for verb in items(at(one, "verbs")) or [None]:
                        if not isinstance(full, str) or not isinstance(verb, str) or verb not in permitted:
                            of = f" named {', '.join(map(named, names))}" if names else ""
                            yield f"rules[{index}] may {named(verb)} {named(full)}{of}"

    def _permitted(self, role: ClusterRole, resource: Any, names: list[Any], namespace: str) -> frozenset[str]:
        verbs: set[str] = set()
        for name, resources in role.may.items():
            verbs |= self.verbs[name] if resource in resources else frozenset()
        for name, by_resource in role.named.items():
            listed = self._names(by_resource, resource, namespace)
            verbs |= self.verbs[name] if names and all(one in listed for one in names) else frozenset()
        return frozenset(verbs)

    @staticmethod
    def _names(by_resource: Mapping[str, tuple[str, ...]], resource: Any, namespace: str) -> tuple[str, ...]:
        return tuple(name.replace("{namespace}", namespace) for name in by_resource.get(resource, ()))


CLUSTER_ROLES = data.load(FILE, ClusterRoles)
