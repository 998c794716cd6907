"""The workload identity provider, tried with the claims of the committed workflows' jobs: it admits only these.

The identity layer is declared for the sandbox's environment, so a job for the environment `platform-stack0` is tried as
`platform-sandbox`, and as it is: an environment of another stack, which nothing admits.
"""

import re
from collections.abc import Iterator

import pytest
import yaml

from cli import contracts
from cli.rollout import STAGES
from sandbox.cloud.api import Cloud
from toolchain.environments import CHECKOUT
from unit.github.workflow_files import FOLDER, NAMES, Json, SigningIn, load, signing_in
from unit.identity.conftest import cloud, declared
from unit.identity.federated import reached
from unit.identity.jobs import Claims
from unit.identity.test_federation import PREVIEWS

# The fixtures of the tests that try single claims.
__all__ = ["cloud", "declared"]

ROW = {
    "name": "apps-shop-stack0",
    "environment": "preview-apps-shop-stack0",
    "stack": "stack0",
    "layer": "apps",
    "owner": "apps-shop",
    "apps": "storefront",
    "teams": "",
    "titles": "apps/storefront",
}
# Jobs that preview a proposal, by level.
PROPOSALS = ["preview/preview", *(f"preview/preview-{level}" for level in range(2, len(contracts.deployed()) + 1))]
WAVES = [*range(1, len(contracts.deployed()) + 1)]
# By stage, environments of some repository.
ENVIRONMENTS = {stage: f"stack{number}" for number, stage in enumerate(STAGES)}
JOBS = {f"{each.workflow}/{each.name}": each for each in signing_in(ROW, ENVIRONMENTS)}
# What a row of each wave's matrix names; the job is the same for every row.
OWNERS = ("team", "platform", "storage", "namespaces", "apps-shop")


def in_sandbox(claims: Claims) -> Claims:
    """The same job for the stack that is declared."""
    environment = re.sub(r"-stack\d$", "-sandbox", str(claims["environment"]))
    return {
        **claims,
        "environment": environment,
        "sub": re.sub(r"environment:.*", f"environment:{environment}", claims["sub"]),
    }


def test_the_jobs_that_may_sign_in_are_these() -> None:
    waves = [f"deploy/{stage}-{wave}{end}" for stage in STAGES for wave in WAVES for end in ("", "-plan")]
    others = {"preview/reviewed", "drift/look", "audit/audit", "deploy/changes"}
    assert set(JOBS) == {*PROPOSALS, *others, *waves}


def _actions(steps: list[Json]) -> Iterator[str]:
    """Actions of steps, and of this repository's actions among them."""
    for step in steps:
        uses = str(step.get("uses", ""))
        if uses.startswith("./"):
            action = yaml.safe_load((CHECKOUT / uses / "action.yml").read_text("utf-8"))
            yield from _actions(action["runs"]["steps"])
        elif uses:
            yield uses


@pytest.mark.parametrize("name", JOBS)
def test_a_job_with_an_identity_runs_no_action_that_fetches_programs(name: str) -> None:
    workflow, job = name.split("/")
    used = {uses.partition("@")[0] for uses in _actions(load(workflow)["jobs"][job]["steps"])}

    # The cache is left out where there is an identity; what is not pinned by digest does not come in by another action.
    assert used <= {
        f"actions/{name}"
        for name in ("cache/restore", "cache/save", "checkout", "download-artifact", "upload-artifact")
    }


@pytest.mark.parametrize("name", [name for name, job in JOBS.items() if not job.environment])
def test_a_job_that_looks_reaches_the_read_only_accounts(cloud: Cloud, name: str) -> None:
    for claims in JOBS[name].claims.values():
        assert reached(cloud, claims) == PREVIEWS


@pytest.mark.parametrize("name", [*PROPOSALS, "preview/reviewed"])
def test_a_job_that_previews_a_proposal_reaches_one_layer_of_one_environment(cloud: Cloud, name: str) -> None:
    assert JOBS[name].environment == "preview-apps-shop-stack0"
    for claims in JOBS[name].claims.values():
        assert reached(cloud, in_sandbox(claims)) == {"apps-shop-preview"}
        assert reached(cloud, claims) == set()


@pytest.mark.parametrize("owner", OWNERS)
def test_a_job_that_deploys_reaches_its_own_account_in_its_own_environment(cloud: Cloud, owner: str) -> None:
    row = ROW | {"name": f"{owner}-stack0", "owner": owner}
    jobs: list[SigningIn] = [
        each for each in signing_in(row, ENVIRONMENTS) if each.workflow == "deploy" and each.environment
    ]
    assert {job.environment for job in jobs} == {f"{owner}-stack0"}
    for claims in (claims for job in jobs for claims in job.claims.values()):
        assert reached(cloud, in_sandbox(claims)) == {f"{owner}-deploy"}
        assert reached(cloud, claims) == set()


@pytest.mark.parametrize("name", JOBS)
def test_the_same_job_in_another_file_reaches_nothing(cloud: Cloud, name: str) -> None:
    job = JOBS[name]
    for claims in job.claims.values():
        ours = in_sandbox(claims) if job.environment else claims
        moved = str(ours["job_workflow_ref"]).replace(f"/{job.workflow}.yml@", "/other.yml@")
        assert reached(cloud, {**ours, "job_workflow_ref": moved}) == set()


@pytest.mark.parametrize("name", NAMES)
def test_a_workflow_gives_nothing_away_by_default(name: str) -> None:
    workflow = load(name)
    assert workflow["permissions"] == {}
    assert not set(workflow["on"]) - {"merge_group", "pull_request", "push", "schedule", "workflow_dispatch"}
    for job in workflow["jobs"].values():
        granted = {key for key, level in job["permissions"].items() if level == "write"}
        # Whoever has an identity writes nothing on GitHub, and whoever writes there has none.
        assert granted <= {"id-token"} or "id-token" not in granted
        assert job["permissions"].get("contents") == "read"
        assert "secrets." not in str(job)


@pytest.mark.parametrize("name", NAMES)
def test_no_step_holds_an_expression_or_a_program(name: str) -> None:
    """A step is a Make target; what it is given comes by its environment."""
    steps = [step for job in load(name)["jobs"].values() for step in job["steps"]]
    commands = [step["run"] for step in steps if "run" in step]
    assert [each for each in commands if "${{" in each or "\n" in each.strip()] == []
    assert [each for each in commands if not each.startswith("make ")] == []


def test_no_checkout_leaves_its_token_behind() -> None:
    actions = [
        yaml.safe_load(file.read_text())["runs"]["steps"] for file in (FOLDER.parent / "actions").glob("*/*.yml")
    ]
    jobs = [job["steps"] for name in NAMES for job in load(name)["jobs"].values()]
    steps = [step for steps in [*actions, *jobs] for step in steps]
    checkouts = [step for step in steps if step.get("uses", "").startswith("actions/checkout@")]
    assert len(checkouts) > 15
    assert [step["name"] for step in checkouts if step["with"]["persist-credentials"] is not False] == []


@pytest.mark.parametrize("end", ["", "-plan"])
def test_every_stage_is_the_same_but_for_what_is_before_it(end: str) -> None:
    def shape(stage: str, wave: int) -> str:
        name = f"{stage}-{wave}{end}"
        job = {key: value for key, value in load("deploy")["jobs"][name].items() if key not in ("needs", "if")}
        return str(job).replace(f"outputs.{name}", "outputs.wave")

    assert len({shape(stage, wave) for stage in STAGES for wave in WAVES}) == 1


def test_the_jobs_are_those_of_the_stages_and_waves() -> None:
    of_waves = (f"{stage}-{wave}{end}" for stage in STAGES for wave in WAVES for end in ("", "-plan"))
    assert set(load("deploy")["jobs"]) == {"changes", "tools", *of_waves, *(f"{stage}-0" for stage in STAGES)}


def test_a_wave_waits_for_every_wave_before_it_and_the_apps_for_those_of_earlier_stages() -> None:
    jobs = load("deploy")["jobs"]
    before: list[str] = []
    plans: list[str] = []
    apps: list[str] = []
    *waves, last = WAVES
    for stage in STAGES:
        assert jobs[f"{stage}-0"]["needs"] == ["changes", *before]
        for wave in waves:
            name = f"{stage}-{wave}"
            assert jobs[f"{name}-plan"]["needs"] == ["changes", *before]
            assert jobs[name]["needs"] == ["changes", *before, f"{name}-plan"]
            before.append(name)
            plans.append(f"{name}-plan")
        name = f"{stage}-{last}"
        assert jobs[f"{name}-plan"]["needs"] == ["changes", *before, *apps]
        assert jobs[name]["needs"] == ["changes", *before, *apps, *plans, f"{name}-plan"]
        # A skipped layer may be one whose plan failed: the apps look at each of both.
        assert [
            name for name in (*before, *plans) if f"needs.{name}.result)" not in jobs[f"{stage}-{last}"]["if"]
        ] == []
        apps.append(f"{stage}-{last}")


def test_a_deployment_is_never_cancelled_and_waits_for_the_one_before() -> None:
    jobs = [job for job in load("deploy")["jobs"].values() if "environment" in job]
    assert len(jobs) == len(STAGES) * len(WAVES)
    for job in jobs:
        assert job["concurrency"] == {"group": f"deploy-{job['environment']}", "cancel-in-progress": False}
