"""Decodes the engine's wire format to the values that rules read.

The SDK's decoder runs once per policy for every resource, and hides secrets. This one runs once per resource, and marks
unknown and secret values.
"""

from typing import Any

from google.protobuf.struct_pb2 import Struct, Value

from engine import values
from engine.inputs import UNKNOWN, Secret


def properties(struct: Struct) -> dict[str, Any]:
    """Decode the inputs or outputs of a resource."""
    return {key: _value(value) for key, value in struct.fields.items()}


def _value(value: Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        text = value.string_value
        return UNKNOWN if values.is_unknown(text) else text
    if kind == "struct_value":
        return _object(value.struct_value)
    if kind == "list_value":
        return [_value(element) for element in value.list_value.values]
    if kind == "bool_value":
        return value.bool_value
    if kind == "number_value":
        return value.number_value
    return None


def _object(struct: Struct) -> Any:
    fields = struct.fields
    # `in` first: reading an absent key would add it.
    if values.SIGNATURE in fields and fields[values.SIGNATURE].string_value == values.SECRET:
        return Secret(_value(fields["value"]) if "value" in fields else None)
    return {key: _value(value) for key, value in fields.items()}
