"""Out-of-band changes are found by a preview that refreshes, and undone by the next deployment, which shows them."""

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import yaml

from cli.embedded import reproducible
from cli.layout import Stack
from e2e.datastores import changes
from e2e.harness import ADMIN, PROJECT, STACKS, Sandbox, account
from e2e.person import Person
from e2e.sandboxes import BroughtUp, copy_checkout, made
from e2e.snapshots import Snapshots

States = dict[Stack, list[reproducible.Json]]

FOUND = {
    "identity": (
        "~ IAMCustomRole ",
        "- role platformDatabaseOperator: cloudsql.instances.delete",
        "+ team database: part of its people's access (1 resource)",
        "+ group database-team@example.com: ",
    ),
    "platform": ("~ Subnetwork ", "~ DatabaseInstance "),
    "apps": ("~ Deployment ",),
}


@pytest.fixture(scope="module")
def untouched(e2e_folder: Path, person: Person, snapshots: Snapshots) -> Iterator[tuple[Sandbox, States]]:
    """All layers, each by a run of its own, and their states as they were then."""
    with made(Sandbox(e2e_folder / "drifted", person)) as sandbox:
        snapshots.layers(sandbox, "identity", "platform")
        sandbox.run("up", "--layer", "apps").succeeded()
        yield sandbox, _states(sandbox)


@pytest.fixture(scope="module")
def drifted(untouched: tuple[Sandbox, States]) -> Sandbox:
    """All layers, then changed out of band."""
    sandbox, _ = untouched
    sandbox.run("drift").succeeded()
    return sandbox


def _states(sandbox: Sandbox) -> States:
    return {stack: reproducible.state_of(sandbox.directory, stack) for stack in STACKS}


def test_two_sandboxes_of_one_commit_come_to_the_same_states(
    untouched: tuple[Sandbox, States], brought_up: BroughtUp
) -> None:
    """The comparison of `make verify-reproducible`, with two sandboxes that exist for other tests."""
    one, other = untouched[1], _states(brought_up.sandbox)
    assert [each for stack in STACKS for each in reproducible.differences(stack.title, one[stack], other[stack])] == []
    assert all(one.values())


def test_a_plain_preview_compares_with_the_state_and_sees_nothing(drifted: Sandbox) -> None:
    for layer in FOUND:
        assert "to update" not in drifted.run("preview", "--layer", layer).succeeded().text


@pytest.fixture(scope="module")
def refreshed(drifted: Sandbox) -> dict[str, str]:
    """Output of a preview that refreshes, by layer."""
    return {layer: drifted.run("preview", "--layer", layer, "--refresh", "yes").succeeded().out for layer in FOUND}


@pytest.mark.parametrize("layer", FOUND)
def test_a_refreshing_preview_finds_every_change_and_nothing_else(refreshed: dict[str, str], layer: str) -> None:
    printed = refreshed[layer]
    found = changes(printed)
    assert len(found) == len(FOUND[layer]), printed
    for expected in FOUND[layer]:
        assert any(expected in line for line in found), printed


def test_a_refreshing_preview_changes_nothing(drifted: Sandbox, refreshed: dict[str, str]) -> None:
    again = drifted.run("preview", "--layer", "platform", "--refresh", "yes").succeeded().out
    assert again == refreshed["platform"]


def test_the_history_names_who_updated_and_who_changed_what_by_hand(drifted: Sandbox) -> None:
    """The history that the real engine wrote of a real update, beside the audit log."""
    told = json.loads(drifted.run("history", "--format", "json").succeeded().out)

    head = ["git", "log", "-1", "--format=%H%n%an%n%ae"]
    done = subprocess.run(head, cwd=drifted.checkout, capture_output=True, text=True, check=True)
    commit, name, email = done.stdout.splitlines()
    for update in told["updates"]:
        assert (update["commit"], update["author"]) == (commit, {"name": name, "email": email})
        assert update["changes"], update["key"]
    assert {update["key"]: (update["identity"], update["identityRecorded"]) for update in told["updates"]} == {
        "identity/foundation/1": ("admin@sandbox.invalid", True),
        "identity/1": (account("identity-deploy"), True),
        "identity/team-shop/1": (account("team-deploy"), True),
        "platform/1": (account("platform-deploy"), True),
        "platform/storage/1": (account("storage-deploy"), True),
        "platform/namespaces-shop/1": (account("namespaces-deploy"), True),
        "apps/reports/1": (account("apps-shop-deploy"), True),
        "apps/storefront/1": (account("apps-shop-deploy"), True),
    }
    by_hand = [entry for entry in told["entries"] if not entry["updates"]]
    assert {(entry["principal"], entry["method"]) for entry in by_hand} == {
        ("admin@sandbox.invalid", "cloudresourcemanager.projects.setIamPolicy"),
        ("admin@sandbox.invalid", "iam.projects.roles.patch"),
        ("admin@sandbox.invalid", "sql.instances.patch"),
        ("admin@sandbox.invalid", "compute.subnetworks.patch"),
    }


def test_the_history_of_one_resource_begins_with_the_change_by_hand(drifted: Sandbox) -> None:
    shown = drifted.run("history", "--resource", "orders").succeeded().out.splitlines()

    assert shown[0].startswith("Past the layers: out of band")
    assert "sql.instances.patch" in shown[2]
    assert any("created DatabaseInstance orders" in line for line in shown)


# By stack, what its deployment says that it undoes.
UNDONE = {
    ("--owner", "foundation"): (
        "IAMCustomRole role-platformDatabaseOperator: + permissions: cloudsql.instances.delete",
    ),
    ("--owner", "identity"): ("IAMMember team-database-platformDatabaseOperator: it is gone, and is made anew",),
    ("--owner", "team"): ("Account app-reports: it is gone, and is made anew",),
    ("--owner", "platform"): ("Subnetwork main-europe-west4: privateIpGoogleAccess: true => false",),
    ("--owner", "storage"): ("DatabaseInstance orders: settings.deletionProtectionEnabled: true => false",),
    ("--app", "storefront"): (
        "Deployment storefront: spec.template.spec.containers[storefront].image: ",
        "PodDisruptionBudget storefront: it is gone, and is made anew",
    ),
}


def test_deploying_undoes_what_was_changed_or_deleted_out_of_band_and_says_so(drifted: Sandbox) -> None:
    with drifted.cloud() as cloud:
        cloud.call("iam.projects.serviceAccounts.delete", f"{PROJECT}/serviceAccounts/{account('app-reports')}", ADMIN)
    drifted.kubectl("delete", "poddisruptionbudget", "storefront", "--namespace=storefront").succeeded()
    assert "changed out of band" not in drifted.run("up", "--owner", "storage", "--refresh", "no").succeeded().text

    for stack, lines in UNDONE.items():
        told = drifted.run("up", *stack).succeeded().text
        for line in lines:
            assert line in told, told
        # A flag that was not changed is not reported: the list of flags is set as a whole.
        assert set(re.findall(r"databaseFlags\[(\w+)\]", told)) <= {"log_connections"}, told
    for layer in FOUND:
        printed = drifted.run("preview", "--layer", layer, "--refresh", "yes").succeeded().out
        assert not re.search("to (create|update|replace|delete)|out of band", printed), printed


@dataclass(frozen=True)
class Chosen:
    """Properties that were changed out of band, and what the commands printed of them, by their stacks."""

    sandbox: Sandbox
    of_app: str
    of_platform: str
    of_storage: str


MEMORY = "spec.template.spec.containers[name=storefront].resources"
REASON = "The partner reads this text until the end of the year."


@pytest.fixture(scope="module")
def chosen(drifted: Sandbox, e2e_folder: Path) -> Chosen:
    """Other out-of-band changes, and a checkout of its own to accept them in; the changes before are undone."""
    copy_checkout(e2e_folder / "chosen")
    sandbox = replace(drifted, checkout=e2e_folder / "chosen")
    size = {"requests": {"memory": "300Mi"}, "limits": {"memory": "300Mi"}}
    patch = {"spec": {"template": {"spec": {"containers": [{"name": "storefront", "resources": size}]}}}}
    named = ("deployment", "storefront", "--namespace=storefront")
    drifted.kubectl("patch", *named, f"--patch={json.dumps(patch)}").succeeded()
    with drifted.cloud() as cloud:
        region = f"{PROJECT}/regions/europe-west4"
        cloud.call("compute.routers.patch", f"{region}/routers/main", ADMIN, {"description": "by hand"})
        tier = {"settings": {"tier": "db-custom-4-15360"}}
        cloud.call("sql.instances.patch", f"{PROJECT}/instances/orders", ADMIN, tier)
    of_app = sandbox.run("drifted", "--app", "storefront", "--choice", "adopt").out
    accepting = ("--choice", "accept", "--reason", REASON)
    of_platform = sandbox.run("drifted", "--owner", "platform", *accepting).out
    of_storage = sandbox.run("drifted", "--owner", "storage", "--resource", "orders", "--choice", "adopt").out
    return Chosen(sandbox, of_app, of_platform, of_storage)


def test_what_comes_from_an_apps_entry_has_a_patch_of_it(chosen: Chosen) -> None:
    assert f"Deployment storefront: {MEMORY}.limits.memory" in chosen.of_app
    assert "It comes from apps/entries/storefront.yaml:" in chosen.of_app
    assert "\n-  memory: 256Mi\n+  memory: 300Mi\n" in chosen.of_app


def test_what_comes_from_a_stack_file_has_a_patch_of_it(chosen: Chosen) -> None:
    assert "--- a/platform/Pulumi.storage-sandbox.yaml" in chosen.of_storage
    assert "\n-      tier: db-custom-2-7680\n+      tier: db-custom-4-15360\n" in chosen.of_storage


def test_what_is_set_in_code_has_file_and_line(chosen: Chosen) -> None:
    told = chosen.sandbox.run("drifted", "--owner", "platform", "--choice", "adopt").out
    assert re.search(r"it is set in code.* is declared at platform/platform_layer/network/nat\.py:[0-9]+\.", told), told


def test_accepted_drift_stays_and_the_rest_is_put_back(chosen: Chosen) -> None:
    """The engine's plan has the declared values, and what it carries out has the accepted ones."""
    _, start, rest = chosen.of_platform.partition("  - ")
    entry = yaml.safe_load(start + rest)
    limits = {
        **entry[0],
        "resource": {"stack": "apps/storefront-sandbox", "type": "kubernetes:apps/v1:Deployment", "name": "storefront"},
        "path": f"{MEMORY}.limits.memory",
        "value": "300Mi",
    }
    sandbox, file = chosen.sandbox, chosen.sandbox.checkout / "policies" / "drift_acceptances.yaml"
    file.write_text(yaml.safe_dump({"acceptances": [*entry, limits]}))

    assert "no changes; up" in sandbox.run("up", "--owner", "platform").succeeded().out
    told = sandbox.run("up", "--app", "storefront").succeeded().text
    assert f"{MEMORY}.limits.memory stays 300Mi, where 256Mi is declared" in told
    found = sandbox.kubectl("get", "deployment", "storefront", "--namespace=storefront", "--output=json").out
    size = json.loads(found)["spec"]["template"]["spec"]["containers"][0]["resources"]
    assert (size["limits"]["memory"], size["requests"]["memory"]) == ("300Mi", "256Mi")
    with sandbox.cloud() as cloud:
        assert {router.body["description"] for router in cloud.store.find("compute.routers", "//")} == {"by hand"}

    entry[0]["value"] = "another text"
    file.write_text(yaml.safe_dump({"acceptances": entry}))
    refused = sandbox.run("up", "--owner", "platform")
    assert refused.code == 1
    assert "plan-accepted-drift-stays" in refused.text
