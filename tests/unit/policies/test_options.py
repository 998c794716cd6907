"""Options that a plan changes in the state alone: reported, applied, and refused where they take protection away."""

from pathlib import Path

import pytest

from engine.options import option_changes
from plan_gate import summary
from plan_gate.plan import read
from unit.policies.plans import FIREWALL, INSTANCE, MEMBER, Preview, refused, urn

RULE = urn(FIREWALL, "deny-all")
BINDING = "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding"


def lines(preview: Preview) -> list[str]:
    """Option changes of a preview, in lines."""
    plan = read(*preview.written())
    assert plan.update
    return [change.line for change in option_changes(plan.update, plan.state, plan.events)]


def test_a_plan_that_only_protects_is_a_change(preview: Preview) -> None:
    preview.held(FIREWALL, "deny-all")
    preview.planned(RULE, "same", protect=True)
    verdict = preview.judged()

    assert verdict.passed
    assert lines(preview) == ["Firewall deny-all: protect off → on"]
    assert summary.counted(verdict.reach) == "2 unchanged, 1 options to set"
    assert summary.document(verdict)["counts"]["options"] == 1


def test_protection_that_the_state_lost_is_a_change(preview: Preview) -> None:
    preview.resources[-1]["protect"] = False

    assert lines(preview) == ["DatabaseInstance orders: protect off → on"]
    assert "DatabaseInstance orders: protect off → on" in str(summary.sections(preview.judged()))


def test_left_out_changes_are_compared_as_a_set(preview: Preview) -> None:
    preview.held(FIREWALL, "deny-all", ignoreChanges=["labels", "allows"])
    preview.planned(RULE, "same", ignoreChanges=["allows", "labels"])
    assert lines(preview) == []

    preview.planned(RULE, "same", ignoreChanges=["allows"])
    assert lines(preview) == ["Firewall deny-all: ignoreChanges allows, labels → allows"]


def test_a_guard_rail_whose_changes_are_left_out_is_refused(preview: Preview) -> None:
    preview.planned(urn(INSTANCE, "orders"), "same", protect=True, ignoreChanges=["settings"])

    verdict = preview.judged()
    assert refused(verdict) == {("plan-not-weakened", urn(INSTANCE, "orders"))}
    [line] = verdict.reach.weakened
    assert line.startswith(f"weakens {INSTANCE} 'orders', ignoreChanges: changes of settings are left out from now on")
    preview.accept(urn(INSTANCE, "orders"), "weaken ignoreChanges")
    assert preview.judged().passed


def test_a_guard_rail_whose_changes_count_again_is_not_weakened(preview: Preview) -> None:
    preview.resources[-1]["ignoreChanges"] = ["settings"]
    verdict = preview.judged()

    assert "DatabaseInstance orders: ignoreChanges settings → nothing" in lines(preview)
    assert verdict.reach.weakened == ()
    assert verdict.passed


def test_a_rename_by_alias_is_compared_with_the_old_name(preview: Preview) -> None:
    preview.held(FIREWALL, "deny-all", protect=True)
    del preview.plans[RULE]
    preview.events = [each for each in preview.events if "deny-all" not in str(each)]
    preview.planned(urn(FIREWALL, "renamed"), "same", renamed_from=RULE, protect=True)

    assert lines(preview) == []


@pytest.mark.parametrize("step", ["create", "same", "update"])
@pytest.mark.parametrize("token", [MEMBER, BINDING, "gcp:iam/denyPolicy:DenyPolicy"])
def test_nothing_that_gives_access_is_left_behind(tmp_path: Path, token: str, step: str) -> None:
    preview = Preview(tmp_path)
    preview.stack(contract={"version": 1})
    if step != "create":
        preview.held(token, "one")
    preview.planned(urn(token, "one"), step, retain=True)

    assert refused(preview.judged()) == {("plan-not-abandoned", urn(token, "one"))}


def test_what_gives_no_access_may_be_left_behind(preview: Preview) -> None:
    preview.held(FIREWALL, "deny-all")
    preview.planned(RULE, "same", retain=True)

    assert preview.judged().passed
    assert lines(preview) == ["Firewall deny-all: retainOnDelete off → on"]
