"""Errors of Pulumi's formats as a command shows them."""

import contextlib
from collections.abc import Generator

from engine.document import FormatError
from toolchain.errors import ToolError


@contextlib.contextmanager
def readable(title: str) -> Generator[None]:
    """Name the stack in the message when the block meets a document that the engine did not write so.

    Raises `ToolError` then.
    """
    try:
        yield
    except FormatError as error:
        raise ToolError(f"{title}: {error}") from error
