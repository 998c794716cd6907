"""`make portal`: gather the answers of an environment and write them as a site."""

from pathlib import Path

from cli.portal.gather import Scope, answers
from cli.portal.pages import build
from cli.portal.site import refuse_foreign
from toolchain.environments import CHECKOUT
from toolchain.progress import show, step

FOLDER = CHECKOUT / ".portal"


def run(scope: Scope, out: Path | None) -> int:
    """Write the portal into a folder, by default `.portal` in the checkout; return the exit code.

    Raises `ToolError` when the folder has other content, before anything is gathered, or when a source is unreadable.
    """
    folder = (out or FOLDER).resolve()
    refuse_foreign(folder)
    gathered = answers(scope)
    with step("writing the pages"):
        size = build(gathered, folder)
    counts = f"{len(gathered.states)} stacks, {len(gathered.resources):,} resources, {size / 1e6:.1f} MB"
    show(
        f"{folder / 'index.html'}\n{counts}. "
        "Open it in a browser. It tells who may do what: keep it where only your colleagues can read it."
    )
    return 0
