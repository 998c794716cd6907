"""Start of the plugins as the engine starts them."""

import json
import subprocess
import sys

import pytest

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
