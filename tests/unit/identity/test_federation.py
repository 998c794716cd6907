"""Accounts that a GitHub job reaches: the program's declarations are put into the simulated cloud, and tried.

Tokens carry what GitHub puts into them. Two refuse: the provider, whose condition keeps a stranger out before anything
else, and the account's policy, which names the one job that may use it.
"""

import pytest

from cli.embedded import sign_in
from cli.layout import SANDBOX, Kind, Stack, stacks
from sandbox.cloud.api import Cloud
from sandbox.cloud.errors import ApiError
from unit.identity.declared import foundation_configuration, program
from unit.identity.federated import PROVIDERS, reached
from unit.identity.jobs import AUDIENCE, FEATURE, ISSUER, MAIN, POOL, REPOSITORY, Claims, deploy, job, preview
from unit.pulumi_mocks import Engine
from unit.sandbox.cloud.cases import NUMBERED

OWNERS = ("identity", "team", "platform", "namespaces", "storage", "apps-shop", "apps-billing")
PREVIEWS = {f"{owner}-preview" for owner in OWNERS}

KINDS: tuple[Kind, ...] = ("preview", "deploy")
PROVIDER, ACCOUNT = "the provider", "every account"


IN: dict[str, tuple[Claims, set[str]]] = {
    **{f"deployment of {owner}": (deploy(owner), {f"{owner}-deploy"}) for owner in OWNERS},
    "deployment by hand": (deploy("platform", "workflow_dispatch"), {"platform-deploy"}),
    **{f"preview of {owner}": (preview(owner), {f"{owner}-preview"}) for owner in OWNERS},
    "drift": (job("drift.yml", "schedule", MAIN), PREVIEWS),
    "drift by hand": (job("drift.yml", "workflow_dispatch", MAIN), PREVIEWS),
    "audit": (job("audit.yml", "schedule", MAIN), PREVIEWS),
    "search for changes": (deploy(environment=None), PREVIEWS),
    "renamed repository": (
        deploy(
            repository="elsewhere/cloud",
            repository_owner="elsewhere",
            sub="repo:elsewhere/cloud:environment:platform-sandbox",
            job_workflow_ref=f"elsewhere/cloud/.github/workflows/deploy.yml@{MAIN}",
        ),
        {"platform-deploy"},
    ),
}


@pytest.mark.parametrize("name", IN)
def test_a_job_reaches_the_accounts_that_are_meant_for_it_and_no_other(cloud: Cloud, name: str) -> None:
    claims, accounts = IN[name]
    assert reached(cloud, claims) == accounts


SIGN_INS = [
    (stack, kind) for stack in stacks(SANDBOX) for kind in KINDS if not (kind == "deploy" and stack.by_administrators)
]


@pytest.mark.parametrize(("stack", "kind"), SIGN_INS, ids=[f"{stack.title}-{kind}" for stack, kind in SIGN_INS])
def test_a_command_on_the_sandbox_signs_in_as_a_job_that_reaches_its_stacks_account(
    cloud: Cloud, stack: Stack, kind: Kind
) -> None:
    account = stack.account(kind).partition("@")[0]
    admitted = reached(cloud, {"iss": ISSUER, **sign_in.claims(stack, kind)})
    assert admitted == {account}


def test_no_job_reaches_an_account_that_deploys_the_foundation(cloud: Cloud) -> None:
    [stack] = [stack for stack in stacks(SANDBOX) if stack.by_administrators]

    assert stack.account("deploy") == ""
    assert stack.account("preview").partition("@")[0] == "identity-preview"
    assert reached(cloud, deploy("foundation")) == set()


def test_a_job_with_the_longest_names_that_github_takes_gets_its_account(cloud: Cloud) -> None:
    repository = f"{'o' * 39}/{'r' * 100}"
    claims = deploy(
        repository=repository,
        repository_owner="o" * 39,
        sub=f"repo:{repository}:environment:platform-sandbox",
        job_workflow_ref=f"{repository}/.github/workflows/deploy.yml@{MAIN}",
        run_id="9" * 20,
    )
    assert reached(cloud, claims) == {"platform-deploy"}


def workflow(path: str, ref: str = MAIN) -> Claims:
    """The claim about the file that a job is in."""
    return {"job_workflow_ref": f"{path}@{ref}"}


def in_repository(repository: str) -> Claims:
    """Claims that follow from a repository's name."""
    owner, file = repository.partition("/")[0], f"{repository}/.github/workflows/deploy.yml"
    subject = f"repo:{repository}:environment:platform-sandbox"
    return {"repository": repository, "repository_owner": owner, "sub": subject, **workflow(file)}


OTHER_IDS: Claims = {"repository_id": "1", "repository_owner_id": "2"}

OUT: dict[str, tuple[str, Claims]] = {
    # another repository
    "another repository of the owner": (PROVIDER, deploy(**in_repository("example/website"), repository_id="1")),
    "fork": (PROVIDER, deploy(**in_repository("stranger/infrastructure"), **OTHER_IDS)),
    "preview of a fork in itself": (PROVIDER, preview(**OTHER_IDS)),
    "owner's name taken by somebody else": (PROVIDER, deploy(**OTHER_IDS)),
    "repository deleted and made again": (PROVIDER, deploy(repository_id="1")),
    "repository given to another owner": (PROVIDER, deploy(repository_owner_id="2")),
    "IDs that are no texts": (PROVIDER, deploy(repository_id=400500600, repository_owner_id=700800900)),
    "ID that only begins right": (PROVIDER, deploy(repository_id="4005006001")),
    # another event or ref
    "push to a branch": (PROVIDER, deploy("platform", "push", FEATURE)),
    "tag that is called main": (PROVIDER, deploy("platform", "push", "refs/tags/main", ref_type="tag")),
    "branch that begins like main": (PROVIDER, deploy("platform", "push", "refs/heads/main2")),
    "branch main in other letters": (PROVIDER, deploy("platform", "push", "refs/heads/Main")),
    "pull_request_target": (PROVIDER, job("preview.yml", "pull_request_target", MAIN)),
    "workflow_run": (PROVIDER, deploy("platform", "workflow_run")),
    "issue_comment": (PROVIDER, deploy("platform", "issue_comment")),
    "event in other letters": (PROVIDER, deploy("platform", "Push")),
    "drift on a branch": (PROVIDER, job("drift.yml", "workflow_dispatch", FEATURE)),
    # another environment
    "environment of another stack": (ACCOUNT, deploy(environment="platform-prod")),
    "environment of no layer": (ACCOUNT, deploy(environment="github-pages")),
    "environment in other letters": (ACCOUNT, deploy(environment="Platform-Sandbox")),
    "empty environment": (ACCOUNT, deploy(environment="")),
    "preview in an environment of deployments": (ACCOUNT, preview(environment="platform-sandbox")),
    "preview of another stack": (ACCOUNT, preview(environment="preview-platform-prod")),
    "preview of no layer": (ACCOUNT, preview("everything")),
    "preview without an environment": (ACCOUNT, preview(environment=None)),
    "preview's environment in a deployment": (ACCOUNT, deploy(environment="preview-platform-sandbox")),
    # another workflow
    "another workflow": (ACCOUNT, job("release.yml", "push", MAIN, environment="platform-sandbox")),
    "workflow in other letters": (ACCOUNT, job("Deploy.yml", "push", MAIN, environment="platform-sandbox")),
    "workflow that ends right": (ACCOUNT, job("my-deploy.yml", "push", MAIN, environment="platform-sandbox")),
    "workflow in a subfolder": (ACCOUNT, deploy(**workflow(f"{REPOSITORY}/.github/workflows/more/deploy.yml"))),
    "workflow in a folder like the right one": (
        ACCOUNT,
        deploy(**workflow(f"{REPOSITORY}/.github/workflows/x/.github/workflows/deploy.yml")),
    ),
    "workflow outside of the folder": (PROVIDER, deploy(**workflow(f"{REPOSITORY}/x/.github/workflows/deploy.yml"))),
    "called workflow of another repository": (PROVIDER, deploy(**workflow("shared/x/.github/workflows/deploy.yml"))),
    "called workflow of a repository with a longer name": (
        PROVIDER,
        deploy(**workflow(f"{REPOSITORY}-tools/.github/workflows/deploy.yml")),
    ),
    "called workflow at a branch": (
        PROVIDER,
        deploy(**workflow(f"{REPOSITORY}/.github/workflows/deploy.yml", FEATURE)),
    ),
    "file whose name imitates a ref": (PROVIDER, job("deploy.yml@x.yml", "push", MAIN, environment="platform-sandbox")),
    "drift in place of preview": (ACCOUNT, job("drift.yml", "pull_request", "refs/pull/7/merge")),
    "preview on the main branch": (ACCOUNT, job("preview.yml", "push", MAIN)),
    "deployment's file on a pull request": (ACCOUNT, job("deploy.yml", "pull_request", "refs/pull/7/merge")),
    # names that imitate the composite
    "environment that imitates a ref": (ACCOUNT, deploy(environment=f"platform-sandbox:{MAIN}")),
    "environment on a pull request that imitates the main branch": (
        ACCOUNT,
        job("deploy.yml", "pull_request", "refs/pull/7/merge", environment=f"platform-sandbox:{MAIN}"),
    ),
    "environment that imitates a pull request": (ACCOUNT, job("preview.yml", "push", MAIN, environment="pull_request")),
    "branch that imitates an environment": (
        PROVIDER,
        deploy("platform", "push", f"refs/heads/environment:platform-sandbox:{MAIN}"),
    ),
    "branch that is called pull_request": (PROVIDER, job("preview.yml", "push", "refs/heads/pull_request")),
    "file that imitates a job": (ACCOUNT, job("preview.yml:pull_request.yml", "pull_request", "refs/pull/7/merge")),
    # another token
    "wrong audience": (PROVIDER, deploy(aud="https://github.com/example")),
    "audience of another provider": (PROVIDER, deploy(aud=f"https:{AUDIENCE}2")),
    "wrong issuer": (PROVIDER, deploy(iss=f"{ISSUER}/example")),
    "expired": (PROVIDER, deploy(exp=1)),
    **{
        f"without {claim}": (PROVIDER, deploy(**{claim: None}))
        for claim in (
            "iss",
            "aud",
            "run_id",
            "exp",
            "repository",
            "repository_id",
            "repository_owner_id",
            "event_name",
            "ref",
            "job_workflow_ref",
        )
    },
}


@pytest.mark.parametrize("name", OUT)
def test_a_job_that_differs_is_refused_by_whom_it_should_be(cloud: Cloud, name: str) -> None:
    who, claims = OUT[name]
    if who == ACCOUNT:
        assert reached(cloud, claims) == set()
    else:
        with pytest.raises(ApiError) as refused:
            reached(cloud, claims)
        assert refused.value.reason in ("unauthorized_client", "invalid_grant")


def test_every_binding_of_an_account_names_a_whole_job(declared: Engine) -> None:
    federated = [
        user.inputs["member"]
        for user in declared.of("gcp:serviceaccount/iAMMember:IAMMember").values()
        if user.inputs["member"].startswith("principal")
    ]
    pool = f"principalSet://iam.googleapis.com/{NUMBERED}/{POOL}"
    jobs = [member for member in federated if member.startswith(f"{pool}/attribute.job/")]
    assert len(jobs) == len(OWNERS) + len(OWNERS) * 4
    assert all("/workloadIdentityPools/builds/attribute.build/" in member for member in set(federated) - set(jobs))
    assert not [member for member in federated if "*" in member]


def test_no_other_audience_is_taken(declared: Engine) -> None:
    for provider in declared.of(PROVIDERS).values():
        assert provider.inputs["oidc"] == {"issuerUri": ISSUER}
        assert not provider.inputs.get("disabled")


@pytest.mark.parametrize("branch", ["main", "release/2026"])
def test_the_branch_is_the_configured_one(branch: str) -> None:
    engine = program({"github": {**foundation_configuration()["identity:github"], "branch": branch}})
    provider = engine.of(PROVIDERS)["github"]
    members = {user.inputs["member"] for user in engine.of("gcp:serviceaccount/iAMMember:IAMMember").values()}
    assert f'assertion.ref == "refs/heads/{branch}"' in provider.inputs["attributeCondition"]
    for owner in ("identity", "apps-shop"):  # the foundation's pair, and a team's
        assert any(member.endswith(f"deploy.yml:environment:{owner}-sandbox:refs/heads/{branch}") for member in members)
