"""The repository's settings: what is committed is applied, and what is not so is found."""

import re

import pytest
import yaml

from cli import contracts, team_files
from cli.github import settings
from cli.github.client import GitHub
from cli.github.selection import select
from cli.github.settings import Repository, load, protected_environments
from cli.layout import Stack, environments
from cli.rollout import STAGES
from toolchain.environments import CHECKOUT, LAB, PROJECTS
from toolchain.errors import ToolError
from unit.github.fake_github import ADMINISTRATOR, REPOSITORY, FakeGitHub
from unit.github.workflow_files import load as workflow

CHECKER = {"actions": "read", "contents": "read"}
# Environments of the committed stacks: one whose deployments somebody lets through, and one where nobody has to.
PROTECTED = protected_environments(load())
[PROD, *_] = (name for name, (rules, _) in PROTECTED.items() if rules.reviewed)
[DEV, *_] = (name for name, (rules, _) in PROTECTED.items() if not rules.reviewed)


def at(github: FakeGitHub, permissions: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Act as a user with these permissions."""
    for name, value in {
        "GITHUB_TOKEN": github.token(permissions),
        "GITHUB_API_URL": github.url,
        "GITHUB_REPOSITORY": REPOSITORY,
    }.items():
        monkeypatch.setenv(name, value)
    github.teams = {team: number for number, team in enumerate(sorted({team for _, team in PROTECTED.values()}), 1)}


@pytest.fixture
def applied(github: FakeGitHub, monkeypatch: pytest.MonkeyPatch) -> FakeGitHub:
    """A repository that is as committed."""
    at(github, ADMINISTRATOR, monkeypatch)
    assert settings.run(check=False, repository=None) == 0
    return github


def test_what_is_applied_is_in_force_and_applying_again_changes_nothing(applied: FakeGitHub) -> None:
    applied.calls.clear()
    assert settings.run(check=False, repository=None) == 0
    assert [call for call in applied.calls if not call.startswith("GET ")] == []
    assert set(applied.environments) == set(PROTECTED)


def test_prod_is_let_through_by_the_owning_team(applied: FakeGitHub) -> None:
    def reviewers(name: str) -> list[str]:
        rules = {rule["type"]: rule for rule in applied.environments[name]["protection_rules"]}
        return [each["reviewer"]["slug"] for each in rules.get("required_reviewers", {}).get("reviewers", [])]

    assert {name: reviewers(name) for name in PROTECTED} == {
        name: [team] if rules.reviewed else [] for name, (rules, team) in PROTECTED.items()
    }
    assert reviewers(PROD) != reviewers(DEV)


def drop_rule(github: FakeGitHub) -> None:
    [ruleset] = github.rulesets.values()
    ruleset["rules"] = [rule for rule in ruleset["rules"] if rule["type"] != "pull_request"]


def let_pass(github: FakeGitHub) -> None:
    [ruleset] = github.rulesets.values()
    ruleset["bypass_actors"] = [{"actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "always"}]


def only_evaluate(github: FakeGitHub) -> None:
    [ruleset] = github.rulesets.values()
    ruleset["enforcement"] = "evaluate"


def drop_check(github: FakeGitHub) -> None:
    [ruleset] = github.rulesets.values()
    [rule] = [rule for rule in ruleset["rules"] if rule["type"] == "required_status_checks"]
    rule["parameters"]["required_status_checks"].pop()


def add_ruleset(github: FakeGitHub) -> None:
    github.rulesets[99] = {"id": 99, "name": "mine", "rules": []}


def any_branch(github: FakeGitHub) -> None:
    github.branches[PROD][77] = "feature/*"


def nobody_reviews(github: FakeGitHub) -> None:
    github.environments[PROD]["protection_rules"] = []


def all_branches(github: FakeGitHub) -> None:
    github.environments[PROD]["deployment_branch_policy"] = None


def other_environment(github: FakeGitHub) -> None:
    github.environments["playground"] = {"name": "playground", "protection_rules": []}


def no_environment(github: FakeGitHub) -> None:
    del github.environments[DEV]


FOUND_BY_ALL = [
    (drop_rule, "ruleset main: rules: pull_request: is absent"),
    (only_evaluate, "enforcement: is 'evaluate'"),
    (drop_check, "required_status_checks: Comment: is absent"),
    (add_ruleset, "ruleset mine: is there"),
    (any_branch, f"environment {PROD}: branches"),
    (nobody_reviews, f"environment {PROD}: reviewers"),
    (all_branches, f"environment {PROD}: branches"),
    (other_environment, "environment playground: is there"),
    (no_environment, f"environment {DEV}: is absent"),
]


@pytest.mark.parametrize(("loosened", "said"), FOUND_BY_ALL, ids=[each.__name__ for each, _ in FOUND_BY_ALL])
def test_what_was_loosened_by_hand_is_found_also_by_the_weekly_job(
    applied: FakeGitHub,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    loosened: object,
    said: str,
) -> None:
    assert callable(loosened)
    loosened(applied)
    at(applied, CHECKER, monkeypatch)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")

    assert settings.run(check=True, repository=None) == 1
    assert said in capsys.readouterr().err


def test_the_weekly_job_is_content_with_what_it_can_read_and_says_what_it_cannot(
    applied: FakeGitHub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at(applied, CHECKER, monkeypatch)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert settings.run(check=True, repository=None) == 0
    assert "actions/workflow: default_workflow_permissions: not readable" in capsys.readouterr().err

    monkeypatch.delenv("GITHUB_ACTIONS")
    assert settings.run(check=True, repository=None) == 1


def test_who_may_pass_by_is_seen_by_an_administrator_alone(
    applied: FakeGitHub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    let_pass(applied)
    assert settings.run(check=True, repository=None) == 1
    assert "ruleset main: bypass_actors" in capsys.readouterr().err

    at(applied, CHECKER, monkeypatch)
    settings.run(check=True, repository=None)
    assert "ruleset main: bypass_actors: not readable with this token" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "setting", "value"),
    [("", "allow_merge_commit", True), ("workflow", "default_workflow_permissions", "write")],
)
def test_an_administrator_sees_the_settings_of_the_repository(
    applied: FakeGitHub, capsys: pytest.CaptureFixture[str], name: str, setting: str, value: object
) -> None:
    applied.documents[name][setting] = value

    assert settings.run(check=True, repository=None) == 1
    assert setting in capsys.readouterr().err


def test_checking_changes_nothing(github: FakeGitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    at(github, ADMINISTRATOR, monkeypatch)
    assert settings.run(check=True, repository=None) == 1
    assert [call for call in github.calls if not call.startswith("GET ")] == []


def test_without_a_token_nothing_is_asked() -> None:
    with pytest.raises(ToolError, match="GITHUB_TOKEN is not set"):
        settings.run(check=True, repository=None)


def test_somebody_who_may_not_is_told_what_was_refused(github: FakeGitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    at(github, CHECKER, monkeypatch)
    with pytest.raises(ToolError, match="GitHub refused PATCH"):
        Repository(GitHub.signed_in(github.url, REPOSITORY, github.token(CHECKER)), load()).apply()


def test_the_required_checks_are_jobs_of_the_preview_that_always_end() -> None:
    [ruleset] = load().rulesets
    [rule] = [rule for rule in ruleset["rules"] if rule["type"] == "required_status_checks"]
    required = {check["context"] for check in rule["parameters"]["required_status_checks"]}
    jobs = {job["name"]: job for job in workflow("preview")["jobs"].values()}
    assert required == {"Sandbox", "Comment"}
    assert "if" not in jobs["Sandbox"]
    assert "always()" in jobs["Comment"]["if"]


OWNERS = ("identity", "team", "platform", "storage", "namespaces")


def test_every_environment_of_the_deployments_is_protected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stack, "is_ready", True)
    named = {job["environment"] for job in workflow("deploy")["jobs"].values() if "environment" in job}
    targets = select(lambda stack: not stack.by_administrators).deployments()
    protected = set(protected_environments(load()))
    assert named == {"${{ matrix.name }}"}
    assert {target.name for target in targets} <= protected
    assert {f"{owner}-{name}" for owner in OWNERS for name in environments()} <= protected


def test_the_foundation_has_no_environment_since_no_job_deploys_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stack, "is_ready", True)
    previewed = {target.name.partition("-")[0] for target in select(lambda _: True).previews()}

    assert "foundation" in previewed
    assert not [name for name in protected_environments(load()) if name.startswith("foundation-")]


def test_the_workflow_has_a_job_for_each_wave_of_contracts_in_each_stage() -> None:
    jobs = {name for name in workflow("deploy")["jobs"] if name != "changes"}

    assert jobs == {f"{stage}-{wave + 1}" for stage in STAGES for wave in range(len(contracts.deployed()))}
    assert contracts.deployed() == (
        ("identity", "identity/team"),
        ("platform",),
        ("platform/storage",),
        ("platform/namespaces",),
        ("apps",),
    )
    assert contracts.waves() == (("identity/foundation",), *contracts.deployed())


def owners() -> dict[str, str]:
    """CODEOWNERS: each pattern's team, all of one organisation."""
    lines = (CHECKOUT / ".github/CODEOWNERS").read_text().splitlines()
    found = dict(line.split() for line in lines if line and not line.startswith("#"))
    assert len({owner.partition("/")[0] for owner in found.values()}) == 1
    return {pattern: owner.partition("/")[2] for pattern, owner in found.items()}


def test_every_directory_and_every_app_has_its_owner() -> None:
    found, wanted = owners(), load()
    assert found["/policies/"] == found["/.github/"] == wanted.team("identity")
    for layer in ("identity", "platform"):
        assert found[f"/{layer}/"] == wanted.team(layer)
    files = (CHECKOUT / f"identity/Pulumi.{name}.yaml" for name in environments())
    teams = {app: team for file in files for app, team in team_files.apps(file).items()}
    apps = {
        match[1]: team
        for pattern, team in found.items()
        if (match := re.fullmatch(r"/apps/entries/(.+)\.yaml", pattern))
    }
    # What has no line of its own is reviewed by the owner of the folder.
    assert apps.items() <= teams.items()
    assert {pattern: team for pattern, team in found.items() if "-*" in pattern} == {
        "/platform/Pulumi.storage-*.yaml": wanted.team("storage"),
        **{f"/apps/Pulumi.{app}-*.yaml": team for app, team in apps.items()},
    }


def test_every_locked_project_gets_newer_versions_only_after_a_week() -> None:
    updates = yaml.safe_load((CHECKOUT / ".github/dependabot.yml").read_text())["updates"]
    watched = {(each["package-ecosystem"], folder.strip("/")) for each in updates for folder in each["directories"]}
    tops = [*PROJECTS, *LAB]
    tools = CHECKOUT / "tools"
    modules = [
        file.parent.relative_to(CHECKOUT).as_posix()
        for pattern in ("sandbox/*/go.mod", "toolchain/go/*/go.mod")
        for file in tools.glob(pattern)
    ]
    assert watched == {
        *(("pip", name) for name in tops),
        *(("gomod", name) for name in modules),
        ("github-actions", ""),
        ("github-actions", ".github/actions/*"),
    }
    assert all(each["cooldown"]["default-days"] >= 7 and each["groups"] for each in updates)
