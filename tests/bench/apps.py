"""What one app costs among others, and several at once: `python -m bench.apps [--engine 10] [--numbers 1,10,50,500]`.

Up to `--engine` apps are brought up for real, layers and all. Further neighbours are there for all that an app's stack
could meet: in the contract, in the cluster, as entries, stack files and states; but no engine made them, since the
platform's one stack would take hours for that. Memory is that of the command's own processes, without the servers.
"""

import argparse
import base64
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from rich.console import Console
from rich.table import Table

from bench.memory import Peak
from e2e.harness import PLATFORM, PROJECT, acting_as
from e2e.sandboxes import copy_checkout
from runner import state
from runner.directory import SandboxDirectory
from runner.environment import without_sandbox
from runner.layout import Stack
from sandbox.cloud.api import Cloud
from sandbox.tools.environments import python
from sandbox.tools.progress import say

_RUNS = 3
_MEASURED = "measured"
_STACK_FILE = "Pulumi.${{ values.name }}-sandbox.yaml"
_ENTRY = {
    "kind": "webService",
    "team": "shop",
    "port": 8080,
    "healthPath": "/healthz",
    "resources": {"cpu": "10m", "memory": "32Mi"},
}


@dataclass(frozen=True)
class _Taken:
    """What a command took: seconds, those of a processor, and megabytes at the peak."""

    seconds: float
    processor: float
    megabytes: float

    def times(self, other: "_Taken") -> str:
        """How many times as much as another one, value by value."""
        pairs = ((self.seconds, other.seconds), (self.processor, other.processor), (self.megabytes, other.megabytes))
        return ", ".join(f"{mine / theirs:.2f}" for mine, theirs in pairs)

    def cells(self) -> list[str]:
        """For a table."""
        return [f"{self.seconds:.1f} s", f"{self.processor:.1f} s", f"{self.megabytes:.0f} MB"]


class _Bench:
    """A checkout and a sandbox of its own, in which apps come and none goes."""

    def __init__(self, folder: Path) -> None:
        self.checkout = folder / "checkout"
        self.sandbox = SandboxDirectory(folder / "sandbox")
        self._marks = (folder / f"command-{number}" for number in range(10**6))
        self._digests = iter(range(1, 10**6))
        self._contract: dict[str, dict[str, object]] = {}
        copy_checkout(self.checkout)
        for file in (*self._files("apps/Pulumi.*-*.yaml"), *self._files("apps/entries/*.yaml")):
            file.unlink()
        self._edit("identity/Pulumi.sandbox.yaml", "identity:apps", {})

    def _files(self, pattern: str) -> Iterator[Path]:
        return self.checkout.glob(pattern)

    def _edit(self, path: str, key: str, value: object) -> None:
        file = self.checkout / path
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        content["config"][key] = value
        file.write_text(yaml.safe_dump(content), encoding="utf-8")

    def declare(self, names: Sequence[str]) -> None:
        """Entries and stack files of these apps, and their places in the identity layer."""
        self._edit("identity/Pulumi.sandbox.yaml", "identity:apps", {name: {"team": "shop"} for name in names})
        for name in names:
            if not (self.checkout / "apps" / "entries" / f"{name}.yaml").exists():
                self.write(name)

    def write(self, name: str) -> None:
        """An app's entry, and its stack file with another image than before."""
        digest = f"{next(self._digests):064x}"
        salt = yaml.safe_load((self.checkout / "apps/template/skeleton/stack" / _STACK_FILE).read_text("utf-8"))
        image = f"europe-west4-docker.pkg.dev/prodfirst-sandbox/shop/{name}@sha256:{digest}"
        config = {"gcp:project": "prodfirst-sandbox", "apps:app": name, "apps:image": image}
        content = {"encryptionsalt": salt["encryptionsalt"], "config": config}
        apps = self.checkout / "apps"
        (apps / f"Pulumi.{name}-sandbox.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
        (apps / "entries" / f"{name}.yaml").write_text(yaml.safe_dump(_ENTRY), encoding="utf-8")

    def run(self, *arguments: str) -> _Taken:
        """Run a command of the product; what it took."""
        mark = next(self._marks)
        env = without_sandbox()
        env |= {"PYTHONPATH": str(self.checkout / "tests"), "SANDBOX_DIR": str(self.sandbox.path), "MARK": str(mark)}
        command = [sys.executable, "-m", "runner", *arguments]
        started, before = time.monotonic(), _processor()
        with Peak(mark) as peak:
            done = subprocess.run(command, cwd=self.checkout, env=env, capture_output=True, text=True, check=False)  # noqa: S603  ours
        if done.returncode:
            raise SystemExit(f"error: {arguments} failed, so nothing can be measured:\n{done.stdout}{done.stderr}")
        return _Taken(time.monotonic() - started, _processor() - before, peak.megabytes)

    def crowd(self, names: Sequence[str], like: str) -> None:
        """Neighbours that no engine made: in the contract, in the cluster, and with states like that of another app."""
        contract = self._contract = self._contract or _published(self.sandbox)
        self.declare([*contract["apps"], *names])
        for name in names:
            contract["apps"][name] = json.loads(json.dumps(contract["apps"][like]).replace(like, name))
        self._publish(contract)
        namespaces = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in names]
        kubectl = [str(self.sandbox.bin / "kubectl"), "--kubeconfig", str(self.sandbox.path / "pki/admin.kubeconfig")]
        listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": namespaces})
        subprocess.run([*kubectl, "create", "-f", "-"], input=listed, text=True, check=True, capture_output=True)  # noqa: S603  ours
        model = state.file(self.sandbox, Stack("apps", "sandbox", like))
        for name in names:
            target = state.file(self.sandbox, Stack("apps", "sandbox", name))
            target.write_text(model.read_text(encoding="utf-8").replace(like, name), encoding="utf-8")

    def _publish(self, contract: Mapping[str, object]) -> None:
        """As the platform layer would, by its own code and as its own account."""
        program = "import json, sys; from platform_layer import contract as c; print(c.payload(json.load(sys.stdin)))"
        done = subprocess.run(  # noqa: S603  the layer's own code
            [str(python("platform")), "-c", program],
            cwd=self.checkout / "platform",
            input=json.dumps(contract),
            capture_output=True,
            text=True,
            check=True,
        )
        data = base64.b64encode(done.stdout.strip().encode()).decode()
        cloud = Cloud(self.sandbox.path / "cloud.db")
        secret = f"{PROJECT}/secrets/contract-platform"
        version = {"payload": {"data": data}}
        cloud.call("secretmanager.projects.secrets.addVersion", secret, acting_as("platform-deploy"), version)
        cloud.store.close()


def _published(sandbox: SandboxDirectory) -> dict[str, dict[str, object]]:
    """The contract, as an output of the platform's stack."""
    content = json.loads(state.file(sandbox, PLATFORM).read_text(encoding="utf-8"))
    resources = content["checkpoint"]["latest"]["resources"]
    return next(each for each in resources if each["type"] == "pulumi:pulumi:Stack")["outputs"]["contract"]


def _one(bench: _Bench) -> tuple[_Taken, _Taken]:
    """A preview of the measured app with a new image, and the update; each the median of several."""
    previews: list[_Taken] = []
    updates: list[_Taken] = []
    for _ in range(_RUNS):
        bench.write(_MEASURED)
        previews.append(bench.run("preview", "--app", _MEASURED))
        updates.append(bench.run("up", "--app", _MEASURED))
    return _median(previews), _median(updates)


def _median(taken: Sequence[_Taken]) -> _Taken:
    return _Taken(
        statistics.median(each.seconds for each in taken),
        statistics.median(each.processor for each in taken),
        statistics.median(each.megabytes for each in taken),
    )


def _processor() -> float:
    """Seconds of a processor that ended children took, theirs included; a busy machine does not change them much."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _measured(bench: _Bench, engine: int, numbers: Sequence[int]) -> Iterator[tuple[str, _Taken, _Taken]]:
    """What was done, what it took, and what it is to be compared with."""
    names = [f"app-{number:03}" for number in range(1, max(numbers))]
    first: tuple[_Taken, _Taken] | None = None
    there = 0
    for number in numbers:
        say(f"{number} apps …")
        if number <= engine:
            bench.declare([_MEASURED, *names[: number - 1]])
            for layer in ("identity", "platform"):
                taken = bench.run("up", "--layer", layer)
                yield f"{layer} with {number} apps: `make up LAYER={layer}`", taken, taken
            taken = bench.run("up", "--layer", "apps")
            yield f"{number - there} new apps: `make up LAYER=apps`", taken, taken
        else:
            bench.crowd(names[there - 1 : number - 1], names[0])
        there = number
        preview, update = _one(bench)
        first = first or (preview, update)
        yield f"one app among {number}: `make preview APP=…`", preview, first[0]
        yield f"one app among {number}: `make up APP=…`", update, first[1]


def main(arguments: Sequence[str]) -> int:
    """Measures in a sandbox of its own, and prints the table as it stands in README.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", type=int, default=10, help="apps that are brought up for real")
    parser.add_argument("--numbers", default="1,10,50,500", help="apps among which one is measured")
    chosen = parser.parse_args(arguments)
    numbers = [int(number) for number in chosen.numbers.split(",")]
    table = Table("what", "time", "processor", "memory", "times one alone", box=None, pad_edge=False)
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    bench = _Bench(folder)
    try:
        for what, taken, alone in _measured(bench, chosen.engine, numbers):
            cells = [*taken.cells(), "" if taken is alone else taken.times(alone)]
            say("  ".join([what, *cells]))
            table.add_row(what, *cells)
    finally:
        bench.run("down")
        shutil.rmtree(folder, ignore_errors=True)
    Console(highlight=False, width=160).print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
