"""Checks that a consumer can read whatever a producer may write: two JSON schemas, compared field by field.

It knows what pydantic writes: objects with fields, maps, lists, scalars, constants, and alternatives of them.
"""

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]


def problems(reads: Schema, declares: Schema) -> list[str]:
    """Every field that the consumer reads and the producer does not promise to write so; with its path."""
    return list(_Comparison(reads, declares).at("", reads, declares))


def fields_read(reads: Schema, declares: Schema) -> list[tuple[str, Schema, str]]:
    """Every field that the consumer reads: its path, the producer's object that declares it, and its name there."""
    comparison = _Comparison(reads, declares)
    list(comparison.at("", reads, declares))
    return comparison.fields


def _resolved(root: Schema, node: Schema) -> Schema:
    return root["$defs"][node["$ref"].rpartition("/")[2]] if "$ref" in node else node


class _Comparison:
    def __init__(self, reads: Schema, declares: Schema) -> None:
        self._reads, self._declares = reads, declares
        self.fields: list[tuple[str, Schema, str]] = []

    def at(self, path: str, reader: Schema, writer: Schema) -> Iterator[str]:
        """The problems of a value: each alternative that may be written must be one that is read."""
        readable = [_resolved(self._reads, schema) for schema in reader.get("anyOf", [reader])]
        for alternative in writer.get("anyOf", [writer]):
            written = _resolved(self._declares, alternative)
            fitting = [schema for schema in readable if _same_type(schema, written)]
            if not fitting:
                kinds = " or ".join(str(schema.get("type")) for schema in readable)
                yield f"{path}: is read as {kinds}, and may be written as {written.get('type')}"
                continue
            yield from self._inside(path, fitting[0], written)

    def _inside(self, path: str, reader: Schema, writer: Schema) -> Iterator[str]:
        if "const" in reader or "enum" in reader:
            known = _values(reader)
            if not _values(writer) or not _values(writer) <= known:
                yield f"{path}: is read as one of {sorted(known)}, and may be written as something else"
        elif reader.get("type") == "array":
            yield from self.at(f"{path}[]", reader["items"], writer["items"])
        elif isinstance(reader.get("additionalProperties"), dict):
            yield from self._map(path, reader["additionalProperties"], writer)
        else:
            for name, inner in reader.get("properties", {}).items():
                where = f"{path}.{name}".lstrip(".")
                declared = writer.get("properties", {}).get(name)
                if declared is None:
                    yield f"{where}: is read, and not declared"
                    continue
                self.fields.append((where, writer, name))
                if name in reader.get("required", []) and name not in writer.get("required", []):
                    yield f"{where}: is read always, and may be left out"
                yield from self.at(where, inner, declared)

    def _map(self, path: str, reader: Schema, writer: Schema) -> Iterator[str]:
        if isinstance(writer.get("additionalProperties"), dict):
            yield from self.at(f"{path}.*", reader, writer["additionalProperties"])
        else:
            yield f"{path}: is read as a map, and written with fixed fields"


def _same_type(reader: Schema, writer: Schema) -> bool:
    return reader.get("type") == writer.get("type")


def _values(node: Schema) -> set[Any]:
    return {node["const"]} if "const" in node else set(node.get("enum", []))
