"""Decodes the engine's wire format to the values that rules read.

The SDK's decoder runs once per policy for every resource, and hides secrets. This one runs once per resource, and marks
unknown and secret values.
"""

from typing import Any

from google.protobuf.struct_pb2 import Struct, Value
from pulumi_policy import deserialize, proxy

from engine.inputs import UNKNOWN, Secret

_UNKNOWN = frozenset(
    {
        proxy.UNKNOWN_BOOLEAN_VALUE,
        proxy.UNKNOWN_NUMBER_VALUE,
        proxy.UNKNOWN_STRING_VALUE,
        proxy.UNKNOWN_ARRAY_VALUE,
        proxy.UNKNOWN_ASSET_VALUE,
        proxy.UNKNOWN_ARCHIVE_VALUE,
        proxy.UNKNOWN_OBJECT_VALUE,
    }
)


def properties(struct: Struct) -> dict[str, Any]:
    """Decode the inputs or outputs of a resource."""
    return {key: _value(value) for key, value in struct.fields.items()}


def _value(value: Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        text = value.string_value
        return UNKNOWN if text in _UNKNOWN else text
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
    if deserialize.SPECIAL_SIG_KEY in fields:
        signature = fields[deserialize.SPECIAL_SIG_KEY].string_value
        if signature == deserialize.SPECIAL_SECRET_SIG:
            return Secret(_value(fields["value"]) if "value" in fields else None)
    return {key: _value(value) for key, value in fields.items()}
