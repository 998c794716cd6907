"""Selection of stacks by changed files."""

from pathlib import Path

import pytest

from cli.github import selection
from cli.github.selection import JobTarget, concerns
from cli.layout import Stack
from unit.github.origin import git

FOUNDATION, IDENTITY = Stack("identity", "dev", "foundation"), Stack("identity", "dev")
PLATFORM, STORAGE = Stack("platform", "dev"), Stack("platform", "dev", "storage")
SHOP, OTHER = Stack("apps", "dev", "storefront"), Stack("apps", "dev", "invoices")
DAILY = {IDENTITY, PLATFORM, STORAGE, SHOP, OTHER}
ALL = {FOUNDATION, *DAILY}


@pytest.mark.parametrize(
    ("path", "stacks"),
    [
        ("identity/identity_layer/grants.py", ALL),
        ("identity/requirements.txt", ALL),
        ("identity/Pulumi.foundation-dev.yaml", ALL),
        ("identity/Pulumi.foundation-prod.yaml", set[Stack]()),
        ("identity/Pulumi.dev.yaml", DAILY),
        ("identity/Pulumi.prod.yaml", set[Stack]()),
        ("apps/catalog-info.yaml", set[Stack]()),
        ("identity/README.md", set[Stack]()),
        ("identity/decisions/0001-why.md", set[Stack]()),
        ("platform/platform_layer/cluster.py", {PLATFORM, STORAGE, SHOP, OTHER}),
        ("platform/Pulumi.dev.yaml", {PLATFORM, STORAGE, SHOP, OTHER}),
        ("platform/Pulumi.storage-dev.yaml", {STORAGE, SHOP, OTHER}),
        ("platform/Pulumi.storage-prod.yaml", set[Stack]()),
        ("platform/Pulumi.prod.yaml", set[Stack]()),
        ("apps/apps_layer/pods.py", {SHOP, OTHER}),
        ("apps/entries/storefront.yaml", {SHOP}),
        ("apps/Pulumi.storefront-dev.yaml", {SHOP}),
        ("apps/Pulumi.storefront-prod.yaml", set[Stack]()),
        ("apps/Pulumi.yaml", {SHOP, OTHER}),
        ("policies/waivers.yaml", set[Stack]()),
        ("tools/cli/up.py", set[Stack]()),
        ("README.md", set[Stack]()),
        ("identity", set[Stack]()),
        ("elsewhere/identity/x.py", set[Stack]()),
    ],
)
def test_a_file_concerns_its_layer_and_those_after_it(path: str, stacks: set[Stack]) -> None:
    assert {stack for stack in ALL if concerns(path, stack)} == stacks


def test_a_row_holds_nothing_but_names() -> None:
    target = JobTarget("dev", "apps", "apps-shop", ("storefront", "reports"))
    assert target.row() == {
        "environment": "apps-shop-dev",
        "stack": "dev",
        "layer": "apps",
        "owner": "apps-shop",
        "apps": "storefront reports",
        "titles": "apps/storefront apps/reports",
    }


def test_the_datastores_are_a_job_of_their_own_after_the_network_and_before_the_apps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Stack, "is_ready", True)
    targets = selection.select(lambda stack: not stack.by_administrators, ["dev"]).targets
    [storage] = [target for target in targets if target.owner == "storage"]
    waves = {target.owner: target.wave for target in targets}

    assert storage.row() == {
        "environment": "storage-dev",
        "stack": "dev",
        "layer": "platform",
        "owner": "storage",
        "apps": "",
        "titles": "platform/storage",
    }
    assert waves["identity"] < waves["platform"] < waves["storage"]
    assert JobTarget.named("dev", "platform", "storage", ()) == storage


def test_the_foundation_is_a_job_of_its_own_before_all_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stack, "is_ready", True)
    first, second, *_ = selection.select(lambda _: True, ["dev"]).targets

    assert first.row() == {
        "environment": "foundation-dev",
        "stack": "dev",
        "layer": "identity",
        "owner": "foundation",
        "apps": "",
        "titles": "identity/foundation",
    }
    assert (second.owner, second.titles) == ("identity", ["identity"])
    assert JobTarget.named("dev", "identity", "foundation", ()) == first


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
