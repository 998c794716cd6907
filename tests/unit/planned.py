"""The engine's plan for a changed program: two recorded runs, compared by the providers' own rules.

It stands in for a preview where there are too many to wait for: which input forces a replacement is asked of the same
code that answers the engine in the sandbox.
"""

from dataclasses import dataclass
from typing import Literal

from sandbox.plugins.gcp.provider import GcpProvider, id_of
from sandbox.plugins.kubernetes.provider import KubernetesProvider
from sandbox.plugins.protocol import Resource
from unit.pulumi_mocks import Declared, Document, Engine

Operation = Literal["create", "update", "replace", "delete"]


@dataclass(frozen=True)
class Planned:
    """The planned operation on one resource.

    Attributes:
        operation: as the engine calls it.
        type: the type token.
        name: the Pulumi name.
        protected: whether the state protects it, so that the engine refuses to delete or to replace it.
    """

    operation: Operation
    type: str
    name: str
    protected: bool

    @property
    def refused(self) -> bool:
        """True if the engine stops the plan because of it."""
        return self.protected and self.operation in ("replace", "delete")


def plan(before: Engine, after: Engine) -> list[Planned]:
    """The changes from what was deployed to what is declared now; components left out."""
    old, new = _by_urn(before), _by_urn(after)
    planned: list[Planned] = []
    for urn, declared in new.items():
        deployed = old.get(urn)
        if deployed is None:
            planned.append(Planned("create", declared.type, declared.name, protected=False))
        elif operation := _operation(deployed, declared):
            planned.append(Planned(operation, declared.type, declared.name, deployed.protect))
    gone = (deployed for urn, deployed in old.items() if urn not in new)
    return planned + [Planned("delete", deployed.type, deployed.name, deployed.protect) for deployed in gone]


def _by_urn(engine: Engine) -> dict[tuple[tuple[str, ...], str], Declared]:
    return {(item.kinds, item.name): item for item in engine.declared if not item.type.startswith("prodfirst:")}


def _operation(deployed: Declared, declared: Declared) -> Operation | None:
    if declared.type.startswith("pulumi:providers:"):
        return _of_provider(deployed.inputs, declared.inputs)
    provider = GcpProvider() if declared.type.startswith("gcp:") else KubernetesProvider(_silent)
    resource = Resource("", declared.type, declared.name, id_of(declared.type, deployed.inputs) or "")
    difference = provider.diff(resource, deployed.inputs, deployed.inputs, declared.inputs)
    top_level = {path.partition(".")[0].partition("[")[0] for path in difference.changes} - declared.ignored
    elsewhere = declared.imported not in ("", deployed.imported)
    if elsewhere or set(difference.replaces) - declared.ignored or top_level & declared.replace_on:
        return "replace"
    return "update" if top_level or deployed.protect != declared.protect else None


def _silent(urn: str, message: str) -> None:
    """Nobody waits."""


def _of_provider(before: Document, after: Document) -> Operation | None:
    """The Kubernetes provider is another one when it is for another cluster, and so is all that stands on it."""
    if before.get("clusterIdentifier") != after.get("clusterIdentifier"):
        return "replace"
    return "update" if before != after else None
