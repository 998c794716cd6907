"""The gcp plugin behind its real gRPC server, over a seeded cloud, as its owner."""

from collections.abc import Iterator
from concurrent import futures
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

import example_tenant as example
import oracles
from sandbox.cloud import seed
from sandbox.cloud.store import Store
from sandbox.plugins import server as plugin_server
from sandbox.plugins.gcp.provider import GcpProvider
from sandbox.plugins.protocol import Properties
from sandbox.plugins.server import to_properties, to_struct
from unit.sandbox import no_defaults
from unit.sandbox.gcp_plugin.edge_lives import EDGE_SETUP
from unit.sandbox.gcp_plugin.lives import SETUP

collect_ignore_glob = oracles.tests_without(oracles.SCHEMA, oracles.VERDICTS, oracles.CHANGES, oracles.CALLS)


@dataclass(frozen=True)
class Plugin:
    """The engine's side of the protocol, in plain values."""

    stub: Any

    def configure(self) -> None:
        arguments = to_struct({"project": example.PROJECT, "region": example.REGION})
        self.stub.Configure(provider_pb2.ConfigureRequest(args=arguments))

    def check(
        self, token: str, news: Properties, olds: Properties | None = None, name: str = "x"
    ) -> tuple[Any, list[str]]:
        request = provider_pb2.CheckRequest(
            urn=urn(token, name), olds=to_struct(olds or {}), news=to_struct(news), randomSeed=b"\x01\x02\x03\x04"
        )
        answer = self.stub.Check(request)
        return to_properties(answer.inputs), [failure.reason for failure in answer.failures]

    def create(self, token: str, inputs: Properties, *, preview: bool = False) -> tuple[str, Properties]:
        checked, failures = self.check(token, inputs)
        assert failures == []
        answer = self.stub.Create(
            provider_pb2.CreateRequest(urn=urn(token), properties=to_struct(checked), preview=preview)
        )
        return answer.id, to_properties(answer.properties)

    def diff(self, token: str, resource_id: str, old: Properties, new: Properties) -> Any:
        before, after = self.check(token, old)[0], self.check(token, new)[0]
        return self.stub.Diff(
            provider_pb2.DiffRequest(
                id=resource_id,
                urn=urn(token),
                olds=to_struct(before),
                old_inputs=to_struct(before),
                news=to_struct(after),
            )
        )

    def read(
        self, token: str, resource_id: str, inputs: Properties | None = None
    ) -> tuple[str, Properties, Properties]:
        request = provider_pb2.ReadRequest(id=resource_id, urn=urn(token), inputs=to_struct(inputs or {}))
        answer = self.stub.Read(request)
        return answer.id, to_properties(answer.inputs), to_properties(answer.properties)

    def update(
        self,
        token: str,
        resource_id: str,
        state: Properties,
        old: Properties,
        new: Properties,
        *,
        preview: bool = False,
    ) -> Properties:
        request = provider_pb2.UpdateRequest(
            id=resource_id,
            urn=urn(token),
            olds=to_struct(state),
            old_inputs=to_struct(old),
            news=to_struct(new),
            preview=preview,
        )
        return to_properties(self.stub.Update(request).properties)

    def delete(self, token: str, resource_id: str, state: Properties) -> None:
        self.stub.Delete(provider_pb2.DeleteRequest(id=resource_id, urn=urn(token), properties=to_struct(state)))

    def invoke(self, token: str, arguments: Properties) -> Properties:
        request = provider_pb2.InvokeRequest(tok=token, args=to_struct(arguments))
        return to_properties(getattr(self.stub.Invoke(request), "return"))


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> GcpProvider:
    """A configured provider, for what needs no call of the cloud: checks and comparisons of inputs."""
    folder = tmp_path_factory.mktemp("cloud")
    seed.seed(folder, 6443, example.TENANT)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SANDBOX_DIR", str(folder))
        environment.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(seed.write_credentials(folder, seed.ADMIN)))
        configured = GcpProvider()
        configured.configure({"project": example.PROJECT, "region": example.REGION})
    return configured


def urn(token: str, name: str = "x") -> str:
    return f"urn:pulumi:sandbox::identity::{token}::{name}"


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Plugin]:
    """A configured plugin whose project has the APIs on that the layers use."""
    seed.seed(tmp_path, 6443, example.TENANT)
    with closing(Store(tmp_path / "cloud.db")) as store:
        no_defaults.prevent(store)
    monkeypatch.setenv("SANDBOX_DIR", str(tmp_path))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(seed.write_credentials(tmp_path, seed.ADMIN)))
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
    port = plugin_server.bind(server, GcpProvider())
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        client = Plugin(provider_pb2_grpc.ResourceProviderStub(channel))
        client.configure()
        for service in FIRST:
            client.create("gcp:projects/service:Service", {"service": f"{service}.googleapis.com"})
        yield client
    server.stop(grace=None)


FIRST = ("iam", "secretmanager", "compute", "container", "sqladmin", "servicenetworking")
OTHER = (
    "artifactregistry",
    "binaryauthorization",
    "certificatemanager",
    "cloudkms",
    "dns",
    "gkebackup",
    "iamcredentials",
    "logging",
    "monitoring",
    "orgpolicy",
    "pubsub",
    "storage",
    "sts",
)
APIS = (*FIRST, *OTHER)


@pytest.fixture
def ready(plugin: Plugin) -> Plugin:
    """A plugin whose project has every API on."""
    for service in OTHER:
        plugin.create("gcp:projects/service:Service", {"service": f"{service}.googleapis.com"})
    # An owner reads a bucket by the bucket's own policy, and so not one that is gone.
    storage: Properties = {"project": example.PROJECT, "role": "roles/storage.admin", "member": seed.ADMIN}
    plugin.create("gcp:projects/iAMMember:IAMMember", storage)
    return plugin


def prepare(plugin: Plugin, names: str) -> None:
    """Create what a resource needs, by the names in the set-ups."""
    for name in names.split():
        plugin.create(*{**SETUP, **EDGE_SETUP}[name])
