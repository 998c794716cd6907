"""Errors about documents in Pulumi's formats, as a command shows them."""

import contextlib
from collections.abc import Generator

from engine.document import FormatError
from toolchain.errors import ToolError


@contextlib.contextmanager
def readable(title: str) -> Generator[None]:
    """Name the stack in the message when the block reads a document that is not in the engine's format.

    Raises `ToolError` for such a document.
    """
    try:
        yield
    except FormatError as error:
        raise ToolError(f"{title}: {error}") from error
