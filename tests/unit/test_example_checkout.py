"""The checkout that the tests run in has the product's files as they are, and none of the adopter's."""

import subprocess
from pathlib import Path

import pytest

import example_checkout
from toolchain.errors import ToolError

PRODUCT = "identity/__main__.py"
STACK = "identity/Pulumi.dev.yaml"


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small checkout with an adopter's stack file, and the example's."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = tmp_path / "checkout"
    for name, text in {
        PRODUCT: "program",
        "identity/Pulumi.yaml": "project",
        STACK: "mine",
        "identity/Pulumi.staging.yaml": "mine, too",
        "policies/access.yaml": "rules",
        f"{example_checkout.EXAMPLES}/{STACK}": "example",
        ".gitignore": f"/{example_checkout.FOLDER}/\n.venv/\n",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    for project in example_checkout.PROJECTS:
        (root / project / ".venv").mkdir(parents=True)
    subprocess.run(["git", "init", "--quiet"], cwd=root, check=True)
    return root


def content(copy: Path) -> dict[str, str]:
    return {name: (copy / name).read_text() for name in example_checkout.files(copy)}


def test_the_adopters_files_are_the_examples_and_all_others_are_as_they_are(checkout: Path) -> None:
    found = content(example_checkout.prepare(checkout))

    assert found[STACK] == "example"
    assert found[PRODUCT] == "program"
    assert {"identity/Pulumi.yaml", "policies/access.yaml"} <= set(found)
    assert "identity/Pulumi.staging.yaml" not in found


def test_whatever_an_adopter_edits_the_copy_stays_the_same(checkout: Path) -> None:
    before = content(example_checkout.prepare(checkout))
    (checkout / STACK).write_text("edited")
    (checkout / "identity" / "Pulumi.staging.yaml").unlink()
    (checkout / "apps" / "entries").mkdir(parents=True)
    (checkout / "apps" / "entries" / "ledger.yaml").write_text("new")
    (checkout / ".github").mkdir()
    (checkout / ".github" / "CODEOWNERS").write_text("* @acme/all")

    assert content(example_checkout.prepare(checkout)) == before


def test_a_change_of_the_product_reaches_the_copy_and_what_is_unchanged_keeps_its_time(checkout: Path) -> None:
    copy = example_checkout.prepare(checkout)
    kept = (copy / "policies" / "access.yaml").stat().st_mtime_ns
    (checkout / PRODUCT).write_text("changed")
    (checkout / "identity" / "Pulumi.yaml").unlink()

    found = content(example_checkout.prepare(checkout))

    assert found[PRODUCT] == "changed"
    assert "identity/Pulumi.yaml" not in found
    assert (copy / "policies" / "access.yaml").stat().st_mtime_ns == kept


def test_the_copy_is_a_repository_whose_last_commit_is_what_was_copied(checkout: Path) -> None:
    copy = example_checkout.prepare(checkout)
    (checkout / PRODUCT).write_text("changed")
    example_checkout.prepare(checkout)

    status = ["git", "-C", str(copy), "status", "--porcelain"]
    assert subprocess.run(status, capture_output=True, text=True, check=True).stdout == ""


def test_a_folder_without_git_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="Clone the repository with git"):
        example_checkout.files(tmp_path)


@pytest.mark.parametrize(
    ("name", "owned"),
    [
        ("apps/Pulumi.shop-prod.yaml", True),
        ("apps/entries/shop.yaml", True),
        ("platform/differences.yaml", True),
        ("policies/waivers.yaml", True),
        ("apps/Pulumi.yaml", False),
        ("policies/plan_rules.yaml", False),
        ("tests/examples/identity/Pulumi.dev.yaml", False),
        ("apps/template/template.yaml", True),
        ("apps/template/skeleton/apps/entries/x.yaml", False),
    ],
)
def test_what_is_the_adopters_is_told_by_its_path(name: str, owned: bool) -> None:
    assert example_checkout.is_adopters(name) is owned
