"""`make bench`: what everything costs, on this machine, in one run.

Times stand beside a floor of the same run, or beside the same work done otherwise. Nothing here is asserted; timings on
a shared machine are read by people. All parts are measured unless some are named, and each part's tables go into
README.md.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import example_checkout
from bench import apps, iam, layers, pack, single, tables, teams
from bench.tables import Table
from cli.embedded.directory import SandboxDirectory
from cli.environment import without_sandbox
from toolchain.environments import CHECKOUT
from toolchain.progress import say


@dataclass(frozen=True)
class _Wanted:
    """How far to go.

    Attributes:
        apps: numbers of apps.
        resources: numbers of resources.
    """

    apps: Sequence[int]
    resources: Sequence[int]


def _layers(_: _Wanted, folder: Path) -> Iterator[Table]:
    with _sandbox(folder) as (sandbox, env):
        yield layers.brought_up(sandbox.path, env)
        yield layers.previews(sandbox)
        yield single.measured(sandbox, _made(folder / "single"))
        yield teams.measured(sandbox, _made(folder / "teams"))


def _pack(wanted: _Wanted, folder: Path) -> Iterator[Table]:
    yield from pack.measured(folder, wanted.resources)


def _iam(_: _Wanted, __: Path) -> Iterator[Table]:
    yield iam.measured()


def _apps(wanted: _Wanted, folder: Path) -> Iterator[Table]:
    yield from apps.measured(folder, wanted.apps)


_PARTS: Mapping[str, Callable[[_Wanted, Path], Iterator[Table]]] = {
    "layers": _layers,
    "pack": _pack,
    "iam": _iam,
    "apps": _apps,
}


@contextmanager
def _sandbox(folder: Path) -> Generator[tuple[SandboxDirectory, Mapping[str, str]]]:
    """A sandbox's place and an environment that names it; what is brought up there is discarded."""
    sandbox = SandboxDirectory(folder / "sandbox")
    env = {**without_sandbox(), "PYTHONPATH": str(CHECKOUT / "tools"), "SANDBOX_DIR": str(sandbox.path)}
    try:
        yield sandbox, env
    finally:
        down = [sys.executable, "-m", "cli", "down"]
        subprocess.run(down, cwd=CHECKOUT / "tools", env=env, check=False)  # noqa: S603  ours


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _numbers(text: str) -> list[int]:
    return sorted({int(number) for number in text.split(",")})


def main() -> int:
    """Measure by the arguments, print the tables, and put them into README.md."""
    example_checkout.enter("bench", sys.argv[1:])
    parser = argparse.ArgumentParser(prog="bench", description="Measure what everything costs.")
    parser.add_argument("parts", nargs="*", metavar="part", help=f"{', '.join(_PARTS)}; all of them when none is named")
    parser.add_argument("--apps", type=_numbers, default="1,10,50", help="among how many apps one is measured")
    parser.add_argument("--resources", type=_numbers, default="100,1000,10000", help="how many the pack judges")
    chosen = parser.parse_args()
    if unknown := [part for part in chosen.parts if part not in _PARTS]:
        parser.error(f"there is no part {unknown[0]!r}; the parts are {', '.join(_PARTS)}")
    wanted = _Wanted(chosen.apps, chosen.resources)
    for part in chosen.parts or _PARTS:
        folder = Path(tempfile.mkdtemp(prefix="bench-"))
        try:
            for table in _PARTS[part](wanted, folder):
                tables.show(table)
                tables.write([table])
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    say(f"written: {tables.README}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
