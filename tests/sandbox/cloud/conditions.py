"""Conditions of IAM bindings: CEL over the attributes that IAM gives them.

https://cloud.google.com/iam/docs/conditions-attribute-reference. Known here: `resource.name`, `resource.service` and
`request.time`. An expression over anything else cannot be evaluated and therefore grants nothing, as on Google Cloud.
"""

from datetime import UTC, datetime

from celpy import Environment
from celpy.adapter import json_to_cel
from celpy.celparser import CELParseError
from celpy.evaluation import CELEvalError

from sandbox.cloud.errors import ApiError


def holds(expression: str, resource: str) -> bool:
    """Whether an expression holds for a resource (a full name) now.

    Raises:
        ApiError: INVALID_ARGUMENT when the expression does not compile.
    """
    environment = Environment()
    try:
        # cel-python's parse tree is generic in its token type and nothing here looks into it
        program = environment.program(environment.compile(expression))  # pyright: ignore[reportUnknownMemberType]
    except CELParseError as error:
        raise ApiError("INVALID_ARGUMENT", f"Condition expression compilation failed: {error}") from error
    service, _, relative = resource.removeprefix("//").partition("/")
    activation = {
        "resource": json_to_cel({"name": relative, "service": service}),
        "request": json_to_cel({"time": datetime.now(UTC)}),  # pyright: ignore[reportArgumentType] - takes datetimes too
    }
    try:
        return bool(program.evaluate(activation))
    except CELEvalError:
        return False
