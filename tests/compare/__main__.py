"""The command: compare, print, and end with 1 when something differs that nobody has declared."""

import argparse
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pulumi
from rich.table import Table

from cli import layout
from cli.console import wide_console
from cli.layout import LAYERS, Stack, present
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
    """Compare a layer, app by app where it has several stacks, and each with the next environment that has it."""
    pairs = list(_pairs(layer))
    found = [difference for earlier, later in pairs for difference in _differences(earlier, later)]
    entries = intended(CHECKOUT / layer / FILE)
    covered = [(each, next((entry for entry in entries if entry.covers(each)), None)) for each in found]
    return Compared(
        layer,
        tuple((each, entry) for each, entry in covered if entry),
        tuple(each for each, entry in covered if not entry),
        tuple(unused(entries, found, _all_the_way(pairs))),
    )


def _all_the_way(pairs: Iterable[tuple[Stack | str, Stack]]) -> Iterator[str]:
    """Titles of the resources that have reached the last environment, and that the one before it has."""
    last = layout.environments()[-1:]
    for earlier, later in pairs:
        if isinstance(earlier, Stack) and later.environment in last:
            yield from values(earlier).keys() & values(later).keys()


def _pairs(layer: str) -> Iterator[tuple[Stack | str, Stack]]:
    """Each stack with the one of the nearest earlier environment that has it.

    With that environment's name instead, when it has the layer and not the app: a layer that is not set up there yet
    is passed over.
    """
    before: dict[str | None, Stack] = {}
    last = ""
    for environment in layout.environments():
        here = {stack.part: stack for stack in present(environment, layer) if _runs(stack)}
        for app, stack in here.items():
            if app in before:
                yield before[app], stack
            elif last:
                yield last, stack
        before |= here
        last = environment if here else last


def _runs(stack: Stack) -> bool:
    """Whether the layers whose contracts it reads are set up; `make check` names those that are not."""
    before = LAYERS[: LAYERS.index(stack.project)]
    return all(Stack(layer, stack.environment).file.is_file() for layer in before)


def _differences(earlier: Stack | str, later: Stack) -> list[Difference]:
    if isinstance(earlier, str):
        return [Difference(f"Stack {later.part}", "", (), ("",), (earlier, later.environment))]
    return differences(values(earlier), values(later), (earlier.environment, later.environment))


def _tell(found: Compared) -> int:
    """Print what is wrong; return the number of findings."""
    for each in found.others:
        print(f"{found.layer}: {each.words()}")
    for entry in found.unused:
        print(
            f"{found.layer}/{FILE}: nothing differs any more in {entry.property} of {entry.resource}; remove the entry"
        )
    return len(found.others) + len(found.unused)


def _show(found: Compared) -> None:
    if not found.intended:
        return
    table = Table(title=f"{found.layer}: differs as declared", title_justify="left", box=None, pad_edge=False)
    for heading in ("resource", "property", "from", "to", "because"):
        table.add_column(heading, overflow="fold")
    for each, entry in found.intended:
        first, second = each.between
        table.add_row(
            each.resource,
            each.property,
            f"{first}: {shown(each.earlier)}",
            f"{second}: {shown(each.later)}",
            entry.reason,
        )
    wide_console().print(table, markup=False)


def main() -> int:
    """Compare; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m compare")
    parser.add_argument("--layer")
    parser.add_argument("--quiet", action="store_true", help="findings alone")
    arguments = parser.parse_args()
    if arguments.layer is not None and arguments.layer not in LAYERS:
        raise UsageError(f"there is no layer {arguments.layer!r}; the layers are {', '.join(LAYERS)}")
    names = layout.environments()
    if len(names) < 2:
        if not arguments.quiet:
            print(
                f"{names[0]} is the only environment: nothing to compare"
                if names
                else "no environment: nothing to compare"
            )
        return 0
    found = [compared(layer) for layer in ([arguments.layer] if arguments.layer else LAYERS)]
    number = sum(map(_tell, found))
    if number:
        print(
            "A change reaches every environment in the order of policies/environments.yaml, and none is protected less "
            f"than one before it. Correct the stack files; what is intended is declared with its reason in {FILE} of "
            "the layer."
        )
    if not arguments.quiet:
        for each in found:
            _show(each)
        print(f"\n{sum(len(each.intended) for each in found)} differences as declared, {number} findings")
    return 1 if number else 0


if __name__ == "__main__":
    try:
        code = main()
    except ToolError as error:
        say(f"error: {error}")
        code = error.exit_code
    except pulumi.RunError as error:
        say(f"error: nothing was compared, because a program refuses its stack (`make check` names it). {error}")
        code = 1
    sys.exit(code)
