"""Deployments after a change on the main branch: their order, and the conditions that stop them."""

import json

import pytest
import yaml

from cli import contracts
from cli.github import deployments
from cli.pulumi import provenance
from cli.rollout import FILE, STAGES
from unit.github.conftest import ENVIRONMENTS
from unit.github.origin import Ended, Origin, abandoned_state, on_main
from unit.github.workflow_runs import Run

ENTRY = "apps/entries/storefront.yaml"
TRIAL, STAGING, LIVE = ENVIRONMENTS
OWNERS = ("identity", "team", "platform", "storage", "namespaces", "apps-shop")
WAVES = [*range(1, len(contracts.deployed()) + 1)]


def to_deploy(changes: Ended) -> set[str]:
    """The jobs that have something to deploy."""
    return {name for name, value in changes.outputs.items() if value and name not in (*STAGES, "pending", *PLANS)}


def record(origin: Origin, commit: str, *files: str) -> None:
    """Record beside their states that stacks were deployed from a commit; name their files."""
    for file in files:
        project, _, stack = file.removesuffix(".yaml").partition("/Pulumi.")
        path = origin.records / project / f"{stack}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"commit": commit, "run": ""}))


def deployed_everywhere(origin: Origin) -> str:
    """As if what is on the main branch had been deployed."""
    sha = origin.git("rev-parse", "main").strip()
    record(origin, sha, *(f"{file.parent.name}/{file.name}" for file in origin.folder.glob("*/Pulumi.*.yaml")))
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
    origin.commit({ENTRY: entry + "# changed\n"})
    origin.commit({"README.md": "# changed\n"})

    changes = Run(origin, "deploy", on_main(origin)).job("changes")

    assert to_deploy(changes) == {"first-5", "second-5", "third-5"}


@pytest.mark.parametrize("commit", ["f" * 40, ""], ids=["a commit that is gone", "from elsewhere than a workflow"])
def test_a_stack_of_which_nobody_knows_what_it_runs_is_deployed(origin: Origin, commit: str) -> None:
    deployed_everywhere(origin)
    record(origin, commit, f"platform/Pulumi.{TRIAL}.yaml")

    changes = Run(origin, "deploy", on_main(origin)).job("changes")

    assert to_deploy(changes) == {"first-2"}


def test_of_several_apps_of_a_team_only_the_one_that_is_behind_is_deployed(origin: Origin) -> None:
    first = deployed_everywhere(origin)
    entry = (origin.folder / ENTRY).read_text()
    second = origin.commit({ENTRY: entry + "# changed\n", "apps/entries/reports.yaml": "# changed\n"})
    record(
        origin,
        second,
        *(f"apps/Pulumi.{app}-{name}.yaml" for app in ("storefront", "reports") for name in ENVIRONMENTS),
    )
    record(origin, first, f"apps/Pulumi.storefront-{TRIAL}.yaml")

    changes = Run(origin, "deploy", on_main(origin)).job("changes")

    assert to_deploy(changes) == {"first-5"}
    [team] = json.loads(changes.outputs["first-5"])
    assert team["apps"] == "storefront"


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
PLANS = [f"{name}-plan" for name in JOBS]


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
    working.jobs |= dict.fromkeys(PLANS, Ended("skipped"))
    for name in JOBS:
        working.jobs[name] = Ended(result) if name == ended else working.job(name)

    assert {name for name in JOBS if working.jobs[name].result == "success"} == run


@pytest.mark.parametrize(
    ("planned", "stopped"),
    [
        ("second-1", {*JOBS[5:]}),
        ("second-3", {*JOBS[7:]}),
        ("third-1", {*JOBS[10:]}),
        # Of several teams only the one without a plan is stopped, by its own deployment.
        ("second-5", set[str]()),
    ],
)
def test_a_plan_that_fails_stops_what_it_is_of_and_what_comes_after(
    origin: Origin, monkeypatch: pytest.MonkeyPatch, planned: str, stopped: set[str]
) -> None:
    def succeed(_: object) -> Ended:
        return Ended("success")

    monkeypatch.setattr("unit.github.workflow_runs.JobOfRun.run", succeed)
    working = Run(origin, "deploy", on_main(origin))
    working.jobs["changes"] = Ended("success", dict.fromkeys([*JOBS, *PLANS], '[{"name": "x"}]'))
    for name in JOBS:
        plan = f"{name}-plan"
        working.jobs[plan] = Ended("failure") if name == planned else working.job(plan)
        working.job(name)

    assert {name for name in JOBS if working.jobs[name].result != "success"} == stopped


def test_only_what_somebody_reviews_is_planned_first(origin: Origin) -> None:
    rules = {"environments": [{"name": name, "reviewed": name == STAGING} for name in ENVIRONMENTS]}
    origin.commit({FILE: yaml.safe_dump(rules)})

    changes = Run(origin, "deploy", on_main(origin, "workflow_dispatch")).job("changes")

    planned = {name for name in PLANS if changes.outputs[name]}
    assert planned == {f"second-{wave}-plan" for wave in WAVES}
    assert all(changes.outputs[name] == changes.outputs[name.removesuffix("-plan")] for name in planned)


def waiting_run(origin: Origin, number: int, *statuses: str, status: str = "waiting") -> None:
    """Another run of the deployment, with jobs of some statuses."""
    jobs = [{"name": "Deploy x", "status": each, "conclusion": None} for each in statuses]
    run = {"id": 100 + number, "run_number": number, "status": status, "event": "push", "head_branch": "main"}
    origin.github.runs.append({**run, "path": ".github/workflows/deploy.yml", "jobs": jobs})


def test_older_runs_that_only_wait_for_a_review_are_passed_over(origin: Origin) -> None:
    waiting_run(origin, 3, "completed", "waiting")
    waiting_run(origin, 4, "waiting", "in_progress")
    waiting_run(origin, 5, "waiting", "queued")
    waiting_run(origin, 6, "waiting", "waiting")
    waiting_run(origin, 7, "completed", status="completed")
    waiting_run(origin, 12, "waiting")
    run = Run(origin, "deploy", on_main(origin, run=11), in_process=True)
    run.jobs["changes"] = Ended("success", {"first": TRIAL, "pending": f"platform-{TRIAL}"})

    passed = run.job("first-0")

    assert passed.result == "success", passed.log
    assert "runs that were passed over: 3, 6" in passed.log
    assert [each["id"] - 100 for each in origin.github.runs if each["status"] == "cancelled"] == [3, 6]


@pytest.mark.parametrize(
    "outputs",
    [{"first": TRIAL, "pending": f"platform-{STAGING}"}, {"first": "", "pending": ""}],
    ids=["another", "none"],
)
def test_a_run_without_a_change_of_an_environment_passes_over_nobody(origin: Origin, outputs: dict[str, str]) -> None:
    run = Run(origin, "deploy", on_main(origin), in_process=True)
    run.jobs["changes"] = Ended("success", outputs)

    assert run.job("first-0").result == "skipped"


def test_a_cancelled_run_begins_no_further_deployment(origin: Origin) -> None:
    run = Run(origin, "deploy", on_main(origin))
    run.jobs["changes"] = Ended("success", dict.fromkeys([*JOBS, *PLANS], '[{"name": "x"}]'))
    run.jobs |= dict.fromkeys(PLANS, Ended("success"))
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
    working.jobs |= dict.fromkeys(PLANS, Ended("skipped"))

    assert [name for name in JOBS if working.job(name).result != "success"] == [passed_over]


def run_of(origin: Origin, stage: str, pending: str = "") -> tuple[Run, str]:
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
    run.jobs |= {"changes": Ended("success", {**outputs, name: json.dumps([row]), "pending": pending})}
    run.jobs |= dict.fromkeys([*PLANS, *JOBS[: JOBS.index(name)]], Ended("success"))
    return run, name


def newest(origin: Origin, stage: str, pending: str = "") -> Ended:
    """The step that takes nothing back, for a deployment of the platform in a stage."""
    run, name = run_of(origin, stage, pending)
    content = run.workflow["jobs"][name]
    action = yaml.safe_load((run.origin.folder / ".github/actions/deploy/action.yml").read_text())
    [step] = [each for each in action["runs"]["steps"] if each["name"] == "Take nothing back"]
    given = content["steps"][-1]["with"]
    values = {
        "NAME": given["environment"],
        "STACK": given["stack"],
        "TITLES": given["titles"],
        "PENDING": given["pending"],
    }
    content["steps"] = [content["steps"][0], {**step, "env": {**step["env"], **values}}]
    return run.job(name)


PLATFORM = f"platform/Pulumi.{TRIAL}.yaml"


def test_an_older_commit_is_not_deployed_over_a_newer_one(origin: Origin) -> None:
    newer = origin.commit({"README.md": "# changed\n"})
    record(origin, newer, PLATFORM)
    origin.git("reset", "-q", "--hard", "HEAD^")
    origin.git("update-ref", "refs/heads/kept", newer)

    ended = newest(origin, "first")

    assert ended.result == "failure"
    assert "would take back what came since" in ended.log


@pytest.mark.parametrize("commit", ["a" * 40, ""])
def test_a_deployed_commit_that_is_gone_stops_nobody(origin: Origin, commit: str) -> None:
    record(origin, commit, PLATFORM)

    ended = newest(origin, "first")

    assert ended.result == "success", ended.log


def test_a_record_that_no_deployment_wrote_stops_the_deployment(origin: Origin) -> None:
    deployed_everywhere(origin)
    (origin.records / "platform" / f"{TRIAL}.json").write_text("forged")

    assert "is not what a deployment writes" in newest(origin, "first").log
    # Everything that the job would deploy is then deployed, if its own look at the record permits it.
    changes = Run(origin, "deploy", on_main(origin)).job("changes")
    assert to_deploy(changes) == {"first-2"}
    assert f"what platform-{TRIAL} runs cannot be read" in changes.summary


def test_githubs_records_of_deployments_are_never_read(origin: Origin) -> None:
    deployed_everywhere(origin)
    origin.commit({"platform/platform_layer/new.py": "x = 1\n"})

    changes = Run(origin, "deploy", on_main(origin)).job("changes")

    assert {"first-2", "second-2", "third-2"} <= to_deploy(changes)
    assert changes.outputs["pending"].split()[0] == f"platform-{TRIAL}"
    assert newest(origin, "first").result == "success"
    assert not [call for call in origin.github.calls if "/deployments" in call]


def test_the_jobs_that_deploy_are_called_as_later_jobs_look_for_them(origin: Origin) -> None:
    jobs = {name: job for name, job in Run(origin, "deploy", on_main(origin)).workflow["jobs"].items() if name in JOBS}
    assert {job["name"] for job in jobs.values()} == {f"{deployments.JOB}${{{{ matrix.name }}}}"}
    assert {job["environment"] for job in jobs.values()} == {"${{ matrix.name }}"}


def ended(origin: Origin, **conclusions: str) -> None:
    """Let jobs of the run end, each called after an environment on GitHub, with `_` for `-`."""
    jobs = [
        {"name": f"{deployments.JOB}{name.replace('_', '-')}", "conclusion": conclusion}
        for name, conclusion in conclusions.items()
    ]
    origin.github.runs.append({"id": 8675309, "path": ".github/workflows/deploy.yml", "jobs": jobs})


@pytest.mark.parametrize(
    ("conclusions", "missing"),
    [
        ({}, f"platform-{STAGING}, platform-{TRIAL}"),
        ({"platform_trial": "success"}, f"platform-{STAGING}"),
        ({"platform_trial": "failure", "platform_staging": "success"}, f"platform-{TRIAL}"),
        ({"platform_trial": "success", "platform_staging": "success"}, ""),
    ],
    ids=["no job has ended", "one has not", "one has failed", "all have succeeded"],
)
def test_what_an_environment_gets_every_earlier_one_has_had(
    origin: Origin, conclusions: dict[str, str], missing: str
) -> None:
    deployed_everywhere(origin)
    pending = f"platform-{TRIAL} platform-{STAGING} platform-{LIVE} apps-shop-{TRIAL}"
    ended(origin, **conclusions)

    assert newest(origin, "first", pending).result == "success"
    done = newest(origin, "third", pending)

    assert done.result == ("failure" if missing else "success"), done.log
    assert (f"platform-{LIVE} would get what {missing} has not had" in done.log) == bool(missing)


def test_an_earlier_environment_that_lacked_nothing_is_not_waited_for(origin: Origin) -> None:
    deployed_everywhere(origin)

    assert newest(origin, "third", f"platform-{LIVE}").result == "success"


def approval(environment: str, login: str, state: str = "approved") -> dict[str, object]:
    """A review of a deployment, as GitHub tells it."""
    return {"run": "8675309", "environments": [{"name": environment}], "state": state, "user": {"login": login}}


def approved(origin: Origin) -> Ended:
    """The step that checks and notes who approved the platform's last deployment."""
    run, name = run_of(origin, "third")
    action = yaml.safe_load((run.origin.folder / ".github/actions/deploy/action.yml").read_text())
    [step] = [each for each in action["runs"]["steps"] if each.get("id") == "approvers"]
    job = run.workflow["jobs"][name]
    given = {"NAME": f"platform-{LIVE}", "STACK": LIVE, "TITLES": "platform"}
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


def test_nothing_is_deployed_while_what_runs_is_declared_no_more(origin: Origin) -> None:
    deployed_everywhere(origin)
    held = abandoned_state(origin, "apps", f"storefront-{TRIAL}")
    origin.commit({f"apps/Pulumi.storefront-{TRIAL}.yaml": None})

    stopped = Run(origin, "deploy", on_main(origin)).job("changes")
    held.unlink()
    continued = Run(origin, "deploy", on_main(origin)).job("changes")

    assert (stopped.result, continued.result) == ("failure", "success")
    assert f"apps/storefront (storefront-{TRIAL}): its state holds 1 resources" in stopped.log
    assert "Restore the files" in stopped.summary
