"""`make needs`: what it predicts is what the audit log shows of the update, and what is missing is named before it.

It needs the real thing: only the engine's plan shows what an update calls, and only the update what it needed.
"""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from e2e.harness import ADMIN, PLATFORM, PROJECT, Ran, account, is_write
from e2e.lifecycle import applied, choice, configuration, configure
from e2e.sandboxes import Draft

ROLE = f"{PROJECT}/roles/platformNetworkOperator"
MISSING = "compute.firewalls.create"
PLACES: dict[str, Any] = {
    "mail": {"reason": "Receipts are sent by mail.", "ranges": ["203.0.113.7/32"], "ports": [587]},
    "bank": {"reason": "Payments are settled.", "ranges": ["203.0.113.8/32"], "ports": [443]},
}


def calling(draft: Draft, *names: str) -> dict[str, Any]:
    """The platform's configuration with destinations that apps may call."""
    content = configuration(draft, PLATFORM)
    content["config"]["platform:network"]["destinations"] = {name: PLACES[name] for name in names}
    return content


@dataclass(frozen=True)
class Needed:
    """Prediction for a change, and the permissions that the cloud then decided on for the deploy account's writes."""

    told: dict[str, Any]
    decided: set[str]


@pytest.fixture(scope="module")
def needed(draft: Draft) -> Needed:
    """A change of the platform, predicted and then carried out."""
    draft.bring_up("identity", "platform")
    content = calling(draft, "mail")
    configure(draft, PLATFORM, content)
    told = json.loads(draft.sandbox.run("needs", *choice(PLATFORM), "--format", "json").succeeded().out)
    change = applied(draft, PLATFORM, content)
    deploy = f"serviceAccount:{account('platform-deploy')}"
    decided = {
        str(decision["permission"])
        for call in change.calls
        if call.principal == deploy and is_write(call)
        for decision in call.decisions
    }
    return Needed(told, decided)


@pytest.fixture(scope="module")
def without(draft: Draft, needed: Needed) -> tuple[Ran, Ran, Ran]:
    """The next change, with one permission removed from the role: `needs`, `preview` and `up`."""
    del needed
    with draft.sandbox.cloud() as cloud:
        role = cloud.call("iam.projects.roles.get", ROLE, ADMIN)
        kept = [permission for permission in role["includedPermissions"] if permission != MISSING]
        cloud.call("iam.projects.roles.patch", ROLE, ADMIN, {"includedPermissions": kept})
    configure(draft, PLATFORM, calling(draft, "mail", "bank"))
    needs, preview, up = (draft.sandbox.run(command, *choice(PLATFORM)) for command in ("needs", "preview", "up"))
    return needs, preview, up


def test_the_audit_log_shows_the_predicted_permissions(needed: Needed) -> None:
    predicted = {permission for permissions in needed.told["permissions"].values() for permission in permissions}

    assert needed.told["refused"] == []
    assert MISSING in needed.decided
    assert needed.decided <= predicted


def test_a_missing_permission_is_named_before_the_update_is_refused_for_it(without: tuple[Ran, Ran, Ran]) -> None:
    needs, preview, up = without

    assert needs.code == 1, needs.text
    assert preview.code == 0, preview.text
    for told in (needs.out, preview.out):
        assert f"{MISSING} on project (create Firewall" in told
        assert "adds it to the role platformNetworkOperator" in told
    assert up.code != 0
    assert MISSING in up.text
