"""The judges: each evaluates the same resources with the same five rules, as it is used in practice.

The pack is asked twice: through its gRPC server, as the engine asks it, and as functions, as the engines of Rego and
Cedar are libraries too. checkov is a program that reads files. Only findings of the five rules count.
"""

import inspect
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol, cast

import grpc
from google.protobuf import struct_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from cli.environment import stripped
from cli.layout import POLICIES
from engine.states import Resource as State
from lab.checkov import terraform
from lab.judges import process
from lab.judges.five import FIVE, NAMES
from lab.judges.protocol import Found, Resource
from policy_pack import catalog
from toolchain import environments
from toolchain.environments import CHECKOUT
from toolchain.errors import ToolError

_HERE = Path(__file__).parent
_TESTS = CHECKOUT / "tests"


@dataclass(frozen=True)
class Verdicts:
    """Result of a judge.

    Attributes:
        seconds: of a processor for the evaluation, the caller's included, without the start.
        start: processor seconds until the judge can evaluate.
        megabytes: of its process at the peak.
        found: the violations, by position and rule.
    """

    seconds: float
    start: float
    megabytes: float
    found: frozenset[Found]


class Judge(Protocol):
    """Judge of resources."""

    @property
    def name(self) -> str:
        """Name, and which rules it has."""
        ...

    @property
    def how(self) -> str:
        """Manner in which it is asked."""
        ...

    @property
    def most(self) -> int:
        """Most resources that it evaluates in minutes."""
        ...

    def lines(self) -> int:
        """Lines of the five rules, without blank lines and comments."""
        ...

    def evaluate(self, resources: Sequence[Resource]) -> Verdicts:
        """Evaluate resources.

        Raises:
            ToolError: the judge failed.
        """
        ...


@dataclass(frozen=True)
class Program:
    """A judge that is a library, in a program of ours (`protocol.py`).

    Attributes:
        name: of the judge.
        how: the manner in which it is asked.
        module: the program.
        project: the project whose environment it runs in.
        rules: the file of the rules; None for the pack's own.
        most: most resources that it evaluates in minutes.
    """

    name: str
    how: str
    module: str
    project: str
    rules: Path | None = None
    most: int = sys.maxsize

    def lines(self) -> int:
        """Lines of the rules."""
        return _lines(self.rules.read_text(encoding="utf-8")) if self.rules else _lines_of_the_pack()

    def evaluate(self, resources: Sequence[Resource]) -> Verdicts:
        """Evaluate resources in a process of their own, and none in another for the start."""
        start = self._run([]).seconds
        ended = self._run(resources)
        answer = json.loads(ended.output)
        found = frozenset((int(position), str(rule)) for position, rule in answer["found"])
        return Verdicts(float(answer["seconds"]), start, ended.megabytes, found)

    def _run(self, resources: Sequence[Resource]) -> process.Ended:
        environments.ensure([self.project])
        command = [str(environments.python(self.project)), "-m", self.module]
        return process.run(command, _TESTS, _environment(), json.dumps(resources))


@dataclass(frozen=True)
class Server:
    """The pack behind its gRPC server.

    Attributes:
        name: of the pack.
        command: arguments of Python that serve it.
        how: the manner in which it is asked.
        most: most resources that it evaluates in minutes.
    """

    name: str
    command: Sequence[str]
    how: str = "gRPC server, one call a resource"
    most: int = sys.maxsize

    def lines(self) -> int:
        """Lines of the five rules."""
        return _lines_of_the_pack()

    def evaluate(self, resources: Sequence[Resource]) -> Verdicts:
        """Ask a server of its own about each resource; the requests are made before, as the engine makes them."""
        requests = [_request(resource) for resource in resources]
        with self._serving() as (stub, running):
            start = process.seconds(running)
            found: set[Found] = set()
            before = time.process_time()
            for position, request in enumerate(requests):
                diagnostics = stub.Analyze(request).diagnostics
                found.update((position, item.policyName) for item in diagnostics if item.policyName in NAMES)
            seconds = time.process_time() - before + process.seconds(running) - start
            return Verdicts(seconds, start, process.high_water(running), frozenset(found))

    @contextmanager
    def _serving(self) -> Generator[tuple[Any, int]]:
        """Yield a client of the started server, and the server's process ID."""
        command = [str(environments.python("policies")), *self.command]
        with subprocess.Popen(  # noqa: S603  the pack
            command, cwd=POLICIES, env=_environment(), stdout=subprocess.PIPE, text=True
        ) as running:
            try:
                port = running.stdout.readline().strip() if running.stdout else ""
                if not port:
                    raise ToolError(f"`{' '.join(command)}` did not start, so the pack was not measured.")
                with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                    stub = cast("Any", analyzer_pb2_grpc.AnalyzerStub(channel))
                    stub.Configure(analyzer_pb2.ConfigureAnalyzerRequest())
                    yield stub, running.pid
            finally:
                running.kill()


@dataclass(frozen=True)
class Checkov:
    """checkov with its checks for the five rules, over a plan of Terraform with the same resources.

    Attributes:
        name: of the judge.
        how: the manner in which it is asked.
        most: most resources that it evaluates in minutes: it takes ten minutes and 2 GB for 10,000.
    """

    name: str = "checkov"
    how: str = "program, over a file"
    most: int = 1_000

    def lines(self) -> int:
        """Lines of the classes of its checks."""
        environments.ensure([environments.CHECKOV])
        folder = environments.python(environments.CHECKOV).parents[1]
        wanted = re.compile(rf'"({"|".join(_CHECKS)})"')
        sources = (file.read_text(encoding="utf-8") for file in folder.glob(_SOURCES))
        return sum(_lines(source) for source in sources if wanted.search(source))

    def evaluate(self, resources: Sequence[Resource]) -> Verdicts:
        """Check a plan, and an empty one for the start."""
        start = self._run([]).seconds
        ended = self._run(resources)
        failed = json.loads(ended.output).get("results", {}).get("failed_checks", [])
        found = frozenset(
            (int(str(item["resource"]).rpartition("-")[2]), _CHECKS[str(item["check_id"])]) for item in failed
        )
        return Verdicts(ended.seconds - start, start, ended.megabytes, found)

    def _run(self, resources: Sequence[Resource]) -> process.Ended:
        """As in `lab.checkov`, it makes no requests and works in one process."""
        environments.ensure([environments.CHECKOV])
        program = environments.python(environments.CHECKOV).with_name("checkov")
        states = [
            State.model_validate({"urn": _urn(resource), "type": resource["type"], "inputs": resource["inputs"]})
            for resource in resources
        ]
        options = ["--framework", "terraform_plan", "--output", "json", "--soft-fail", "--skip-download"]
        with TemporaryDirectory() as folder:
            (Path(folder) / "plan.json").write_text(json.dumps(terraform.plan(states)), encoding="utf-8")
            env = {"PATH": os.defpath, "HOME": folder, "LOG_LEVEL": "ERROR", "CHECKOV_PARALLELIZATION_TYPE": "none"}
            command = [str(program), "--file", "plan.json", "--check", ",".join(_CHECKS), *options]
            return process.run(command, Path(folder), env)


_CHECKS: Mapping[str, str] = {rule.check: rule.name for rule in FIVE}
_SOURCES = "lib/python*/site-packages/checkov/terraform/checks/resource/gcp/*.py"

PACK = Server("pack, the five rules", ("-m", "lab.judges.served"))
JUDGES: Sequence[Judge] = (
    PACK,
    Server(f"pack, all {len(catalog.POLICIES)} rules", (str(POLICIES),)),
    Program("pack, the five rules", "functions, in process", "lab.judges.functions", "policies"),
    Program("Rego (regopy)", "library, in process", "lab.judges.rego", environments.JUDGES, _HERE / "rules.rego"),
    Program("Cedar (cedarpy)", "library, in process", "lab.judges.cedar", environments.JUDGES, _HERE / "rules.cedar"),
    Checkov(),
)


def _environment() -> dict[str, str]:
    return {**stripped(), "PYTHONPATH": os.pathsep.join((str(_TESTS), str(POLICIES)))}


def _urn(resource: Resource) -> str:
    return f"urn:pulumi:bench::platform::{resource['type']}::{resource['name']}"


def _request(resource: Resource) -> analyzer_pb2.AnalyzeRequest:
    properties = struct_pb2.Struct()
    properties.update(resource["inputs"])
    return analyzer_pb2.AnalyzeRequest(
        type=resource["type"], urn=_urn(resource), name=resource["name"], properties=properties
    )


def _lines_of_the_pack() -> int:
    return sum(_lines(inspect.getsource(rule.check)) for rule in catalog.RULES if rule.name in NAMES)


def _lines(source: str) -> int:
    """Number of lines that are neither blank nor a comment."""
    return sum(1 for line in source.splitlines() if line.strip() and not line.strip().startswith(("#", "//")))
