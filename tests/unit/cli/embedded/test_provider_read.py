"""Whether a resource was created before an update was killed: read through a plugin of the protocol."""

import sys

import pytest

from cli.embedded.directory import SandboxDirectory
from cli.embedded.provider_read import exists
from cli.pulumi.pending import UncertainResource
from engine.states import Resource
from toolchain import pins
from toolchain.errors import ToolError

_PLUGIN = """#!{python}
import sys
from unittest.mock import Mock
sys.path[:0] = {path!r}
from sandbox.plugins.protocol import InitFailedError, Provider, ProviderError
from sandbox.plugins.server import serve
def read(resource, inputs, state):
    if resource.id == "shop/runs":
        raise InitFailedError(resource.id, {{}}, {{}}, ["Job shop is not ready: 0 pods succeeded, 1 are active"])
    if resource.id == "shop/hidden":
        raise ProviderError("jobs is forbidden")
    return resource.id if resource.id == "shop/done" else "", {{}}, {{}}
serve(Mock(spec=Provider, read=read))
"""


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> SandboxDirectory:
    """A sandbox whose plugin knows a Job that is done, one that runs, and one that it may not read."""
    made = SandboxDirectory(tmp_path_factory.mktemp("sandbox"))
    folder = made.pulumi_home / "plugins" / f"resource-kubernetes-v{pins.PLUGINS['kubernetes']}"
    folder.mkdir(parents=True)
    plugin = folder / "pulumi-resource-kubernetes"
    plugin.write_text(_PLUGIN.format(python=sys.executable, path=[entry for entry in sys.path if entry]))
    plugin.chmod(0o700)
    return made


def read(sandbox: SandboxDirectory, name: str) -> bool:
    """Whether the Job exists."""
    urn = f"urn:pulumi:shop-sandbox::apps::kubernetes:batch/v1:Job::{name}"
    resource = Resource.model_validate({"urn": urn, "type": "kubernetes:batch/v1:Job", "inputs": {}})
    return exists(sandbox, {}, UncertainResource(resource, f"shop/{name}"), {})


@pytest.mark.parametrize(("name", "there"), [("done", True), ("runs", True), ("gone", False)])
def test_what_is_not_ready_exists(sandbox: SandboxDirectory, name: str, there: bool) -> None:
    assert read(sandbox, name) == there


def test_what_cannot_be_read_is_no_answer(sandbox: SandboxDirectory) -> None:
    with pytest.raises(ToolError, match=r"whether shop/hidden was created.*could not be found out: jobs is forbidden"):
        read(sandbox, "hidden")
