"""Previews for programs: `pulumi preview --json`. Secrets in it are already masked by the engine."""

from pydantic import Field

from engine.document import Document, checked
from engine.events import Diagnostic
from engine.states import Resource


class Step(Document):
    """A step on one resource, with the resource before and after; None where it is not there."""

    operation: str = Field(alias="op")
    urn: str
    old: Resource | None = Field(default=None, alias="oldState")
    new: Resource | None = Field(default=None, alias="newState")


class Preview(Document):
    """Steps of an update, and what the engine and the program reported."""

    steps: tuple[Step, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


def parse(content: str, name: str) -> Preview:
    """A preview.

    Raises:
        FormatError: the content is not one.
    """
    return checked("preview", name, lambda: Preview.model_validate_json(content))
