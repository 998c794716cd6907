"""YAML files that the commands read, as strictly as the layers and the policies read theirs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from engine import strict_yaml, wording
from engine.strict_yaml import Document, StrictYamlError
from toolchain.errors import ToolError

Content = TypeVar("Content")
_MAPPING = TypeAdapter(dict[str, Any]).validate_python


def load(file: Path, validate: Callable[[Any], Content], consequence: str, *, part: str = "") -> Content:
    """Validated content of a file.

    Args:
        file: that is read.
        validate: a model's or a type adapter's method.
        consequence: of a file that cannot be used, as in "nothing was started".
        part: the one key of the file that is read; all of it by default.

    Raises `ToolError` with each problem's place when the file cannot be used.
    """
    try:
        document = strict_yaml.load(file)
    except StrictYamlError as error:
        raise _unusable(_name(file), consequence, error.problems) from error
    except OSError as error:
        raise _unusable(_name(file), consequence, [f"it cannot be read ({type(error).__name__})"]) from error
    if part and document.path((part,)) != (part,):
        raise _unusable(document.name, consequence, [f"{document.place()}: has no {part}; add it."])
    return validated(document.part(part) if part else document, validate, consequence)


def validated(document: Document, validate: Callable[[Any], Content], consequence: str) -> Content:
    """Validated content of a document.

    Raises `ToolError` with each problem's place when it is not of the form.
    """
    try:
        return validate(document.content)
    except ValidationError as error:
        raise _unusable(document.name, consequence, [*wording.problems(error, document)]) from error


def parse(text: str, name: str, consequence: str) -> Any:
    """Content of a text; `name` is what messages call it.

    Raises `ToolError` when it cannot be read.
    """
    try:
        return strict_yaml.parse(text, name).content
    except StrictYamlError as error:
        raise _unusable(name, consequence, error.problems) from error


def mapping(file: Path, consequence: str, *, part: str = "") -> dict[str, Any]:
    """The mapping in a file, or in one key of it.

    Raises `ToolError` when the file cannot be read, or has none.
    """
    return load(file, _MAPPING, consequence, part=part)


def _name(file: Path) -> str:
    return f"{file.parent.name}/{file.name}"


def _unusable(name: str, consequence: str, problems: list[str]) -> ToolError:
    listed = "\n".join(f"  - {problem}" for problem in problems)
    return ToolError(f"{name} cannot be used, so {consequence}. Correct it:\n{listed}")
