"""Check of a published contract against the schema in this checkout, for which its consumers are written."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator


def contract_problems(schema: Path, contract: Any) -> Iterator[str]:
    """Yield violations of the schema by path; values are not repeated."""
    try:
        document = json.loads(schema.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        yield f"{schema.name} cannot be read ({type(error).__name__})"
        return
    validator: Any = Draft202012Validator(document)
    for error in sorted(validator.iter_errors(contract), key=lambda violation: list(map(str, violation.path))):
        path = ".".join(str(part) for part in error.absolute_path) or "the document"
        yield f"{path} is against {error.validator} of the schema"
