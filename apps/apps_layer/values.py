"""Constrained types that entries alone use; kit/scalars.py has the types of several layers.

The pattern is in the published schema as well, so that an editor refuses what a load would refuse.
"""

import re
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from apps_layer.kit.scalars import QUANTITY, matching

_UNITS = {
    "": Decimal(1),
    "m": Decimal("0.001"),
    "Ki": Decimal(2**10),
    "Mi": Decimal(2**20),
    "Gi": Decimal(2**30),
    "Ti": Decimal(2**40),
}

HttpPath = Annotated[str, *matching(r"/[A-Za-z0-9._~/-]*", "a path", "write it as in /healthz")]
# YAML reads `cpu: 1` as a number, which is intended.
Cpu = Annotated[
    str,
    BeforeValidator(lambda value: str(value) if type(value) is int else value),
    *matching(r"[1-9][0-9]*m?", "a number of CPU cores", "write it as in 1 or 250m"),
    WithJsonSchema({"type": ["string", "integer"], "pattern": "^[1-9][0-9]*m?$", "minimum": 1}),
]
Memory = Annotated[str, *matching(r"[1-9][0-9]*(Mi|Gi)", "an amount of memory", "write it as in 256Mi or 1Gi")]
Namespace = Annotated[
    str, *matching(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?", "a namespace (lower case letters, digits and hyphens)")
]
VariableName = Annotated[
    str, *matching(r"[A-Z][A-Z0-9_]*", "a variable's name in upper case", "write it as in LOG_LEVEL")
]
_FIELD = r"[0-9A-Za-z*/,-]+"
Schedule = Annotated[
    str,
    *matching(rf"{_FIELD}( {_FIELD}){{4}}", "minute, hour, day, month and weekday", 'write them as in "15 3 * * *"'),
]
TimeZone = Annotated[
    str,
    *matching(r"[A-Za-z_]+(/[A-Za-z0-9_+-]+)*", "a time zone of the IANA database", "write it as in Europe/Berlin"),
]


def amount(quantity: str) -> Decimal:
    """A quantity of Kubernetes as a number: cores, or bytes.

    Raises:
        ValueError: it is none that QUANTITY allows.
    """
    match = re.fullmatch(QUANTITY, quantity)
    if match is None:
        raise ValueError(f"{quantity!r} is no quantity; write it as in 500m, 4 or 8Gi.")
    return Decimal(match[1]) * _UNITS[match[2] or ""]
