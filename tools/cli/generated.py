"""Everything in the repository that is made from its code and stack files, and needs no running sandbox.

`make docs` writes it, and `make check` compares. A new one is an entry in `GENERATED`. This is a program of its own
because it imports every layer's package.
"""

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from access import schema as access_schema
from apps_layer import entry, entry_table
from cli import catalog, command_tables
from cli.history import schema as history_schema
from identity_layer import contract as identity_contract
from identity_layer import document as identity_access
from pictures import architecture
from platform_layer import access_table
from platform_layer import contract as platform_contract
from policy_pack import document as rules
from toolchain.environments import CHECKOUT
from toolchain.errors import ToolError
from toolchain.progress import say


@dataclass(frozen=True)
class Generated:
    """Files, or parts of files, with one source.

    Attributes:
        source: what they are made from.
        texts: the files' whole texts by their paths in the checkout.
    """

    source: str
    texts: Callable[[], Mapping[str, str]]


def part(path: str, name: str, content: str, text: str | None = None) -> str:
    """A document's text with `content` between `<!-- name -->` and `<!-- /name -->`.

    Raises `ToolError` when the document has no such place.
    """
    text = (CHECKOUT / path).read_text("utf-8") if text is None else text
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    return _between(path, begin, end, content, text)


def _between(path: str, begin: str, end: str, content: str, text: str) -> str:
    pattern = re.compile(rf"(?<={re.escape(begin)}\n).*?(?=^{re.escape(end)}$)", re.DOTALL | re.MULTILINE)
    written, found = pattern.subn(lambda _: f"{content.strip()}\n", text)
    if found != 1:
        raise ToolError(
            f"{path} has {found} places for what is generated into it, not one, so it was not written; put it between "
            f"a line `{begin}` and a line `{end}`"
        )
    return written


def _commands() -> Mapping[str, str]:
    begin, end = "# The targets, from tools/cli/commands: `make docs` writes them.", "# End of the targets."
    makefile = (CHECKOUT / "Makefile").read_text("utf-8")
    readme = part("README.md", "commands", command_tables.commands())
    return {
        "Makefile": _between("Makefile", begin, end, command_tables.targets(), makefile),
        "README.md": part("README.md", "variables", command_tables.variables(), readme),
    }


GENERATED = (
    Generated("the commands in tools/cli/commands", _commands),
    Generated("stack files and entries", lambda: {catalog.FILE: catalog.text(CHECKOUT)}),
    Generated("the identity layer's contract", lambda: {"identity/contract.schema.json": identity_contract.schema()}),
    Generated("the platform layer's contract", lambda: {"platform/contract.schema.json": platform_contract.schema()}),
    Generated(
        "the model of an entry",
        lambda: {
            "apps/entry.schema.json": entry.schema(),
            "apps/README.md": part("apps/README.md", "keys", entry_table.text()),
        },
    ),
    Generated("the identity layer's roles and grants", lambda: {"identity/ACCESS.md": identity_access.text()}),
    Generated("the Roles in the cluster", lambda: {"platform/ACCESS.md": access_table.table()}),
    Generated("the policy pack", lambda: {"policies/README.md": part("policies/README.md", "rules", rules.table())}),
    Generated("the model of access", lambda: {_path(access_schema.FILE): access_schema.schema()}),
    Generated("the model of history", lambda: {_path(history_schema.FILE): history_schema.text()}),
    Generated("the layers", lambda: {_path(architecture.FILE): architecture.text()}),
)


def _path(file: Path) -> str:
    return str(file.relative_to(CHECKOUT))


def findings() -> Iterator[str]:
    """What is out of date, one finding for each source."""
    for generated in GENERATED:
        try:
            stale = list(_stale(generated))
        except ToolError as error:
            yield str(error)
            continue
        if stale:
            yield f"{', '.join(stale)}: out of date with {generated.source}; `make docs` writes it"


def write() -> Iterator[str]:
    """Write what is out of date; the paths."""
    for generated in GENERATED:
        for path, text in _stale(generated).items():
            (CHECKOUT / path).write_text(text, encoding="utf-8")
            yield path


def _stale(generated: Generated) -> dict[str, str]:
    return {path: text for path, text in generated.texts().items() if _read(path) != text}


def _read(path: str) -> str:
    file = CHECKOUT / path
    return file.read_text("utf-8") if file.is_file() else ""


def main(arguments: list[str]) -> int:
    """Write, or with `--check` only compare; return the exit code."""
    try:
        if "--check" in arguments:
            found = list(findings())
            print("\n".join(found))
            return 1 if found else 0
        written = list(write())
    except ToolError as error:
        say(f"error: {error}")
        return error.exit_code
    say("\n".join(f"written: {path}" for path in written) or "everything is as code and stack files say")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
