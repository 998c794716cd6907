"""A project and backends in memory and files, for the steps of `make bootstrap`: each deed may be the last.

Every deed calls `World.deed` before and after its effect, so that a test can end a run at any of them.
"""

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from cli import layout
from cli.bootstrap import folder, stack_file
from cli.bootstrap.checks import FIRST_APIS
from cli.bootstrap.folder import BootstrapDirectory
from cli.layout import Stack
from toolchain.files import write_whole

PROJECT, NUMBER, REGION = "demo-project", "123456789", "europe-west4"
FOUNDATION, IDENTITY = Stack("identity", "prod", "foundation"), Stack("identity", "prod")
TEAM = Stack("identity", "prod", "team-sales")
PLATFORM, SHOP = Stack("platform", "prod"), Stack("apps", "prod", "shop")
BUCKET = f"{PROJECT}-state-foundation"
KEY = f"gcpkms://projects/{PROJECT}/locations/{REGION}/keyRings/state/cryptoKeys/foundation"

FOUNDATION_FILE = f"""# Ours.
config:
  gcp:project: {PROJECT}
  gcp:region: {REGION}
  identity:projectNumber: "{NUMBER}"
  identity:administrators: administrators@example.com
  identity:auditLog: {{locked: true}}
  identity:organization: {{id: "42", customerId: C01}}  # ours
"""
IDENTITY_FILE = f"""config:
  gcp:project: {PROJECT}
  identity:teams: {{}}  # none yet
"""
TEAM_FILE = f"""config:
  gcp:project: {PROJECT}
  identity:team: {{name: sales, group: sales@example.com}}
  identity:apps:
    shop: {{}}
"""
OTHER_FILE = f"config:\n  gcp:project: {PROJECT}\n"

# What the foundation makes, in this order; the bucket and the key of its state are among it.
ACCOUNT, KEY_RING, STORE = "deploy", "state", "store"


ALL_APIS = set(FIRST_APIS)


class Ended(BaseException):
    """The run was killed: nothing of it may notice."""


@dataclass
class World:
    """Everything outside of the program.

    Attributes:
        root: a checkout, and beside it the buckets.
        ends_at: the number of the deed at which the run ends; 0 for never.
        cloud: what exists, by name, and how often it was created.
        unready: errors with which the next updates fail, one each, before they make anything.
        default_network: whether Google has made a network in the project.
    """

    root: Path
    ends_at: int = 0
    deeds: list[str] = field(default_factory=list[str])
    apis: set[str] = field(default_factory=lambda: {"serviceusage.googleapis.com"})
    cloud: Counter[str] = field(default_factory=Counter[str])
    number: str = NUMBER
    billing: bool = True
    lacking: frozenset[str] = frozenset()
    foreign_bucket: bool = False
    groups: dict[str, bool | None] = field(default_factory=dict[str, bool | None])
    quota: int | None = 100
    members: tuple[str, ...] = ("user:admin@example.com",)
    public_buckets: tuple[str, ...] = ()
    hides_absent: bool = False
    slow_apis: int = 0
    slow_grants: int = 0
    unready: list[str] = field(default_factory=list[str])
    default_network: bool = False
    program: tuple[str, ...] = (ACCOUNT, KEY_RING, STORE)

    def deed(self, name: str) -> None:
        self.deeds.append(name)
        if len(self.deeds) == self.ends_at:
            raise Ended

    def folder_of(self, address: str) -> Path:
        """Folder of a backend's files."""
        path = address.partition("?")[0].removeprefix("file://")
        return self.root / "buckets" / path.removeprefix("gs://") if path.startswith("gs://") else Path(path)

    def watch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Count what the program itself does to files among the deeds."""
        write, sweep = stack_file.write_whole, BootstrapDirectory.sweep

        def write_whole(path: Path, text: str, mode: int) -> None:
            self.deed(f"name key in {path}")
            write(path, text, mode)
            self.deed(f"named key in {path}")

        def swept(directory: BootstrapDirectory) -> None:
            self.deed("sweep")
            sweep(directory)

        monkeypatch.setattr(stack_file, "write_whole", write_whole)
        monkeypatch.setattr(BootstrapDirectory, "sweep", swept)

    def final(self) -> dict[str, Any]:
        """Result of a finished run, without parts that depend on interruptions."""
        names = sorted(str(path.relative_to(self.root)) for path in self.root.rglob("*") if path.is_file())
        files = {name: (self.root / name).read_text() for name in names if not name.endswith(".lock")}
        return {"cloud": dict(self.cloud), "apis": sorted(self.apis), "files": files}


def checkout(root: Path) -> None:
    """Write a checkout with the foundation, a stack of each layer, and one of a team."""
    files = {"identity/Pulumi.foundation-prod.yaml": FOUNDATION_FILE, "identity/Pulumi.prod.yaml": IDENTITY_FILE}
    files |= {"identity/Pulumi.team-sales-prod.yaml": TEAM_FILE}
    files |= {"platform/Pulumi.prod.yaml": OTHER_FILE, "apps/Pulumi.shop-prod.yaml": OTHER_FILE}
    files |= {f"{layer}/Pulumi.yaml": f"name: {layer}\n" for layer in ("identity", "platform", "apps")}
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)


_SWEEP = BootstrapDirectory.sweep


def new_world(root: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A project in which nothing was made yet, and the program at work on it."""
    for module in (layout, folder, stack_file):
        monkeypatch.setattr(module, "CHECKOUT", root)
    monkeypatch.setattr(stack_file, "write_whole", write_whole)
    monkeypatch.setattr(BootstrapDirectory, "sweep", _SWEEP)
    checkout(root)
    world = World(root)
    world.watch(monkeypatch)
    return world


def local_state(world: World) -> Path:
    """The file of the local state."""
    return _file(world, f"file://{world.root}/.bootstrap/prod/state/foundation")


def moved_state(world: World) -> Path:
    """The file of the state in its bucket."""
    return _file(world, f"gs://{BUCKET}")


def _file(world: World, address: str) -> Path:
    return world.folder_of(address) / ".pulumi/stacks/identity/foundation-prod.json"


def resources(state: Path) -> list[str]:
    """The names of a state's resources; none where there is no state."""
    found: dict[str, list[dict[str, str]]] = json.loads(state.read_text()) if state.exists() else {"resources": []}
    return [each["urn"] for each in found["resources"]]
