"""`make verify-reproducible`: one commit, brought up twice from nothing, must result in equal states.

It brings up two separate sandboxes, one after the other; each resource of every state is compared with its counterpart,
including secrets. Values that a cloud generates anew are left out: times, numbers, unique IDs, the API server's port.
Inputs of the program are compared in full.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from rich.table import Table

from cli.console import wide_console
from cli.embedded.directory import SandboxDirectory
from cli.embedded.environment import sandbox_environment
from cli.environment import without_sandbox
from cli.formats import readable
from cli.layout import SANDBOX, Stack, stacks
from cli.pulumi.engine import Engine
from engine import states
from toolchain.environments import CHECKOUT
from toolchain.errors import ToolError
from toolchain.progress import say, step

Json = dict[str, Any]

# Fields of a resource in a state that follow from program and cloud, not from time and place of the update.
_COMPARED = ("type", "custom", "parent", "protect", "retainOnDelete", "dependencies", "provider", "inputs", "outputs")
# Fields that Kubernetes and Google generate for each object, at any depth.
_MADE_UP = {
    "clusterCaCertificate",
    "clusterIP",
    "clusterIPs",
    "creationTimestamp",
    "etag",
    "fingerprint",
    "labelFingerprint",
    "generation",
    "resourceVersion",
    "uid",
    "uniqueId",
}
_VARYING = (
    (re.compile(r"(localhost|127\.0\.0\.1):\d+"), "<address>"),
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "<uuid>"),
    (re.compile(r"(?<=/)\d{12,}$"), "<number>"),
)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_NUMBER = re.compile(r"\d{12,}")
_SHOWN = 20


@dataclass(frozen=True)
class StateDifference:
    """A difference between two states of one commit.

    Attributes:
        stack: title of the stack.
        urn: URN of the resource.
        path: path in the resource; empty when only one of the states has the resource.
    """

    stack: str
    urn: str
    path: str


def run() -> int:
    """Bring the commit up twice and compare the states; return 1 when they differ."""
    folder = Path(tempfile.mkdtemp(prefix="prodfirst-"))
    try:
        first, second = (_brought_up(folder / name) for name in ("first", "second"))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    all_differences = [difference for title in first for difference in differences(title, first[title], second[title])]
    _show(first, all_differences)
    return 1 if all_differences else 0


def differences(stack: str, one: list[Json], other: list[Json]) -> Iterator[StateDifference]:
    """Differences between the resources of two states of a stack.

    Args:
        stack: title of the stack.
        one: the resources as `pulumi stack export --show-secrets` lists them.
        other: the resources of the other state.
    """
    left, right = ({str(resource["urn"]): resource for resource in resources} for resources in (one, other))
    for urn in sorted(left.keys() | right.keys()):
        if urn not in left or urn not in right:
            yield StateDifference(stack, urn, "")
            continue
        for part in _COMPARED:
            before, after = (_settled(_part(side[urn], part), of_cloud=part == "outputs") for side in (left, right))
            for path in _paths(before, after, part):
                yield StateDifference(stack, urn, path)


def _part(resource: Json, part: str) -> Any:
    """A field of a resource; dependencies are sorted, because the engine writes this set in any order."""
    value = resource.get(part)
    return sorted(cast("list[str]", value or ())) if part == "dependencies" else value


def _settled(value: Any, *, of_cloud: bool) -> Any:
    """A value without generated fields; in outputs, times and numbers of the cloud are replaced as well."""
    if isinstance(value, dict):
        fields = cast("Json", value)
        kept = {key: item for key, item in fields.items() if not (of_cloud and key in (*_MADE_UP, "status"))}
        return {key: _settled(item, of_cloud=of_cloud) for key, item in kept.items()}
    if isinstance(value, list):
        return [_settled(item, of_cloud=of_cloud) for item in cast("list[Any]", value)]
    if not isinstance(value, str):
        return value
    for pattern, word in _VARYING:
        value = pattern.sub(word, value)
    return _NUMBER.sub("<number>", _TIME.sub("<time>", value)) if of_cloud else value


def _paths(one: Any, other: Any, path: str) -> Iterator[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        left, right = cast("Json", one), cast("Json", other)
        for key in sorted(left.keys() | right.keys()):
            yield from _paths(left.get(key), right.get(key), f"{path}.{key}")
    elif isinstance(one, list) and isinstance(other, list):
        first, second = cast("list[Any]", one), cast("list[Any]", other)
        if len(first) != len(second):
            yield path
            return
        for index, (left, right) in enumerate(zip(first, second, strict=True)):
            yield from _paths(left, right, f"{path}[{index}]")
    elif one != other:
        yield path


def _brought_up(folder: Path) -> Mapping[str, list[Json]]:
    """States of a sandbox that is brought up and discarded again, by title of the stack."""
    env = {**without_sandbox(), "SANDBOX_DIR": str(folder), "PYTHONPATH": "."}
    try:
        with step(f"{folder.name} of two: up"):
            _command("up", env)
        sandbox = SandboxDirectory(folder)
        return {stack.title: state_of(sandbox, stack) for stack in stacks(SANDBOX)}
    finally:
        _command("down", env)


def _command(name: str, env: Mapping[str, str]) -> None:
    command = [sys.executable, "-m", "cli", name]
    done = subprocess.run(  # noqa: S603  our own command
        command, cwd=CHECKOUT / "tools", env=dict(env), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ToolError(
            f"`make {name}` failed, so there is nothing to compare:\n{(done.stderr or done.stdout)[-2000:]}"
        )


def state_of(sandbox: SandboxDirectory, stack: Stack) -> list[Json]:
    """Resources of a deployed stack with decrypted secrets: for memory only, never to be shown."""
    engine = Engine(sandbox, stack, sandbox_environment(sandbox, stack, "preview"))
    with readable(stack.title):
        return states.resources(engine.call("stack", "export", "--stack", stack.name, "--show-secrets"), stack.title)


def _show(compared: Mapping[str, list[Json]], different: list[StateDifference]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("stack", "resources", "differences"):
        table.add_column(heading)
    for title, resources in compared.items():
        count = sum(1 for difference in different if difference.stack == title)
        table.add_row(title, str(len(resources)), str(count))
    wide_console().print(table)
    for difference in different[:_SHOWN]:
        what = difference.path or "is in one of the two states only"
        print(f"{difference.urn}\n  {what}")
    if len(different) > _SHOWN:
        print(f"… and {len(different) - _SHOWN} more")
    if different:
        say("The same commit came to different states: something depends on when, or in which order, it is run.")
