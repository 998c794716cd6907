"""Tenant of the sandbox, from the identity layer's settings of the sandbox."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

import example_tenant as example
from cli import layout
from cli.embedded import tenant
from cli.embedded.directory import SandboxDirectory
from sandbox.cloud import seed
from toolchain.errors import ToolError

Write = Callable[[dict[str, Any]], None]

FILE = "identity/Pulumi.foundation-sandbox.yaml"
MINIMAL = {"gcp:project": "acme-playground", "gcp:region": "us-east1", "identity:projectNumber": "998877665544"}


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes the stack files of a checkout of its own: teams are daily work's, all other settings the foundation's."""
    monkeypatch.setattr(layout, "CHECKOUT", tmp_path)
    monkeypatch.setattr(tenant, "CHECKOUT", tmp_path)
    (tmp_path / "identity").mkdir()

    def written(config: dict[str, Any]) -> None:
        daily = {key: config.pop(key) for key in ("identity:teams",) if key in config}
        for name, settings in ((FILE, config), ("identity/Pulumi.sandbox.yaml", daily)):
            (tmp_path / name).write_text(yaml.safe_dump({"config": settings}, sort_keys=False))

    return written


def test_the_examples_settings_give_the_examples_tenant() -> None:
    found = tenant.tenant()

    assert found.ids == example.TENANT.ids
    assert (found.region, found.domain) == (example.REGION, "example.com")
    own = {group: members for group, members in example.TENANT.groups.items() if "operators" not in group}
    assert dict(found.groups) == own


@pytest.mark.parametrize(
    ("capabilities", "person"),
    [
        (["cluster-user", "platform-reader"], "user:x-developer@acme.example"),
        (["datastore-admin"], "user:x-administrator@acme.example"),
        (["platform-reader"], "user:x-engineer@acme.example"),
        (["security-reader"], "user:x-reviewer@acme.example"),
        (["of-a-later-version"], "user:x-member@acme.example"),
        ([], "user:x-member@acme.example"),
    ],
)
def test_a_team_has_one_person_named_by_its_first_capability(
    write: Write, capabilities: list[str], person: str
) -> None:
    write({**MINIMAL, "identity:teams": {"x": {"group": "some-group@acme.example", "capabilities": capabilities}}})

    assert dict(tenant.tenant().groups) == {"group:some-group@acme.example": (person,)}


def test_the_administrators_are_the_administrator_and_nobody_breaks_glass(write: Write) -> None:
    write(
        {
            **MINIMAL,
            "identity:administrators": "admins@acme.example",
            "identity:breakGlassGroup": "on-call@acme.example",
        }
    )

    assert dict(tenant.tenant().groups) == {
        "group:admins@acme.example": (seed.ADMIN,),
        "group:on-call@acme.example": (),
    }


@pytest.mark.parametrize(
    ("organization", "number"),
    [({}, None), ({"identity:organization": {"id": "1234567", "customerId": "C1"}}, "1234567")],
)
def test_a_project_may_be_outside_of_an_organisation(
    write: Write, organization: dict[str, Any], number: str | None
) -> None:
    write({**MINIMAL, **organization})

    assert tenant.tenant().organization == number


@pytest.mark.parametrize("key", MINIMAL)
def test_what_a_sandbox_begins_with_is_named_when_it_is_missing(write: Write, key: str) -> None:
    write({name: value for name, value in MINIMAL.items() if name != key})

    with pytest.raises(ToolError) as raised:
        tenant.tenant()

    assert f"{FILE} cannot be used, so nobody knows whose sandbox this is, and nothing was started" in str(raised.value)
    assert f": {key}: is not set. Add it." in str(raised.value)


@pytest.mark.parametrize("name", [FILE, "identity/Pulumi.sandbox.yaml"])
@pytest.mark.parametrize("content", ["- a list\n", "", "config: [oops\n"])
def test_a_file_without_settings_is_one_message(write: Write, tmp_path: Path, name: str, content: str) -> None:
    write(dict(MINIMAL))
    (tmp_path / name).write_text(content)

    with pytest.raises(ToolError, match=f"{name} cannot be used, so nobody knows whose sandbox this is"):
        tenant.tenant()


def test_a_sandbox_of_the_same_tenant_is_gone_on_with(tmp_path: Path) -> None:
    tenant.require_same(tmp_path, example.TENANT)  # nothing is there yet
    seed.seed(tmp_path, 6443, example.TENANT)

    tenant.require_same(tmp_path, replace(example.TENANT, region="us-east1", domain="acme.example", groups={}))


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("project", "acme-playground", "gcp:project: prodfirst-sandbox there, acme-playground in the file"),
        ("number", "1", "identity:projectNumber: 100200300400 there, 1 in the file"),
        ("organization", None, "identity:organization.id: 123456789012 there, none in the file"),
    ],
)
def test_a_sandbox_of_another_tenant_is_refused_with_the_difference(
    tmp_path: Path, field: str, value: str | None, told: str
) -> None:
    seed.seed(tmp_path, 6443, example.TENANT)

    with pytest.raises(ToolError) as raised:
        tenant.require_same(tmp_path, replace(example.TENANT, **{field: value}))

    assert f"names ({told}), so nothing was started or changed." in str(raised.value)
    assert "Discard it with `make down`" in str(raised.value)


def test_every_command_on_a_sandbox_that_is_there_refuses_another_tenants(tmp_path: Path) -> None:
    sandbox = SandboxDirectory(tmp_path / "sandbox")
    with sandbox.locked("a test"):
        seed.seed(sandbox.path, 6443, replace(example.TENANT, project="acme-playground"))

    with pytest.raises(ToolError, match="was brought up for another project"):
        sandbox.required()
