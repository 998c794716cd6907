"""Reports of the daily drift check."""

import json

from cli.github.preview_result import PreviewResult
from unit.github.conftest import ENVIRONMENTS
from unit.github.origin import Ended, Origin, on_main
from unit.github.parts import part
from unit.github.workflow_runs import Run


def drift(origin: Origin, *parts: PreviewResult) -> Ended:
    """The report of a day on which the stacks were seen like that."""
    run = Run(origin, "drift", on_main(origin, "schedule"), in_process=True)
    told = [
        {
            "name": "e",
            "stack": each.environment,
            "layer": each.stack,
            "owner": each.stack,
            "apps": "",
            "titles": each.stack,
        }
        for each in parts
    ]
    run.jobs["stacks"] = Ended("success", {"matrix": json.dumps(told)})
    run.jobs["look"] = Ended("success")
    for each in parts:
        each.write(run.artifacts / f"drift-{each.stack}-{each.environment}")
    return run.job("report")


def test_drift_is_one_issue_per_layer_kept_up_to_date_and_closed_when_clean(origin: Origin) -> None:
    clean = {"counts": {"same": 3}, "sections": {}, "plan": ""}
    assert drift(origin, part("identity", **clean), part(plan="~ by hand")).result == "success"
    assert list(origin.github.open_issues()) == ["Drift: platform"]

    drift(origin, part("identity", **clean), part(plan="~ something else"))
    [issue] = origin.github.open_issues().values()
    assert "something else" in issue["body"]

    drift(origin, part("identity", **clean), part(**clean))
    assert origin.github.open_issues() == {}
    assert origin.github.comments_of(issue["number"])[0]["body"].startswith("Nothing left to do")


REPLICAS = {"resource": "urn:pulumi:dev::platform::kubernetes:apps/v1:Deployment::main", "path": "spec.replicas"}
ORDERS = {
    "resource": "urn:pulumi:storage-dev::platform::gcp:sql/databaseInstance:DatabaseInstance::orders",
    "path": "settings.tier",
    "untouchable": "it is protected",
}


def test_the_issue_has_the_commands_of_each_choice_for_each_property(origin: Origin) -> None:
    drift(origin, part(drift=[REPLICAS]), part("platform/storage", drift=[ORDERS]))

    body = origin.github.open_issues()["Drift: platform"]["body"]
    named = "STACK=dev OWNER=platform RESOURCE=main PROPERTY=spec.replicas"
    for command in (
        "put back  gh workflow run deploy.yml\n",
        f"adopt     make drifted {named} CHOICE=adopt\n",
        f"accept    make drifted {named} CHOICE=accept UNTIL=<date> REASON='<why>'\n",
        "adopt     make drifted STACK=dev OWNER=storage RESOURCE=orders PROPERTY=settings.tier CHOICE=adopt\n",
    ):
        assert command in body, body
    assert "RESOURCE=orders PROPERTY=settings.tier CHOICE=accept" not in body


def test_accepted_drift_is_told_and_is_no_drift(origin: Origin) -> None:
    lines = {"changed out of band, and accepted": ["Router main: description stays theirs. Until 2026-12-30."]}
    assert drift(origin, part(counts={"same": 9}, sections=lines, plan="")).result == "success"
    assert origin.github.open_issues() == {}

    drift(origin, part(sections=lines))
    assert "description stays theirs" in origin.github.open_issues()["Drift: platform"]["body"]


def test_grants_that_nobody_declared_are_drift_of_the_identity_layer(origin: Origin) -> None:
    lines = {
        "undeclared grants": ["user:mallory@example.com holds roles/owner on the project, which no state declares."]
    }
    drift(origin, part("grants", passed=False, counts={}, sections=lines, plan=""))

    assert "user\\:mallory@\u200bexample" in origin.github.open_issues()["Drift: identity"]["body"]


def test_an_app_that_somebody_stopped_is_drift_although_nothing_would_be_changed(origin: Origin) -> None:
    lines = {"stopped by a person, and left so": ["Deployment storefront: spec.replicas is 0, so no pod of it runs."]}
    drift(origin, part("apps/storefront", counts={"same": 9}, sections=lines, plan=""))

    assert "spec.replicas is 0" in origin.github.open_issues()["Drift: apps"]["body"]


def test_a_layer_that_could_not_be_looked_at_is_not_clean(origin: Origin) -> None:
    ended = drift(origin, part(passed=False, error="error: no access", counts={}, plan="", sections={}))

    assert "no access" in origin.github.open_issues()["Drift: platform"]["body"]
    assert ended.result == "success"


def test_every_stack_that_has_a_state_is_looked_at_and_every_environment_audited(origin: Origin) -> None:
    drift_stacks = Run(origin, "drift", on_main(origin, "schedule")).job("stacks")
    assert [row["name"] for row in json.loads(drift_stacks.outputs["matrix"])] == [
        f"{state}-{stack}"
        for stack in ENVIRONMENTS
        for state in ("foundation", "identity", "team", "platform", "storage", "namespaces", "apps")
    ]
    audited = Run(origin, "audit", on_main(origin, "schedule")).job("stacks")
    assert json.loads(audited.outputs["stacks"]) == list(ENVIRONMENTS)


def test_the_weekly_job_finds_that_nothing_was_set_up_on_github(origin: Origin) -> None:
    ended = Run(origin, "audit", on_main(origin, "schedule")).job("settings")
    assert ended.result == "failure"
    assert "ruleset main: is absent" in ended.log
    for name in ENVIRONMENTS:
        assert f"environment identity-{name}: is absent" in ended.log


def test_findings_of_every_environment_go_to_code_scanning_also_when_an_audit_failed(origin: Origin) -> None:
    run = Run(origin, "audit", on_main(origin, "schedule"), in_process=True)
    for stack in ENVIRONMENTS:
        folder = run.artifacts / f"audit-{stack}"
        folder.mkdir(parents=True)
        (folder / f"audit-{stack}.sarif").write_text(stack)
    run.jobs |= {"stacks": Ended("success"), "audit": Ended("failure")}

    assert run.job("publish").result == "success"
    assert sorted(run.sarif) == sorted(ENVIRONMENTS)
