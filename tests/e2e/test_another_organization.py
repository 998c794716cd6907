"""The sandbox of somebody who copied this repository: their own names, and a project outside of an organisation."""

import json
from collections.abc import Iterator

import pytest

from e2e.another_organization import APP, DATASTORE, PROJECT, settle
from e2e.harness import Ran, Sandbox
from e2e.sandboxes import Draft
from sandbox.cloud import seed

FOUNDATION_FILE = "identity/Pulumi.foundation-sandbox.yaml"
EXAMPLE = ("prodfirst-sandbox", "100200300400", "example.com", "storefront", "orders", "shop")


@pytest.fixture(scope="module")
def first(draft: Draft) -> Ran:
    """Output of the first `up`."""
    settle(draft.sandbox.checkout, app=True)
    return draft.sandbox.run("up").succeeded()


@pytest.fixture(scope="module")
def acme(draft: Draft, first: Ran) -> Sandbox:
    """The sandbox, up."""
    del first
    return draft.sandbox


@pytest.fixture(scope="module")
def drifted(acme: Sandbox) -> tuple[Sandbox, Ran]:
    """The sandbox, changed out of band; the output of that change."""
    return acme, acme.run("drift").succeeded()


@pytest.fixture
def as_it_is(acme: Sandbox) -> Iterator[Sandbox]:
    """The sandbox, in which a test has no call made."""
    mark = acme.mark()
    yield acme
    assert acme.calls(mark) == []


def test_the_layers_come_up_as_that_organisations_accounts(first: Ran) -> None:
    rows = [line.split() for line in first.out.splitlines()]
    told = {row[0]: row[-3:-1] for row in rows if row and row[0].partition("/")[0] in ("identity", "platform", "apps")}

    assert told == {
        "identity/foundation": ["admin", "passed"],
        "identity": ["identity-deploy", "passed"],
        "identity/team-finance": ["team-deploy", "passed"],
        "platform": ["platform-deploy", "passed"],
        "platform/storage": ["storage-deploy", "passed"],
        "platform/namespaces-finance": ["namespaces-deploy", "passed"],
        f"apps/{APP}": ["apps-finance-deploy", "passed"],
    }
    assert f"make shell APP={APP} CMD='kubectl get pods'" in first.out


def test_again_nothing_changes(acme: Sandbox) -> None:
    assert "no changes; up in" in acme.run("up").succeeded().out


def test_the_audit_accepts_the_administrator_of_any_sandbox(acme: Sandbox) -> None:
    assert "audit: sandbox: passed (7 stacks" in acme.run("audit").succeeded().out


def test_the_table_is_of_its_people_accounts_and_resources(acme: Sandbox) -> None:
    printed = acme.run("conformance").succeeded().out

    header = printed.splitlines()[2]
    for column in ("apps-finance-deploy", f"app-{APP}", "images-finance", "finance-developer", "data-administrator"):
        assert f"|`{column}`|" in header
    assert [name for name in EXAMPLE if name in printed] == []
    cells = {line.split("|")[1]: line.split("|")[2:-1] for line in printed.splitlines() if line.startswith("|")}
    names = [name.strip("`") for name in header.split("|")[2:-1]]
    deploying = dict(zip(names, cells["deploy the app"], strict=True))
    assert {name for name, by in deploying.items() if by} == {"apps-finance-deploy", "finance-developer"}
    logging_in = dict(zip(names, cells["log in to a database"], strict=True))
    assert {name for name, by in logging_in.items() if by} == {f"app-{APP}", "data-administrator"}


def test_who_can_do_what_is_answered_for_its_people(acme: Sandbox) -> None:
    told = (
        acme.run("access", "--can", "cloudsql.instances.update", "--on", DATASTORE, "--format", "json").succeeded().out
    )

    accounts = f"serviceAccount:storage-deploy@{PROJECT}.iam.gserviceaccount.com"
    assert {"group:dba@acme.example", accounts, seed.ADMIN} <= {line["who"] for line in json.loads(told)["lines"]}
    assert [name for name in EXAMPLE if name in told] == []


def test_changes_by_hand_are_of_what_is_there_and_are_found(drifted: tuple[Sandbox, Ran]) -> None:
    sandbox, told = drifted
    assert f"log_connections of: {DATASTORE}" in told.err
    assert f"Deployment of: {APP}" in told.err
    assert "nothing changed" not in told.err

    found = sandbox.run("preview", "--layer", "platform", "--refresh", "yes").succeeded().out

    assert f"~ DatabaseInstance {DATASTORE}" in found
    assert "~ Subnetwork main-us-east1" in found


@pytest.mark.parametrize("command", ["up", "preview", "audit", "conformance"])
def test_a_sandbox_of_another_project_is_not_gone_on_with(draft: Draft, as_it_is: Sandbox, command: str) -> None:
    with draft.changed(FOUNDATION_FILE, f"gcp:project: {PROJECT}", "gcp:project: acme-elsewhere"):
        refused = as_it_is.run(command)

    refused.refused(
        1,
        f"gcp:project: {PROJECT} there, acme-elsewhere in the file",
        "nothing was started",
        "Discard it with `make down`",
    )
