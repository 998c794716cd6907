"""The layers against the same resources in one single stack: what a change takes, and what it could reach.

The single stack is made of the layers' own programs and states (`single_program.py`); its preview finds nothing to do
before anything is measured, so it is the same system. It runs as the administrator: no smaller account could.
"""

import json
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from bench.process import output
from bench.tables import Table
from cli.embedded.directory import SandboxDirectory
from cli.embedded.environment import administrator_environment, sandbox_environment
from cli.embedded.reproducible import state_of
from cli.layout import SANDBOX, Stack, stacks
from toolchain.environments import CHECKOUT, python
from toolchain.progress import say

Json = dict[str, Any]

_PROJECT = "single"
_STACK = "pulumi:pulumi:Stack"
_RUNS = 3
COLUMNS = ("in", "preview", "lines of the plan", "resources within reach", "of them datastores")
_DATASTORES = ("gcp:sql/", "gcp:storage/bucket:Bucket", "gcp:gkebackup/")
_PROGRAM = """\
name: single
runtime:
  name: python
  options:
    virtualenv: {environment}
"""
_URN = re.compile(r"urn:pulumi:(?P<stack>[^:]+)::(?P<project>[^:]+)::(?P<type>.+?)::(?P<name>.+)", re.DOTALL)


@dataclass(frozen=True)
class _Change:
    """A change as teams make it: a setting of a layer's stack, and what becomes of its value (None: not set)."""

    what: str
    layer: str
    setting: str
    changed: Callable[[Any], Any]

    def made(self, config: Mapping[str, Any]) -> Json:
        """Settings with the change."""
        return {**config, self.setting: self.changed(config.get(self.setting))}


def _more_pods(quota: Json | None) -> Json:
    return {**(quota or {}), "pods": 30}


_TEAM = {"group": "payments-team@example.com", "capabilities": ["cluster-user"]}
_CHANGES = (
    _Change("an app's new image", "apps", "apps:image", lambda old: f"{old.partition('@')[0]}@sha256:{'c' * 64}"),
    _Change("more pods for every app", "platform", "platform:namespaceQuota", _more_pods),
    _Change("another team", "identity", "identity:teams", lambda old: {**old, "payments": _TEAM}),
)


@dataclass(frozen=True)
class _Previewed:
    """Seconds that a preview took, lines that it printed, and what its stack holds."""

    seconds: float
    lines: int
    resources: Sequence[Json]

    def cells(self) -> list[str]:
        """Time, length of the plan, resources and datastores within reach."""
        stored = sum(str(each["type"]).startswith(_DATASTORES) for each in self.resources)
        return [f"{self.seconds:.1f} s", str(self.lines), str(len(self.resources)), str(stored)]


class _Single:
    """The single stack, in a folder of its own."""

    def __init__(self, folder: Path, sandbox: SandboxDirectory, layered: Sequence[Stack]) -> None:
        self._folder = folder
        self._pulumi = str(sandbox.bin / "pulumi")
        self._parts = {stack.title: _part(stack) for stack in layered}
        text = _PROGRAM.format(environment=python("tests").parents[1])
        (folder / "Pulumi.yaml").write_text(text, encoding="utf-8")
        program = Path(__file__).with_name("single_program.py").read_text(encoding="utf-8")
        (folder / "__main__.py").write_text(program, encoding="utf-8")
        settings = {"gcp:project": self._parts["identity"]["config"]["gcp:project"]}
        (folder / f"Pulumi.{SANDBOX}.yaml").write_text(yaml.safe_dump({"config": settings}), encoding="utf-8")
        self._env = {
            **administrator_environment(sandbox, layered[0]),
            "PULUMI_BACKEND_URL": f"file://{folder}?metadata=skip",
            "PULUMI_STACK": SANDBOX,
            "CHECKOUT": str(CHECKOUT),
        }
        states = [(stack, state_of(sandbox, stack)) for stack in layered]
        self.resources = list(_merged(states))
        self._run(["stack", "init", SANDBOX, "--secrets-provider", "passphrase"])
        salt = yaml.safe_load((folder / f"Pulumi.{SANDBOX}.yaml").read_text(encoding="utf-8"))["encryptionsalt"]
        secrets = {"type": "passphrase", "state": {"salt": salt}}
        content = {"manifest": {}, "secrets_providers": secrets, "resources": self.resources}
        deployment = {"version": 3, "deployment": content}
        file = folder / "deployment.json"
        file.write_text(json.dumps(deployment), encoding="utf-8")
        try:
            self._run(["stack", "import", "--file", str(file)])
        finally:
            file.unlink()  # it holds the secrets as they are

    def require_same(self) -> None:
        """End unless the program finds exactly what the state holds."""
        told = self._run(["preview", "--json", *_OPTIONS], self._parts.values())
        changes: dict[str, int] = json.loads(told)["changeSummary"]
        if different := {name: count for name, count in changes.items() if name != "same"}:
            raise SystemExit(f"error: the single stack is not what the layers are, so nothing is measured: {different}")

    def preview(self, change: _Change, stack: Stack) -> _Previewed:
        """What the change takes in the single stack; `stack` is whose setting it is."""
        part = self._parts[stack.title]
        changed = {**self._parts, stack.title: {**part, "config": change.made(part["config"])}}
        return _timed(lambda: self._run(["preview", "--diff", *_OPTIONS], changed.values()), self.resources)

    def _run(self, arguments: Sequence[str], parts: Iterable[Json] = ()) -> str:
        env = {**self._env, "PARTS": json.dumps(list(parts))}
        return output([self._pulumi, "--non-interactive", *arguments], self._folder, env)


_OPTIONS = ("--suppress-progress", "--color=never")


def _part(stack: Stack) -> Json:
    config = yaml.safe_load(stack.file.read_text(encoding="utf-8"))["config"]
    return {"title": stack.title, "layer": stack.project, "stack": stack.name, "config": config}


def _merged(states: Iterable[tuple[Stack, Sequence[Json]]]) -> Iterable[Json]:
    """The resources of several stacks as those of one, what the engine makes for each only once."""
    known: dict[str, Json] = {}
    for stack, resources in states:
        for each in resources:
            found = cast("Json", _renamed(each, stack.title))
            if found["type"] == _STACK:
                found["outputs"] = {f"{stack.title}/{name}": value for name, value in found.get("outputs", {}).items()}
                known.setdefault(found["urn"], found)["outputs"] |= found["outputs"]
            if "provider" in found:
                urn, _, own = str(found["provider"]).rpartition("::")
                found["provider"] = f"{urn}::{known[urn]['id'] if urn in known else own}"
            known.setdefault(found["urn"], found)
    return known.values()


def _renamed(value: Any, title: str) -> Any:
    """A value with every URN in it as the single stack has it."""
    if isinstance(value, dict):
        return {key: _renamed(each, title) for key, each in cast("Json", value).items()}
    if isinstance(value, list):
        return [_renamed(each, title) for each in cast("list[Any]", value)]
    if not isinstance(value, str) or not (match := _URN.fullmatch(value)):
        return value
    name = f"{title}/{match['name']}"
    if match["type"] == _STACK:
        name = f"{_PROJECT}-{SANDBOX}"
    elif match["type"].startswith("pulumi:providers:") and match["name"].startswith("default"):
        name = match["name"]
    return f"urn:pulumi:{SANDBOX}::{_PROJECT}::{match['type']}::{name}"


def _layered(change: _Change, sandbox: SandboxDirectory, stack: Stack) -> _Previewed:
    """What the change takes in its layer, as the layer's preview account; the stack file is put back."""
    before = stack.file.read_text(encoding="utf-8")
    content = yaml.safe_load(before)
    content["config"] = change.made(content["config"])
    command = [str(sandbox.bin / "pulumi"), "--non-interactive", "preview", "--stack", stack.name, "--diff", *_OPTIONS]
    env = sandbox_environment(sandbox, stack, "preview")
    stack.file.write_text(yaml.safe_dump(content), encoding="utf-8")
    try:
        return _timed(lambda: output(command, stack.folder, env), state_of(sandbox, stack))
    finally:
        stack.file.write_text(before, encoding="utf-8")


def _timed(preview: Callable[[], str], resources: Sequence[Json]) -> _Previewed:
    seconds: list[float] = []
    told = ""
    for _ in range(_RUNS):
        started = time.monotonic()
        told = preview()
        seconds.append(time.monotonic() - started)
    own = [each for each in resources if each["custom"] and not str(each["type"]).startswith("pulumi:")]
    return _Previewed(statistics.median(seconds), len(told.splitlines()), own)


def measured(sandbox: SandboxDirectory, folder: Path) -> Table:
    """Each change in its layer and in the single stack.

    Args:
        sandbox: one that is up, of this checkout.
        folder: an empty one.
    """
    return Table("single", ("change", *COLUMNS), rows(sandbox, folder))


def rows(sandbox: SandboxDirectory, folder: Path) -> list[list[str]]:
    """The cells of that table."""
    layered = stacks(SANDBOX)
    single = _Single(folder, sandbox, layered)
    single.require_same()
    found: list[list[str]] = []
    for change in _CHANGES:
        stack = next(each for each in reversed(layered) if each.project == change.layer)
        say(f"{change.what}, in {stack.title} and in a single stack …")
        own, whole = _layered(change, sandbox, stack), single.preview(change, stack)
        found.append([change.what, stack.title, *own.cells()])
        found.append(["", "single stack", *whole.cells()])
    return found


if __name__ == "__main__":  # in another checkout, of its own sandbox
    with tempfile.TemporaryDirectory() as temporary:
        print(json.dumps(rows(SandboxDirectory.default(), Path(temporary))))
