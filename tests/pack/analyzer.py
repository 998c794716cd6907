"""The pack behind its own gRPC server, started as the engine starts it; and valid resources to start tests from."""

import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import grpc
from google.protobuf import struct_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

PACK = Path(__file__).resolve().parents[2] / "policies"
UNKNOWN_STRING = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
UNKNOWN_BOOLEAN = "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7"
UNKNOWN_ARRAY = "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2"
UNKNOWN_OBJECT = "dd056dcd-154b-4c76-9bd3-c8f88648b5ff"
SECRET_SIGNATURE = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}

INSTANCE = "gcp:sql/databaseInstance:DatabaseInstance"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"

Inputs = dict[str, Any]


@dataclass(frozen=True)
class Finding:
    """One diagnostic of the pack."""

    policy: str
    message: str
    mandatory: bool


class Analyzer:
    """A client of the pack."""

    def __init__(self, stub: Any) -> None:
        self.stub = stub

    def check(self, type_token: str, inputs: Inputs, *, protect: bool = False, name: str = "it") -> list[Finding]:
        """What the pack says about one resource."""
        properties = struct_pb2.Struct()
        properties.update(inputs)
        request = analyzer_pb2.AnalyzeRequest(
            type=type_token,
            properties=properties,
            urn=f"urn:pulumi:test::test::{type_token}::{name}",
            name=name,
            options=analyzer_pb2.AnalyzerResourceOptions(protect=protect),
        )
        response = self.stub.Analyze(request)
        return [
            Finding(item.policyName, item.message, item.enforcementLevel == analyzer_pb2.MANDATORY)
            for item in response.diagnostics
        ]


@contextmanager
def serving() -> Generator[Analyzer]:
    """A running pack, configured with nothing, as the engine does without a configuration file."""
    command = [sys.executable, str(PACK), "127.0.0.1:0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=PACK) as process:
        try:
            assert process.stdout is not None
            port = process.stdout.readline().strip()
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                stub = cast("Any", analyzer_pb2_grpc.AnalyzerStub(channel))
                stub.Configure(analyzer_pb2.ConfigureAnalyzerRequest())
                yield Analyzer(stub)
        finally:
            process.kill()


def secret(value: Any) -> Inputs:
    """A secret on the engine's wire."""
    return {**SECRET_SIGNATURE, "value": value}


def instance() -> Inputs:
    """A Cloud SQL instance that the pack accepts (when protected)."""
    return {
        "name": "orders",
        "databaseVersion": "POSTGRES_17",
        "deletionProtection": True,
        "settings": {
            "tier": "db-custom-2-7680",
            "deletionProtectionEnabled": True,
            "retainBackupsOnDelete": True,
            "backupConfiguration": {"enabled": True, "pointInTimeRecoveryEnabled": True},
            "ipConfiguration": {"ipv4Enabled": False, "sslMode": "ENCRYPTED_ONLY"},
        },
    }


def pod() -> Inputs:
    """A pod's specification that the pack accepts."""
    return {"containers": [_container()], "initContainers": [_container()], "volumes": [{"emptyDir": {}}]}


def _container() -> Inputs:
    return {"name": "app", "image": "app@sha256:0", "securityContext": {"allowPrivilegeEscalation": False}}


def deployment(spec: Inputs | None = None) -> Inputs:
    """A Deployment around a pod's specification."""
    return {"kind": "Deployment", "metadata": {"name": "app"}, "spec": {"template": {"spec": spec or pod()}}}


class Removed:
    """The type of REMOVED."""


REMOVED = Removed()


def changed(inputs: Inputs, path: str, value: Any) -> Inputs:
    """The inputs with one thing different: a dotted path (numbers index lists) set to a value, or REMOVED."""
    *way, last = path.split(".")
    place: Any = inputs
    for step in way:
        place = place[int(step)] if step.isdigit() else place[step]
    if value is REMOVED:
        del place[last]
    else:
        place[last] = value
    return inputs
