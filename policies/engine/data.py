"""Reads security's data files into models, and reports all problems of a file at once."""

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from engine import strict_yaml, wording
from engine.strict_yaml import StrictYamlError

Model = TypeVar("Model", bound=BaseModel)


class DataError(Exception):
    """Unusable data file of security's; the message lists every problem."""


def load(file: Path, model: type[Model]) -> Model:
    """Return the validated content of a YAML file.

    Raises:
        DataError: the file cannot be read, can be read in two ways, or does not fit the model.
    """
    try:
        document = strict_yaml.load(file, f"policies/{file.name}")
    except StrictYamlError as error:
        raise unusable(file, error.problems) from None
    except OSError as error:
        raise unusable(file, [f"it cannot be read ({type(error).__name__})"]) from None
    try:
        return model.model_validate(document.content)
    except ValidationError as error:
        raise unusable(file, [*wording.problems(error, document)]) from None


def unusable(file: Path, problems: list[str]) -> DataError:
    """Return the error for a file with these problems."""
    listed = "\n".join(f"  - {problem}" for problem in problems)
    return DataError(
        f"policies/{file.name} cannot be used, so nothing is checked and nothing runs. Correct it:\n{listed}"
    )
