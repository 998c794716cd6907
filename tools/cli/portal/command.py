"""`make portal`: gather the answers of an environment and write them as a site."""

from pathlib import Path

from cli.portal.gather import Wanted, answers
from cli.portal.pages import build
from cli.portal.site import refuse_foreign
from toolchain.environments import CHECKOUT
from toolchain.progress import show, step

FOLDER = CHECKOUT / ".portal"


def run(wanted: Wanted, out: Path | None) -> int:
    """Write the portal into a folder, by default `.portal` in the checkout; return the exit code.

    Raises `ToolError` when something else is in the folder, before anything is gathered, or a source is unreadable.
    """
    folder = (out or FOLDER).resolve()
    refuse_foreign(folder)
    found = answers(wanted)
    with step("writing the pages"):
        size = build(found, folder)
    show(
        f"{folder / 'index.html'}\n{len(found.held)} stacks, {len(found.resources):,} resources, {size / 1e6:.1f} MB. "
        "Open it in a browser. It tells who may do what: keep it where only your colleagues can read it."
    )
    return 0
