"""Confirmation by the administrator before a change."""

import sys

from toolchain.errors import ToolError, UsageError


class DeclinedError(ToolError):
    """Refusal by the administrator."""


def ask(question: str, *, agreed: bool) -> None:
    """Return when the administrator agrees.

    Raises `DeclinedError` when they do not, `UsageError` when there is no terminal.
    """
    if agreed:
        return
    if not sys.stdin.isatty():
        raise UsageError(
            "nothing was done, because there is no terminal to ask on. Run it in one, or agree to what is shown above "
            "with YES=yes."
        )
    try:
        reply = input(f"{question} [y/N] ")
    except EOFError:
        reply = ""
    if reply.strip().lower() not in ("y", "yes"):
        raise DeclinedError("stopped, as you said. What was done so far stays; run it again to go on from there.")
