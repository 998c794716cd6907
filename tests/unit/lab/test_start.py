"""The programs of the lab start as the README says: from `tests/`, with nothing set."""

import os
import re
import subprocess
import sys

import pytest

from toolchain.environments import CHECKOUT

README = (CHECKOUT / "tests" / "README.md").read_text(encoding="utf-8")
PROGRAMS = sorted(set(re.findall(r"`\.venv/bin/python -m ([\w.]+)", README)))


def test_the_readme_has_them_all() -> None:
    lab = CHECKOUT / "tests" / "lab"
    alone = {f"lab.{file.stem}" for file in lab.glob("*.py") if 'if __name__ == "__main__"' in file.read_text()}

    assert alone - set(PROGRAMS) == set()


@pytest.mark.parametrize("program", PROGRAMS)
def test_it_finds_all_that_it_imports(program: str) -> None:
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    command = [sys.executable, "-c", f"import {program}"]

    ran = subprocess.run(command, cwd=CHECKOUT / "tests", env=env, capture_output=True, text=True, check=False)

    assert ran.returncode == 0, ran.stderr
