"""An environment in the simulated cloud without an engine: programs declare, and the cloud makes or refuses at once.

What a program declares on Google Cloud goes through the checks of the sandbox's provider and is created in a cloud that
has what the stacks before it made. Objects of Kubernetes go through the documented limits (kubernetes.py).
"""

import shutil
import tempfile
import threading
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
from pulumi.runtime import mocks

import example_tenant as example
from engine.values import SIGNATURE
from sandbox.cloud import seed
from sandbox.cloud.tenant import Tenant
from sandbox.plugins.gcp.provider import GcpProvider
from sandbox.plugins.protocol import InitFailedError, ProviderError, Resource
from unit.limits import kubernetes
from unit.pulumi_mocks import GKE_CLUSTER, GKE_VERSIONS, STORAGE_AGENT, Document, Engine


@dataclass
class Made(Engine):
    """An engine whose resources are made in the cloud.

    Attributes:
        provider: of the cloud.
        refused: what the cloud refused, each with the resource's type and name.
    """

    provider: GcpProvider = field(default_factory=GcpProvider)
    refused: list[str] = field(default_factory=list[str])
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        identifier, outputs = super().new_resource(args)
        inputs = cast("Document", _plain(self.inputs[args.typ, args.name]))
        with self._one_at_a_time:
            if args.typ.startswith("gcp:"):
                return self._make(Resource("", args.typ, args.name), inputs) or (identifier, outputs)
            if args.typ.startswith("kubernetes:"):
                self._refuse(args.typ, args.name, *kubernetes.problems(args.typ, inputs))
        return identifier, outputs

    def call(self, args: mocks.MockCallArgs) -> Any:
        if args.token in (GKE_CLUSTER, GKE_VERSIONS, STORAGE_AGENT):  # asking for the agent makes it
            with self._one_at_a_time:
                try:
                    return self.provider.invoke(args.token, cast("Document", args.args)), []  # pyright: ignore[reportUnknownMemberType]
                except ProviderError as error:
                    return {}, [("", str(error))]
        return super().call(args)

    def _make(self, resource: Resource, inputs: Document) -> tuple[str, Document] | None:
        try:
            checked, problems = self.provider.check(resource, {}, inputs, b"seed")
            self._refuse(resource.type, resource.name, *problems)
            if not problems:
                return self.provider.create(resource, checked, preview=False)
        except (ProviderError, InitFailedError) as error:
            self._refuse(resource.type, resource.name, str(error) or str(error.args))
        return None

    def _refuse(self, token: str, name: str, *problems: str) -> None:
        self.refused += [f"{token} {name}: {problem}" for problem in problems]


def _plain(value: Any) -> Any:
    """The recording engine keeps a secret as the SDK sends it."""
    if isinstance(value, dict):
        fields = cast("Document", value)
        if SIGNATURE in fields:
            return _plain(fields.get("value"))
        return {key: _plain(inner) for key, inner in fields.items()}
    return [_plain(inner) for inner in cast("list[Any]", value)] if isinstance(value, list) else value


def _addresses(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (address for inner in cast("Document", value).values() for address in _addresses(inner))
    elif isinstance(value, list):
        yield from (address for inner in cast("list[Any]", value) for address in _addresses(inner))
    elif isinstance(value, str) and "@" in value:
        yield value


@dataclass
class Environment:
    """A cloud that can be copied: each copy has what was made until then.

    Attributes:
        folder: of the cloud's files.
        tenant: the organisation and its project.
    """

    folder: Path
    tenant: Tenant = example.TENANT

    def begin(self) -> None:
        """Makes the cloud, with nothing but the tenant's project."""
        seed.seed(self.folder, 6443, self.tenant)

    @contextmanager
    def copy(self) -> Generator["Environment"]:
        """A copy of the cloud that is gone in the end."""
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(self.folder, folder, dirs_exist_ok=True)
            yield Environment(Path(folder), self.tenant)

    def keep(self, folder: Path) -> None:
        """Copies the cloud into a folder that stays."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)

    @contextmanager
    def engine(self, contracts: Mapping[str, Document], settings: Document) -> Generator[Made]:
        """An engine that makes resources in this cloud, as its owner, who is in each group that the settings name."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SANDBOX_DIR", str(self.folder))
            patch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(seed.write_credentials(self.folder, seed.ADMIN)))
            provider = GcpProvider()
            provider.configure({"project": self.tenant.project, "region": self.tenant.region})
            for address in _addresses(settings):
                provider.session.cloud.store.add_membership(f"group:{address}", seed.ADMIN)
            yield Made(contracts=dict(contracts), provider=provider)
            provider.session.cloud.store.close()
