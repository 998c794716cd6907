"""JSON Schema of the access document, generated from its model."""

import json
from pathlib import Path

from iam.document import Document

FILE = Path(__file__).with_name("access.schema.json")


def schema() -> str:
    """Return the schema in its committed form."""
    generated = Document.model_json_schema(by_alias=True, mode="serialization")
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **generated}, indent=2) + "\n"
