"""Rights inside of the databases follow from the stack files of the example environment."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli import team_files, yaml_file
from cli.databases import declared
from cli.databases.rights import Right
from cli.layout import Stack
from cli.stack_file import StackFile
from unit.cli.databases.only import declared_only


def test_an_app_connects_to_the_databases_of_its_entry_and_creates_schemas_in_them() -> None:
    [instance] = declared.instances("sandbox")
    login = "app-storefront@prodfirst-sandbox.iam"

    assert (instance.name, instance.apps) == ("orders", {"orders": (login,)})
    assert [str(right) for right in sorted(instance.rights()) if right.who == login] == [
        f"database orders: {login} {privilege}" for privilege in ("CONNECT", "CREATE", "TEMPORARY")
    ]


def test_everything_is_cloud_sqls_own_roles_and_administrators_are_its_members() -> None:
    [instance] = declared.instances("sandbox")

    others = [str(right) for right in sorted(instance.rights()) if "storefront" not in right.who]
    assert others == [
        "database orders: cloudsqlsuperuser OWNER",
        "database postgres: cloudsqlsuperuser OWNER",
        "database template1: cloudsqlsuperuser OWNER",
        "role cloudsqlsuperuser: database-team@example.com MEMBER",
    ]


def test_nobody_else_is_declared_to_have_anything() -> None:
    whole = {right.who for right in declared.instances("sandbox")[0].rights()}
    assert whole == {"app-storefront@prodfirst-sandbox.iam", "cloudsqlsuperuser", "database-team@example.com"}


def test_an_app_that_another_migrates_connects_and_gets_rows_by_default_privileges(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    identity = Stack("identity", "sandbox").file
    file = identity.with_name("Pulumi.team-shop-sandbox.yaml")
    content = yaml.safe_load(file.read_text())
    content["config"]["identity:apps"] |= {
        "storefront": {"databases": ["orders"], "migratedBy": "schemas"},
        "schemas": {"databases": ["orders"]},
    }
    own = StackFile.model_validate(content).config
    assert own.team is not None
    team = team_files.TeamFile("shop", own.team.group, own.team.builds, own.apps, file)

    def teams(identity: Path) -> dict[str, team_files.TeamFile]:
        del identity
        return {"shop": team}

    monkeypatch.setattr(team_files, "teams", teams)
    runtime, migrations = (f"app-{app}@prodfirst-sandbox.iam" for app in ("storefront", "schemas"))

    lines = [line.removeprefix("sandbox, instance orders, ") for line in declared.lines(["sandbox"]) if "app-" in line]
    assert lines == [
        f"database orders: {migrations} CONNECT, CREATE, TEMPORARY",
        f"database orders: {runtime} CONNECT",
        f"in orders, default privileges of {migrations} on SCHEMAS: {runtime} USAGE",
        f"in orders, default privileges of {migrations} on SEQUENCES: {runtime} USAGE",
        f"in orders, default privileges of {migrations} on TABLES: {runtime} DELETE, INSERT, SELECT, UPDATE",
    ]


def test_in_a_read_only_datastore_apps_connect_and_write_nothing() -> None:
    [instance] = declared.instances("sandbox")
    version = declared.Instance("orders-november", instance.apps, instance.administrators, read_only=True)

    assert version.rights() - instance.rights() == {Right("database orders", "PUBLIC", "READ-ONLY")}
    assert [right.privilege for right in version.rights() if "storefront" in right.who] == ["CONNECT"]
    with declared_only(version):
        lines = declared.lines(["sandbox"])
    assert "sandbox, instance orders-november, database orders: PUBLIC READ-ONLY" in lines


def test_what_is_read_only_is_read_from_the_datastores_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    orders: dict[str, Any] = {"databases": ["orders"]}
    november: dict[str, Any] = {**orders, "readOnly": True, "source": {"adopted": {}}}
    datastores: dict[str, dict[str, Any]] = {
        "orders": orders,
        "november": november,
        "unadopted": {**november, "source": {}},
    }
    read = yaml_file.load

    def load(file: Path, validate: Callable[[object], object], consequence: str) -> object:
        if "storage" in file.name:
            return validate({"config": {"platform:datastores": datastores}})
        return read(file, validate, consequence)

    monkeypatch.setattr(yaml_file, "load", load)
    monkeypatch.setattr(Stack, "gcp_project", _project)
    assert {each.name: each.read_only for each in declared.instances("sandbox")} == {"november": True, "orders": False}


def _project(stack: Stack) -> str:
    del stack
    return "prodfirst-sandbox"
