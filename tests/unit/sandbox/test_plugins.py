"""Start of the plugins as the engine starts them."""

import json
import subprocess
import sys
from concurrent import futures
from typing import Any

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from sandbox.plugins.kubernetes.provider import KubernetesProvider
from sandbox.plugins.server import bind, to_struct

# Runs a plugin's module in an interpreter that reports its imports instead of waiting for the engine.
PROGRAM = """
import json, runpy, sys
sys.path[:0] = json.loads(sys.argv.pop())
import grpc._server

def report(server):
    print(json.dumps(sorted(sys.modules)))

grpc._server._Server.wait_for_termination = report
runpy.run_module(sys.argv.pop(), run_name="__main__")
"""


@pytest.mark.parametrize("plugin", ["gcp", "kubernetes"])
def test_a_plugin_serves_without_the_sdk_and_without_a_client_of_the_cluster(plugin: str) -> None:
    command = [sys.executable, "-c", PROGRAM, f"sandbox.plugins.{plugin}", json.dumps(sys.path)]

    done = subprocess.run(command, capture_output=True, text=True, check=False, env={})

    assert done.returncode == 0, done.stderr
    port, modules = done.stdout.splitlines()
    assert int(port) > 0
    assert "pulumi.runtime.proto.provider_pb2_grpc" in modules
    assert {"pulumi.resource", "kubernetes", "google.auth"}.isdisjoint(json.loads(modules))


def _silent(urn: str, message: str) -> None:
    """Progress that nobody watches."""


def test_the_kubernetes_plugin_names_changes_by_their_paths_alone_as_the_vendor_does() -> None:
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=1))
    port = bind(server, KubernetesProvider(_silent))
    old = {"metadata": {"name": "a", "labels": {"b": "c"}}, "data": {"k": "1"}}
    new = {"metadata": {"name": "a", "labels": {"b": "d"}}, "data": {"k": "2"}}
    urn = "urn:pulumi:s::p::kubernetes:core/v1:ConfigMap::a"
    request = provider_pb2.DiffRequest(
        urn=urn, id="default/a", olds=to_struct(old), old_inputs=to_struct(old), news=to_struct(new)
    )
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub: Any = provider_pb2_grpc.ResourceProviderStub(channel)
        answer = stub.Diff(request)
    server.stop(None)

    assert set(answer.detailedDiff) == {"metadata.labels.b", "data.k"}
    assert list(answer.diffs) == []
    assert list(answer.replaces) == ["data.k"]
