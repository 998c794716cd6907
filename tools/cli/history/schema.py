"""The JSON Schema of the document, made from its model."""

import json
from pathlib import Path

from cli.history.model import History

FILE = Path(__file__).with_name("history.schema.json")


def text() -> str:
    """The schema as it must be committed."""
    schema = History.model_json_schema(mode="serialization")
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}, indent=2) + "\n"
