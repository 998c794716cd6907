"""The keys of an entry as a table for README.md, made from the model."""

import json
from collections.abc import Iterator
from typing import Any

from apps_layer.entry import KINDS

_KIND = (
    "What the app is: `webService` answers HTTP, `worker` runs all the time and nobody calls it, `cronJob` runs at "
    "certain times and ends, `job` runs once for each new image or setting and ends"
)


def text() -> str:
    """The table in Markdown."""
    rows: dict[tuple[str, str], list[str]] = {}
    for kind, model in KINDS.items():
        document = model.model_json_schema(by_alias=True)
        for key, cells in _rows(document, document):
            rows.setdefault((key, cells), []).append(kind)
    lines = ["| key | of | meaning | without it |", "|---|---|---|---|"]
    for (key, cells), kinds in sorted(rows.items(), key=lambda row: row[0][0] != "kind"):
        of = "all" if len(kinds) == len(KINDS) else ", ".join(kinds)
        lines.append(f"| `{key}` | {of} | {cells} |")
    return "\n".join(lines) + "\n"


def _rows(document: dict[str, Any], node: dict[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Each key of a mapping with its meaning and its default; keys of inner mappings after it."""
    for key, schema in node["properties"].items():
        if key == "kind":
            yield key, f"{_KIND} | refused"
            continue
        yield f"{path}{key}", f"{schema['description']} | {_default(key, schema, node.get('required', []))}"
        inner = schema.get("items", schema).get("$ref")
        if inner:
            marks = "[]." if "items" in schema else "."
            yield from _rows(document, document["$defs"][inner.rpartition("/")[2]], f"{path}{key}{marks}")


def _default(key: str, schema: dict[str, Any], required: list[str]) -> str:
    if key in required:
        return "refused"
    default = schema.get("default")
    return f"`{default if isinstance(default, str) else json.dumps(default)}`" if default is not None else "none"
