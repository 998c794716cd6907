"""JSON Schema of the history document, generated from its model."""

import json
from pathlib import Path

from cli.history.model import History

FILE = Path(__file__).with_name("history.schema.json")


def text() -> str:
    """Return the schema in the form in which it is committed."""
    schema = History.model_json_schema(mode="serialization")
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}, indent=2) + "\n"
