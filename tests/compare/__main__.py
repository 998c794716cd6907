"""The command: compare, print, and end with 1 when something differs that nobody has declared."""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from rich.table import Table

from cli.console import wide_console
from cli.differences import COMPARED
from cli.layout import LAYERS, Stack, stacks
from compare.differences import FILE, Difference, Intended, differences, intended, shown, unused
from compare.values import values
from toolchain.environments import CHECKOUT
from toolchain.errors import ToolError, UsageError
from toolchain.progress import say


@dataclass(frozen=True)
class Compared:
    """What differs in a layer: as intended, with the reason, and not; and the entries that speak of nothing."""

    layer: str
    intended: tuple[tuple[Difference, Intended], ...]
    others: tuple[Difference, ...]
    unused: tuple[Intended, ...]


def compared(layer: str) -> Compared:
    """Compare a layer, app by app where it has several stacks."""
    pairs = list(_pairs(layer))
    found = [each for pair in pairs for each in differences(*map(values, pair))]
    entries = intended(CHECKOUT / layer / FILE)
    covered = [(each, next((entry for entry in entries if entry.covers(each)), None)) for each in found]
    return Compared(
        layer,
        tuple((each, entry) for each, entry in covered if entry),
        tuple(each for each, entry in covered if not entry),
        # Where nothing is compared yet, nothing can be said of the entries.
        tuple(unused(entries, found)) if pairs else (),
    )


def _pairs(layer: str) -> Iterator[tuple[Stack, Stack]]:
    """The same stack in both environments; an app on its way from one to the other is in one alone."""
    first, second = ({stack.app: stack for stack in stacks(name, layer)} for name in COMPARED)
    for app in first:
        if app in second:
            yield first[app], second[app]
    if alone := sorted(str(app) for app in first.keys() ^ second.keys()):
        say(f"{layer}: in one of {' and '.join(COMPARED)} alone, and not compared: {', '.join(alone)}")


def _tell(found: Compared) -> int:
    """Print what is wrong; return the number of findings."""
    for each in found.others:
        print(f"{found.layer}: {each.words(COMPARED)}")
    for entry in found.unused:
        print(
            f"{found.layer}/{FILE}: nothing differs any more in {entry.property} of {entry.resource}; remove the entry"
        )
    return len(found.others) + len(found.unused)


def _show(found: Compared) -> None:
    if not found.intended:
        return
    table = Table(title=f"{found.layer}: differs as declared", title_justify="left", box=None, pad_edge=False)
    for heading in ("resource", "property", *COMPARED, "because"):
        table.add_column(heading, overflow="fold")
    for each, entry in found.intended:
        table.add_row(each.resource, each.property, shown(each.first), shown(each.second), entry.reason)
    wide_console().print(table, markup=False)


def main() -> int:
    """Compare; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m compare")
    parser.add_argument("--layer")
    parser.add_argument("--quiet", action="store_true", help="findings alone")
    arguments = parser.parse_args()
    if arguments.layer is not None and arguments.layer not in LAYERS:
        raise UsageError(f"there is no layer {arguments.layer!r}; the layers are {', '.join(LAYERS)}")
    found = [compared(layer) for layer in ([arguments.layer] if arguments.layer else LAYERS)]
    number = sum(map(_tell, found))
    if not arguments.quiet:
        for each in found:
            _show(each)
        print(f"\n{sum(len(each.intended) for each in found)} differences as declared, {number} findings")
    elif number:
        print(f"What is intended is declared with its reason in {FILE} of the layer; `make compare` shows all of it.")
    return 1 if number else 0


if __name__ == "__main__":
    try:
        code = main()
    except ToolError as error:
        say(f"error: {error}")
        code = error.exit_code
    sys.exit(code)
