"""Layers against the same resources in one single stack: cost and blast radius of a change.

The single stack consists of the layers' own programs and states (`single_program.py`). Before anything is measured, its
preview has to find no changes: it is the same system. It runs as the administrator, because no account with fewer
permissions could.
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

from cli.embedded.directory import SandboxDirectory
from cli.embedded.environment import administrator_environment, sandbox_environment
from cli.embedded.reproducible import state_of
from cli.layout import SANDBOX, Stack, stacks
from lab.bench.process import output
from lab.bench.tables import Table
from toolchain.environments import CHECKOUT, python
from toolchain.errors import ToolError
from toolchain.progress import say

Json = dict[str, Any]

_PROJECT = "single"
_STACK = "pulumi:pulumi:Stack"
_RUNS = 3
COLUMNS = ("in", "preview", "lines of the plan", "resources within reach", "of them datastores")
# A login is none: it holds no data, and opens no table.
_DATASTORES = ("gcp:sql/database", "gcp:storage/bucket:Bucket", "gcp:gkebackup/")
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
    """A typical change of one setting of a stack.

    Attributes:
        what: the change in words.
        program: of the stack.
        setting: its key.
        changed: from the old value (None: unset) and an app of the stack's team to the new value.
    """

    what: str
    program: str
    setting: str
    changed: Callable[[Any, str], Any]

    def made(self, config: Mapping[str, Any], app: str) -> Json:
        """Settings after the change."""
        return {**config, self.setting: self.changed(config.get(self.setting), app)}


def _larger(datastores: Json, _app: str) -> Json:
    return {name: {**about, "tier": "db-custom-4-15360"} for name, about in datastores.items()}


def _more_pods(quota: Json | None, _app: str) -> Json:
    return {**(quota or {}), "pods": 30}


_LEDGER = {"ledger": {"access": ["traces"]}}


def _with_quota(namespaces: Json | None, app: str) -> Json:
    return {**(namespaces or {}), app: {"quota": {"pods": 30}}}


_READERS = {"support": {"group": "support@example.com", "capabilities": ["platform-reader"]}}
_CHANGES = (
    _Change("an app's new image", "apps", "apps:image", lambda old, _: f"{old.partition('@')[0]}@sha256:{'c' * 64}"),
    _Change("another app of a team", "identity/team", "identity:apps", lambda old, _: {**old, **_LEDGER}),
    _Change("more pods for an app", "platform/namespaces", "platform:namespaces", _with_quota),
    _Change("more pods for every app", "platform", "platform:namespaceQuota", _more_pods),
    _Change("a larger machine for the databases", "platform/storage", "platform:datastores", _larger),
    _Change("another group that reads the cluster", "identity", "identity:teams", lambda old, _: {**old, **_READERS}),
)


@dataclass(frozen=True)
class _Previewed:
    """Result of a preview: its seconds, its number of lines, and the resources of its stack."""

    seconds: float
    lines: int
    resources: Sequence[Json]

    def cells(self) -> list[str]:
        """Cells of a table: time, length of the plan, resources and datastores within reach."""
        stored = sum(str(item["type"]).startswith(_DATASTORES) for item in self.resources)
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
            file.unlink()  # it holds the secrets in plain text

    def require_same(self) -> None:
        """End the measurement unless a preview finds no changes."""
        printed = self._run(["preview", "--json", *_OPTIONS], self._parts.values())
        changes: dict[str, int] = json.loads(printed)["changeSummary"]
        if different := {name: count for name, count in changes.items() if name != "same"}:
            raise ToolError(f"the single stack is not what the layers are, so nothing is measured: {different}")

    def preview(self, settings: Json, stack: Stack) -> _Previewed:
        """Preview the single stack with other settings of one layer's stack."""
        changed = {**self._parts, stack.title: {**self._parts[stack.title], "config": settings}}
        return _timed(lambda: self._run(["preview", "--diff", *_OPTIONS], changed.values()), self.resources)

    def _run(self, arguments: Sequence[str], parts: Iterable[Json] = ()) -> str:
        env = {**self._env, "PARTS": json.dumps(list(parts))}
        return output([self._pulumi, "--non-interactive", *arguments], self._folder, env)


_OPTIONS = ("--suppress-progress", "--color=never")


def _part(stack: Stack) -> Json:
    config = yaml.safe_load(stack.file.read_text(encoding="utf-8"))["config"]
    return {"title": stack.title, "layer": stack.project, "stack": stack.name, "config": config}


def _merged(states: Iterable[tuple[Stack, Sequence[Json]]]) -> Iterable[Json]:
    """Resources of several stacks as resources of one: the stack itself and default providers only once."""
    known: dict[str, Json] = {}
    for stack, resources in states:
        for original in resources:
            resource = cast("Json", _renamed(original, stack.title))
            if resource["type"] == _STACK:
                outputs = {f"{stack.title}/{name}": value for name, value in resource.get("outputs", {}).items()}
                resource["outputs"] = outputs
                known.setdefault(resource["urn"], resource)["outputs"] |= outputs
            if "provider" in resource:
                urn, _, own = str(resource["provider"]).rpartition("::")
                resource["provider"] = f"{urn}::{known[urn]['id'] if urn in known else own}"
            known.setdefault(resource["urn"], resource)
    return known.values()


def _renamed(value: Any, title: str) -> Any:
    """The value with every URN replaced by the URN in the single stack."""
    if isinstance(value, dict):
        return {key: _renamed(item, title) for key, item in cast("Json", value).items()}
    if isinstance(value, list):
        return [_renamed(item, title) for item in cast("list[Any]", value)]
    if not isinstance(value, str) or not (match := _URN.fullmatch(value)):
        return value
    name = f"{title}/{match['name']}"
    if match["type"] == _STACK:
        name = f"{_PROJECT}-{SANDBOX}"
    elif match["type"].startswith("pulumi:providers:") and match["name"].startswith("default"):
        name = match["name"]
    return f"urn:pulumi:{SANDBOX}::{_PROJECT}::{match['type']}::{name}"


def _layered(settings: Json, sandbox: SandboxDirectory, stack: Stack, folder: Path) -> _Previewed:
    """Preview a layer's stack with other settings, in a file of their own, as the layer's preview account."""
    content = yaml.safe_load(stack.file.read_text(encoding="utf-8"))
    file = folder / "changed.yaml"
    file.write_text(yaml.safe_dump({**content, "config": settings}), encoding="utf-8")
    preview = ["preview", "--stack", stack.name, "--config-file", str(file), "--diff", *_OPTIONS]
    command = [str(sandbox.bin / "pulumi"), "--non-interactive", *preview]
    env = sandbox_environment(sandbox, stack, "preview")
    return _timed(lambda: output(command, stack.folder, env), state_of(sandbox, stack))


def _timed(preview: Callable[[], str], resources: Sequence[Json]) -> _Previewed:
    seconds: list[float] = []
    printed = ""
    for _ in range(_RUNS):
        started = time.monotonic()
        printed = preview()
        seconds.append(time.monotonic() - started)
    own = [item for item in resources if item["custom"] and not str(item["type"]).startswith("pulumi:")]
    return _Previewed(statistics.median(seconds), len(printed.splitlines()), own)


def _app_of_its_team(stack: Stack, layered: Sequence[Stack]) -> str:
    """An app of the team that the stack is for; of any team where it is for all."""
    return next(app.part or "" for app in layered if app.is_app and stack.of_team() in ("", app.of_team()))


def measured(sandbox: SandboxDirectory, folder: Path) -> Table:
    """Table of each change in its layer and in the single stack.

    Args:
        sandbox: one that is up, of this checkout.
        folder: an empty one.
    """
    return Table("single", ("change", *COLUMNS), rows(sandbox, folder))


def rows(sandbox: SandboxDirectory, folder: Path) -> list[list[str]]:
    """Rows of the table."""
    layered = stacks(SANDBOX)
    single = _Single(folder, sandbox, layered)
    single.require_same()
    cells: list[list[str]] = []
    for change in _CHANGES:
        stack = next(stack for stack in reversed(layered) if stack.program == change.program)
        say(f"{change.what}, in {stack.title} and in a single stack …")
        settings = change.made(_part(stack)["config"], _app_of_its_team(stack, layered))
        own, whole = _layered(settings, sandbox, stack, folder), single.preview(settings, stack)
        cells.append([change.what, stack.title, *own.cells()])
        cells.append(["", "single stack", *whole.cells()])
    return cells


if __name__ == "__main__":  # in another checkout, of its own sandbox
    with tempfile.TemporaryDirectory() as temporary:
        print(json.dumps(rows(SandboxDirectory.default(), Path(temporary))))
