from pathlib import Path

import pytest
import yaml
from codeowners import CodeOwners

from apps_layer import entry_file
from cli import app_changes, app_skeleton, catalog, new_app
from cli.app_changes import LayerChange, NewApp
from identity_layer import values
from identity_layer.kit import scalars
from toolchain.errors import ToolError, UsageError
from unit.cli.new_app_checkout import INVOICES, config, forget, git


def test_each_team_gets_a_branch_with_its_own_files_on_top_of_the_one_before(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert new_app.run("invoices", "shop", "webService") == 0

    first, second = "new-app/invoices/1-identity", "new-app/invoices/2-apps"
    assert git(checkout, "for-each-ref", "--format=%(refname:short)", "refs/heads").split() == ["main", first, second]
    assert git(checkout, "diff", "--name-only", f"main..{first}").split() == [
        ".github/CODEOWNERS",
        "identity/Pulumi.team-shop-dev.yaml",
        "identity/Pulumi.team-shop-prod.yaml",
        "identity/Pulumi.team-shop-sandbox.yaml",
    ]
    assert git(checkout, "diff", "--name-only", f"{first}..{second}").split() == [
        "apps/Pulumi.invoices-sandbox.yaml",
        "apps/catalog-info.yaml",
        "apps/entries/invoices.yaml",
    ]
    changed = git(checkout, "diff", "--numstat", f"main..{first}").splitlines()
    assert [line.split()[:2] for line in changed] == [["4", "0"], *[["1", "0"]] * 3]
    printed = capsys.readouterr().out
    assert "to be approved by the team security" in printed
    assert "to be approved by the team shop" in printed
    assert f"git switch {second}\n  make up" in printed
    assert f"gh pr create --fill --base main --head {first}" in printed
    assert f"git rebase --onto origin/main {first} {second}" in printed
    assert f"gh pr create --fill --base main --head {second}" in printed


def test_the_checkout_and_what_is_under_way_in_it_stay_as_they_are(checkout: Path) -> None:
    (checkout / "identity" / "Pulumi.dev.yaml").write_text("under way")
    (checkout / "new file").write_text("mine")
    before = git(checkout, "status", "--porcelain"), git(checkout, "rev-parse", "HEAD")

    new_app.run("invoices", "shop", "webService")

    assert (git(checkout, "status", "--porcelain"), git(checkout, "rev-parse", "HEAD")) == before
    assert git(checkout, "branch", "--show-current") == "main"
    assert git(checkout, "worktree", "list").count("\n") == 0
    assert (checkout / "identity" / "Pulumi.dev.yaml").read_text() == "under way"


def test_a_second_time_it_says_what_is_there_and_changes_nothing(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new_app.run("invoices", "shop", "webService")
    before = git(checkout, "for-each-ref")

    assert new_app.run("invoices", "shop", "webService") == 0

    assert git(checkout, "for-each-ref") == before
    assert "new-app/invoices/1-identity, new-app/invoices/2-apps are there already" in capsys.readouterr().err


def test_a_commit_that_fails_leaves_no_branch_so_that_it_can_be_tried_again(checkout: Path) -> None:
    hook = checkout / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(
        '#!/bin/sh\ntest -z "$(git diff --cached --name-only -- apps)" || { echo not today >&2; exit 1; }\n'
    )
    hook.chmod(0o755)

    with pytest.raises(ToolError, match=r"so the app was not prepared and nothing of it is left:\nnot today"):
        new_app.run("invoices", "shop", "webService")

    assert git(checkout, "branch", "--list", "new-app/*") == ""
    assert git(checkout, "worktree", "list").count("\n") == 0
    hook.unlink()
    assert new_app.run("invoices", "shop", "webService") == 0


def test_when_everything_is_merged_nothing_is_left_to_do(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new_app.run("invoices", "shop", "webService")
    git(checkout, "merge", "--quiet", "new-app/invoices/2-apps")
    git(checkout, "branch", "-D", "new-app/invoices/1-identity", "new-app/invoices/2-apps")

    assert new_app.run("invoices", "shop", "webService") == 0

    assert "invoices is there already" in capsys.readouterr().err
    assert git(checkout, "branch", "--list", "new-app/*") == ""


@pytest.mark.parametrize("kind", app_skeleton.kinds())
def test_the_entry_of_each_kind_is_one_that_the_apps_layer_takes(checkout: Path, kind: str) -> None:
    changes = app_changes.changes(checkout, NewApp("invoices", "shop", kind))
    for path, text in changes[-1].files.items():
        (checkout / path).write_text(text)

    loaded = entry_file.load("invoices", checkout / "apps" / "entries")

    assert (loaded.kind, loaded.team) == (kind, "shop")
    assert list(catalog.problems((checkout / catalog.FILE).read_text())) == []
    assert config(checkout, "apps/Pulumi.invoices-sandbox.yaml")["apps:app"] == "invoices"


def test_a_public_app_gets_a_route_where_there_is_a_gateway(checkout: Path) -> None:
    identity, platform, apps = app_changes.changes(checkout, NewApp("invoices", "shop", "webService", public=True))

    assert [identity.layer, platform.layer, apps.layer] == ["identity", "platform", "apps"]
    assert sorted(platform.files) == [
        "platform/Pulumi.namespaces-shop-dev.yaml",
        "platform/Pulumi.namespaces-shop-prod.yaml",
    ]
    for text in platform.files.values():
        namespaces = yaml.safe_load(text)["config"]["platform:namespaces"]
        assert namespaces["invoices"] == {"public": True}
    assert "apps:public: true" in platform.message.body


def test_what_is_there_already_is_left_alone(checkout: Path) -> None:
    [first, *_] = app_changes.changes(checkout, INVOICES)
    prod = "identity/Pulumi.team-shop-prod.yaml"
    (checkout / prod).write_text(first.files[prod])
    (checkout / "apps" / "entries" / "invoices.yaml").write_text("kind: worker\nteam: shop\n")

    identity, apps = app_changes.changes(checkout, INVOICES)

    assert sorted(identity.files) == [
        ".github/CODEOWNERS",
        "identity/Pulumi.team-shop-dev.yaml",
        "identity/Pulumi.team-shop-sandbox.yaml",
    ]
    assert sorted(apps.files) == ["apps/Pulumi.invoices-sandbox.yaml", "apps/catalog-info.yaml"]
    assert "type: worker" in apps.files["apps/catalog-info.yaml"]


def test_the_team_reviews_its_app_and_nothing_else_changes_hands(checkout: Path) -> None:
    before = (checkout / app_changes.REVIEWERS).read_text()
    [identity, *_] = app_changes.changes(checkout, INVOICES)
    after = identity.files[app_changes.REVIEWERS]

    stacks = [f"/apps/Pulumi.invoices-{environment}.yaml" for environment in app_changes.environments(checkout)]
    added = [f"{path} @example/shop" for path in ("/apps/entries/invoices.yaml", *stacks)]
    assert [line for line in after.splitlines() if "invoices" in line] == added
    assert [line for line in after.splitlines() if "invoices" not in line] == before.splitlines()
    assert after.index("/apps/ ") < after.index(added[0])


def test_an_app_gets_the_lines_that_it_lacks_in_a_new_environment(checkout: Path) -> None:
    for change in app_changes.changes(checkout, INVOICES):
        write(checkout, change)
    file = checkout / app_changes.REVIEWERS
    whole = file.read_text()
    file.write_text(whole.replace("/apps/Pulumi.invoices-prod.yaml @example/shop\n", ""))

    [identity] = app_changes.changes(checkout, INVOICES)

    assert sorted(identity.files[app_changes.REVIEWERS].splitlines()) == sorted(whole.splitlines())


def test_reviewers_without_a_line_for_all_apps_are_left_to_a_person(checkout: Path) -> None:
    (checkout / app_changes.REVIEWERS).write_text("* @example/platform\n")

    with pytest.raises(ToolError, match="has no line for /apps/"):
        app_changes.changes(checkout, INVOICES)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("", "shop", "webService", False), "which app, and whose"),
        (("invoices", "", "webService", False), "which app, and whose"),
        (("i", "shop", "webService", False), "'i' cannot be an app's name: 2 to 26"),
        (("in_voices", "shop", "webService", False), "cannot be an app's name"),
        (("x" * 27, "shop", "webService", False), "cannot be an app's name"),
        (
            ("invoices", "shop", "website", False),
            "there is no kind 'website'; the kinds are cronJob, job, webService, worker",
        ),
        (("invoices", "shop", "worker", True), "a worker answers nobody"),
        (("on", "shop", "worker", False), "'on' means something else in YAML"),
        (("invoices", "nobody", "webService", False), "there is no team 'nobody' in identity/"),
    ],
)
def test_wrong_use_is_refused_with_the_remedy_and_leaves_nothing(
    checkout: Path, arguments: tuple[str, str, str, bool], said: str
) -> None:
    name, team, kind, public = arguments
    with pytest.raises(UsageError, match=said):
        new_app.run(name, team, kind, public=public)

    assert git(checkout, "branch", "--list", "new-app/*") == ""
    assert git(checkout, "worktree", "list").count("\n") == 0


MAIL = "billing-team@example.com"


def write(checkout: Path, change: LayerChange) -> None:
    """Write the files of a change, as a merge would."""
    for path, text in change.files.items():
        (checkout / path).parent.mkdir(parents=True, exist_ok=True)
        (checkout / path).write_text(text)
    forget()


def test_the_first_app_of_a_new_team_comes_with_the_teams_stacks_in_the_first_environment(checkout: Path) -> None:
    identity, platform, apps = app_changes.changes(checkout, NewApp("invoices", "billing", "worker", group=MAIL))

    assert sorted(identity.files) == [
        ".github/CODEOWNERS",
        "identity/Pulumi.team-billing-dev.yaml",
        "identity/Pulumi.team-billing-sandbox.yaml",
    ]
    assert sorted(platform.files) == [
        "platform/Pulumi.namespaces-billing-dev.yaml",
        "platform/Pulumi.namespaces-billing-sandbox.yaml",
    ]
    for change in (identity, platform, apps):
        write(checkout, change)
    dev = config(checkout, "identity/Pulumi.team-billing-dev.yaml")
    beside = config(checkout, "identity/Pulumi.team-shop-dev.yaml")
    assert dev.pop("identity:team") == {"name": "billing", "group": MAIL}
    assert dev.pop("identity:apps") == {"invoices": {}}
    assert dev == {key: value for key, value in beside.items() if key not in ("identity:team", "identity:apps")}
    salts = [yaml.safe_load((checkout / f"identity/Pulumi.team-{team}-sandbox.yaml").read_text()) for team in TEAMS]
    assert salts[0]["encryptionsalt"] == salts[1]["encryptionsalt"]
    assert config(checkout, "platform/Pulumi.namespaces-billing-sandbox.yaml")["platform:team"] == "billing"
    assert list(catalog.problems((checkout / catalog.FILE).read_text())) == []
    assert app_changes.changes(checkout, NewApp("invoices", "billing", "worker")) == []


TEAMS = ("shop", "billing")


def test_a_team_that_is_in_the_first_environment_alone_gets_its_app_there_and_in_the_sandbox(checkout: Path) -> None:
    new_team(checkout, "dev")

    identity, platform, _ = app_changes.changes(checkout, NewApp("invoices", "billing", "worker"))

    assert sorted(identity.files) == [
        ".github/CODEOWNERS",
        "identity/Pulumi.team-billing-dev.yaml",
        "identity/Pulumi.team-billing-sandbox.yaml",
    ]
    assert sorted(platform.files) == [
        "platform/Pulumi.namespaces-billing-dev.yaml",
        "platform/Pulumi.namespaces-billing-sandbox.yaml",
    ]
    sandbox = yaml.safe_load(identity.files["identity/Pulumi.team-billing-sandbox.yaml"])["config"]
    assert sandbox["identity:team"] == {"name": "billing", "group": MAIL}
    assert sandbox["identity:apps"] == {"invoices": {}}


def test_a_team_without_an_app_gets_its_stacks_with_its_first_one(checkout: Path) -> None:
    identity, platform, _ = app_changes.changes(checkout, NewApp("backups", "database", "cronJob"))

    listed = config(checkout, "identity/Pulumi.dev.yaml")["identity:teams"]["database"]
    dev = yaml.safe_load(identity.files["identity/Pulumi.team-database-dev.yaml"])["config"]
    assert dev["identity:team"] == {"name": "database", "group": listed["group"]}
    assert len(platform.files) == 3


def test_a_team_with_the_cluster_in_the_shared_file_is_refused_until_it_is_removed_there(checkout: Path) -> None:
    file = checkout / "identity" / "Pulumi.dev.yaml"
    file.write_text(file.read_text().replace("[datastore-admin]", "[datastore-admin, cluster-user]"))
    forget()

    with pytest.raises(UsageError, match=r"'database' has the capability cluster-user in identity/Pulumi\.dev\.yaml"):
        app_changes.changes(checkout, NewApp("backups", "database", "cronJob"))


def test_a_second_group_for_a_team_is_refused(checkout: Path) -> None:
    with pytest.raises(UsageError, match=r"'shop' is there with the group shop-team@example\.com"):
        app_changes.changes(checkout, NewApp("invoices", "shop", "worker", group=MAIL))


def new_team(checkout: Path, *environments: str) -> None:
    """Write and commit the stack files of a team without an app."""
    for environment in environments:
        text = f"config:\n  identity:team: {{name: billing, group: {MAIL}}}\n"
        (checkout / "identity" / f"Pulumi.team-billing-{environment}.yaml").write_text(text)
    git(checkout, "add", ".")
    git(checkout, "commit", "--quiet", "--message=another team")
    forget()


@pytest.mark.parametrize("order", [("store", "store-admin"), ("store-admin", "store")])
def test_an_app_whose_name_begins_like_anothers_is_reviewed_by_its_own_team(
    checkout: Path, order: tuple[str, str]
) -> None:
    teams = {"store": "shop", "store-admin": "billing"}
    new_team(checkout, "sandbox")
    for name in order:
        for change in app_changes.changes(checkout, NewApp(name, teams[name], "worker")):
            write(checkout, change)

    owners = CodeOwners((checkout / ".github" / "CODEOWNERS").read_text())
    reviewers = {name: owners.of(f"apps/Pulumi.{name}-prod.yaml") for name in teams}
    assert reviewers == {name: [("TEAM", f"@example/{team}")] for name, team in teams.items()}


def test_the_names_that_are_refused_are_those_that_the_identity_layer_refuses() -> None:
    assert app_changes.RESERVED == scalars.RESERVED
    assert app_changes.YAML_WORDS == scalars.YAML_WORDS
    assert app_changes.GROUP == values.EMAIL
    assert app_changes.NAME == scalars.APP_NAME


def test_the_name_of_another_teams_app_is_refused(checkout: Path) -> None:
    new_team(checkout, "sandbox")

    with pytest.raises(UsageError, match=r"the name 'storefront' is taken: .* an app of the team 'shop'"):
        new_app.run("storefront", "billing", "webService")


def test_without_a_commit_it_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(new_app, "CHECKOUT", tmp_path)

    with pytest.raises(ToolError, match="has no commit to start from"):
        new_app.run("invoices", "shop", "webService")
