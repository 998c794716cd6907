"""Constrained types that entries alone use; kit/scalars.py has the types of several layers.

The pattern is in the published schema as well, so that an editor refuses what a load would refuse.
"""

import difflib
import re
from decimal import Decimal
from importlib import resources
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from apps_layer import schedules
from apps_layer.kit.scalars import DIGITS, QUANTITY, matching

# Names of the IANA database in a package of its own, which says the same on every machine.
TIME_ZONES = frozenset(resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8").split())

_UNITS = {
    "": Decimal(1),
    "m": Decimal("0.001"),
    "Ki": Decimal(2**10),
    "Mi": Decimal(2**20),
    "Gi": Decimal(2**30),
    "Ti": Decimal(2**40),
}


def _time_zone(value: str) -> str:
    if value not in TIME_ZONES:
        close = difflib.get_close_matches(value, sorted(TIME_ZONES), n=1)
        meant = f"did you mean {close[0]}?" if close else "write it as in Europe/Berlin."
        raise ValueError(f"{value!r} is not a time zone of the IANA database, so the job would never start; {meant}")
    return value


HttpPath = Annotated[str, *matching(r"/[A-Za-z0-9._~/-]{0,1023}", "a path", "write it as in /healthz")]
# YAML reads `cpu: 1` as a number, which is intended.
Cpu = Annotated[
    str,
    BeforeValidator(lambda value: str(value) if type(value) is int else value),
    *matching(rf"{DIGITS}m?", "a number of CPU cores", "write it as in 1 or 250m"),
    WithJsonSchema({"type": ["string", "integer"], "pattern": f"^{DIGITS}m?$", "minimum": 1, "maximum": 10**15 - 1}),
]
Memory = Annotated[str, *matching(rf"{DIGITS}(Mi|Gi)", "an amount of memory", "write it as in 256Mi or 1Gi")]
Namespace = Annotated[
    str, *matching(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?", "a namespace (lower case letters, digits and hyphens)")
]
DatastoreName = Annotated[
    str, *matching(r"[a-z][a-z0-9-]{0,94}[a-z0-9]", "a datastore's name (lower case letters, digits, hyphens)")
]
# https://kubernetes.io/docs/concepts/configuration/configmap/: a key has 253 characters at most.
VARIABLE = r"[A-Z][A-Z0-9_]{0,252}"
VariableName = Annotated[str, *matching(VARIABLE, "a variable's name in upper case", "write it as in LOG_LEVEL")]
Schedule = Annotated[str, AfterValidator(schedules.checked), Field(json_schema_extra={"pattern": schedules.PATTERN})]
TimeZone = Annotated[str, AfterValidator(_time_zone), WithJsonSchema({"type": "string", "enum": sorted(TIME_ZONES)})]


def amount(quantity: str) -> Decimal:
    """A quantity of Kubernetes as a number: cores, or bytes.

    Raises:
        ValueError: it is none that QUANTITY allows.
    """
    match = re.fullmatch(QUANTITY, quantity)
    if match is None:
        raise ValueError(f"{quantity!r} is no quantity; write it as in 500m, 4 or 8Gi.")
    return Decimal(match[1]) * _UNITS[match[2] or ""]
