"""`make bench`: measures the cost of everything, on this machine, in one run.

Each time is shown beside a floor of the same run, or beside the same work done in another way. Nothing is asserted,
because timings on a shared machine vary. Without arguments all parts are measured. The tables go into README.md.
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
from cli.embedded.directory import SandboxDirectory
from cli.environment import without_sandbox
from lab.bench import apps, iam, pack, previews, single, tables, teams
from lab.bench.tables import Table
from toolchain.environments import CHECKOUT
from toolchain.progress import say


@dataclass(frozen=True)
class _Sizes:
    """Sizes to measure at.

    Attributes:
        apps: numbers of apps.
        resources: numbers of resources.
    """

    apps: Sequence[int]
    resources: Sequence[int]


def _layers(_: _Sizes, folder: Path) -> Iterator[Table]:
    with _sandbox(folder) as (sandbox, env):
        yield previews.brought_up(sandbox.path, env)
        yield previews.previews(sandbox)
        yield single.measured(sandbox, _made(folder / "single"))
        yield teams.measured(sandbox, _made(folder / "teams"))


def _pack(sizes: _Sizes, folder: Path) -> Iterator[Table]:
    yield from pack.measured(folder, sizes.resources)


def _iam(_: _Sizes, __: Path) -> Iterator[Table]:
    yield iam.measured()


def _apps(sizes: _Sizes, folder: Path) -> Iterator[Table]:
    yield from apps.measured(folder, sizes.apps)


_PARTS: Mapping[str, Callable[[_Sizes, Path], Iterator[Table]]] = {
    "layers": _layers,
    "pack": _pack,
    "iam": _iam,
    "apps": _apps,
}


@contextmanager
def _sandbox(folder: Path) -> Generator[tuple[SandboxDirectory, Mapping[str, str]]]:
    """Yields a sandbox's directory and an environment that names it; discards the sandbox at the end."""
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
    """Measure the parts, print their tables and write them into README.md."""
    example_checkout.enter("lab.bench", sys.argv[1:])
    parser = argparse.ArgumentParser(prog="make bench", description="Measure what everything costs.")
    parser.add_argument("parts", nargs="*", metavar="part", help=f"{', '.join(_PARTS)}; all of them when none is named")
    parser.add_argument("--apps", type=_numbers, default="1,10,50", help="among how many apps one is measured")
    parser.add_argument("--resources", type=_numbers, default="100,1000,10000", help="how many the pack judges")
    chosen = parser.parse_args()
    if unknown := [part for part in chosen.parts if part not in _PARTS]:
        parser.error(f"there is no part {unknown[0]!r}; the parts are {', '.join(_PARTS)}")
    sizes = _Sizes(chosen.apps, chosen.resources)
    for part in chosen.parts or _PARTS:
        folder = Path(tempfile.mkdtemp(prefix="bench-"))
        try:
            for table in _PARTS[part](sizes, folder):
                tables.show(table)
                tables.write([table])
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    say(f"written: {tables.README}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
