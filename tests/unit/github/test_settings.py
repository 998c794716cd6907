"""The repository's settings: what is committed is applied, and what is not so is found."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli import contracts, layout, team_files
from cli.github import protected_environment, settings
from cli.github.protected_environment import protected_environments
from cli.github.selection import select
from cli.github.settings_file import load
from cli.layout import Stack, environments
from cli.rollout import STAGES
from toolchain.environments import CHECKOUT, LAB, PROJECTS
from toolchain.errors import ToolError
from unit.github.fake_github import ADMINISTRATOR, REPOSITORY, FakeGitHub
from unit.github.workflow_files import load as workflow

CHECKER = {"actions": "read", "contents": "read"}
# Environments of the committed stacks: one whose deployments somebody lets through, and one where nobody has to.
PROTECTED = {each.name: each for each in protected_environments(load(), REPOSITORY)}
[PROD, *_] = (name for name, each in PROTECTED.items() if each.rules.reviewed)
[DEV, *_] = (name for name, each in PROTECTED.items() if not each.rules.reviewed)
WORKFLOWS = sorted(file.name for file in (CHECKOUT / ".github/workflows").glob("*.yml"))


def at(github: FakeGitHub, permissions: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Act as a user with these permissions."""
    for name, value in {
        "GITHUB_TOKEN": github.token(permissions),
        "GITHUB_API_URL": github.url,
        "GITHUB_REPOSITORY": REPOSITORY,
    }.items():
        monkeypatch.setenv(name, value)
    github.teams = {team: number for number, team in enumerate(sorted({each.team for each in PROTECTED.values()}), 1)}
    if not github.workflows:
        github.workflows = {
            number: {"path": f".github/workflows/{name}", "state": "active"} for number, name in enumerate(WORKFLOWS, 1)
        }


@pytest.fixture
def administered(github: FakeGitHub, monkeypatch: pytest.MonkeyPatch) -> FakeGitHub:
    """A new private repository, and its administrator."""
    at(github, ADMINISTRATOR, monkeypatch)
    return github


@pytest.fixture
def applied(administered: FakeGitHub) -> FakeGitHub:
    """A repository that is as committed."""
    assert settings.run(check=False, repository=None) == 0
    return administered


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
        name: [each.team] if each.rules.reviewed else [] for name, each in PROTECTED.items()
    }
    assert reviewers(PROD) != reviewers(DEV)


def main_ruleset(github: FakeGitHub) -> dict[str, Any]:
    [ruleset] = [each for each in github.rulesets.values() if each["name"] == "main"]
    return ruleset


def drop_rule(github: FakeGitHub) -> None:
    ruleset = main_ruleset(github)
    ruleset["rules"] = [rule for rule in ruleset["rules"] if rule["type"] != "pull_request"]


def let_pass(github: FakeGitHub) -> None:
    ruleset = main_ruleset(github)
    ruleset["bypass_actors"] = [{"actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "always"}]


def only_evaluate(github: FakeGitHub) -> None:
    ruleset = main_ruleset(github)
    ruleset["enforcement"] = "evaluate"


def drop_check(github: FakeGitHub) -> None:
    ruleset = main_ruleset(github)
    [rule] = [rule for rule in ruleset["rules"] if rule["type"] == "required_status_checks"]
    rule["parameters"]["required_status_checks"].pop()


def any_app(github: FakeGitHub) -> None:
    [rule] = [rule for rule in main_ruleset(github)["rules"] if rule["type"] == "required_status_checks"]
    del rule["parameters"]["required_status_checks"][0]["integration_id"]


def any_workflow(github: FakeGitHub) -> None:
    [number] = [number for number, each in github.rulesets.items() if each["target"] == "push"]
    del github.rulesets[number]


def add_ruleset(github: FakeGitHub) -> None:
    github.rulesets[99] = {"id": 99, "name": "mine", "rules": []}


def any_branch(github: FakeGitHub) -> None:
    github.branches[PROD][77] = {"name": "feature/*", "type": "branch"}


def tag_of_the_same_name(github: FakeGitHub) -> None:
    github.branches[PROD][77] = {"name": "main", "type": "tag"}


def administrators_pass(github: FakeGitHub) -> None:
    github.environments[PROD]["can_admins_bypass"] = True


def forks(github: FakeGitHub) -> None:
    github.documents["repository"]["allow_forking"] = True


def disabled(github: FakeGitHub) -> None:
    next(each for each in github.workflows.values() if "audit" in each["path"])["state"] = "disabled_manually"


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
    (any_branch, f"environment {PROD}: admits"),
    (nobody_reviews, f"environment {PROD}: reviewers"),
    (all_branches, f"environment {PROD}: branches"),
    (other_environment, "environment playground: is there"),
    (no_environment, f"environment {DEV}: is absent"),
    (any_app, "required_status_checks: Sandbox: integration_id: is None"),
    (any_workflow, "ruleset workflows: is absent"),
    (tag_of_the_same_name, f"environment {PROD}: admits"),
    (administrators_pass, f"environment {PROD}: administrators"),
    (forks, "repository: allow_forking: is True"),
    (disabled, "workflow .github/workflows/audit.yml: state: is 'disabled_manually'"),
]

# What is there beside the declared settings is left to whoever made it.
UNDECLARED = (add_ruleset, other_environment)


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

    at(applied, ADMINISTRATOR, monkeypatch)
    settings.run(check=False, repository=None)
    assert settings.run(check=True, repository=None) == int(loosened in UNDECLARED)


def test_the_weekly_job_is_content_with_what_it_can_read_and_says_what_it_cannot(
    applied: FakeGitHub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at(applied, CHECKER, monkeypatch)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert settings.run(check=True, repository=None) == 0
    assert "actions/workflow: not readable" in capsys.readouterr().err

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
    [("repository", "allow_merge_commit", True), ("workflow", "default_workflow_permissions", "write")],
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


def test_somebody_who_may_not_is_told_everything_that_was_refused(
    github: FakeGitHub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at(github, CHECKER, monkeypatch)
    assert settings.run(check=False, repository=None) == 1
    said = capsys.readouterr().err
    for name in ("ruleset main", f"environment {PROD}", "actions/workflow", "repository"):
        assert f"{name}: GitHub refuses it: 403 Resource not accessible by integration. Without it, " in said


def test_a_token_that_github_does_not_know_ends_the_command(
    github: FakeGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(github, ADMINISTRATOR, monkeypatch)
    github.tokens.clear()
    with pytest.raises(ToolError, match="401 Bad credentials"):
        settings.run(check=False, repository=None)


def in_force(github: FakeGitHub) -> set[str]:
    """Rulesets, environments that admit the main branch alone, and environments that somebody reviews."""
    reviewed = {
        name
        for name, each in github.environments.items()
        if "required_reviewers" in {rule["type"] for rule in each["protection_rules"]}
    }
    return {
        *(str(each["name"]) for each in github.rulesets.values()),
        *("branches" for _ in [0] if set(github.branches) == set(PROTECTED)),
        *("reviews" for _ in [0] if reviewed),
    }


@pytest.mark.parametrize(
    ("of", "expected", "refused"),
    [
        ("enterprise, private", {"main", "workflows", "queue", "branches", "reviews"}, set[str]()),
        ("team, private", {"main", "workflows", "branches"}, {"ruleset", "environment"}),
        ("free, private", set[str](), {"ruleset", "environment"}),
        ("free, public", {"main", "queue", "branches", "reviews"}, set[str]()),
        ("enterprise, public", {"main", "queue", "branches", "reviews"}, set[str]()),
    ],
)
def test_a_new_repository_gets_all_that_its_plan_has_and_the_rest_is_listed(
    administered: FakeGitHub, capsys: pytest.CaptureFixture[str], of: str, expected: set[str], refused: set[str]
) -> None:
    github = administered
    github.plan, _, visibility = of.partition(", ")
    if visibility == "public":
        github.make_public()

    assert settings.run(check=False, repository=None) == int(bool(refused))

    assert in_force(github) == expected
    said = capsys.readouterr().err
    refusals = re.findall(
        r"^(?:.*: )?(\w+)[^:\n]*: GitHub refuses it: 4\d\d .+\. Without it, .+\.$", said, re.MULTILINE
    )
    assert set(refusals) == refused
    # What comes after a refusal is set all the same.
    assert github.documents["workflow"]["can_approve_pull_request_reviews"] is False
    assert github.documents["repository"]["allow_merge_commit"] is False
    assert github.documents["selected-actions"]["github_owned_allowed"] is True
    assert settings.run(check=True, repository=None) == int(bool(refused))


def test_a_plan_without_reviews_refuses_the_reviewed_environments_alone(
    github: FakeGitHub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    github.plan = "team"
    at(github, ADMINISTRATOR, monkeypatch)
    settings.run(check=False, repository=None)

    refused = set(re.findall(r"environment (\S+): GitHub refuses it: 422 Failed to create", capsys.readouterr().err))
    assert refused == {name for name, each in PROTECTED.items() if each.rules.reviewed}
    assert {name: [policy["name"] for policy in each.values()] for name, each in github.branches.items()} == {
        name: [each.admits or "main"] for name, each in PROTECTED.items()
    }


def test_what_the_organisation_decides_is_listed_and_stops_nothing(
    github: FakeGitHub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    github.organization_selects_actions = github.organization_forbids_forks = True
    github.documents["repository"]["allow_forking"] = False
    at(github, ADMINISTRATOR, monkeypatch)

    assert settings.run(check=False, repository=None) == 1
    said = capsys.readouterr().err
    assert "actions/selected-actions: GitHub refuses it: 409 The organization selects" in said
    assert said.count("GitHub refuses it") == 1
    assert in_force(github) == {"main", "workflows", "queue", "branches", "reviews"}


def test_what_a_workflow_reads_of_every_repository_it_must_not_be_refused(
    github: FakeGitHub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    github.plan = "free"
    at(github, CHECKER, monkeypatch)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")

    assert settings.run(check=True, repository=None) == 1
    assert "ruleset: GitHub refuses it: 403 Upgrade to GitHub Pro" in capsys.readouterr().err


def test_security_alone_and_dependabot_change_workflows_in_a_branch(applied: FakeGitHub) -> None:
    [ruleset] = [each for each in applied.rulesets.values() if each["target"] == "push"]
    [rule] = ruleset["rules"]

    assert ruleset["bypass_actors"] == [
        {"actor_type": "Team", "actor_id": applied.teams[load().team("identity")], "bypass_mode": "always"},
        {"actor_type": "Integration", "actor_id": 29110, "bypass_mode": "always"},
    ]
    assert {".github/workflows/**/*", ".github/actions/**/*", ".github/settings.yaml"} == set(
        rule["parameters"]["restricted_file_paths"]
    )


def test_stack_files_that_are_still_the_examples_hold_up_no_other_environment(
    github: FakeGitHub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in ("identity", "platform", "apps", "policies"):
        shutil.copytree(CHECKOUT / folder, tmp_path / folder, ignore=shutil.ignore_patterns(".venv", "__pycache__"))
    first, *others = environments()
    file = tmp_path / f"identity/Pulumi.foundation-{first}.yaml"
    file.write_text(file.read_text().replace(REPOSITORY, "acme/infrastructure"))
    monkeypatch.setattr(layout, "CHECKOUT", tmp_path)
    at(github, ADMINISTRATOR, monkeypatch)
    monkeypatch.delenv("GITHUB_REPOSITORY")

    assert settings.repository_name() == "acme/infrastructure"
    named = [each.name for each in protected_environments(load(), "Acme/Infrastructure")]
    assert named == [name for name in PROTECTED if name.endswith(f"-{first}")]
    assert protected_environment.left_out("acme/infrastructure") == others


def test_every_setting_says_what_is_open_without_it() -> None:
    declared = load()
    names = {"repository", f"environment {DEV}", "workflow x.yml", "ruleset", "actions"}
    for private in (True, False):
        part = declared.of(private=private)
        names |= {f"ruleset {each['name']}" for each in part.rulesets}
        names |= {f"actions/{name}".rstrip("/") for name in part.actions}
    said = {name: declared.consequence(name) for name in sorted(names)}
    assert set(said.values()) == set(declared.without.values())


def test_the_required_checks_are_jobs_of_the_preview_that_always_end() -> None:
    [ruleset] = [each for each in load().rulesets if each["name"] == "main"]
    [rule] = [rule for rule in ruleset["rules"] if rule["type"] == "required_status_checks"]
    required = {check["context"] for check in rule["parameters"]["required_status_checks"]}
    jobs = {job["name"]: job for job in workflow("preview")["jobs"].values()}
    assert required == {"Sandbox", "Comment"}
    assert "always()" in jobs["Sandbox"]["if"]
    assert "always()" in jobs["Comment"]["if"]


OWNERS = ("identity", "team", "platform", "storage", "namespaces")


def test_every_environment_of_the_deployments_is_protected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stack, "is_ready", True)
    named = {job["environment"] for job in workflow("deploy")["jobs"].values() if "environment" in job}
    targets = select(lambda stack: not stack.by_administrators).deployments()
    protected = set(PROTECTED)
    assert named == {"${{ matrix.name }}"}
    assert {target.name for target in targets} <= protected
    assert {f"{owner}-{name}" for owner in OWNERS for name in environments()} <= protected


def test_every_environment_of_the_previews_is_protected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stack, "is_ready", True)
    jobs = {name: job for name, job in workflow("preview")["jobs"].items() if "environment" in job}
    rows = [target.proposal_row() for target in select(lambda _: True).proposals()]
    previewing = {name: each for name, each in PROTECTED.items() if each.admits}

    assert {name.partition("-")[0] for name in jobs} == {"preview", "reviewed"}
    assert {job["environment"] for job in jobs.values()} == {"${{ matrix.environment }}"}
    assert {row["environment"] for row in rows} <= set(previewing)
    assert {each.admits for each in previewing.values()} == {"refs/pull/*/merge"}
    # Where somebody reviews the deployments, an owner lets the preview begin, and nothing waits any longer.
    for name, each in previewing.items():
        deploying = PROTECTED[name.removeprefix("preview-")]
        assert (each.team, each.rules.reviewed) == (deploying.team, deploying.rules.reviewed)
        assert each.rules.wait_minutes == 0


def test_an_owner_lets_a_preview_begin_and_nobody_an_own_deployment(applied: FakeGitHub) -> None:
    def is_prevented(name: str) -> bool:
        [rule] = [
            rule for rule in applied.environments[name]["protection_rules"] if rule["type"] == "required_reviewers"
        ]
        return rule["prevent_self_review"]

    assert is_prevented(PROD)
    assert not is_prevented(f"preview-{PROD}")


def test_the_foundation_has_no_environment_since_no_job_deploys_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stack, "is_ready", True)
    previewed = {target.name.partition("-")[0] for target in select(lambda _: True).previews()}

    assert "foundation" in previewed
    assert not [name for name in PROTECTED if name.startswith("foundation-")]


def test_the_workflow_has_a_job_for_each_wave_of_contracts_in_each_stage() -> None:
    jobs = {name for name, job in workflow("deploy")["jobs"].items() if "environment" in job}

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
    }
    for app, team in apps.items():
        assert {found[f"/apps/Pulumi.{app}-{name}.yaml"] for name in ("sandbox", *environments())} == {team}


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
        ("github-actions", "apps/template/source/.github/workflows"),
        ("pip", "tools/toolchain"),
    }
    assert all(each["cooldown"]["default-days"] >= 7 and each["groups"] for each in updates)
