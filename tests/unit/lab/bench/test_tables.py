"""Places of measurements in documents: their own tables, and no other text."""

import re
from pathlib import Path

import pytest

from cli.embedded.commands import bench
from lab.bench import tables
from lab.bench.parts import LONGEST, PARTS, USUAL
from lab.bench.tables import Table
from toolchain.errors import ToolError

_TABLE = re.compile(r'\bTable\(\s*"(?P<name>[a-z-]+)"')
_WHEN = "2026-01-01, 2 cores"


def test_every_table_has_a_place_and_every_place_a_table() -> None:
    sources = "".join(file.read_text(encoding="utf-8") for file in tables.README.parent.glob("*.py"))
    places = set(re.findall(r"^<!-- ([a-z-]+) -->$", tables.README.read_text(encoding="utf-8"), re.MULTILINE))
    assert set(_TABLE.findall(sources)) == places


def test_the_document_lists_every_part_and_the_time_of_a_run() -> None:
    text = tables.README.read_text(encoding="utf-8")
    assert re.findall(r"^\| `([a-z]+)` \| (.+?) \| \[", text, re.MULTILINE) == [
        (part.name, part.measures) for part in PARTS
    ]
    assert f"about {USUAL} minutes on two idle cores, and {LONGEST} minutes at most" in text
    assert f"one run of about {USUAL} minutes" in str(bench.command.__doc__)


def test_a_table_replaces_what_stood_in_its_place_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "README.md"
    file.write_text("before\n<!-- up -->\nold\n<!-- /up -->\n<!-- iam -->\nkept\n<!-- /iam -->\n", encoding="utf-8")
    for _ in range(2):
        tables.write([Table("up", ("what", "time"), [["`make up`", r"1 \g<0> s"]])], _WHEN, file)
    text = file.read_text(encoding="utf-8")
    assert f"| what | time |\n| --- | --- |\n| `make up` | 1 \\g<0> s |\n\n*{_WHEN}*\n<!-- /up -->" in text
    assert text.startswith("before\n<!-- up -->\n|")
    assert text.endswith("<!-- iam -->\nkept\n<!-- /iam -->\n")
    assert "old" not in text


def test_a_table_without_a_place_is_not_lost_in_silence_and_no_other_is_written(tmp_path: Path) -> None:
    file = tmp_path / "README.md"
    file.write_text("<!-- up -->\n<!-- /up -->\n", encoding="utf-8")
    with pytest.raises(ToolError, match="no place for the table 'iam'"):
        tables.write([Table("up", ("what",), [["new"]]), Table("iam", (), [])], _WHEN, file)
    assert file.read_text(encoding="utf-8") == "<!-- up -->\n<!-- /up -->\n"
