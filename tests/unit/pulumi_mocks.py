"""A recording double of the Pulumi engine: whole programs run in it, and tests look at what they declared.

It computes the outputs that the layers read, worded as the real providers word them. Nothing is created anywhere.
"""

import gc
import json
import runpy
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, cast

import pulumi
import pulumi.runtime
import pytest
import yaml
from pulumi.runtime import mocks
from pulumi.runtime.config import CONFIG
from pulumi.runtime.settings import ROOT as ROOT_RESOURCE

from sandbox.cloud.services.container import CHANNELS, VERSIONS

ROOT = Path(__file__).resolve().parents[2]
PROJECT = "prodfirst-sandbox"
ACCESS = "gcp:secretmanager/getSecretVersionAccess:getSecretVersionAccess"
STORAGE_AGENT = "gcp:storage/getProjectServiceAccount:getProjectServiceAccount"
GKE_VERSIONS = "gcp:container/getEngineVersions:getEngineVersions"
GKE_CLUSTER = "gcp:container/getCluster:getCluster"

Document = dict[str, Any]
# What tells a resource from the others of its stack: the types of the components around it, its own type, and its name.
Urn = tuple[tuple[str, ...], str]
_ROOT: Urn = ((), "")


@dataclass(frozen=True)
class Declared:
    """One resource as the program declared it.

    Attributes:
        type: the type token.
        name: the Pulumi name.
        inputs: camelCase, as the provider sees them.
        protect: whether Pulumi refuses to delete it.
        dependencies: names of the resources that it waits for.
        kinds: the types of the components around it, outermost first, and its own type.
        names: the names of the components around it, outermost first, and its own name.
        imported: the ID by which it is taken over instead of created; "" where it is not.
        replace_on: inputs whose change the program itself makes a replacement.
        ignored: inputs whose change does nothing.
        former: types that it had before, by its aliases.
        known_as: its present and its former URNs, by its aliases and those of the components around it.
    """

    type: str
    name: str
    inputs: Document
    protect: bool
    dependencies: frozenset[str]
    kinds: tuple[str, ...]
    names: tuple[str, ...]
    imported: str
    replace_on: frozenset[str]
    ignored: frozenset[str]
    former: frozenset[str]
    known_as: frozenset[Urn]


@dataclass
class Engine(mocks.Mocks):
    """Records registrations, and answers reads of contract secrets.

    Attributes:
        contracts: secret's name to its document, or to a text as it is.
        failures: secret's name, or "gke-versions", to the error that reading it ends with.
        declared: every resource, in order of registration.
        outputs: the stack's outputs.
        has_cluster: whether there is a cluster already.
    """

    contracts: dict[str, Document | str] = field(default_factory=dict[str, "Document | str"])
    failures: dict[str, str] = field(default_factory=dict[str, str])
    declared: list[Declared] = field(default_factory=list[Declared])
    outputs: Document = field(default_factory=dict[str, Any])
    has_cluster: bool = False
    inputs: dict[tuple[str, str], Document] = field(default_factory=dict[tuple[str, str], "Document"])

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        inputs = _document(args.inputs)  # pyright: ignore[reportUnknownMemberType]
        self.inputs[args.typ, args.name] = inputs
        return _identifier(args.typ, args.name, inputs), {**inputs, **_computed(args.typ, inputs)}

    def call(self, args: mocks.MockCallArgs) -> Any:
        if args.token == STORAGE_AGENT:
            number = _number(_document(args.args).get("project"))  # pyright: ignore[reportUnknownMemberType]
            address = f"service-{number}@gs-project-accounts.iam.gserviceaccount.com"
            return {"emailAddress": address, "member": f"serviceAccount:{address}"}, []
        if args.token == GKE_VERSIONS and "gke-versions" in self.failures:
            return {}, [("", self.failures["gke-versions"])]
        if args.token == GKE_VERSIONS:
            channels = {channel: versions[0] for channel, versions in CHANNELS.items()}
            return {"validMasterVersions": list(VERSIONS), "releaseChannelLatestVersion": channels}, []
        if args.token == GKE_CLUSTER:
            return ({}, []) if self.has_cluster else ({}, [("name", "not found")])
        assert args.token == ACCESS, f"unexpected function {args.token}"
        name = str(_document(args.args)["secret"])  # pyright: ignore[reportUnknownMemberType]
        if name in self.failures:
            return {}, [("secret", self.failures[name])]
        document = self.contracts[name]
        text = document if isinstance(document, str) else json.dumps(document)
        return {"secretData": text, "name": f"projects/1/secrets/{name}/versions/1", "version": "1", "secret": name}, []

    def of(self, type_token: str) -> dict[str, Declared]:
        """The resources of one type by name."""
        return {item.name: item for item in self.declared if item.type == type_token}


class _Monitor(mocks.MockMonitor):
    """Adds to the SDK's double what it drops: protection and dependencies."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.engine = engine
        self.kinds: dict[str, tuple[str, ...]] = {}
        self.names: dict[str, tuple[str, ...]] = {}
        self.known_as: dict[str, frozenset[Urn]] = {}

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        response: Any = super().RegisterResource(request)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        if request.type != "pulumi:pulumi:Stack":
            inputs = self.engine.inputs[request.type, request.name]
            dependencies = frozenset(urn.rpartition("::")[2] for urn in request.dependencies)
            kinds = self.kinds[response.urn] = (*self.kinds.get(request.parent, ()), str(request.type))
            names = self.names[response.urn] = (*self.names.get(request.parent, ()), str(request.name))
            known_as = self.known_as[response.urn] = frozenset(self._known_as(request))
            declared = Declared(
                request.type,
                request.name,
                inputs,
                bool(request.protect),
                dependencies,
                kinds,
                names,
                str(request.importId),
                frozenset(request.replaceOnChanges),
                frozenset(request.ignoreChanges),
                frozenset(alias.spec.type for alias in request.aliases),
                known_as,
            )
            self.engine.declared.append(declared)
        return response

    def _known_as(self, request: Any) -> Iterator[Urn]:
        """The present and former URNs of a resource, as the engine derives them; a child inherits its parent's."""
        around = self.known_as.get(request.parent, frozenset([_ROOT]))
        own = self.names.get(request.parent, ("",))[-1]
        yield from self._below(around, own, request.type, request.name)
        for alias in request.aliases:
            if alias.urn:
                yield _split(alias.urn)
                continue
            spec = alias.spec
            parents = frozenset([_ROOT]) if spec.noParent else around
            if spec.parentUrn:
                parents = self.known_as.get(spec.parentUrn, frozenset([_split(spec.parentUrn)]))
            yield from self._below(parents, own, spec.type or request.type, spec.name or request.name)

    @staticmethod
    def _below(parents: Iterable[Urn], own: str, kind: str, name: str) -> Iterator[Urn]:
        """The URNs of a resource below each of several; a name that begins with its parent's follows the parent's."""
        for kinds, parent in parents:
            follows = bool(own) and parent != own and name.startswith(own)
            yield (*kinds, kind), f"{parent}{name.removeprefix(own)}" if follows else name


def _split(urn: str) -> Urn:
    kinds, _, name = urn.split("::", 2)[2].partition("::")
    chain = tuple(kind for kind in kinds.split("$") if kind != "pulumi:pulumi:Stack")
    return chain, name if chain else ""


def _document(untyped: Any) -> Document:
    return cast("Document", untyped)


def _identifier(token: str, name: str, inputs: Document) -> str:
    own = inputs.get("secretId") or inputs.get("name") or name
    project = f"projects/{inputs.get('project', PROJECT)}"
    paths = {
        "gcp:secretmanager/secret:Secret": f"{project}/secrets/{own}",
        "gcp:compute/network:Network": f"{project}/global/networks/{own}",
        "gcp:compute/subnetwork:Subnetwork": f"{project}/regions/{inputs.get('region')}/subnetworks/{own}",
        "gcp:container/cluster:Cluster": f"{project}/locations/{inputs.get('location')}/clusters/{own}",
        "gcp:kms/keyRing:KeyRing": f"{project}/locations/{inputs.get('location')}/keyRings/{own}",
        "gcp:pubsub/topic:Topic": f"{project}/topics/{own}",
    }
    return paths.get(token, f"{name}-id")


@cache
def _number(project: str | None) -> str:
    """The number of an environment's project, as the foundation's stack file says; the sandbox's for any other."""
    for file in (ROOT / "identity").glob("Pulumi.foundation-*.yaml"):
        settings = yaml.safe_load(file.read_text())["config"]
        if settings["gcp:project"] == project:
            return str(settings["identity:projectNumber"])
    return "100200300400"


def _computed(token: str, inputs: Document) -> Document:
    if token == "gcp:sql/databaseInstance:DatabaseInstance":
        connection = f"{inputs.get('project', PROJECT)}:{inputs['region']}:{inputs['name']}"
        return {"connectionName": connection, "privateIpAddress": "10.64.0.3"}
    if token == "gcp:container/cluster:Cluster":
        endpoints: Document = inputs["controlPlaneEndpointsConfig"]
        dns = {**endpoints["dnsEndpointConfig"], "endpoint": "gke-1234.europe-west4.gke.goog"}
        return {"controlPlaneEndpointsConfig": {**endpoints, "dnsEndpointConfig": dns}}
    if token == "gcp:certificatemanager/dnsAuthorization:DnsAuthorization":
        record = {"name": f"_acme-challenge.{inputs['domain']}.", "type": "CNAME", "data": "1.authorize.example."}
        return {"dnsResourceRecords": [record]}
    project = f"projects/{inputs.get('project', PROJECT)}"
    address = f"{project}/regions/{inputs.get('region')}/addresses/{inputs.get('name')}"
    others: dict[str, Document] = {
        "gcp:compute/address:Address": {"selfLink": f"https://www.googleapis.com/compute/v1/{address}"},
        "gcp:compute/globalAddress:GlobalAddress": {"address": "203.0.113.10"},
        "gcp:monitoring/notificationChannel:NotificationChannel": {"name": f"{project}/notificationChannels/1234"},
    }
    return others.get(token, {})


def stack_configuration(layer: str, stack: str, root: Path = ROOT) -> Document:
    """The `config` of a stack file over the defaults that Pulumi.yaml declares, as the engine merges them."""
    folder = root / layer
    declared: Document = yaml.safe_load((folder / "Pulumi.yaml").read_text()).get("config", {})
    committed: Document = yaml.safe_load((folder / f"Pulumi.{stack}.yaml").read_text())["config"]
    return {key: value["default"] for key, value in declared.items() if "default" in value} | committed


@contextmanager
def _configured(configuration: Mapping[str, Any]) -> Generator[None]:
    """As in a program: values arrive as text, structures as JSON."""
    text = {key: value if isinstance(value, str) else json.dumps(value) for key, value in configuration.items()}
    token = CONFIG.set(text)
    try:
        yield
    finally:
        CONFIG.reset(token)


@contextmanager
def _without_collector() -> Generator[None]:
    """Collect no garbage: hardly any is made, and the collector would take as long as the program itself.

    The SDKs that a program imports are a few hundred thousand objects, and the collector looks through all of them.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def run(layer: str, stack: str, configuration: Mapping[str, Any], engine: Engine | None = None) -> Engine:
    """Runs a layer's whole program.

    Args:
        layer: the project's folder.
        stack: the stack's name.
        configuration: full keys to values, as in `config` of the stack file.
        engine: with the contracts that the program will find; a new one by default.

    Returns:
        The engine, with what the program declared and exported.

    Raises:
        pulumi.RunError: what the program refuses.
    """
    engine = engine or Engine()
    ROOT_RESOURCE.set(None)  # or what one program registers on its stack would reach the next one
    mocks.set_mocks(engine, project=layer, stack=stack, preview=False, monitor=_Monitor(engine))

    def export(name: str, value: Any) -> None:
        def note(known: Any) -> None:
            engine.outputs[name] = known

        pulumi.Output.from_input(value).apply(note)

    def program() -> None:
        runpy.run_path(str(ROOT / layer / "__main__.py"), run_name="__main__")

    with pytest.MonkeyPatch.context() as patch, _configured(configuration), _without_collector():
        patch.setattr(pulumi, "export", export)
        awaited: Callable[[Callable[[], None]], Callable[[], None]] = pulumi.runtime.test  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        awaited(program)()
    return engine
