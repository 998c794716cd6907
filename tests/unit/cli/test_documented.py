"""The collector of the documents' commands overlooks none, and takes no name for a command."""

from pathlib import Path

import pytest

from unit.cli import documented
from unit.cli.documented import Command, commands


@pytest.fixture
def document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only document there is."""
    file = tmp_path / "README.md"
    monkeypatch.setattr(documented, "CHECKOUT", tmp_path)
    monkeypatch.setattr(documented, "documents", lambda: [file])
    return file


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Run `make up`.", ["make up"]),
        ("The `Makefile`, `make`, `pulumi.com/v1`, `pulumi` and `pyproject.toml`", []),
        ("`gh api\n  repos/A/B --jq .id`", ["gh api repos/A/B --jq .id"]),
        ('`GITHUB_TOKEN="$(gh auth token)" make github`', ['GITHUB_TOKEN="$(gh auth token)" make github']),
        ("```sh\nmake up   # brings up\n\n# nothing\nmake test\n```", ["make test", "make up"]),
        (
            "```sh\npulumi stack init dev \\\n  --secrets-provider x\n```",
            ["pulumi stack init dev --secrets-provider x"],
        ),
        ("```sh\ncd platform; pulumi up\n```", ["cd platform", "pulumi up"]),
        ("`make down && make up`", ["make down", "make up"]),
        ("1. First:\n\n   ```sh\n   frobnicate --all\n   ```\n", ["frobnicate --all"]),
        ("```yaml\nmake: up\n```\n\n```\nmake up\n```", []),
        ("`make shell APP=a CMD='kubectl get pods; true'`", ["make shell APP=a CMD='kubectl get pods; true'"]),
    ],
)
def test_commands_are_found_where_people_read_them(document: Path, text: str, found: list[str]) -> None:
    document.write_text(text)
    assert [command.text for command in commands()] == found


@pytest.mark.parametrize(
    ("text", "signature"),
    [
        ("make preview STACK=dev LAYER=platform", "make preview LAYER STACK"),
        ("make access FORMAT=json > before.json", "make access FORMAT"),
        ("SANDBOX_PERMISSIVE=1 make up", "SANDBOX_PERMISSIVE make up"),
        ("gcloud sql instances delete orders", "gcloud sql instances delete orders"),
    ],
)
def test_a_command_of_make_stands_for_its_target_and_variables(text: str, signature: str) -> None:
    assert Command(text, Path("README.md")).signature == signature
