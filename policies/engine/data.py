"""Reads security's data files into models, and reports all problems of a file at once."""

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound=BaseModel)

# Eight times as fast, where PyYAML was built with LibYAML. Pack and plan gate read the files at each start.
_LOADER = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader


class DataError(Exception):
    """Unusable data file of security's; the message lists every problem."""


def load(file: Path, model: type[Model]) -> Model:
    """Return the validated content of a YAML file.

    Raises:
        DataError: the file cannot be read, or does not fit the model.
    """
    try:
        content = yaml.load(file.read_text(encoding="utf-8"), _LOADER)  # noqa: S506  both loaders are safe
        return model.model_validate(content)
    except ValidationError as error:
        problems = [f"{dotted(item['loc'])}: {item['msg'].removeprefix('Value error, ')}" for item in error.errors()]
    except (OSError, yaml.YAMLError) as error:
        problems = [f"it cannot be read as YAML ({type(error).__name__})"]
    raise unusable(file, problems)


def dotted(location: tuple[int | str, ...]) -> str:
    """Return the dotted path of a problem in a file."""
    return ".".join(str(part) for part in location) or "the file"


def unusable(file: Path, problems: list[str]) -> DataError:
    """Return the error for a file with these problems."""
    listed = "\n".join(f"  - {problem}" for problem in problems)
    return DataError(
        f"policies/{file.name} cannot be used, so nothing is checked and nothing runs. Correct it:\n{listed}"
    )
