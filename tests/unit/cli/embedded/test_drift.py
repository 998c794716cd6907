"""Out-of-band changes of a sandbox choose what they change from what is there; finding them: e2e/test_drift.py."""

from pathlib import Path

import pytest

import example_tenant as example
from cli.embedded import drift
from cli.embedded.directory import SandboxDirectory
from sandbox.cloud import names, seed
from sandbox.cloud.api import Cloud
from unit.sandbox.sql import world


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    """A cloud in which nothing is deployed."""
    seed.seed(tmp_path, 6443, example.TENANT)
    return Cloud(tmp_path / "cloud.db")


@pytest.mark.parametrize("change", [each for each in drift.CHANGES if each.layer != "apps"], ids=lambda each: each.what)
def test_a_change_of_what_is_not_deployed_changes_nothing_and_says_so(
    cloud: Cloud, tmp_path: Path, change: drift.OutOfBandChange
) -> None:
    changed = change.make(SandboxDirectory(tmp_path), cloud)

    assert changed == []
    assert f"nothing changed: there is no {change.targets}" in drift.report(change, changed)


def test_without_an_app_no_image_is_changed(cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> list[object]:
        return []

    monkeypatch.setattr(drift, "stacks", none)
    [change] = [each for each in drift.CHANGES if each.layer == "apps"]

    assert change.make(SandboxDirectory(tmp_path), cloud) == []


def test_the_first_group_of_the_project_loses_its_first_role_and_nobody_else_anything(
    cloud: Cloud, tmp_path: Path
) -> None:
    project = names.project(example.PROJECT)
    first = {"role": "roles/viewer", "members": ["user:a@acme.example", "group:b@acme.example", "group:c@acme.example"]}
    second = {"role": "roles/browser", "members": ["group:b@acme.example"]}
    policy = cloud.store.policy(project)
    cloud.store.set_policy(project, {**policy, "bindings": [*policy["bindings"], first, second]})

    for group in ("group:b@acme.example", "group:c@acme.example"):
        cloud.store.add_membership(group, "user:d@acme.example")

    changed = drift.CHANGES[0].make(SandboxDirectory(tmp_path), cloud)

    assert changed == ["viewer of b@acme.example"]
    kept = {**first, "members": ["user:a@acme.example", "group:c@acme.example"]}
    assert cloud.store.policy(project)["bindings"] == [*policy["bindings"], kept, second]
    assert drift.report(drift.CHANGES[0], changed).endswith("took a role from a group: viewer of b@acme.example")


def test_one_flag_of_a_database_changes_and_the_others_stay(tmp_path: Path) -> None:
    flags = [{"name": "log_connections", "value": "on"}, {"name": "log_lock_waits", "value": "on"}]
    [change] = [each for each in drift.CHANGES if each.targets == "datastore"]
    with world.opened(tmp_path) as made:
        made.create("books", databaseFlags=flags)

        assert "books" in change.make(SandboxDirectory(tmp_path), made.cloud)

        body = made.cloud.call("sql.instances.get", f"projects/{example.PROJECT}/instances/books", world.ADMIN)
    assert body["settings"]["databaseFlags"] == [flags[1], {"name": "log_connections", "value": "off"}]
