"""The plan gate on plans of the real engine, and in front of `make preview` and `make up`."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.pulumi.gate import PreviewArtifacts
from cli.pulumi.gate import evaluate as evaluate_by_the_program
from e2e.gate_trial import Trial
from e2e.harness import PLATFORM, is_write
from e2e.sandboxes import Draft
from plan_gate import exceptions
from plan_gate.plan import read
from plan_gate.verdict import Verdict, evaluate, today
from toolchain.errors import ToolError

_INSTANCE = "gcp:sql/databaseInstance:DatabaseInstance"
_TEAM = "      capabilities: [datastore-admin]\n"

Wanted = dict[str, Any]


@pytest.fixture(scope="module")
def trial(draft: Draft, tmp_path_factory: pytest.TempPathFactory) -> Trial:
    """A database and topics, up; tests only preview, so that it stays as it is."""
    draft.bring_up("identity")
    made = Trial(draft.sandbox, tmp_path_factory.mktemp("gate") / "trial")
    made.prepare()
    return made


def _instance(**changes: Any) -> Wanted:
    return {"instances": {"trial-db": {"name": "trial-db", "protect": True, **changes}}}


def _verdict(artifacts: PreviewArtifacts, folder: Path, *granted: Wanted) -> Verdict:
    state, file = folder / "judged-state.json", folder / "plan_exceptions.yaml"
    state.write_bytes(artifacts.state())
    file.write_text(yaml.safe_dump({"exceptions": list(granted)}))
    return evaluate(read(artifacts.plan, state, artifacts.events), file)


def _refused(verdict: Verdict) -> set[str]:
    return {refusal.policy.name for refusal in verdict.refusals}


def test_a_preview_without_changes_passes(trial: Trial, tmp_path: Path) -> None:
    trial.want()

    assert _verdict(trial.preview(), tmp_path).passed


@pytest.mark.parametrize(
    ("wanted", "rules"),
    [
        # The engine refuses a protected resource's deletion itself, and leaves no plan.
        ({"instances": {}}, {"plan-judgeable", "plan-datastore-kept"}),
        (_instance(protect=False), {"plan-protection-kept"}),
        # One update may drop protection and replace: the engine lets it.
        (_instance(protect=False, name="renamed-db"), {"plan-protection-kept", "plan-datastore-kept"}),
        (_instance(retain=True), {"plan-not-abandoned"}),
        (_instance(deleteFirst=True), {"plan-no-delete-before-replace"}),
        (
            {"instances": {"other": {"name": "trial-db", "protect": False, "alias": "trial-db"}}},
            {"plan-protection-kept"},
        ),
        ({"topics": 1}, {"plan-within-limits"}),
        ({"grant": {"resource": "readers"}}, {"plan-live-object-kept"}),
    ],
    ids=[
        "the database taken away",
        "its protection dropped",
        "renamed, protection dropped",
        "let go of",
        "deleted before replaced",
        "renamed by alias, protection dropped",
        "too much at once",
        "a grant renamed without an alias",
    ],
)
def test_a_dangerous_plan_is_refused(trial: Trial, tmp_path: Path, wanted: Wanted, rules: set[str]) -> None:
    trial.want(**wanted)

    assert _refused(_verdict(trial.preview(), tmp_path)) == rules


def test_a_grant_may_be_renamed_by_an_alias(trial: Trial, tmp_path: Path) -> None:
    trial.want(grant={"resource": "readers", "alias": "viewers"})

    assert _verdict(trial.preview(), tmp_path).passed


def test_a_provider_is_not_replaced_under_what_stands_on_it(trial: Trial, tmp_path: Path) -> None:
    trial.want()
    artifacts = trial.preview("--replace", trial.urn("pulumi:providers:gcp", "trial"))

    assert _refused(_verdict(artifacts, tmp_path)) == {"plan-provider-kept"}


def test_narrowing_a_preview_hides_nothing_from_the_gate(trial: Trial, tmp_path: Path) -> None:
    trial.want(**_instance(protect=False))
    artifacts = trial.preview("--target", trial.urn("gcp:pubsub/topic:Topic", "trial-0"))

    # The engine would carry it out all the same: what an update may do with it is in the plan.
    assert _refused(_verdict(artifacts, tmp_path)) == {"plan-protection-kept"}


def test_the_contracts_fields_that_change_are_told(trial: Trial, tmp_path: Path) -> None:
    trial.want(contract={"version": 1, "server": "two"})
    verdict = _verdict(trial.preview(), tmp_path)

    assert verdict.passed
    assert [contract.paths for contract in verdict.reach.contracts] == [("- registry: one", "+ server: two")]


@pytest.fixture
def unprotected(trial: Trial, tmp_path: Path) -> Iterator[Trial]:
    """As after a reviewed change that took the protection away."""
    before = trial.state()
    trial.run("state", "unprotect", "--yes", trial.urn(_INSTANCE, "trial-db"))
    yield trial
    (trial.folder / "state/.pulumi/stacks/platform/dev.json").write_bytes(before)


def _exception(urn: str, operation: str, expires: date) -> Wanted:
    reason = "The data were moved to another instance."
    return {"resource": urn, "operation": operation, "reason": reason, "owner": "platform", "expires": expires}


def test_a_removal_needs_a_valid_exception_for_this_very_resource(unprotected: Trial, tmp_path: Path) -> None:
    unprotected.want(instances={})
    artifacts, day = unprotected.preview(), today()
    urn = unprotected.urn(_INSTANCE, "trial-db")

    def with_one(named: str, operation: str, expires: date) -> set[str]:
        return _refused(_verdict(artifacts, tmp_path, _exception(named, operation, expires)))

    assert _refused(_verdict(artifacts, tmp_path)) == {"plan-datastore-kept"}
    assert with_one(urn, "delete", day + exceptions.LONGEST) == set()
    unfit = {"plan-datastore-kept", "plan-exception-needed"}
    assert with_one(urn, "delete", day - timedelta(days=1)) == unfit
    assert with_one(f"{urn}-2", "delete", day) == unfit
    assert with_one(urn, "replace", day) == unfit


def test_a_plan_that_passed_is_carried_out_and_no_other(trial: Trial) -> None:
    trial.want(topics=19)
    judged = evaluate_by_the_program(PLATFORM, trial.preview())
    before = trial.state()

    def refused(change: Callable[[], object], what: str) -> None:
        change()
        with pytest.raises(ToolError, match=f"the {what} changed after the plan gate had judged"):
            judged.confirm()

    judged.confirm()
    plan = judged.artifacts.plan.read_text()
    refused(lambda: judged.artifacts.plan.write_text(plan.replace("trial-18", "trial-99")), "plan")
    judged.artifacts.plan.write_text(plan)
    trial.want()
    refused(lambda: trial.run("up", "--yes", "--skip-preview", "--refresh"), "state")
    (trial.folder / "state/.pulumi/stacks/platform/dev.json").write_bytes(before)
    judged.confirm()

    trial.want(topics=19)
    trial.run("up", "--yes", "--skip-preview", "--plan", str(judged.artifacts.plan))
    trial.want(topics=18)
    trial.run("up", "--yes", "--skip-preview")


def test_a_state_and_its_export_are_the_same_as_long_as_nobody_writes_it(trial: Trial) -> None:
    first, second = (trial.run("stack", "export").out for _ in range(2))

    assert first == second


def test_preview_and_up_pass_through_the_gate(draft: Draft, tmp_path: Path) -> None:
    draft.bring_up("identity")
    sandbox = draft.sandbox
    mark = sandbox.mark()

    def taken() -> AbstractContextManager[None]:
        return draft.changed("identity/Pulumi.sandbox.yaml", _TEAM, "      capabilities: [cluster-user]\n")

    with draft.changed("policies/plan_rules.yaml", "identity: {delete: 15,", "identity: {delete: 0,"), taken():
        previewed = sandbox.run("preview", "--owner", "identity", "--report", str(tmp_path))
        stopped = sandbox.run("up", "--owner", "identity")

    assert previewed.code == 1
    assert "plan gate: identity: refused" in previewed.out
    assert "plan-within-limits: the update would delete" in previewed.out
    assert "- group database-team@example.com" in previewed.out
    stopped.refused(
        1, "the plan gate refused the plan.", "plan-within-limits: the update would delete", "Nothing was changed."
    )
    assert [call.method for call in sandbox.calls(mark) if is_write(call)] == []
    log = json.loads((tmp_path / "identity.sarif").read_text())
    assert [result["ruleId"] for result in log["runs"][0]["results"]] == ["plan-within-limits"]

    with taken():
        done = sandbox.run("up", "--owner", "identity").succeeded()
    assert "plan gate: identity: passed" in done.out
    assert "plan " in done.out
