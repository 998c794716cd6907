"""Documents made from a sandbox are compared, and written when that is asked for."""

from pathlib import Path

import pytest

from e2e.documents import Published


def published(folder: Path, *, update: bool) -> Published:
    """A copy in which the tests run, and the checkout that it is of."""
    for name in ("copy", "checkout"):
        (folder / name).mkdir()
        (folder / name / "TABLE.md").write_text("before\n")
    return Published(folder / "copy", folder / "checkout", update, "e2e/test_table.py")


def test_a_document_that_says_something_else_fails_with_the_command_that_writes_it(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="ARGS='e2e/test_table\\.py --update-documents'`"):
        published(tmp_path, update=False).check("TABLE.md", "after\n")

    assert (tmp_path / "checkout" / "TABLE.md").read_text() == "before\n"


def test_a_document_that_says_the_same_passes(tmp_path: Path) -> None:
    published(tmp_path, update=False).check("TABLE.md", "before\n")


def test_an_update_writes_into_the_checkout_of_the_person(tmp_path: Path) -> None:
    published(tmp_path, update=True).check("TABLE.md", "after\n")

    assert (tmp_path / "checkout" / "TABLE.md").read_text() == "after\n"
    assert (tmp_path / "copy" / "TABLE.md").read_text() == "before\n"
