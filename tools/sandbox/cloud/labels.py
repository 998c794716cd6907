"""Labels of resources: their number, length and characters.

https://cloud.google.com/resource-manager/docs/labels-overview#requirements
"""

import re
from collections.abc import Collection
from typing import Any, cast

from sandbox.cloud.errors import invalid
from sandbox.cloud.store import Json

FIELDS = ("labels", "userLabels", "resourceLabels")
_MOST = 64
_KEY = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_VALUE = re.compile(r"[a-z0-9_-]{0,63}")


def require_valid(body: Json, fields: Collection[str] = FIELDS) -> None:
    """Checks the labels in a body; letters of other alphabets, which Google takes, are refused here.

    Args:
        body: the body of a resource.
        fields: fields with labels.

    Raises:
        ApiError: INVALID_ARGUMENT.
    """
    settings: Any = body.get("settings")  # of an instance of Cloud SQL
    parts: list[Json] = [body, cast("Json", settings)] if isinstance(settings, dict) else [body]
    for labels, field in ((part.get(field), field) for part in parts for field in fields):
        if not isinstance(labels, dict):
            continue
        given = cast("dict[str, Any]", labels)
        if len(given) > _MOST:
            raise invalid(f"Invalid value for field '{field}': at most {_MOST} labels are allowed.")
        for key, value in given.items():
            # Null removes a label.
            if not _KEY.fullmatch(key) or (value is not None and not _VALUE.fullmatch(str(value))):
                raise invalid(f"Invalid value for field '{field}': label '{key}' = '{value}' violates the constraints.")
