"""A careless change meets the policies in `make up`: it ends before anything of it exists, and says what to do.

The changes are made in a copy of the checkout, one at a time, each in the words of its layer.
"""

import shutil
from dataclasses import dataclass

import pytest

from e2e.harness import FOUNDATION, PLATFORM, STACKS, is_write
from e2e.sandboxes import Draft
from unit.github.origin import git

LAYERS = ("identity", "platform", "apps")

_KEY = """    import pulumi_gcp as gcp

    gcp.serviceaccount.Key("platform-deploy-key", service_account_id=ci["platform-deploy"].account.name)
    pulumi.export("contract", document)
"""


@dataclass(frozen=True)
class Careless:
    """A change that should not pass.

    Attributes:
        file: where, in the checkout.
        old: what it replaces.
        new: what it puts there.
        policy: the rule that refuses it.
        said: the resource and the remedy, in the message.
    """

    file: str
    old: str
    new: str
    policy: str
    said: tuple[str, ...]

    @property
    def layer(self) -> str:
        """The layer that it changes."""
        return self.file.partition("/")[0]

    @property
    def concerns_storage(self) -> bool:
        """True if it is a change of the datastores' program, which begins when network and cluster are there."""
        return self.file.startswith("platform/platform_layer/storage/")


CHANGES = {
    "editor-for-a-deployer": Careless(
        "identity/identity_layer/grants.py",
        'frozenset({"identityDeploy"})',
        'frozenset({"identityDeploy", "roles/editor"})',
        "iam-no-basic-roles",
        ("identity-deploy-editor", "grants the basic role roles/editor", "Grant"),
    ),
    "a-service-account-key": Careless(
        "identity/identity_layer/foundation/program.py",
        '    pulumi.export("contract", document)\n',
        _KEY,
        "iam-no-service-account-keys",
        ("platform-deploy-key", "Remove it"),
    ),
    "a-database-in-the-open": Careless(
        "platform/platform_layer/storage/postgres.py",
        "ipv4_enabled=False",
        "ipv4_enabled=True",
        "sql-not-public",
        ("'orders'", "Set it to false"),
    ),
    "protection-taken-off": Careless(
        "platform/platform_layer/storage/datastore.py",
        "                protect=not retired,\n                # The provider",
        "                protect=False,\n                # The provider",
        "sql-protected",
        ("'orders'", "protect"),
    ),
    "a-privileged-container": Careless(
        "apps/apps_layer/containers.py",
        "        allow_privilege_escalation=False,",
        "        privileged=True,\n        allow_privilege_escalation=True,",
        "workload-not-privileged",
        ("'storefront'", "privileged", "Remove it"),
    ),
}


# The pack's own tests have these as well; one change of each layer shows that `make up` stops.
_FURTHER = ("a-service-account-key", "protection-taken-off")


@pytest.mark.parametrize(
    "change",
    [pytest.param(change, id=name, marks=[pytest.mark.sweep] * (name in _FURTHER)) for name, change in CHANGES.items()],
)
def test_a_careless_change_ends_before_anything_of_it_exists(draft: Draft, change: Careless) -> None:
    below = LAYERS[: LAYERS.index(change.layer)]
    draft.bring_up(*below)
    sandbox = draft.sandbox
    there = {stack for stack in STACKS if stack.project in below}
    if change.concerns_storage:
        sandbox.run("up", "--layer", "platform", "--owner", "platform").succeeded()
        there.add(PLATFORM)
    mark = sandbox.mark()

    # After the apps comes nothing that could be touched, so the layers below need not run again.
    only = ("--layer", change.layer) if change.layer == "apps" else ()
    with draft.changed(change.file, change.old, change.new):
        stopped = sandbox.run("up", *only)

    stopped.refused(1, f"policy {change.policy}: ", *change.said)
    later = "" if change.layer == "apps" else ", and no later layer was touched"
    assert f"Nothing of this stack was changed{later}." in stopped.err
    assert [call.method for call in sandbox.calls(mark) if is_write(call)] == []
    for stack in STACKS:
        state = sandbox.state(stack)
        held = state.resources if state else ()
        assert (len(held) > 0) == (stack in there), stack
    assert all(f"{layer}: " not in stopped.err for layer in LAYERS[len(below) + 1 :])


def test_without_the_change_the_same_checkout_comes_up(draft: Draft) -> None:
    draft.sandbox.run("up").succeeded()


def test_changed_policies_and_those_of_the_base_branch_both_evaluate_a_preview(draft: Draft) -> None:
    """A rule that is taken out together with the change that it refuses: the base branch's policies refuse it."""
    draft.bring_up("identity")
    checkout, careless = draft.sandbox.checkout, CHANGES["editor-for-a-deployer"]
    git(checkout, "init", "-q", "-b", "main")
    git(checkout, "add", "-A")
    git(checkout, "commit", "-q", "-m", "as reviewed")
    rule = ("policies/policy_pack/rules/iam_grants.py", "if grant.role in BASIC_ROLES:", "if not grant.role:")
    try:
        alone = draft.sandbox.run("preview", "--owner", "foundation").succeeded()
        with draft.changed(*rule), draft.changed(careless.file, careless.old, careless.new):
            both = draft.sandbox.run("preview", "--owner", "foundation")
    finally:
        shutil.rmtree(checkout / ".git")

    assert "By the policies of" not in alone.out
    assert both.code == 1, both.text
    own, base = both.out.split("By the policies of the base branch (")
    assert own.startswith("By the policies of this checkout:")
    assert f"policy {careless.policy}: " not in own
    assert f"policy {careless.policy}: " in base
    for verdict in (own, base):
        assert f"plan gate: {FOUNDATION.title}: refused" in verdict
