"""The constrained values of entries and settings: what each may be, and how to write it.

The pattern is in the published schema as well, so that an editor refuses what a load would refuse.
"""

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

_UNITS = {
    "": Decimal(1),
    "m": Decimal("0.001"),
    "Ki": Decimal(2**10),
    "Mi": Decimal(2**20),
    "Gi": Decimal(2**30),
    "Ti": Decimal(2**40),
}
QUANTITY = r"(?P<number>[1-9][0-9]*)(?P<unit>m|Ki|Mi|Gi|Ti)?"


def _matching(pattern: str, remedy: str) -> tuple[AfterValidator, Any]:
    """A check with its remedy in words, and the same pattern for editors."""
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(f"{value!r} is not valid: {remedy}.")
        return value

    return AfterValidator(check), Field(json_schema_extra={"pattern": f"^{pattern}$"})


ProjectId = Annotated[
    str, *_matching(r"[a-z][a-z0-9-]{4,28}[a-z0-9]", "a project ID has 6 to 30 lower case letters, digits and hyphens")
]
AppName = Annotated[
    str, *_matching(r"[a-z][a-z0-9-]{0,24}[a-z0-9]", "an app's name has 2 to 26 lower case letters, digits, hyphens")
]
TeamName = Annotated[
    str,
    *_matching(r"[a-z]([a-z0-9-]{0,15}[a-z0-9])?", "a team's name has at most 17 lower case letters, digits, hyphens"),
]
Image = Annotated[
    str,
    *_matching(
        r"[a-z0-9./:_-]+@sha256:[0-9a-f]{64}",
        "pin the image by digest (name@sha256:…), or what runs could change without a deployment",
    ),
]
HttpPath = Annotated[str, *_matching(r"/[A-Za-z0-9._~/-]*", "write a path such as /healthz")]
# YAML reads `cpu: 1` as a number, which is what is meant.
Cpu = Annotated[
    str,
    BeforeValidator(lambda value: str(value) if type(value) is int else value),
    *_matching(r"[1-9][0-9]*m?", "write CPU cores as in 1 or 250m"),
    WithJsonSchema({"type": ["string", "integer"], "pattern": "^[1-9][0-9]*m?$", "minimum": 1}),
]
Memory = Annotated[str, *_matching(r"[1-9][0-9]*(Mi|Gi)", "write memory as in 256Mi or 1Gi")]
Namespace = Annotated[
    str, *_matching(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?", "a namespace has lower case letters, digits and hyphens")
]
DatabaseName = Annotated[
    str, *_matching(r"[a-z][a-z0-9_-]{0,62}", "a database's name has lower case letters, digits, hyphens, underscores")
]
SecretName = Annotated[
    str, *_matching(r"[a-z][a-z0-9-]{0,62}", "a secret's name has lower case letters, digits and hyphens")
]
VariableName = Annotated[str, *_matching(r"[A-Z][A-Z0-9_]*", "write a variable's name in upper case, as in LOG_LEVEL")]
_FIELD = r"[0-9A-Za-z*/,-]+"
Schedule = Annotated[
    str, *_matching(rf"{_FIELD}( {_FIELD}){{4}}", 'write minute, hour, day, month and weekday, as in "15 3 * * *"')
]
TimeZone = Annotated[
    str, *_matching(r"[A-Za-z_]+(/[A-Za-z0-9_+-]+)*", "write a zone of the IANA database, as in Europe/Berlin")
]


def amount(quantity: str) -> Decimal:
    """A quantity of Kubernetes as a number: cores, or bytes.

    Raises:
        ValueError: it is none that QUANTITY allows.
    """
    match = re.fullmatch(QUANTITY, quantity)
    if match is None:
        raise ValueError(f"{quantity!r} is no quantity; write it as in 500m, 4 or 8Gi.")
    return Decimal(match["number"]) * _UNITS[match["unit"] or ""]
