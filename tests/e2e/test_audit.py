"""`make audit` on what the layers deployed, by the real engine: clean but for what a decision accepts."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from cli.layout import POLICIES
from e2e.harness import ADMIN, PROJECT, STACKS, Sandbox
from sandbox.cloud.store import Json
from toolchain.environments import python

_STRANGER = "user:stranger@example.com"


def test_the_layers_are_clean_but_for_accepted_ways_with_their_decisions(shared: Sandbox, tmp_path: Path) -> None:
    done = shared.run("audit", "--report", str(tmp_path)).succeeded()

    assert f"audit: sandbox: passed ({len(STACKS)} stacks" in done.out
    assert "accepted by identity/decisions/0003-foundation-and-daily-work.md" in done.out
    log = json.loads((tmp_path / "audit-sandbox.sarif").read_text())
    results = log["runs"][0]["results"]
    assert {result["ruleId"] for result in results} == {"audit-escalation-accepted"}
    assert all(result["suppressions"] for result in results)
    places = {result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in results}
    assert all(place.startswith("identity/identity_layer/") for place in places), places
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "audit-sandbox.junit.xml",
        "audit-sandbox.md",
        "audit-sandbox.sarif",
    ]


def test_a_grant_by_hand_is_found_and_gone_with_it(shared: Sandbox) -> None:
    with shared.cloud() as cloud:
        policy: Json = cloud.call("cloudresourcemanager.projects.getIamPolicy", PROJECT, ADMIN)
        changed = {**policy, "bindings": [*policy["bindings"], {"role": "roles/browser", "members": [_STRANGER]}]}
        cloud.call("cloudresourcemanager.projects.setIamPolicy", PROJECT, ADMIN, {"policy": changed})
    try:
        found = shared.run("audit")
    finally:
        with shared.cloud() as cloud:
            now: Json = cloud.call("cloudresourcemanager.projects.getIamPolicy", PROJECT, ADMIN)
            body = {"policy": {**now, "bindings": policy["bindings"]}}
            cloud.call("cloudresourcemanager.projects.setIamPolicy", PROJECT, ADMIN, body)

    assert found.code == 1
    assert f"audit-grants-declared: {_STRANGER} holds roles/browser on project, which no state declares." in found.out


def test_a_binding_by_hand_in_the_cluster_is_found_and_counts_as_access(shared: Sandbox) -> None:
    who = _STRANGER.partition(":")[2]
    made = ("create", "rolebinding", "by-hand", "--clusterrole=edit", f"--user={who}", "--namespace=storefront")
    shared.kubectl(*made).succeeded()
    try:
        found, held = shared.run("audit"), shared.run("access", "--who", who, "--format", "json").succeeded()
    finally:
        shared.kubectl("delete", "rolebinding", "by-hand", "--namespace=storefront").succeeded()

    assert found.code == 1
    assert (
        f"audit-rbac-declared: person {who} holds ClusterRole edit in the namespace storefront by by-hand" in found.out
    )
    assert "ClusterRole edit in namespace storefront, which no state declares" in held.out
    assert "with the cluster's RBAC" in shared.run("audit").succeeded().out


def _audited(shared: Sandbox, folder: Path, change: Callable[[list[Json]], object]) -> subprocess.CompletedProcess[str]:
    """The audit of the shared sandbox's states after a change of their resources."""
    states: list[str] = []
    for stack in STACKS:
        resources: list[Json] = shared.raw_state(stack)["resources"]
        change(resources)
        file = folder / f"{stack.project}-{stack.name}.json"
        file.write_text(json.dumps({"version": 3, "deployment": {"manifest": {}, "resources": resources}}))
        states.append(f"--state={file}")
    options = ["--environment=sandbox", f"--pulumi={shared.path / 'bin' / 'pulumi'}", *states]
    env = {**os.environ, "PULUMI_HOME": str(shared.directory.pulumi_home), "PULUMI_SKIP_UPDATE_CHECK": "true"}
    path = f"{shared.path / 'bin'}{os.pathsep}{os.environ['PATH']}"
    command = [str(python("policies")), "-m", "audit.command", *options]
    return subprocess.run(command, cwd=POLICIES, env={**env, "PATH": path}, capture_output=True, text=True, check=False)


def test_an_escalation_in_a_layers_state_is_found_hop_by_hop(shared: Sandbox, tmp_path: Path) -> None:
    def plant(resources: list[Json]) -> None:
        for each in [each for each in resources if each["type"] == "gcp:serviceaccount/iAMMember:IAMMember"]:
            if each["outputs"]["member"] == "group:platform-team@example.com":
                account = each["outputs"]["serviceAccountId"].replace("platform-preview", "identity-deploy")
                each["outputs"] |= {"serviceAccountId": account}

    found = _audited(shared, tmp_path, plant)

    assert found.returncode == 1, found.stdout + found.stderr
    assert "audit-no-escalation: group platform-team@example.com can come to account identity-deploy" in found.stdout
    assert (
        "1. group platform-team@example.com may act as account identity-deploy (iam.serviceAccounts.getAccessToken by "
        "roles/iam.serviceAccountTokenCreator on account identity-deploy)" in found.stdout
    )


def test_a_datastore_that_is_gone_is_missed(shared: Sandbox, tmp_path: Path) -> None:
    def plant(resources: list[Json]) -> None:
        resources[:] = [each for each in resources if not each["urn"].endswith("DatabaseInstance::orders")]

    found = _audited(shared, tmp_path, plant)

    assert found.returncode == 1, found.stdout + found.stderr
    assert "DatabaseInstance 'orders' of platform/storage-sandbox must be there, and no state has it." in found.stdout


def test_what_is_no_state_gets_no_verdict(shared: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{}")
    options = ["--environment=sandbox", f"--pulumi={shared.path / 'bin' / 'pulumi'}", f"--state={tmp_path / 'x.json'}"]
    command = [str(python("policies")), "-m", "audit.command", *options]
    done = subprocess.run(command, cwd=POLICIES, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert done.stderr.startswith("error: x.json cannot be read as a state")
