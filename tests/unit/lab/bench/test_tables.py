"""Places of measurements in documents: their own tables, and no other text."""

import re
from pathlib import Path

import pytest

from lab.bench import tables
from lab.bench.tables import Table

_TABLE = re.compile(r'\bTable\("(?P<name>[a-z-]+)"')


def test_every_table_has_a_place_and_every_place_a_table() -> None:
    sources = "".join(file.read_text(encoding="utf-8") for file in tables.README.parent.glob("*.py"))
    places = set(re.findall(r"^<!-- ([a-z-]+) -->$", tables.README.read_text(encoding="utf-8"), re.MULTILINE))
    assert set(_TABLE.findall(sources)) == places


def test_a_table_replaces_what_stood_in_its_place_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "README.md"
    file.write_text("before\n<!-- up -->\nold\n<!-- /up -->\n<!-- iam -->\nkept\n<!-- /iam -->\n", encoding="utf-8")
    for _ in range(2):
        tables.write([Table("up", ("what", "time"), [["`make up`", r"1 \g<0> s"]])], file)
    text = file.read_text(encoding="utf-8")
    assert "| what | time |\n| --- | --- |\n| `make up` | 1 \\g<0> s |\n" in text
    assert text.startswith("before\n<!-- up -->\n|")
    assert text.endswith("<!-- iam -->\nkept\n<!-- /iam -->\n")
    assert "old" not in text


def test_a_table_without_a_place_is_not_lost_in_silence(tmp_path: Path) -> None:
    file = tmp_path / "README.md"
    file.write_text("<!-- up -->\n<!-- /up -->\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="no place for the table 'iam'"):
        tables.write([Table("iam", (), [])], file)
