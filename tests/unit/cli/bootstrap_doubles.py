"""Google and the engine on a `World`, and the command that works with them."""

import json
import os
import socket
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.bootstrap.command import Bootstrap
from cli.bootstrap.folder import BootstrapDirectory
from cli.bootstrap.google import Google, Project
from cli.bootstrap.stack_state import StackState
from cli.google.errors import GoogleError
from cli.layout import Stack
from cli.pulumi.engine import Engine, Result
from engine.events import Events
from toolchain.errors import ToolError
from toolchain.progress import Step
from unit.cli.bootstrap_world import (
    ACCOUNT,
    BUCKET,
    FOUNDATION,
    IDENTITY,
    KEY_RING,
    NUMBER,
    PLATFORM,
    PROJECT,
    REGION,
    SHOP,
    STORE,
    Ended,
    World,
)
from unit.cli.google import double

TYPES = {
    ACCOUNT: ("gcp:serviceaccount/account:Account", {"accountId": ACCOUNT, "project": PROJECT}),
    KEY_RING: ("gcp:kms/keyRing:KeyRing", {"name": KEY_RING, "location": REGION, "project": PROJECT}),
    STORE: ("gcp:storage/bucket:Bucket", {"name": BUCKET, "location": REGION, "project": PROJECT}),
}


def bootstrap(world: World) -> Bootstrap:
    """The command, as if it was called now."""
    folder = BootstrapDirectory.of("prod")
    with folder.locked():
        folder.prepare(Path("/bin/true"))
    local = _state(world, folder, FOUNDATION, folder.address(FOUNDATION))
    stacks = (FOUNDATION, IDENTITY, PLATFORM, SHOP)
    moved, *others = (_state(world, folder, stack, stack.backend()) for stack in stacks)
    return Bootstrap(
        FOUNDATION, FakeGoogle(world), folder, local, moved, tuple(others), agreed=True, sleep=lambda _: None
    )


def run(world: World) -> None:
    """Run the command."""
    bootstrap(world).run()


def end_at(world: World, deed: str) -> None:
    """Have a run killed when it comes to the first deed of that name."""

    class Watched(list[str]):
        def append(self, name: str) -> None:
            super().append(name)
            if name == deed:
                raise Ended

    world.deeds = Watched()
    with pytest.raises(Ended):
        run(world)
    world.deeds = []


def _state(world: World, folder: BootstrapDirectory, stack: Stack, address: str) -> StackState:
    project = folder.project(stack)
    return StackState(FakeEngine(folder, stack, {"PULUMI_BACKEND_URL": address}, (str(project),), world), project)


def _of_organizations(permission: str) -> bool:
    """Whether a role for it is granted on an organisation only, so that a project's answer can lack it."""
    return permission.startswith(("iam.denypolicies.", "orgpolicy.", "resourcemanager.organizations."))


class FakeGoogle(Google):
    """The project's APIs."""

    def __init__(self, world: World) -> None:
        super().__init__(double.client(caller="admin@example.com")[0], PROJECT, sleep=lambda _: None)
        self._world = world

    def enabled(self) -> set[str]:
        return set(self._world.apis)

    def enable(self, services: Iterable[str]) -> None:
        for service in services:
            self._world.deed(f"enable {service}")
            self._world.apis.add(service)
        self._world.deed("enabled")

    def describe(self) -> Project:
        self._needs("cloudresourcemanager.googleapis.com")
        return Project(self._world.number, "organizations/42")

    def has_billing(self) -> bool:
        self._needs("cloudbilling.googleapis.com")
        return self._world.billing

    def granted(self, permissions: Iterable[str]) -> set[str]:
        return {name for name in permissions if name not in self._world.lacking and not _of_organizations(name)}

    def granted_on_organization(self, organization: str, permissions: Iterable[str]) -> set[str]:
        assert organization == "42"
        return set(permissions) - self._world.lacking

    def has_group(self, address: str) -> bool | None:
        self._needs("cloudidentity.googleapis.com")
        return self._world.groups.get(address, True)

    def account_quota(self) -> int | None:
        return self._world.quota

    def project_members(self) -> set[tuple[str, str]]:
        return {("roles/viewer", member) for member in self._world.members}

    def public_buckets(self) -> dict[str, bool]:
        return dict.fromkeys(self._world.public_buckets, True)

    def has_default_network(self) -> bool:
        return self._world.default_network

    def bucket_owner(self, bucket: str) -> str | None:
        if self._world.foreign_bucket:
            raise GoogleError("no access", 403, "forbidden")
        return NUMBER if bucket == BUCKET and self._world.cloud[STORE] else None

    def objects(self, bucket: str, prefix: str) -> list[bytes]:
        folder = self._world.root / "buckets" / bucket / prefix
        return [file.read_bytes() for file in sorted(folder.glob("*.json"))]

    def _needs(self, api: str) -> None:
        if api not in self._world.apis or self._world.slow_apis > 0:
            self._world.slow_apis -= 1
            raise GoogleError(f"{api} has not been used", 403, "SERVICE_DISABLED")


@dataclass(frozen=True)
class FakeEngine(Engine):
    """The engine's commands on files; `options` holds the project's folder."""

    world: World = field(default_factory=lambda: World(Path()))

    @property
    def _root(self) -> Path:
        return self.world.folder_of(self.env["PULUMI_BACKEND_URL"]) / ".pulumi"

    @property
    def _file(self) -> Path:
        return self._root / "stacks" / self.stack.project / f"{self.stack.name}.json"

    @property
    def _lock(self) -> Path:
        return self._root / "locks/organization" / self.stack.project / self.stack.name / "1.json"

    def call(self, *arguments: str) -> str:
        verb = "_".join(part for part in arguments[: 1 if arguments[0] == "cancel" else 2])
        told = getattr(self, f"_{verb}")(list(arguments))
        return told if isinstance(told, str) else ""

    def preview(self, step: Step) -> Result:
        settings = yaml.safe_load((Path(self.options[0]) / self.stack.file.name).read_text()) if self._local else None
        named = settings or yaml.safe_load(self.stack.file.read_text())
        assert self._local != ("encryptedkey" in named), "the key that the stack file names is not the state's"
        new = len(self.world.program) - len(self._read()["resources"])
        return self._result(changes=Counter({"create": new, "same": 3}))

    def update(self, step: Step) -> Result:
        if self.world.unready:
            errors = [(ACCOUNT, self.world.unready.pop(0)), ("", "update failed")]
            return self._result(code=1, errors=errors)
        self._hold()
        for name in self.world.program:
            if name in {each["urn"] for each in self._read()["resources"]}:
                continue
            kind, inputs = TYPES[name]
            resource = {"urn": name, "type": kind, "custom": True, "inputs": inputs}
            self._write({**self._read(), "pending_operations": [{"type": "creating", "resource": resource}]})
            self.world.deed(f"create {name}")
            if self.world.cloud[name]:
                return self._result(code=1, errors=[(name, f"Error 409: {name} exists")])
            self.world.cloud[name] += 1
            self.world.deed(f"created {name}")
            self._adopt({**resource, "id": f"id-{name}", "outputs": {"made": True}})
        self._release()
        return self._result()

    def refresh(self, step: Step, options: Sequence[str]) -> Result:
        self._hold()
        [target] = options[1:]
        kept = [each for each in self._read()["resources"] if each["urn"] != target or self.world.cloud[target]]
        hidden = len(kept) < len(self._read()["resources"]) and self.world.hides_absent
        if not hidden:
            read = [
                {**each, "id": f"id-{target}", "outputs": {"made": True}} if each["urn"] == target else each
                for each in kept
            ]
            self._write({**self._read(), "resources": read})
        self._release()
        return (
            self._result(code=1, errors=[(target, "Error 403: denied (or it may not exist)")])
            if hidden
            else self._result()
        )

    def _stack_ls(self, arguments: list[str]) -> str:
        return json.dumps([{"name": self.stack.name}] if self._file.exists() else [])

    def _stack_export(self, arguments: list[str]) -> str:
        return json.dumps({"version": 3, "deployment": self._read()})

    def _stack_import(self, arguments: list[str]) -> None:
        self._hold()
        self._write(json.loads(Path(arguments[arguments.index("--file") + 1]).read_text())["deployment"])
        self._release()

    def _stack_output(self, arguments: list[str]) -> str:
        return json.dumps({"count": len(self._read()["resources"])})

    def _stack_init(self, arguments: list[str]) -> None:
        if self.world.slow_grants > 0 and not self._local:
            self.world.slow_grants -= 1
            raise ToolError("rpc error: code = PermissionDenied")
        assert not self._file.exists(), "the stack exists"
        self._write({"resources": [], **self._providers(arguments)})

    def _stack_rm(self, arguments: list[str]) -> None:
        assert not self._read()["resources"], "the stack still has resources"
        assert "--preserve-config" in arguments
        self._hold()
        self._file.unlink()
        self._release()

    def _stack_migrate(self, arguments: list[str]) -> None:
        source = self.world.folder_of(arguments[2]) / ".pulumi/stacks" / self.stack.project / f"{self.stack.name}.json"
        self._stack_init(arguments)
        self._hold()
        self._write({**json.loads(source.read_text()), **self._providers(arguments)})
        self._release()

    def _cancel(self, arguments: list[str]) -> None:
        self._release()

    def _providers(self, arguments: list[str]) -> dict[str, Any]:
        provider = arguments[arguments.index("--secrets-provider") + 1]
        if provider == "passphrase":
            return {"secrets_providers": {"type": "passphrase", "state": {"salt": "v1:x"}}}
        return {"secrets_providers": {"type": "cloud", "state": {"url": provider, "encryptedkey": "c2VhbGVk"}}}

    @property
    def _local(self) -> bool:
        return self.env["PULUMI_BACKEND_URL"].startswith("file://")

    def _read(self) -> dict[str, Any]:
        return {"resources": [], **json.loads(self._file.read_text())}

    def _adopt(self, resource: dict[str, Any]) -> None:
        content = self._read()
        self._write({**content, "resources": [*content["resources"], resource], "pending_operations": []})

    def _write(self, content: dict[str, Any]) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self.world.deed(f"write {self._file}")
        self._file.write_text(json.dumps(content))
        self.world.deed(f"wrote {self._file}")

    def _hold(self) -> None:
        if self._lock.exists():
            raise ToolError("the stack is currently locked by 1 lock(s)")
        self._lock.parent.mkdir(parents=True, exist_ok=True)
        # This process is no engine, so its lock is a dead one's.
        holder = {"pid": os.getpid(), "hostname": socket.gethostname(), "timestamp": "now"}
        self._lock.write_text(json.dumps(holder))
        self.world.deed("hold")

    def _release(self) -> None:
        self.world.deed("release")
        self._lock.unlink(missing_ok=True)

    def _result(
        self, code: int = 0, changes: Counter[str] | None = None, errors: list[tuple[str, str]] | None = None
    ) -> Result:
        return Result(code, Events(changes=changes or Counter(), errors=errors or []), "the plan")
