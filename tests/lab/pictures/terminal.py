"""Recorded run in the README: real commands in a sandbox of their own, with their output.

`cd tests && .venv/bin/python -m lab.pictures.terminal` records it again, in one to three minutes. Only blank lines at
the ends are left out, and the message of make itself about a failed command.
"""

import io
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

from cli.environment import without_sandbox
from toolchain.environments import CHECKOUT

FILE = CHECKOUT / ".github" / "guides" / "pictures" / "terminal.svg"
COMMANDS = (
    "make up",
    "make shell APP=storefront CMD='kubectl create namespace mine'",
    "make shell APP=storefront CMD='kubectl get secrets'",
)
_COLUMNS = 124
# Filled in by Rich, whose own format fetches a font from the web; the reader's monospaced one does as well.
_FORMAT = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">
<style>
.{unique_id}-matrix {{
  font: {char_height}px/{line_height}px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
}}
.{unique_id}-title {{ font: bold 18px sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">{matrix}</g>
</g>
</svg>
"""


def picture(recorded: dict[str, str]) -> str:
    """Commands and their output as SVG."""
    console = Console(record=True, width=_COLUMNS, file=io.StringIO(), force_terminal=True)
    for command, printed in recorded.items():
        console.print(Text.assemble(("$ ", "green"), (command, "bold")))
        console.print(Text(_trimmed(printed), overflow="fold"))
        console.print()
    return console.export_svg(title="from nothing to three layers", code_format=_FORMAT, unique_id="terminal")


def _trimmed(printed: str) -> str:
    lines = [line.rstrip() for line in printed.splitlines() if not line.startswith("make: ***")]
    return "\n".join(lines).strip("\n")


def _run(command: str, folder: Path) -> str:
    env = {**without_sandbox(), "SANDBOX_DIR": str(folder), "MAKEFLAGS": "", "TERM": "dumb"}
    done = subprocess.run(  # noqa: S603  the commands above
        ["/bin/sh", "-c", command],
        cwd=CHECKOUT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout


def main() -> None:
    """Record the run, and write the picture."""
    folder = Path(tempfile.mkdtemp(prefix="recorded-")) / "sandbox"
    try:
        recorded = {command: _run(command, folder) for command in COMMANDS}
        FILE.parent.mkdir(parents=True, exist_ok=True)
        FILE.write_text(picture(recorded), encoding="utf-8")
    finally:
        _run("make down", folder)
        shutil.rmtree(folder.parent, ignore_errors=True)


if __name__ == "__main__":
    os.umask(0o022)
    main()
