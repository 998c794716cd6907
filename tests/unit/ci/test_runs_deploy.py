"""Which deployments a change on the main branch leads to, in which order, and what stops them."""

import pytest
import yaml

from cli import provenance
from cli.ci import deployments
from cli.ci.github import GitHub
from unit.ci.fake_github import REPOSITORY
from unit.ci.origin import Ended, Origin, on_main
from unit.ci.workflow_runs import Run

ENTRY = "apps/entries/storefront.yaml"


def deployed_everywhere(origin: Origin) -> str:
    """As if what is on the main branch had been deployed."""
    sha = origin.git("rev-parse", "main").strip()
    for stack in ("dev", "prod"):
        for owner in ("identity", "platform", "apps-shop"):
            origin.github.deploy(f"{owner}-{stack}", sha, "inactive", "success", "in_progress")
    return sha


def test_a_deployment_by_hand_is_of_everything(origin: Origin) -> None:
    deployed_everywhere(origin)
    changes = Run(origin, "deploy", on_main(origin, "workflow_dispatch")).job("changes")

    assert changes.result == "success", changes.log
    assert {name for name, value in changes.outputs.items() if value} == {
        f"{layer}-{stack}" for layer in ("identity", "platform", "apps") for stack in ("dev", "prod")
    }


def test_only_what_changed_since_the_last_success_is_deployed(origin: Origin) -> None:
    deployed_everywhere(origin)
    entry = (origin.folder / ENTRY).read_text()
    failed = origin.commit({ENTRY: entry + "# changed\n"})
    origin.github.deploy("apps-shop-dev", failed, "failure", "in_progress")
    origin.commit({"README.md": "# changed\n"})

    changes = Run(origin, "deploy", on_main(origin)).job("changes")

    assert {name for name, value in changes.outputs.items() if value} == {"apps-dev", "apps-prod"}


def test_nothing_is_deployed_twice(origin: Origin) -> None:
    deployed_everywhere(origin)
    origin.github.deploy("platform-dev", "f" * 40, "success")  # a commit that is not there any more

    changes = Run(origin, "deploy", on_main(origin)).job("changes")

    assert {name for name, value in changes.outputs.items() if value} == {"platform-dev"}


LAYERS = [f"{layer}-{stack}" for stack in ("dev", "prod") for layer in ("identity", "platform", "apps")]


@pytest.mark.parametrize(
    ("ended", "result", "run"),
    [
        ("identity-dev", "failure", set[str]()),
        ("identity-dev", "cancelled", set[str]()),
        ("platform-dev", "failure", {"identity-dev"}),
        ("apps-dev", "failure", {"identity-dev", "platform-dev", "identity-prod", "platform-prod", "apps-prod"}),
        ("identity-prod", "failure", {"identity-dev", "platform-dev", "apps-dev"}),
        ("platform-prod", "cancelled", {"identity-dev", "platform-dev", "apps-dev", "identity-prod"}),
    ],
)
def test_a_layer_that_does_not_succeed_stops_those_after_it(
    origin: Origin, monkeypatch: pytest.MonkeyPatch, ended: str, result: str, run: set[str]
) -> None:
    """The jobs themselves are not run here, only which of them would be."""

    def succeed(_: object) -> Ended:
        return Ended("success")

    monkeypatch.setattr("unit.ci.workflow_runs.JobOfRun.run", succeed)
    working = Run(origin, "deploy", on_main(origin))
    working.jobs["changes"] = Ended("success", dict.fromkeys(LAYERS, '[{"environment": "x"}]'))
    for name in LAYERS:
        working.jobs[name] = Ended(result) if name == ended else working.job(name)

    assert {name for name in LAYERS if working.jobs[name].result == "success"} == run


def test_a_cancelled_run_begins_no_further_deployment(origin: Origin) -> None:
    run = Run(origin, "deploy", on_main(origin))
    run.jobs["changes"] = Ended("success", dict.fromkeys(LAYERS, "true"))
    run.jobs["identity-dev"] = Ended("cancelled")
    run.cancel()

    assert [name for name in LAYERS[1:] if run.job(name).result != "skipped"] == []


def newest(origin: Origin, environment: str, first: str = "") -> Ended:
    """The step that takes nothing back, for a deployment of the platform to an environment."""
    run = Run(origin, "deploy", on_main(origin))
    run.jobs |= {"changes": Ended("success", {"platform-dev": "true", "platform-prod": "true"})}
    run.jobs |= dict.fromkeys(["identity-dev", "platform-dev", "apps-dev", "identity-prod"], Ended("success"))
    action = yaml_steps(run, environment, first)
    run.workflow["jobs"][environment]["steps"] = action
    return run.job(environment)


def yaml_steps(run: Run, environment: str, first: str) -> list[dict[str, object]]:
    """Of the job only the check-out and that step, as the action has it."""
    check_out = run.workflow["jobs"][environment]["steps"][0]
    action = yaml.safe_load((run.origin.folder / ".github/actions/deploy/action.yml").read_text())
    [step] = [each for each in action["runs"]["steps"] if each["name"] == "Take nothing back"]
    values = {"DEPLOYMENT": environment, "STACK": environment.rpartition("-")[2], "LAYER": "platform", "FIRST": first}
    return [check_out, {**step, "env": {**step["env"], "APPS": "", **values}}]


def test_an_older_commit_is_not_deployed_over_a_newer_one(origin: Origin) -> None:
    sha = origin.git("rev-parse", "main").strip()
    origin.github.deploy("platform-dev", "a" * 40, "success")
    origin.github.compared[f"{'a' * 40}...{sha}"] = "behind"

    ended = newest(origin, "platform-dev")

    assert ended.result == "failure"
    assert "would take back what came since" in ended.log


def test_a_deployed_commit_that_is_gone_stops_nobody(origin: Origin) -> None:
    sha = origin.git("rev-parse", "main").strip()
    api = GitHub.signed_in(
        origin.github.url, REPOSITORY, origin.github.token({"deployments": "read", "contents": "read"})
    )
    origin.github.deploy("platform-dev", "a" * 40, "success")
    deployments.require_newest(api, "platform-dev", sha)


def test_what_prod_gets_dev_has_had(origin: Origin) -> None:
    before = deployed_everywhere(origin)
    sha = origin.commit({"platform/platform_layer/new.py": "x = 1\n"})
    origin.github.compared[f"{before}...{sha}"] = "ahead"

    refused = newest(origin, "platform-prod", "dev")
    assert refused.result == "failure"
    assert "platform-prod would get what platform-dev has not had" in refused.log

    origin.github.deploy("platform-dev", sha, "success")
    assert newest(origin, "platform-prod", "dev").result == "success"


def approval(environment: str, login: str, state: str = "approved") -> dict[str, object]:
    """A review of a deployment, as GitHub tells it."""
    return {"run": "8675309", "environments": [{"name": environment}], "state": state, "user": {"login": login}}


def noted(origin: Origin) -> dict[str, str]:
    """What the step that notes who let the platform's deployment to prod begin leaves for the next one."""
    run = Run(origin, "deploy", on_main(origin))
    run.jobs |= {"changes": Ended("success", {"platform-dev": "true", "platform-prod": "true"})}
    run.jobs |= dict.fromkeys(["identity-dev", "platform-dev", "apps-dev", "identity-prod"], Ended("success"))
    action = yaml.safe_load((run.origin.folder / ".github/actions/deploy/action.yml").read_text())
    [step] = [each for each in action["runs"]["steps"] if each.get("id") == "approvers"]
    job = run.workflow["jobs"]["platform-prod"]
    job["steps"] = [job["steps"][0], {**step, "env": {**step["env"], "DEPLOYMENT": "platform-prod"}}]
    job["outputs"] = {"approved": "${{ steps.approvers.outputs.approved-by }}"}
    ended = run.job("platform-prod")
    assert ended.result == "success", ended.log
    return ended.outputs


def test_who_let_a_deployment_begin_is_noted(origin: Origin) -> None:
    origin.github.approvals += [
        approval("platform-prod", "carol"),
        approval("platform-prod", "mallory", "rejected"),
        approval("apps-shop-prod", "dave"),
    ]

    assert noted(origin) == {"approved": "carol"}


def test_a_deployment_that_nobody_had_to_let_begin_is_noted_as_such(origin: Origin) -> None:
    assert noted(origin) == {"approved": ""}


def test_the_note_reaches_the_update(origin: Origin) -> None:
    action = yaml.safe_load((origin.folder / ".github/actions/deploy/action.yml").read_text())
    last = action["runs"]["steps"][-1]

    assert last["env"][provenance.APPROVERS] == "${{ steps.approvers.outputs.approved-by }}"
