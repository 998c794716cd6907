"""Environments in their order, and the findings about those that nobody listed."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel, ValidationError

from cli import deploy, layout, rollout
from cli.layout import Choice
from cli.rollout import FILE, STAGES
from policy_pack.environments import Environment, Environments
from toolchain.errors import ToolError, UsageError


def write(root: Path, *names: str) -> None:
    """Stack files by their paths."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("config: {'gcp:project': demo}\n")


def of_identity(environment: str) -> tuple[str, str]:
    """Paths of the stack files of the identity layer."""
    return f"identity/Pulumi.foundation-{environment}.yaml", f"identity/Pulumi.{environment}.yaml"


def list_environments(root: Path, *names: str) -> None:
    """The list of environments with these names."""
    (root / FILE).parent.mkdir(exist_ok=True)
    (root / FILE).write_text(yaml.safe_dump({"environments": [{"name": name} for name in names]}))


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout that lists three environments and has no stack file."""
    list_environments(tmp_path, "test", "staging", "live")
    monkeypatch.setattr(layout, "CHECKOUT", tmp_path)
    return tmp_path


def test_environments_come_in_the_declared_order_as_far_as_they_have_stack_files(checkout: Path) -> None:
    assert layout.environments() == []

    write(checkout, "identity/Pulumi.live.yaml", "identity/Pulumi.test.yaml", "identity/Pulumi.sandbox.yaml")
    assert layout.environments() == ["test", "live"]

    write(checkout, "identity/Pulumi.staging.yaml")
    assert layout.environments() == ["test", "staging", "live"]


def test_a_listed_environment_without_stack_files_is_no_finding(checkout: Path) -> None:
    write(checkout, *of_identity("test"), *of_identity("sandbox"), "apps/Pulumi.shop-sandbox.yaml")
    assert rollout.findings(checkout) == []


def test_an_environment_begins_with_its_foundation(checkout: Path) -> None:
    write(checkout, "identity/Pulumi.foundation-test.yaml")
    assert rollout.findings(checkout) == []
    assert layout.environments() == []


def test_an_environment_with_the_identity_layer_alone_is_no_finding(checkout: Path) -> None:
    write(checkout, *(file for name in ("test", "staging", "live") for file in of_identity(name)))
    write(checkout, "platform/Pulumi.test.yaml", "platform/Pulumi.storage-test.yaml")
    write(checkout, "identity/Pulumi.team-shop-test.yaml", "platform/Pulumi.namespaces-shop-test.yaml")
    write(checkout, "apps/Pulumi.shop-test.yaml", "apps/Pulumi.my-shop-test.yaml")
    assert rollout.findings(checkout) == []


@pytest.mark.parametrize(
    ("files", "named"),
    [
        (("identity/Pulumi.prod.yaml", "platform/Pulumi.prod.yaml"), "identity/Pulumi.prod.yaml"),
        (("identity/Pulumi.foundation-prod.yaml", "identity/Pulumi.prod.yaml"), "identity/Pulumi.foundation-prod.yaml"),
        (("platform/Pulumi.live-old.yaml",), "platform/Pulumi.live-old.yaml"),
        (("apps/Pulumi.shop-prod.yaml", "apps/Pulumi.books-prod.yaml"), "apps/Pulumi.books-prod.yaml"),
        (("apps/Pulumi.shop.yaml",), "apps/Pulumi.shop.yaml"),
    ],
)
def test_an_environment_that_is_not_listed_is_one_finding_with_its_remedy(
    checkout: Path, files: tuple[str, ...], named: str
) -> None:
    write(checkout, *files)

    [finding] = rollout.findings(checkout)

    assert finding.startswith(named)
    assert f"which {FILE} does not list" in finding
    assert "List it there" in finding


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (
            ("identity/Pulumi.live.yaml", "platform/Pulumi.live.yaml"),
            "identity/Pulumi.live.yaml has no identity/Pulumi.foundation-live.yaml before it",
        ),
        (("platform/Pulumi.live.yaml", "apps/Pulumi.shop-live.yaml"), "has no identity/Pulumi.live.yaml before it"),
        (
            (*of_identity("live"), "apps/Pulumi.shop-live.yaml"),
            "has no platform/Pulumi.namespaces-<team>-live.yaml before it",
        ),
        (
            (*of_identity("live"), "identity/Pulumi.team-a-live.yaml", "platform/Pulumi.namespaces-b-live.yaml"),
            "has no identity/Pulumi.team-b-live.yaml before it",
        ),
        (
            (*of_identity("live"), "identity/Pulumi.team-a-live.yaml", "platform/Pulumi.namespaces-a-live.yaml"),
            "has no platform/Pulumi.live.yaml before it",
        ),
    ],
)
def test_a_layer_without_the_one_before_it_is_one_finding(checkout: Path, files: tuple[str, ...], said: str) -> None:
    write(checkout, *files)

    [finding] = rollout.findings(checkout)

    assert said in finding


def test_an_environment_that_is_not_listed_is_not_deployed_to(checkout: Path) -> None:
    write(checkout, "identity/Pulumi.prod.yaml")

    with pytest.raises(UsageError, match=r"does not list the environment 'prod' \(it lists: test, staging, live\)"):
        deploy.run("prod", Choice("identity"))


WRONG: list[tuple[Any, str]] = [
    ({"environments": []}, "environments: must have 1 items or more"),
    ({"environments": [{"name": "test"}, {"name": "test"}]}, "test is listed more than once"),
    ({"environments": [{"name": "test", "colour": "red"}]}, "environments.0.colour: is unknown"),
    ({"environments": [{"name": "Test"}]}, "environments.0.name: must have the form"),
    (
        {"environments": [{"name": "test", "reviewed": "yes"}]},
        "environments.0.reviewed: must be true or false",
    ),
    ({"environments": [{"name": "test", "waitMinutes": -1}]}, "environments.0.waitMinutes: must be 0 or more"),
    ({"environments": [{"name": "test"}], "order": 1}, "order: is unknown"),
    ([{"name": "test"}], "the file: must be a mapping"),
    ({}, "environments: is not set"),
]


@pytest.mark.parametrize(("content", "said"), WRONG, ids=[said for _, said in WRONG])
def test_a_list_that_is_not_of_the_form_is_one_message_and_the_policy_pack_refuses_it_too(
    checkout: Path, content: Any, said: str
) -> None:
    (checkout / FILE).write_text(yaml.safe_dump(content))

    with pytest.raises(ToolError, match=re.escape(said)) as raised:
        layout.environments()

    assert str(raised.value).startswith(f"{FILE} cannot be used")
    with pytest.raises(ValidationError):
        Environments.model_validate(content)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("test", "sandbox"), "sandbox is the embedded sandbox"),
        (("live", "eu-live"), "could be of the app x in eu-live or of another one in live"),
        (("storage-test",), "could be of the environment storage-test, or of the part storage of another one"),
        (("foundation-test",), "could be of the environment foundation-test, or of the part foundation of another one"),
        (("my-sandbox",), "could be of the app x in my-sandbox or of another one in sandbox"),
        (tuple(f"stage{number}" for number in range(len(STAGES) + 1)), f"there are {len(STAGES)} stages"),
    ],
)
def test_a_name_that_no_workflow_could_deploy_to_is_refused(checkout: Path, names: tuple[str, ...], said: str) -> None:
    list_environments(checkout, *names)

    with pytest.raises(ToolError, match=said):
        layout.environments()


def test_without_the_list_nothing_begins(checkout: Path) -> None:
    (checkout / FILE).unlink()

    with pytest.raises(ToolError, match=f"{FILE} cannot be used"):
        layout.environments()


def test_the_policy_pack_reads_the_same_keys() -> None:
    def keys(model: type[BaseModel]) -> set[tuple[str, bool]]:
        return {(field.alias or name, field.is_required()) for name, field in model.model_fields.items()}

    assert keys(rollout.Environment) == keys(Environment)
