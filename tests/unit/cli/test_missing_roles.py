"""Custom roles that policies name and the cloud does not have, and where they are named."""

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from cli import preview
from cli.layout import Stack
from cli.missing_roles import missing_roles
from cli.target.protocol import PreviewEngine, Target
from toolchain.errors import ToolError

THERE, DELETED, GONE = (f"projects/p/roles/{name}" for name in ("there", "deleted", "gone"))
ROLES: dict[str, dict[str, Any]] = {THERE: {"name": THERE}, DELETED: {"name": DELETED, "deleted": True}}


class Source:
    """A cloud in which one role is deleted, and one has never been."""

    def policies(self) -> list[dict[str, Any]]:
        bindings = [
            {"role": role, "members": ["group:a@example.com"]} for role in (GONE, THERE, "roles/viewer", DELETED)
        ]
        return [{"resource": "//x", "policy": {"bindings": bindings}}, {"resource": "//y", "policy": {}}]

    def above(self) -> None: ...

    def policy(self, container: str) -> None: ...

    def role(self, name: str) -> dict[str, Any] | None:
        assert name.startswith("projects/"), "predefined roles are always there"
        return ROLES.get(name)

    def members(self, group: str) -> None: ...

    def rbac(self) -> None: ...

    def has_group(self, group: str) -> None: ...

    def apis(self) -> None: ...


def test_deleted_roles_and_those_that_nobody_can_read_are_missing() -> None:
    assert missing_roles(Source(), Source().policies()) == [DELETED, GONE]


def refreshed(monkeypatch: pytest.MonkeyPatch, stack: Stack, source: object, code: int) -> None:
    """A refresh of a stack that ends with a code."""

    def access(_: Stack) -> object:
        if isinstance(source, ToolError):
            raise source
        return source

    def previewed(*_: object, chain: object, full: bool) -> int:
        del chain
        assert not full
        return code

    def opened(_: Stack) -> AbstractContextManager[PreviewEngine]:
        return nullcontext(PreviewEngine(Path("pulumi"), {}, "preview", bytes))

    def places(*_: object) -> list[object]:
        return []

    double = SimpleNamespace(
        environment=stack.environment,
        places=places,
        start=lambda: None,
        access=access,
        preview=opened,
    )
    monkeypatch.setattr(preview, "_preview", previewed)
    assert preview.run(cast("Target", double), [stack], refresh=True) == code


def test_a_refresh_that_fails_names_them(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    refreshed(monkeypatch, Stack("identity", "prod"), Source(), 1)

    said = capsys.readouterr().err
    assert f"the custom role {DELETED} is granted, and is deleted or cannot be read" in said
    assert "`gcloud iam roles undelete deleted --project=p` restores it within a week" in said


@pytest.mark.parametrize(("stack", "code"), [(Stack("identity", "prod"), 0), (Stack("platform", "prod"), 1)])
def test_nothing_else_asks_for_roles(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], stack: Stack, code: int
) -> None:
    refreshed(monkeypatch, stack, ToolError("asked"), code)
    assert "role" not in capsys.readouterr().err


def test_policies_that_cannot_be_read_are_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    refreshed(monkeypatch, Stack("identity", "prod"), ToolError("refused"), 1)
    assert "whether a custom role is missing could not be read: refused" in capsys.readouterr().err
