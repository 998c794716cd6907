import subprocess
import sys
from pathlib import Path

import pytest

from cli.environment import stripped
from toolchain import memory, stage0

PROGRAM = """
import pathlib, re
objects = [{"number": number} for number in range(300_000)]
usage = pathlib.Path("/proc/self/smaps_rollup")
print(re.search(r"AnonHugePages: +(\\d+)", usage.read_text())[1] if usage.exists() else 0)
"""
NAMES = ("PYTHONMALLOC", "GLIBC_TUNABLES")


def test_they_are_asked_for_exactly_where_a_program_gets_them() -> None:
    variables = {"PYTHONMALLOC": "malloc", "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=variables, capture_output=True, check=True)

    assert memory.large_pages({}) == (variables if int(done.stdout) > 20_000 else {})


def test_commands_and_programs_of_layers_use_them(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)

    expected = memory.large_pages({})
    assert {name: value for name, value in stage0.environment().items() if name in NAMES} == expected
    assert {name: value for name, value in stripped().items() if name in NAMES} == expected


def test_a_persons_own_choice_stays() -> None:
    chosen = memory.large_pages({"PYTHONMALLOC": "debug"})

    assert chosen.get("PYTHONMALLOC") == ("debug" if memory.large_pages({}) else None)


@pytest.mark.parametrize("mode", ["always madvise [never]", None])
def test_where_the_kernel_gives_none_pythons_own_allocator_stays(mode: str | None, tmp_path: Path) -> None:
    file = tmp_path / "enabled"
    if mode:
        file.write_text(mode)

    assert memory.large_pages({}, file) == {}
