"""One run of the benchmark: parts that fail or take too long, and interrupts."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from lab.bench import process, run
from lab.bench.limit import TimeLimitError, limited
from lab.bench.parts import GROUPS, PARTS, Part, Sizes, chosen
from lab.bench.place import Place
from lab.bench.tables import Table
from toolchain.errors import ToolError

_SIZES = Sizes((1,), (1,))
_OLD = "".join(f"<!-- {name} -->\nold {name}\n<!-- /{name} -->\n" for name in ("one", "two", "three"))


def _part(name: str, tables: Callable[[], Iterable[Table]], longest: float = 1) -> Part:
    return Part(name, name, 1, longest, lambda _, __: tables())


def _made(name: str) -> Callable[[], Iterable[Table]]:
    return lambda: [Table(name, ("what",), [[f"new {name}"]])]


def _failing(error: BaseException) -> Callable[[], Iterable[Table]]:
    def tables() -> Iterator[Table]:
        yield from ()
        raise error

    return tables


@pytest.fixture
def document(tmp_path: Path) -> Path:
    file = tmp_path / "README.md"
    file.write_text(_OLD, encoding="utf-8")
    return file


def _measure(document: Path, *parts: Part) -> int:
    return run.measure(parts, Place(document.parent), _SIZES, "now", document)


def test_all_tables_are_written_at_the_end(document: Path) -> None:
    def tables() -> Iterable[Table]:
        assert document.read_text(encoding="utf-8") == _OLD
        return _made("two")()

    assert _measure(document, _part("one", _made("one")), _part("two", tables)) == 0
    text = document.read_text(encoding="utf-8")
    assert "new one" in text
    assert "new two" in text
    assert "old three" in text


@pytest.mark.parametrize("error", [ToolError("no engine"), KeyError("a defect"), TimeLimitError("too long")])
def test_a_part_that_fails_keeps_its_old_table_and_the_others_are_measured(
    document: Path, error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _measure(document, _part("one", _failing(error)), _part("two", _made("two"))) == 1
    text = document.read_text(encoding="utf-8")
    assert "old one" in text
    assert "new two" in text
    assert "one was not measured, so its old tables stay: " in capsys.readouterr().err


def test_an_interrupted_run_leaves_the_old_tables(document: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        _measure(document, _part("one", _made("one")), _part("two", _failing(KeyboardInterrupt())))
    assert document.read_text(encoding="utf-8") == _OLD


def test_a_part_is_announced_with_its_number_and_the_time_left(
    document: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _measure(document, _part("one", _made("one")), _part("two", _made("two")))
    said = capsys.readouterr().err
    assert "[1/2] one: one (usually 1 minutes, then about 1 for the others) …" in said
    assert "[2/2] two: two (usually 1 minutes) …" in said


def test_a_part_ends_at_its_limit_and_with_it_the_programs_that_it_started(document: Path, tmp_path: Path) -> None:
    alive = tmp_path / "alive"
    writes = f"while :; do date +%N > '{alive}'; sleep 0.05; done"

    def tables() -> Iterable[Table]:
        process.output(["sh", "-c", f"({writes}) & ({writes}); wait"], tmp_path, {"PATH": "/usr/bin:/bin"})
        return ()

    assert _measure(document, _part("one", tables, longest=0.5 / 60), _part("two", _made("two"))) == 1
    last = alive.read_text(encoding="utf-8")
    time.sleep(0.3)
    assert alive.read_text(encoding="utf-8") == last
    assert "new two" in document.read_text(encoding="utf-8")


def test_a_limit_ends_with_its_block() -> None:
    with limited(0.05 / 60):
        pass
    time.sleep(0.1)


def test_a_command_that_fails_is_an_error_with_its_output(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="ended with 3, so nothing can be measured:\nlost"):
        process.output([sys.executable, "-c", "print('lost'); exit(3)"], tmp_path, {})


def test_parts_are_chosen_by_name_and_by_group_and_keep_their_order() -> None:
    assert chosen([]) == list(PARTS)
    assert [part.name for part in chosen(["pack", "layers", "up"])] == [*GROUPS["layers"], "pack"]
    with pytest.raises(KeyError, match="layer"):
        chosen(["layer"])
