"""Facts of an environment come from its foundation's stack file, and from nothing else."""

from pathlib import Path

import pytest

from engine import own
from engine.data import DataError


def written(root: Path, environment: str, text: str) -> Path:
    """A checkout with one stack file of a foundation."""
    (root / "identity").mkdir(exist_ok=True)
    (root / "identity" / f"Pulumi.foundation-{environment}.yaml").write_text(text, encoding="utf-8")
    return root


def test_the_facts_are_those_of_the_stack_file(tmp_path: Path) -> None:
    root = written(
        tmp_path,
        "dev",
        'config:\n  gcp:project: example-dev\n  identity:projectNumber: "12"\n'
        "  identity:domain: example.com\n  identity:github: {repositoryId: 5, branch: trunk}\n",
    )
    assert own.of_environment("dev", root) == {
        "project": "example-dev",
        "number": "12",
        "domain": "example.com",
        "repository": "5",
        "branch": "trunk",
    }


def test_the_main_branch_is_main_where_the_file_names_none(tmp_path: Path) -> None:
    assert own.of_environment("dev", written(tmp_path, "dev", "config: {gcp:project: example-dev}\n")) == {
        "project": "example-dev",
        "branch": "main",
    }


@pytest.mark.parametrize("environment", ["", "prod", "../dev", "DEV"])
def test_an_environment_without_the_file_has_no_facts(tmp_path: Path, environment: str) -> None:
    assert own.of_environment(environment, written(tmp_path, "dev", "config: {gcp:project: example-dev}\n")) == {}


def test_a_file_that_cannot_be_read_ends_the_run(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        own.of_environment("dev", written(tmp_path, "dev", "config: [\n"))
