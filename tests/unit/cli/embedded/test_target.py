"""The sandbox as the target of a command, without its servers."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

import example_tenant as example
from cli import preview, target
from cli.embedded import up
from cli.embedded.directory import SandboxDirectory
from cli.layout import SANDBOX, Choice, stacks
from cli.target.protocol import Target
from sandbox import servers
from sandbox.cloud import seed
from toolchain.errors import ToolError, UsageError

[IDENTITY] = stacks(SANDBOX, Choice("identity", owner="identity"))


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Target:
    """A sandbox with a cloud in which nothing was made yet."""
    folder = SandboxDirectory(tmp_path / "sandbox")
    monkeypatch.setenv("SANDBOX_DIR", str(folder.path))
    with folder.locked("a test"):
        seed.seed(folder.path, 6443, example.TENANT)
    return target.of(SANDBOX)


def test_without_a_sandbox_every_question_says_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_DIR", str(tmp_path / "none"))

    with pytest.raises(ToolError, match=r"there is no sandbox at .* Start one with `make up`"):
        target.of(SANDBOX).analyzer()


def test_a_layer_that_is_not_up_has_neither_a_preview_nor_a_state(sandbox: Target, tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="identity is not in the sandbox yet, so there is nothing to compare with"):
        sandbox.preview(IDENTITY).__enter__()
    with pytest.raises(ToolError, match="identity is not in the sandbox yet, so the layers cannot be judged together"):
        sandbox.states([IDENTITY], tmp_path)


def test_the_cloud_tells_its_hierarchy_its_groups_and_who_called(sandbox: Target) -> None:
    access = sandbox.access(IDENTITY)

    assert (access.above() or [])[-1:] == [f"organizations/{example.TENANT.organization}"]
    assert access.members(next(iter(example.TENANT.groups))) is not None
    assert access.role("roles/nothing.atAll") is None
    with pytest.raises(ToolError, match="may not read the project's policies"):
        access.policies()
    # The account that asked does not exist yet: an attempt to read, which is shown with reads alone.
    for reads, shown in ((True, 1), (False, 0)):
        assert len(sandbox.audit_log(None, datetime.now(UTC), reads=reads).entries) == shown


def test_nothing_is_deployed_to_the_sandbox_and_nobody_signs_in(sandbox: Target) -> None:
    sandbox.sign_in()

    with pytest.raises(UsageError, match="STACK is an environment on Google Cloud"):
        sandbox.require_deployable()


def test_nothing_is_started_beside_a_state_that_no_stack_file_is_of(sandbox: Target) -> None:
    file = SandboxDirectory.default().state("apps") / ".pulumi/stacks/apps/gone-sandbox.json"
    file.parent.mkdir(parents=True)
    file.write_text("{")  # of whose content nobody knows

    assert [state.title for state in sandbox.abandoned()] == ["apps/gone (gone-sandbox)"]
    for command in (lambda: up.run(Choice("identity")), lambda: preview.run(sandbox, [IDENTITY])):
        with pytest.raises(ToolError, match=r"apps/gone \(gone-sandbox\): its state cannot be read"):
            command()
    assert not any(server.pid for server in servers.status(SandboxDirectory.default().path))
