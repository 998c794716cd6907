"""Rights inside of the databases: declared by stack files, applied by administrators, and refused to everybody else."""

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.datastores import DATABASE_ADMINISTRATOR
from e2e.harness import Ran, Sandbox, acting_as, ended, kill_tree
from e2e.inventory import INSTANCE
from e2e.person import Person
from e2e.sandboxes import made
from e2e.snapshots import Snapshots
from sandbox.cloud.errors import ApiError
from sandbox.cloud.iam import Caller
from toolchain.environments import CHECKOUT

LOGIN = "app-storefront@prodfirst-sandbox.iam"


@pytest.fixture(scope="module")
def stores(e2e_folder: Path, person: Person, snapshots: Snapshots) -> Iterator[Sandbox]:
    """A sandbox with everything up, whose databases nobody touched."""
    with made(Sandbox(e2e_folder / "stores", person)) as sandbox:
        snapshots.everything(sandbox)
        yield sandbox


def test_what_is_declared_is_shown_from_files_alone(stores: Sandbox) -> None:
    shown = stores.run("databases", "--declared", "yes").succeeded().out.splitlines()

    assert [line for line in shown if LOGIN in line] == [
        f"orders: database orders: {LOGIN} {privilege}" for privilege in ("CONNECT", "CREATE", "TEMPORARY")
    ]
    assert len(stores.server_processes()) == 2


def test_the_administrator_applies_it_and_finds_what_changed_since(stores: Sandbox) -> None:
    printed = stores.run("databases", "--check", "yes").out.splitlines()
    command, *documented = _documented()
    assert command == "$ make databases CHECK=yes"
    assert [line for line in documented if line not in printed] == []
    before = _differences(stores)
    assert {"- database orders: PUBLIC CONNECT", f"+ database orders: {LOGIN} CONNECT"} <= before
    _kill_while_rights_are_set(stores)
    assert stores.run("databases").succeeded().out.splitlines()[-1] in (
        "orders: now as declared",
        "orders: as declared",
    )
    assert stores.run("databases", "--check", "yes").succeeded().out == "orders: as declared\n"

    with stores.cloud() as cloud:
        body = {
            "database": "orders",
            "sqlStatement": "SET ROLE cloudsqlsuperuser; GRANT CONNECT ON DATABASE orders TO PUBLIC",
            "autoIamAuthn": True,
        }
        cloud.call("sql.instances.executeSql", INSTANCE, DATABASE_ADMINISTRATOR, body)
    assert _differences(stores) == {"- database orders: PUBLIC CONNECT"}
    stores.run("databases").succeeded()


def test_who_can_send_sql_and_who_can_log_in_is_answered_as_the_guide_says(stores: Sandbox) -> None:
    sends, logs_in = (
        stores.run("access", "--can", f"cloudsql.instances.{verb}", "--on", "orders").succeeded().out
        for verb in ("executeSql", "login")
    )

    for text in (sends, logs_in):
        assert "database-team@example.com" in text
    assert ("app-storefront" in sends, "app-storefront" in logs_in) == (False, True)


@pytest.mark.parametrize(
    "account",
    [
        "app-storefront",
        "apps-shop-deploy",
        "apps-shop-preview",
        "namespaces-deploy",
        "platform-deploy",
        "storage-deploy",
        "storage-preview",
    ],
)
def test_no_account_sends_sql_over_googles_api(stores: Sandbox, account: str) -> None:
    assert "cloudsql.instances.executeSql" in _refusal(stores, acting_as(account))


@pytest.mark.parametrize("name", ["shop-developer", "platform-engineer", "security-reviewer"])
def test_no_other_person_applies_anything(stores: Sandbox, name: str) -> None:
    stores.run("databases", "--as", f"{name}@example.com").refused(
        1, f"{name}@example.com could not send SQL to orders", "cloudsql.instances.executeSql"
    )


def test_an_app_reads_and_writes_its_own_database_as_itself(stores: Sandbox) -> None:
    stores.run("databases").succeeded()
    made = "CREATE SCHEMA storefront; CREATE TABLE storefront.carts (n int); INSERT INTO storefront.carts VALUES (7)"
    _psql(stores, made, "--app", "storefront", "--as", "app").succeeded()

    shown = _psql(stores, "SELECT current_user, n FROM storefront.carts", "--app", "storefront", "--as", "app")
    assert shown.succeeded().out.strip() == f"{LOGIN}|7"
    assert stores.run("databases", "--check", "yes").succeeded().out == "orders: as declared\n"


@pytest.mark.parametrize(
    "identity",
    [
        ("--app", "storefront", "--as", "deploy"),
        ("--app", "storefront", "--as", "preview"),
        ("--layer", "platform", "--as", "deploy"),
        ("--owner", "storage", "--as", "deploy"),
        ("--owner", "storage", "--as", "preview"),
        ("--app", "reports", "--as", "app"),
    ],
    ids=" ".join,
)
def test_every_other_identity_is_refused_by_iam_with_the_permission_that_it_lacks(
    stores: Sandbox, identity: tuple[str, ...]
) -> None:
    ran = _psql(stores, "SELECT 1", *identity)
    assert (ran.code, "cloudsql.instances.connect" in ran.err) == (2, True), ran.text
    assert "Cloud SQL IAM authentication failed for user" in ran.err


def test_only_an_app_has_the_identity_of_an_app(stores: Sandbox) -> None:
    stores.run("shell", "--layer", "platform", "--as", "app", "--cmd", "psql").refused(2, "platform is no app")


def _psql(sandbox: Sandbox, statement: str, *identity: str) -> Ran:
    """Run a statement by `psql` in the shell of an identity."""
    return sandbox.run("shell", *identity, "--cmd", f'psql -XAtq -v ON_ERROR_STOP=1 -c "{statement}"')


def _documented() -> list[str]:
    """The lines of the guide's example but for those that it leaves out."""
    text = (CHECKOUT / "platform/DATASTORES.md").read_text(encoding="utf-8")
    [block] = re.findall(r"```\n(\$ make databases .*?)```", text, re.DOTALL)
    return [line for line in block.splitlines() if line.strip() != "…"]


def _kill_while_rights_are_set(sandbox: Sandbox) -> None:
    running = sandbox.start("databases")
    assert running.stderr
    assert any("orders: setting rights in" in line for line in running.stderr)
    kill_tree(running.pid, spare=sandbox.server_processes())
    assert ended(running).code == -signal.SIGKILL


def _differences(sandbox: Sandbox) -> set[str]:
    """The differences that the check finds."""
    ran = sandbox.run("databases", "--check", "yes")
    assert ran.code == 1, ran.text
    return {line.strip() for line in ran.out.splitlines()[1:]}


def _refusal(sandbox: Sandbox, caller: Caller) -> str:
    body = {"database": "orders", "sqlStatement": "SELECT 1", "autoIamAuthn": True}
    with sandbox.cloud() as cloud, pytest.raises(ApiError) as refused:
        cloud.call("sql.instances.executeSql", INSTANCE, caller, body)
    return refused.value.message
