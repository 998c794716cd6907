"""The workload identity provider, tried with the claims of the committed workflows' jobs: it admits only these.

The identity layer is declared for the sandbox's environment, so a job for the environment `platform-stack0` is tried as
`platform-sandbox`, and as it is: an environment of another stack, which nothing admits.
"""

import re

import pytest
import yaml

from cli.layout import LAYERS
from cli.rollout import STAGES
from sandbox.cloud.api import Cloud
from unit.github.workflow_files import FOLDER, NAMES, SigningIn, load, signing_in
from unit.identity.conftest import cloud, declared
from unit.identity.federated import reached
from unit.identity.jobs import Claims
from unit.identity.test_federation import PREVIEWS

# The fixtures of the tests that try single claims.
__all__ = ["cloud", "declared"]

ROW = {"environment": "apps-shop-stack0", "stack": "stack0", "layer": "apps", "apps": "storefront"}
# By stage, environments of some repository.
ENVIRONMENTS = {stage: f"stack{number}" for number, stage in enumerate(STAGES)}
JOBS = {f"{each.workflow}/{each.name}": each for each in signing_in(ROW, ENVIRONMENTS)}
DEPLOYING = {"identity": "identity-deploy", "platform": "platform-deploy", "apps": "apps-shop-deploy"}


def in_sandbox(claims: Claims) -> Claims:
    """The same job for the stack that is declared."""
    environment = re.sub(r"-stack\d$", "-sandbox", str(claims["environment"]))
    return {
        **claims,
        "environment": environment,
        "sub": re.sub(r"environment:.*", f"environment:{environment}", claims["sub"]),
    }


def test_the_jobs_that_may_sign_in_are_these() -> None:
    layers = [f"{stage}-{layer}" for stage in STAGES for layer in LAYERS]
    assert set(JOBS) == {"preview/preview", "drift/look", "audit/audit", *(f"deploy/{name}" for name in layers)}


@pytest.mark.parametrize("name", [name for name in JOBS if not name.startswith("deploy/")])
def test_a_job_that_looks_reaches_the_read_only_accounts(cloud: Cloud, name: str) -> None:
    assert JOBS[name].environment == ""
    for claims in JOBS[name].claims.values():
        assert reached(cloud, claims) == PREVIEWS


@pytest.mark.parametrize("name", [name for name in JOBS if name.startswith("deploy/")])
def test_a_job_that_deploys_reaches_its_own_account_in_its_own_environment(cloud: Cloud, name: str) -> None:
    job: SigningIn = JOBS[name]
    stage, _, layer = job.name.partition("-")
    assert job.environment == (ROW["environment"] if layer == "apps" else f"{layer}-{ENVIRONMENTS[stage]}")
    for claims in job.claims.values():
        assert reached(cloud, in_sandbox(claims)) == {DEPLOYING[layer]}
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
    assert not set(workflow["on"]) - {"pull_request", "push", "schedule", "workflow_dispatch"}
    for job in workflow["jobs"].values():
        granted = {key for key, level in job["permissions"].items() if level == "write"}
        # Whoever has an identity writes nothing on GitHub, and whoever writes there has none.
        assert granted <= {"id-token"} or "id-token" not in granted
        assert job["permissions"].get("contents") == "read"
        assert "secrets." not in str(job)


@pytest.mark.parametrize("name", NAMES)
def test_no_step_holds_an_expression_or_a_program(name: str) -> None:
    """A step is a Make target or `.ci/run`; what it is given comes by its environment."""
    steps = [step for job in load(name)["jobs"].values() for step in job["steps"]]
    commands = [step["run"] for step in steps if "run" in step]
    assert [each for each in commands if "${{" in each or "\n" in each.strip()] == []
    assert [each for each in commands if not each.startswith(("make ", ".ci/run"))] == []


def test_no_checkout_leaves_its_token_behind() -> None:
    actions = [
        yaml.safe_load(file.read_text())["runs"]["steps"] for file in (FOLDER.parent / "actions").glob("*/*.yml")
    ]
    jobs = [job["steps"] for name in NAMES for job in load(name)["jobs"].values()]
    steps = [step for steps in [*actions, *jobs] for step in steps]
    checkouts = [step for step in steps if step.get("uses", "").startswith("actions/checkout@")]
    assert len(checkouts) > 15
    assert [step["name"] for step in checkouts if step["with"]["persist-credentials"] is not False] == []


def test_every_stage_is_the_same_but_for_what_is_before_it() -> None:
    def shape(stage: str, layer: str) -> str:
        job = {
            key: value
            for key, value in load("deploy")["jobs"][f"{stage}-{layer}"].items()
            if key not in ("needs", "if")
        }
        return str(job).replace(f"outputs.{stage}", "outputs.stage")

    for layer in LAYERS:
        assert len({shape(stage, layer) for stage in STAGES}) == 1
    assert set(load("deploy")["jobs"]) == {"changes", *(f"{stage}-{layer}" for stage in STAGES for layer in LAYERS)}


def test_a_stage_waits_for_every_layer_and_app_before_it() -> None:
    jobs = load("deploy")["jobs"]
    layers: list[str] = []
    apps: list[str] = []
    for stage in STAGES:
        for layer in LAYERS[:-1]:
            assert jobs[f"{stage}-{layer}"]["needs"] == ["changes", *layers]
            layers.append(f"{stage}-{layer}")
        assert jobs[f"{stage}-apps"]["needs"] == ["changes", *layers, *apps]
        apps.append(f"{stage}-apps")


def test_a_deployment_is_never_cancelled_and_waits_for_the_one_before() -> None:
    jobs = [job for job in load("deploy")["jobs"].values() if "environment" in job]
    assert len(jobs) == len(STAGES) * len(LAYERS)
    for job in jobs:
        assert job["concurrency"] == {"group": f"deploy-{job['environment']}", "cancel-in-progress": False}
