"""The pack behind its own gRPC server, started as the engine starts it."""

import subprocess
import sys
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import grpc
from google.protobuf import struct_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

PACK = Path(__file__).resolve().parents[2] / "policies"
UNKNOWN_STRING = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
UNKNOWN_ARRAY = "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2"
UNKNOWN_OBJECT = "dd056dcd-154b-4c76-9bd3-c8f88648b5ff"
SECRET_SIGNATURE = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
PROJECT = "prodfirst-sandbox"

Inputs = dict[str, Any]


@dataclass(frozen=True)
class Finding:
    """One diagnostic of the pack."""

    policy: str
    message: str
    mandatory: bool


class Analyzer:
    """A client of the pack."""

    def __init__(self, stub: Any, address: str = "") -> None:
        self.stub = stub
        self.address = address

    def check(
        self,
        type_token: str,
        inputs: Inputs,
        *,
        name: str = "it",
        layer: str = "",
        stack: str = "sandbox",
        provider: Inputs | None = None,
        **options: Any,
    ) -> list[Finding]:
        """What the pack says about one resource; without a layer, the rules on layers are left out."""
        request = analyzer_pb2.AnalyzeRequest(
            type=type_token,
            properties=struct(inputs),
            urn=urn(type_token, name, layer or "identity", stack),
            name=name,
            options=_options(**options),
            provider=analyzer_pb2.AnalyzerProviderResource(
                type="pulumi:providers:gcp",
                properties=struct({"project": PROJECT} if provider is None else provider),
                urn=urn("pulumi:providers:gcp", "default", "identity", stack),
                name="default",
            ),
        )
        found = _findings(self.stub.Analyze(request))
        return found if layer else [finding for finding in found if not finding.policy.startswith("layer-")]

    def stack(self, resources: Iterable[tuple[str, str, Inputs]], *, ignored: Iterable[str] = ()) -> list[Finding]:
        """Findings of the pack on a stack of resources: URN, type and outputs; all ignore changes of some inputs."""
        listed = [
            analyzer_pb2.AnalyzerResource(
                type=type_token,
                properties=struct(outputs),
                urn=its_urn,
                name=its_urn.rpartition("::")[2],
                options=_options(ignored=ignored),
            )
            for its_urn, type_token, outputs in resources
        ]
        return _findings(self.stub.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=listed)))


def _options(
    *, protect: bool = False, delete_first: bool = False, ignored: Iterable[str] = ()
) -> analyzer_pb2.AnalyzerResourceOptions:
    return analyzer_pb2.AnalyzerResourceOptions(
        protect=protect,
        deleteBeforeReplace=delete_first,
        deleteBeforeReplaceDefined=delete_first,
        ignoreChanges=ignored,
    )


def _findings(response: analyzer_pb2.AnalyzeResponse) -> list[Finding]:
    return [
        Finding(item.policyName, item.message, item.enforcementLevel == analyzer_pb2.MANDATORY)
        for item in response.diagnostics
    ]


def struct(inputs: Inputs) -> struct_pb2.Struct:
    """Inputs on the engine's wire."""
    found = struct_pb2.Struct()
    found.update(inputs)
    return found


def urn(type_token: str, name: str, layer: str = "identity", stack: str = "sandbox") -> str:
    """The URN of a resource."""
    return f"urn:pulumi:{stack}::{layer}::{type_token}::{name}"


@contextmanager
def serving(pack: Path = PACK) -> Generator[Analyzer]:
    """A running pack, configured as the engine does without a configuration file."""
    command = [sys.executable, str(pack), "127.0.0.1:0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=pack) as process:
        try:
            assert process.stdout is not None
            port = process.stdout.readline().strip()
            address = f"127.0.0.1:{port}"
            with grpc.insecure_channel(address) as channel:
                stub = cast("Any", analyzer_pb2_grpc.AnalyzerStub(channel))
                stub.Configure(analyzer_pb2.ConfigureAnalyzerRequest())
                yield Analyzer(stub, address)
        finally:
            process.kill()


def secret(value: Any) -> Inputs:
    """A secret on the engine's wire."""
    return {**SECRET_SIGNATURE, "value": value}
