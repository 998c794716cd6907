"""Previews in JSON: `pulumi preview --json`. Secrets in it are already masked by the engine."""

from pydantic import Field

from engine.document import Document, checked
from engine.events import Diagnostic
from engine.states import Resource


class Step(Document):
    """Step on one resource, with the resource before and after it; None where there is none."""

    operation: str = Field(alias="op")
    urn: str
    old: Resource | None = Field(default=None, alias="oldState")
    new: Resource | None = Field(default=None, alias="newState")


class Preview(Document):
    """Steps of an update, and messages of the engine and the program."""

    steps: tuple[Step, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


def parse(content: str, name: str) -> Preview:
    """Parse a preview.

    Raises:
        FormatError: the content is not a preview.
    """
    return checked("preview", name, lambda: Preview.model_validate_json(content))
