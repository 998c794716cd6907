"""An app's namespace goes by three decisions of different people, and by none of the shortcuts."""

from typing import Any

import pytest

from e2e.accepting import accept, asked
from e2e.harness import NAMESPACES, TEAM, Sandbox
from e2e.lifecycle import choice
from e2e.sandboxes import Draft
from e2e.tenants import edit

APP = "ledger"
REASON = "its accounts are kept elsewhere"


def identity_says(sandbox: Sandbox, *, wanted: bool) -> None:
    """Declare the app of the team in its stack of identity, or remove it, and bring that up."""

    def change(stack: dict[str, Any]) -> None:
        apps = stack["config"]["identity:apps"]
        apps.pop(APP, None)
        apps |= {APP: {}} if wanted else {}

    edit(sandbox.checkout / "identity" / "Pulumi.team-shop-sandbox.yaml", change)
    sandbox.run("up", *choice(TEAM)).succeeded()


def platform_says(sandbox: Sandbox, namespaces: dict[str, Any]) -> None:
    """Declare namespaces in the team's stack file of the platform."""
    stack = sandbox.checkout / "platform" / "Pulumi.namespaces-shop-sandbox.yaml"
    edit(stack, lambda content: content["config"].update({"platform:namespaces": namespaces}))


def in_the_cluster(sandbox: Sandbox) -> str:
    """Names of the objects in the app's namespace."""
    return sandbox.kubectl("get", "namespace,networkpolicy,rolebinding,resourcequota", "-n", APP, "-o", "name").out


@pytest.fixture(scope="module")
def two_apps(draft: Draft) -> Sandbox:
    """Identity and platform with an app more."""
    draft.bring_up("identity", "platform")
    identity_says(draft.sandbox, wanted=True)
    draft.sandbox.run("up", *choice(NAMESPACES)).succeeded()
    return draft.sandbox


def test_an_app_goes_by_decision_break_glass_and_removal_and_by_no_shortcut(two_apps: Sandbox) -> None:
    sandbox = two_apps
    everything = in_the_cluster(sandbox)
    assert "default-deny" in everything

    identity_says(sandbox, wanted=False)
    sandbox.run("up", *choice(NAMESPACES)).refused(1, "protect")  # the engine, in the plan
    assert in_the_cluster(sandbox) == everything

    identity_says(sandbox, wanted=True)
    platform_says(sandbox, {APP: {"retire": REASON}})
    stopped = sandbox.run("up", *choice(NAMESPACES))
    stopped.refused(1, "plan-protection-kept: kubernetes:core/v1:Namespace 'ledger' would lose its protection")
    accept(sandbox, asked(stopped))
    decided = sandbox.run("up", *choice(NAMESPACES)).succeeded()
    accept(sandbox, [])
    assert "deleted" not in decided.out + decided.err
    assert in_the_cluster(sandbox) == everything

    identity_says(sandbox, wanted=False)
    platform_says(sandbox, {})
    stopped = sandbox.run("up", *choice(NAMESPACES))
    stopped.refused(1, "plan-datastore-kept: kubernetes:core/v1:Namespace 'ledger'")
    accept(sandbox, asked(stopped))
    sandbox.run("up", *choice(NAMESPACES)).refused(1, 'cannot delete resource "namespaces"')
    accept(sandbox, [])
    assert in_the_cluster(sandbox) == everything

    sandbox.kubectl("delete", "namespace", APP, "--wait").succeeded()  # who holds break-glass
    sandbox.shell("namespaces", "pulumi refresh --yes --non-interactive --skip-preview").succeeded()
    sandbox.run("up", *choice(NAMESPACES)).succeeded()
    left = [each for each in sandbox.raw_state(NAMESPACES)["resources"] if APP in each["urn"].rpartition("::")[2]]
    assert left == []
