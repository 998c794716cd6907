"""All cases, and what each becomes when the thing that it breaks is unknown or secret instead."""

from typing import Any

from pack.cases import Broken, Inputs, Valid, apps, changed, datastores, identity, platform

OPTIONS = ("protect", "delete_first", "ignored")

VALID: dict[str, Valid] = {**identity.VALID, **datastores.VALID, **platform.VALID, **apps.VALID}
BROKEN: list[Broken] = [*identity.BROKEN, *datastores.BROKEN, *platform.BROKEN, *apps.BROKEN]


def start(case: Broken) -> Valid:
    """The valid resource that a case breaks."""
    return VALID.get(case.type, Valid({}))


def inputs(case: Broken) -> Inputs:
    """The inputs of a broken resource; an empty path replaces all of them."""
    if case.path in OPTIONS:
        return start(case).inputs
    return case.value if not case.path else changed(start(case).inputs, case.path, case.value)


def options(case: Broken) -> dict[str, Any]:
    """The resource options of a broken resource."""
    found: dict[str, Any] = {"protect": start(case).protect}
    return {**found, case.path: case.value} if case.path in OPTIONS else found


def with_value(case: Broken, value: Any) -> Inputs | None:
    """The same resource with another value in the broken place; None where there is no such place."""
    if not case.path or case.path in OPTIONS:
        return None
    return changed(start(case).inputs, case.path, value)
