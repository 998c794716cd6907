"""Generated documents: an outdated one is one finding for its source, and `make docs` writes it."""

import shutil
from pathlib import Path

import pytest

from cli import generated
from cli.generated import Generated
from toolchain.environments import CHECKOUT
from toolchain.errors import ToolError


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what is made from the commands, which is up to date."""
    (tmp_path / ".github").mkdir()
    for name in ("Makefile", ".github/COMMANDS.md"):
        shutil.copy(CHECKOUT / name, tmp_path / name)
    monkeypatch.setattr(generated, "CHECKOUT", tmp_path)
    monkeypatch.setattr(generated, "GENERATED", generated.GENERATED[:1])
    list(generated.write())
    return tmp_path


def change(file: Path, before: str, after: str) -> None:
    text = file.read_text("utf-8")
    assert before in text
    file.write_text(text.replace(before, after), "utf-8")


def test_what_is_up_to_date_has_no_findings_and_is_not_written(checkout: Path) -> None:
    assert list(generated.findings()) == []
    assert list(generated.write()) == []


def test_one_source_is_one_finding_with_its_remedy_however_many_documents_are_stale(checkout: Path) -> None:
    change(checkout / "Makefile", "servers, stacks and identities", "what runs")
    change(checkout / ".github/COMMANDS.md", "servers, stacks and identities", "what is up")

    [finding] = generated.findings()
    assert finding == (
        "Makefile, .github/COMMANDS.md: out of date with the commands in tools/cli/commands; `make docs` writes it"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("status: ## Show servers, stacks and identities", "status: ## Show what runs"),
        ("LAYER=… APP=…", "LAYER=…"),
        ("##@ Apps\n", ""),
        (".PHONY: down\n", ""),
    ],
)
def test_a_target_that_its_command_does_not_have_is_written_anew(checkout: Path, before: str, after: str) -> None:
    as_it_was = (checkout / "Makefile").read_text("utf-8")
    change(checkout / "Makefile", before, after)

    assert len(list(generated.findings())) == 1
    assert list(generated.write()) == ["Makefile"]
    assert (checkout / "Makefile").read_text("utf-8") == as_it_was


def test_what_people_wrote_around_a_generated_part_stays(checkout: Path) -> None:
    change(checkout / ".github/COMMANDS.md", "<!-- /commands -->\n", "<!-- /commands -->\n\nA sentence by a person.\n")

    assert list(generated.findings()) == []


def test_a_file_that_is_not_there_is_written(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generated, "GENERATED", (Generated("the model", lambda: {"model.json": "{}\n"}),))

    assert list(generated.findings()) == ["model.json: out of date with the model; `make docs` writes it"]
    assert list(generated.write()) == ["model.json"]
    assert (checkout / "model.json").read_text("utf-8") == "{}\n"


def test_a_document_without_a_place_for_what_is_generated_is_told_and_nothing_is_written(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(checkout / ".github/COMMANDS.md", "<!-- /commands -->\n", "")

    [finding] = generated.findings()
    assert finding.startswith(".github/COMMANDS.md has 0 places")
    with pytest.raises(ToolError, match=r"COMMANDS.md has 0 places .* put it between a line `<!-- commands -->`"):
        list(generated.write())
    assert generated.main([]) == 1
    assert capsys.readouterr().err.startswith("error: .github/COMMANDS.md has 0 places")
