"""Deployments after a change on the main branch: their order, and the conditions that stop them."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from cli import contracts
from cli.github import deployments
from cli.github.client import GitHub
from cli.pulumi import provenance
from cli.rollout import FILE, STAGES
from unit.github.conftest import ENVIRONMENTS
from unit.github.fake_github import REPOSITORY, FakeGitHub
from unit.github.origin import Ended, Origin, on_main
from unit.github.workflow_runs import Run

ENTRY = "apps/entries/storefront.yaml"
TRIAL, STAGING, LIVE = ENVIRONMENTS
OWNERS = ("identity", "team", "platform", "storage", "namespaces", "apps-shop")
WAVES = [*range(1, len(contracts.deployed()) + 1)]


def to_deploy(changes: Ended) -> set[str]:
    """The jobs that have something to deploy."""
    return {name for name, value in changes.outputs.items() if value and name not in STAGES}


def deployed_everywhere(origin: Origin) -> str:
    """As if what is on the main branch had been deployed."""
    sha = origin.git("rev-parse", "main").strip()
    for stack in ENVIRONMENTS:
        for owner in OWNERS:
            origin.github.deploy(f"{owner}-{stack}", sha, "inactive", "success", "in_progress")
    return sha


def test_a_deployment_by_hand_is_of_everything(origin: Origin) -> None:
    deployed_everywhere(origin)
    changes = Run(origin, "deploy", on_main(origin, "workflow_dispatch")).job("changes")

    assert changes.result == "success", changes.log
    assert to_deploy(changes) == {f"{stage}-{wave}" for stage in STAGES[: len(ENVIRONMENTS)] for wave in WAVES}
    assert [changes.outputs[stage] for stage in STAGES] == [*ENVIRONMENTS, ""]


def owners(changes: Ended) -> set[str]:
    """Owners of the jobs that have something to deploy."""
    return {row["owner"] for name in to_deploy(changes) for row in json.loads(changes.outputs[name])}


def test_a_changed_foundation_is_no_job_and_what_reads_its_contract_is(origin: Origin) -> None:
    deployed_everywhere(origin)
    file = f"identity/Pulumi.foundation-{TRIAL}.yaml"
    origin.commit({file: (origin.folder / file).read_text() + "# changed\n"})

    changes = Run(origin, "deploy", on_main(origin)).job("changes")

    assert changes.result == "success", changes.log
    assert to_deploy(changes) == {f"first-{wave}" for wave in WAVES}
    assert owners(changes) == set(OWNERS)


def test_a_changed_team_is_deployed_with_what_is_its_own(origin: Origin) -> None:
    deployed_everywhere(origin)
    file = f"identity/Pulumi.team-shop-{TRIAL}.yaml"
    origin.commit({file: (origin.folder / file).read_text() + "# changed\n"})

    changes = Run(origin, "deploy", on_main(origin)).job("changes")

    assert owners(changes) == {"team", "namespaces", "apps-shop"}
    [team] = json.loads(changes.outputs["first-1"])
    assert (team["name"], team["teams"], team["titles"]) == (f"team-{TRIAL}", "shop", "identity/team-shop")


def test_a_deployment_of_everything_has_no_job_for_the_foundation(origin: Origin) -> None:
    changes = Run(origin, "deploy", on_main(origin, "workflow_dispatch")).job("changes")

    assert owners(changes) == set(OWNERS)
    assert "foundation" not in changes.summary


def test_only_what_changed_since_the_last_success_is_deployed(origin: Origin) -> None:
    deployed_everywhere(origin)
    entry = (origin.folder / ENTRY).read_text()
    failed = origin.commit({ENTRY: entry + "# changed\n"})
    origin.github.deploy(f"apps-shop-{TRIAL}", failed, "failure", "in_progress")
    origin.commit({"README.md": "# changed\n"})

    changes = Run(origin, "deploy", on_main(origin)).job("changes")

    assert to_deploy(changes) == {"first-5", "second-5", "third-5"}


def test_nothing_is_deployed_twice(origin: Origin) -> None:
    deployed_everywhere(origin)
    origin.github.deploy(f"platform-{TRIAL}", "f" * 40, "success")  # a commit that is not there any more

    changes = Run(origin, "deploy", on_main(origin)).job("changes")

    assert to_deploy(changes) == {"first-2"}


@pytest.mark.parametrize("kept", [(), ENVIRONMENTS[1:]])
def test_the_stages_follow_from_the_stack_files_and_their_declared_order(origin: Origin, kept: tuple[str, ...]) -> None:
    removed: dict[str, str | None] = {
        str(file.relative_to(origin.folder)): None
        for file in origin.folder.glob("*/Pulumi.*.yaml")
        if not file.name.endswith(("sandbox.yaml", *(f"{name}.yaml" for name in kept)))
    }
    origin.commit(removed)

    changes = Run(origin, "deploy", on_main(origin, "workflow_dispatch")).job("changes")

    assert changes.result == "success", changes.log
    assert [changes.outputs[stage] for stage in STAGES] == [*kept, *[""] * (len(STAGES) - len(kept))]
    assert to_deploy(changes) == {f"{stage}-{wave}" for stage in STAGES[: len(kept)] for wave in WAVES}


JOBS = [f"{stage}-{wave}" for stage in STAGES for wave in WAVES]


@pytest.mark.parametrize(
    ("ended", "result", "run"),
    [
        ("first-1", "failure", set[str]()),
        ("first-1", "cancelled", set[str]()),
        ("first-2", "failure", {"first-1"}),
        ("first-3", "failure", {"first-1", "first-2"}),
        ("first-4", "failure", {"first-1", "first-2", "first-3"}),
        ("first-5", "failure", {*JOBS} - {"first-5"}),
        ("second-1", "failure", {*JOBS[:5]}),
        ("second-2", "cancelled", {*JOBS[:6]}),
        ("third-5", "failure", {*JOBS} - {"third-5"}),
        ("third-3", "failure", {*JOBS[:12]}),
        ("fourth-1", "failure", {*JOBS[:15]}),
    ],
)
def test_a_stack_that_does_not_succeed_stops_those_after_it(
    origin: Origin, monkeypatch: pytest.MonkeyPatch, ended: str, result: str, run: set[str]
) -> None:
    """The jobs themselves are not run here, only which of them would be."""

    def succeed(_: object) -> Ended:
        return Ended("success")

    monkeypatch.setattr("unit.github.workflow_runs.JobOfRun.run", succeed)
    working = Run(origin, "deploy", on_main(origin))
    working.jobs["changes"] = Ended("success", dict.fromkeys(JOBS, '[{"name": "x"}]'))
    for name in JOBS:
        working.jobs[name] = Ended(result) if name == ended else working.job(name)

    assert {name for name in JOBS if working.jobs[name].result == "success"} == run


def test_a_cancelled_run_begins_no_further_deployment(origin: Origin) -> None:
    run = Run(origin, "deploy", on_main(origin))
    run.jobs["changes"] = Ended("success", dict.fromkeys(JOBS, '[{"name": "x"}]'))
    run.jobs["first-1"] = Ended("cancelled")
    run.cancel()

    assert [name for name in JOBS[1:] if run.job(name).result != "skipped"] == []


@pytest.mark.parametrize("passed_over", ["second-1", "third-2", "second-3", "fourth-5"])
def test_a_stage_that_has_nothing_to_do_stops_nothing(
    origin: Origin, monkeypatch: pytest.MonkeyPatch, passed_over: str
) -> None:
    def succeed(_: object) -> Ended:
        return Ended("success")

    monkeypatch.setattr("unit.github.workflow_runs.JobOfRun.run", succeed)
    working = Run(origin, "deploy", on_main(origin))
    outputs = {**dict.fromkeys(JOBS, '[{"name": "x"}]'), passed_over: ""}
    working.jobs["changes"] = Ended("success", outputs)

    assert [name for name in JOBS if working.job(name).result != "success"] == [passed_over]


def run_of(origin: Origin, stage: str) -> tuple[Run, str]:
    """A run that is about to deploy the platform in a stage, and the job's name."""
    run = Run(origin, "deploy", on_main(origin))
    outputs: dict[str, str] = dict(zip(STAGES, ENVIRONMENTS, strict=False))
    name, environment = f"{stage}-2", outputs[stage]
    row = {
        "name": f"platform-{environment}",
        "stack": environment,
        "layer": "platform",
        "owner": "platform",
        "apps": "",
        "teams": "",
        "titles": "platform",
    }
    run.jobs |= {"changes": Ended("success", {**outputs, name: json.dumps([row])})}
    run.jobs |= dict.fromkeys(JOBS[: JOBS.index(name)], Ended("success"))
    return run, name


def newest(origin: Origin, stage: str) -> Ended:
    """The step that takes nothing back, for a deployment of the platform in a stage."""
    run, name = run_of(origin, stage)
    content = run.workflow["jobs"][name]
    action = yaml.safe_load((run.origin.folder / ".github/actions/deploy/action.yml").read_text())
    [step] = [each for each in action["runs"]["steps"] if each["name"] == "Take nothing back"]
    given = content["steps"][-1]["with"]
    values = {
        "NAME": given["environment"],
        "STACK": given["stack"],
        "TITLES": given["titles"],
    }
    content["steps"] = [content["steps"][0], {**step, "env": {**step["env"], **values}}]
    return run.job(name)


def test_an_older_commit_is_not_deployed_over_a_newer_one(origin: Origin) -> None:
    sha = origin.git("rev-parse", "main").strip()
    origin.github.deploy(f"platform-{TRIAL}", "a" * 40, "success")
    origin.github.compared[f"{'a' * 40}...{sha}"] = "behind"

    ended = newest(origin, "first")

    assert ended.result == "failure"
    assert "would take back what came since" in ended.log


def test_a_deployed_commit_that_is_gone_stops_nobody(origin: Origin) -> None:
    sha = origin.git("rev-parse", "main").strip()
    api = GitHub.signed_in(
        origin.github.url,
        REPOSITORY,
        origin.github.token(dict.fromkeys(("actions", "contents", "deployments"), "read")),
    )
    origin.github.deploy(f"platform-{TRIAL}", "a" * 40, "success")
    deployments.require_newest(api, f"platform-{TRIAL}", sha)


def of_a_branch(github: FakeGitHub, run: dict[str, Any]) -> None:
    run["head_branch"] = "mine"


def of_a_tag_called_main(github: FakeGitHub, run: dict[str, Any]) -> None:
    github.unmerged.add(run["head_sha"])


def of_another_workflow(github: FakeGitHub, run: dict[str, Any]) -> None:
    run["path"] = ".github/workflows/mine.yml"


def of_a_pull_request(github: FakeGitHub, run: dict[str, Any]) -> None:
    run["event"] = "pull_request"


def of_another_commit(github: FakeGitHub, run: dict[str, Any]) -> None:
    run["head_sha"] = "c" * 40


def whose_job_failed(github: FakeGitHub, run: dict[str, Any]) -> None:
    run["jobs"][0]["conclusion"] = "failure"


def of_another_environment(github: FakeGitHub, run: dict[str, Any]) -> None:
    run["jobs"][0]["name"] = f"Deploy platform-{LIVE}"


def that_is_not_there(github: FakeGitHub, run: dict[str, Any]) -> None:
    github.runs.remove(run)


FORGED = (
    *(of_a_branch, of_a_tag_called_main, of_another_workflow, of_a_pull_request),
    *(of_another_commit, whose_job_failed, of_another_environment, that_is_not_there),
)


@pytest.mark.parametrize("forge", FORGED, ids=[forge.__name__ for forge in FORGED])
def test_a_record_of_a_deployment_that_no_job_made_does_not_count(
    origin: Origin, forge: Callable[[FakeGitHub, dict[str, Any]], None]
) -> None:
    before = deployed_everywhere(origin)
    api = GitHub.signed_in(
        origin.github.url,
        REPOSITORY,
        origin.github.token(dict.fromkeys(("actions", "contents", "deployments"), "read")),
    )
    name = f"platform-{TRIAL}"
    run = origin.github.deploy(name, "b" * 40, "success")
    assert deployments.Deployments(api).latest(name) == "b" * 40

    forge(origin.github, run)

    assert deployments.Deployments(api).latest(name) == before


def test_a_forged_record_lets_nothing_into_the_next_environment_and_stops_nobody(origin: Origin) -> None:
    before = deployed_everywhere(origin)
    sha = origin.commit({"platform/platform_layer/new.py": "x = 1\n"})
    origin.github.compared[f"{before}...{sha}"] = "ahead"
    origin.github.record(f"platform-{TRIAL}", sha)
    origin.github.record(f"platform-{STAGING}", "d" * 40)

    assert f"platform-{STAGING} would get what platform-{TRIAL} has not had" in newest(origin, "second").log
    assert newest(origin, "first").result == "success"


def test_the_jobs_that_deploy_are_called_as_their_records_are_confirmed(origin: Origin) -> None:
    jobs = {name: job for name, job in Run(origin, "deploy", on_main(origin)).workflow["jobs"].items() if name in JOBS}
    assert {job["name"] for job in jobs.values()} == {f"{deployments.JOB}${{{{ matrix.name }}}}"}
    assert {job["environment"] for job in jobs.values()} == {"${{ matrix.name }}"}


def test_what_an_environment_gets_every_earlier_one_has_had(origin: Origin) -> None:
    before = deployed_everywhere(origin)
    sha = origin.commit({"platform/platform_layer/new.py": "x = 1\n"})
    origin.github.compared[f"{before}...{sha}"] = "ahead"
    assert newest(origin, "first").result == "success"

    refused = newest(origin, "second")
    assert refused.result == "failure"
    assert f"platform-{STAGING} would get what platform-{TRIAL} has not had" in refused.log

    origin.github.deploy(f"platform-{STAGING}", sha, "success")
    assert f"platform-{LIVE} would get what platform-{TRIAL} has not had" in newest(origin, "third").log

    origin.github.deploy(f"platform-{TRIAL}", sha, "success")
    assert newest(origin, "third").result == "success"


def test_an_environment_in_between_that_has_not_the_layer_lets_nothing_pass_untried(origin: Origin) -> None:
    before = deployed_everywhere(origin)
    sha = origin.commit({"platform/platform_layer/new.py": "x = 1\n", f"platform/Pulumi.{STAGING}.yaml": None})
    origin.github.compared[f"{before}...{sha}"] = "ahead"

    assert f"platform-{LIVE} would get what platform-{TRIAL} has not had" in newest(origin, "third").log


def approval(environment: str, login: str, state: str = "approved") -> dict[str, object]:
    """A review of a deployment, as GitHub tells it."""
    return {"run": "8675309", "environments": [{"name": environment}], "state": state, "user": {"login": login}}


def approved(origin: Origin) -> Ended:
    """The step that checks and notes who approved the platform's last deployment."""
    run, name = run_of(origin, "third")
    action = yaml.safe_load((run.origin.folder / ".github/actions/deploy/action.yml").read_text())
    [step] = [each for each in action["runs"]["steps"] if each.get("id") == "approvers"]
    job = run.workflow["jobs"][name]
    given = {"DEPLOYMENT": f"platform-{LIVE}", "STACK": LIVE}
    job["steps"] = [job["steps"][0], {**step, "env": {**step["env"], **given}}]
    job["outputs"] = {"approved": "${{ steps.approvers.outputs.approved-by }}"}
    return run.job(name)


def test_who_let_a_deployment_begin_is_noted(origin: Origin) -> None:
    origin.github.approvals += [
        approval(f"platform-{LIVE}", "carol"),
        approval(f"platform-{LIVE}", "mallory", "rejected"),
        approval(f"apps-shop-{LIVE}", "dave"),
    ]

    assert approved(origin).outputs == {"approved": "carol"}


def test_a_deployment_that_nobody_had_to_let_begin_is_noted_as_such(origin: Origin) -> None:
    ended = approved(origin)
    assert (ended.result, ended.outputs) == ("success", {"approved": ""}), ended.log


@pytest.mark.parametrize(
    ("approvers", "refusal"),
    [
        (["carol"], ""),
        ([], "nobody has approved this deployment"),
        (["alice"], "alice approved the deployment of their own commits"),
        (["bob"], "bob approved the deployment of their own commits"),
        (["carol", "alice"], "alice approved the deployment of their own commits"),
    ],
)
def test_a_reviewed_deployment_is_approved_by_somebody_who_wrote_none_of_it(
    origin: Origin, approvers: list[str], refusal: str
) -> None:
    """The deployed commits are alice's and bob's; who merged them, or started the run, is somebody else."""
    before = deployed_everywhere(origin)
    rules = {"environments": [{"name": name, "reviewed": name == LIVE} for name in ENVIRONMENTS]}
    sha = origin.commit({FILE: yaml.safe_dump(rules)})
    origin.github.compared[f"{before}...{sha}"] = "ahead"
    origin.github.authors |= {f"{before}...{sha}": ["alice", "bob"], sha: ["bob"]}
    origin.github.approvals += [approval(f"platform-{LIVE}", login) for login in approvers]

    ended = approved(origin)

    assert ended.result == ("failure" if refusal else "success"), ended.log
    assert refusal in ended.log


def test_the_first_deployment_is_approved_by_somebody_else_than_its_author(origin: Origin) -> None:
    rules = {"environments": [{"name": name, "reviewed": True} for name in ENVIRONMENTS]}
    sha = origin.commit({FILE: yaml.safe_dump(rules)})
    origin.github.authors[sha] = ["alice"]
    origin.github.approvals.append(approval(f"platform-{LIVE}", "alice"))

    assert "alice approved the deployment of their own commits" in approved(origin).log


def test_the_note_reaches_the_update(origin: Origin) -> None:
    action = yaml.safe_load((origin.folder / ".github/actions/deploy/action.yml").read_text())
    last = action["runs"]["steps"][-1]

    assert last["env"][provenance.APPROVERS] == "${{ steps.approvers.outputs.approved-by }}"
