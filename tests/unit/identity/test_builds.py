"""Accounts that a build reaches: the program's declarations are put into the simulated cloud, and tried."""

import pulumi
import pytest

from sandbox.cloud.api import Cloud
from sandbox.cloud.errors import ApiError
from unit.identity.declared import Changes, account, grants, team, team_configuration
from unit.identity.federated import PROVIDERS, reached
from unit.identity.jobs import AUDIENCE, FEATURE, MAIN, Claims, deploy, job
from unit.pulumi_mocks import Engine
from unit.sandbox.cloud.cases import NUMBERED

BUILDS = f"//iam.googleapis.com/{NUMBERED}/locations/global/workloadIdentityPools/builds/providers/builds"
NOBODY = "no account"
PROVIDER = "the provider"


def build(event: str = "push", ref: str = MAIN, /, **more: object) -> Claims:
    """A build of the shop's repository, whose number the sandbox's configuration has."""
    file = f"example/shop/.github/workflows/build.yml@{ref}"
    of_shop = {"repository": "example/shop", "repository_id": "400500601", "job_workflow_ref": file}
    return job(
        "build.yml", event, ref, **{"aud": f"https:{BUILDS}", "sub": f"repo:example/shop:ref:{ref}", **of_shop, **more}
    )


BILLING = {"repository": "example/billing", "repository_id": "400500602"}

IN: dict[str, tuple[Claims, set[str]]] = {
    "after a merge": (build(), {"images-shop"}),
    "by hand": (build("workflow_dispatch"), {"images-shop"}),
    "in an environment": (build(environment="registry"), {"images-shop"}),
    "of a renamed repository": (build(repository="example/store"), {"images-shop"}),
    "by a workflow that another repository shares": (
        build(job_workflow_ref=f"example/workflows/.github/workflows/build.yml@{MAIN}"),
        {"images-shop"},
    ),
    "of another team": (build("push", "refs/heads/release", **BILLING), {"images-billing"}),
    # Let in, and bound nowhere.
    "on another branch": (build("push", FEATURE), set()),
    "of another team on the wrong branch": (build(**BILLING), set()),
    "of a repository that nobody entered": (build(repository_id="400500699"), set()),
    "on a branch that imitates another repository": (build("push", "refs/heads/400500601:refs/heads/main"), set()),
    "of the repository that deploys": (build(repository_id="400500600", repository="example/infrastructure"), set()),
}


@pytest.mark.parametrize("name", IN)
def test_a_build_reaches_its_teams_account_and_no_other(cloud: Cloud, name: str) -> None:
    claims, accounts = IN[name]
    assert reached(cloud, claims, BUILDS) == accounts


OUT: dict[str, Claims] = {
    "repository of a stranger": build(repository_owner_id="1"),
    "repository without an owner": build(repository_owner_id=None),
    "pull request": build("pull_request", "refs/pull/7/merge"),
    "pull_request_target": build("pull_request_target"),
    "workflow_run": build("workflow_run"),
    "schedule": build("schedule"),
    "tag": build("push", "refs/tags/main"),
    "without a ref": build(ref=None),
    "another issuer": build(iss="https://token.example.com"),
    "a token for the way in of deployments": build(aud=f"https:{AUDIENCE}"),
    "expired": build(exp=1),
}


@pytest.mark.parametrize("name", OUT)
def test_other_tokens_are_kept_out(cloud: Cloud, name: str) -> None:
    with pytest.raises(ApiError) as refused:
        reached(cloud, OUT[name], BUILDS)
    assert refused.value.reason in ("unauthorized_client", "invalid_grant")


def test_a_build_cannot_come_in_where_deployments_do(cloud: Cloud) -> None:
    with pytest.raises(ApiError):
        reached(cloud, build(aud=f"https:{AUDIENCE}"))


def test_a_deployment_that_comes_in_where_builds_do_reaches_nothing(cloud: Cloud) -> None:
    assert reached(cloud, deploy("platform", aud=f"https:{BUILDS}"), BUILDS) == set()


def test_only_the_repository_and_the_ref_can_be_bound(declared: Engine) -> None:
    mapping = declared.of(PROVIDERS)["builds"].inputs["attributeMapping"]
    assert mapping == {
        "google.subject": 'assertion.repository_id + ":" + assertion.run_id',
        "attribute.build": 'assertion.repository_id + ":" + assertion.ref',
    }


def test_the_account_of_builds_holds_nothing_in_this_layer(declared: Engine) -> None:
    granted = grants(declared)
    assert [place for place, members in granted.items() if account("images-shop") in members] == []
    pool = BUILDS.partition("/providers/")[0]
    assert granted["images-shop"] == {
        f"principalSet:{pool}/attribute.build/400500601:{MAIN}": {"roles/iam.workloadIdentityUser"}
    }


def _with(*builds: dict[str, str]) -> Changes:
    return {"team": {**team_configuration()["identity:team"], "builds": [*builds]}}


def test_a_team_that_builds_nothing_has_no_account_for_images() -> None:
    engine = team(_with())
    assert "images-shop" not in engine.of("gcp:serviceaccount/account:Account")
    assert engine.outputs["contract"]["team"]["images"] is None


# By its number; the name is for people.
SHOP = {"repository": "example/shop", "repositoryId": "400500601"}
WRONG: dict[str, tuple[Changes, str]] = {
    "another owner": (
        _with({"repository": "stranger/shop", "repositoryId": "5"}),
        "identity:team.builds.0.repository: 'stranger/shop' is not of 'example'",
    ),
    "the repository that deploys": (
        _with({"repository": "example/infrastructure", "repositoryId": "400500600"}),
        "what builds must not be what deploys",
    ),
    "a name instead of a number": (
        _with({"repository": "example/shop", "repositoryId": "shop"}),
        "a numeric ID of GitHub",
    ),
    "a branch that stands for all": (
        _with({"repository": "example/shop", "repositoryId": "5", "branch": "*"}),
        "a branch's name",
    ),
    "a repository that is named twice": (
        _with(SHOP, {**SHOP, "repository": "example/store"}),
        "team.builds.1: repository 400500601 on main stands in team.builds.0 too",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_builds_that_cannot_be_are_refused(name: str) -> None:
    changes, message = WRONG[name]
    with pytest.raises(pulumi.RunError, match=r"(cannot be used|do not fit); nothing was planned") as refused:
        team(changes)
    assert message in str(refused.value)
