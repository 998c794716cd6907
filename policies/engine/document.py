"""Base of the models of this package, and the error for a document of another form."""

from collections.abc import Callable
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

Read = TypeVar("Read")


class Document(BaseModel):
    """Part of a document of the engine. Unused fields are ignored, since each version adds some."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel)


class FormatError(Exception):
    """Document that the engine does not write, or of a version that is not known here.

    Args:
        what: kind of document: state, plan, event log, preview.
        name: name of the file.
        why: reason, without any value of the document.
    """

    def __init__(self, what: str, name: str, why: str) -> None:
        super().__init__(
            f"the {what} {name} cannot be read ({why}), so nothing can be judged and nothing may run. Make it again "
            "with the engine at the version that this repository pins."
        )
        self.why = why


def checked(what: str, name: str, read: Callable[[], Read]) -> Read:
    """Return the result of a reader of JSON or of a model.

    Raises:
        FormatError: the document does not fit. The message has no value of it, since any may be secret.
    """
    try:
        return read()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "its beginning"
        raise FormatError(what, name, f"{first['msg']} at {where}") from None
    except ValueError as error:
        raise FormatError(what, name, f"it is not JSON: {type(error).__name__}") from None
