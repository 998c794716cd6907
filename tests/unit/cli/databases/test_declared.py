"""Rights inside of the databases follow from the stack files of the example environment."""

import pytest
import yaml

from cli import team_files
from cli.databases import declared
from cli.layout import Stack
from cli.stack_file import StackFile


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
    monkeypatch.setattr(team_files, "teams", lambda _: {"shop": team})
    runtime, migrations = (f"app-{app}@prodfirst-sandbox.iam" for app in ("storefront", "schemas"))

    lines = [line.removeprefix("sandbox, instance orders, ") for line in declared.lines(["sandbox"]) if "app-" in line]
    assert lines == [
        f"database orders: {migrations} CONNECT, CREATE, TEMPORARY",
        f"database orders: {runtime} CONNECT",
        f"in orders, default privileges of {migrations} on SCHEMAS: {runtime} USAGE",
        f"in orders, default privileges of {migrations} on SEQUENCES: {runtime} USAGE",
        f"in orders, default privileges of {migrations} on TABLES: {runtime} DELETE, INSERT, SELECT, UPDATE",
    ]
