"""The JSON Schema of the document, made from its model: `python -m effective_access.schema` writes it."""

import json
from pathlib import Path

from effective_access.model import Document

FILE = Path(__file__).with_name("access.schema.json")


def schema() -> str:
    """The schema, as it is committed."""
    found = Document.model_json_schema(by_alias=True, mode="serialization")
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **found}, indent=2) + "\n"


if __name__ == "__main__":
    FILE.write_text(schema(), encoding="utf-8")
    print(f"written: {FILE.name}")
