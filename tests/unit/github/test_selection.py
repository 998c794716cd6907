"""Selection of stacks by changed files."""

from pathlib import Path

import pytest

from cli import layout
from cli.github import selection
from cli.github.selection import JobTarget, concerns
from cli.layout import Stack
from unit.github.origin import git

FOUNDATION, IDENTITY = Stack("identity", "dev", "foundation"), Stack("identity", "dev")
PLATFORM, STORAGE = Stack("platform", "dev"), Stack("platform", "dev", "storage")
SHOP_TEAM, SHOP_SPACES = Stack("identity", "dev", "team-shop"), Stack("platform", "dev", "namespaces-shop")
SHOP = Stack("apps", "dev", "storefront")
PAYMENTS = {
    Stack("identity", "dev", "team-payments"),
    Stack("platform", "dev", "namespaces-payments"),
    Stack("apps", "dev", "ledger"),
}
SPACES = {SHOP_SPACES, Stack("platform", "dev", "namespaces-payments")}
APPS = {SHOP, Stack("apps", "dev", "ledger")}
DAILY = {IDENTITY, SHOP_TEAM, PLATFORM, STORAGE, SHOP_SPACES, SHOP, *PAYMENTS}
ALL = {FOUNDATION, *DAILY}
NOTHING = set[Stack]()


@pytest.fixture
def two_teams(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two teams with an app each in the environment dev."""
    (tmp_path / "identity").mkdir()
    (tmp_path / "identity" / "Pulumi.dev.yaml").write_text("config: {}\n")
    for team, app in (("shop", "storefront"), ("payments", "ledger")):
        (tmp_path / "identity" / f"Pulumi.team-{team}-dev.yaml").write_text(
            f"config:\n  identity:team: {{name: {team}, group: {team}@example.com}}\n  identity:apps: {{{app}: {{}}}}\n"
        )
    monkeypatch.setattr(layout, "CHECKOUT", tmp_path)


@pytest.mark.parametrize(
    ("path", "stacks"),
    [
        ("identity/identity_layer/grants.py", ALL),
        ("identity/requirements.txt", ALL),
        ("identity/Pulumi.foundation-dev.yaml", ALL),
        ("identity/Pulumi.foundation-prod.yaml", NOTHING),
        ("identity/Pulumi.dev.yaml", DAILY - {SHOP_TEAM, Stack("identity", "dev", "team-payments")}),
        ("identity/Pulumi.prod.yaml", NOTHING),
        ("identity/Pulumi.team-shop-dev.yaml", {SHOP_TEAM, SHOP_SPACES, SHOP}),
        ("identity/Pulumi.team-shop-prod.yaml", NOTHING),
        ("identity/Pulumi.team-payments-dev.yaml", PAYMENTS),
        ("apps/catalog-info.yaml", NOTHING),
        ("identity/README.md", NOTHING),
        ("identity/decisions/0001-why.md", NOTHING),
        ("platform/platform_layer/cluster.py", {PLATFORM, STORAGE} | SPACES | APPS),
        ("platform/Pulumi.dev.yaml", {PLATFORM, STORAGE} | SPACES | APPS),
        ("platform/Pulumi.storage-dev.yaml", {STORAGE} | SPACES | APPS),
        ("platform/Pulumi.storage-prod.yaml", NOTHING),
        ("platform/Pulumi.namespaces-shop-dev.yaml", {SHOP_SPACES, SHOP}),
        ("platform/Pulumi.prod.yaml", NOTHING),
        ("apps/apps_layer/pods.py", APPS),
        ("apps/entries/storefront.yaml", {SHOP}),
        ("apps/Pulumi.storefront-dev.yaml", {SHOP}),
        ("apps/Pulumi.storefront-prod.yaml", NOTHING),
        ("apps/Pulumi.yaml", APPS),
        ("policies/waivers.yaml", NOTHING),
        ("tools/cli/up.py", NOTHING),
        ("README.md", NOTHING),
        ("identity", NOTHING),
        ("elsewhere/identity/x.py", NOTHING),
    ],
)
@pytest.mark.usefixtures("two_teams")
def test_a_file_concerns_its_stack_and_those_after_it(path: str, stacks: set[Stack]) -> None:
    assert {stack for stack in ALL if concerns(path, stack)} == stacks


def test_a_row_holds_nothing_but_names() -> None:
    target = JobTarget("apps-shop-dev", (SHOP, Stack("apps", "dev", "reports")))
    assert target.row() == {
        "name": "apps-shop-dev",
        "stack": "dev",
        "layer": "apps",
        "owner": "apps-shop",
        "apps": "storefront reports",
        "teams": "",
        "titles": "apps/storefront apps/reports",
    }


def test_the_stacks_of_teams_are_one_job_of_their_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stack, "is_ready", True)
    jobs = {target.name: target for target in selection.select(lambda _: True, ["dev"]).deployments()}

    assert jobs["team-dev"].row() == {
        "name": "team-dev",
        "stack": "dev",
        "layer": "identity",
        "owner": "team",
        "apps": "",
        "teams": "shop",
        "titles": "identity/team-shop",
    }
    assert jobs["namespaces-dev"].row()["teams"] == "shop"


def test_each_owner_is_a_job_after_those_whose_contracts_it_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stack, "is_ready", True)
    targets = selection.select(lambda stack: not stack.by_administrators, ["dev"]).deployments()
    waves = {target.name.removesuffix("-dev"): target.wave for target in targets}

    assert waves["identity"] == waves["team"] < waves["platform"] < waves["storage"] < waves["namespaces"]
    assert waves["namespaces"] < JobTarget("apps-shop-dev", (SHOP,)).wave
    assert [JobTarget.named(target.name, "dev", target.titles) for target in targets] == targets


def test_the_foundation_is_a_job_of_its_own_before_all_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stack, "is_ready", True)
    first, second, *_ = selection.select(lambda _: True, ["dev"]).previews()

    assert first.row() == {
        "name": "foundation-dev",
        "stack": "dev",
        "layer": "identity",
        "owner": "foundation",
        "apps": "",
        "teams": "",
        "titles": "identity/foundation",
    }
    assert (second.name, second.titles) == ("identity-dev", ["identity"])


def test_many_stacks_of_a_kind_are_previewed_in_batches_with_a_name_each() -> None:
    teams = tuple(Stack("identity", "dev", f"team-t{number}") for number in range(2 * selection.BATCH + 1))
    apps = tuple(Stack("apps", "dev", f"a{number}") for number in range(3))

    previews = selection.Selection((IDENTITY, *teams, *apps), ()).previews()

    assert [(target.name, len(target.stacks)) for target in previews] == [
        ("identity-dev", 1),
        ("team-dev-1", selection.BATCH),
        ("team-dev-2", selection.BATCH),
        ("team-dev-3", 1),
        ("apps-dev", 3),
    ]
    assert tuple(stack for target in previews[1:4] for stack in target.stacks) == teams


def test_files_are_told_whole_whatever_is_in_their_names(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "first")
    names = ["identity/a b.py", 'identity/"quoted".py', "identity/ümlaut.py", "identity/line\nbreak.py"]
    (tmp_path / "identity").mkdir()
    for name in names:
        (tmp_path / name).write_text("")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "second")

    assert sorted(selection.changed_files(tmp_path, "HEAD^") or []) == sorted(names)
    assert selection.changed_files(tmp_path, "") == selection.changed_files(tmp_path, "HEAD^")
    assert selection.changed_files(tmp_path, "f" * 40) is None
    assert selection.changed_files(tmp_path, "--output=x") is None
    assert not (tmp_path / "x").exists()


def test_a_file_that_moved_concerns_the_layer_that_it_left(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / "identity").mkdir()
    (tmp_path / "identity/x.py").write_text("a file that is long enough to be recognised when it moves\n" * 9)
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "first")
    (tmp_path / "apps").mkdir()
    git(tmp_path, "mv", "identity/x.py", "apps/x.py")
    git(tmp_path, "commit", "-q", "-m", "second")

    assert set(selection.changed_files(tmp_path, "HEAD^") or []) == {"identity/x.py", "apps/x.py"}
