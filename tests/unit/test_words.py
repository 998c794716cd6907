"""Documents and public docstrings use the field's terms, and none of the retired words."""

from pathlib import Path

import pytest

from cli.documents import documents
from toolchain.environments import CHECKOUT
from unit import words

# Its texts are names and descriptions of resources in the cloud: another word would change a plan.
OF_THE_CLOUD = "identity/ACCESS.md"


def test_documents_use_the_terms_of_the_glossary() -> None:
    checked = [file for file in documents() if file != CHECKOUT / OF_THE_CLOUD]
    assert [str(finding) for file in checked for finding in words.in_document(file)] == []


@pytest.mark.parametrize("package", words.PACKAGES)
def test_public_docstrings_use_the_terms_of_the_glossary(package: str) -> None:
    files = (CHECKOUT / package).glob("*.py")
    assert [str(finding) for file in files for finding in words.in_module(file)] == []


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        ("The way in from GitHub", ["way in"]),
        ("a way in which it fails", []),
        ("It lets one\nrepository in.", ["lets one repository in"]),
        ("What it lets in is `by hand`.", ["lets in"]),
        ("```\na change by hand\n```\nMade by hand.", ["by hand"]),
        ("[a change](guides/by hand.md) <!-- by hand -->", []),
        ("It can become somebody else, hop by hop.", ["become somebody else", "hop", "hop"]),
        ("An alert is told, and tells of it.", ["is told", "tells of"]),
        ("Grants, impersonation, egress and edges.", []),
    ],
)
def test_a_retired_phrase_is_found_in_prose_alone(text: str, phrases: list[str]) -> None:
    assert [finding.phrase for finding in words.in_text("x.md", text)] == phrases


def test_a_finding_names_its_line_and_the_term_to_use() -> None:
    [finding] = words.in_text("x.md", "# Title\n\nSome prose,\nwritten by hand.\n")
    assert str(finding) == "x.md:4: 'by hand' is retired: out of band, or manually"


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ('"""What a module is."""', 1),
        ('"""The module."""\ndef run():\n    """Whether it ran."""', 1),
        ('"""The module."""\ndef _run():\n    """Whether it ran."""', 0),
        ('class Way:\n    """An edge."""\n    def go(self):\n        """Who goes."""', 1),
        ('"""Whatever fails is reported."""', 0),
        ('# What a comment says\nTEXT = "What a string says"', 0),
    ],
)
def test_a_public_docstring_begins_with_no_relative_clause(tmp_path: Path, source: str, count: int) -> None:
    file = tmp_path / "module.py"
    file.write_text(source, encoding="utf-8")
    assert len(words.in_module(file, tmp_path)) == count
