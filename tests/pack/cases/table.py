"""All cases, and what each becomes when the thing that it breaks is unknown or secret instead."""

from typing import Any

from pack.cases import (
    Broken,
    Inputs,
    Valid,
    apps,
    changed,
    clusters,
    datastores,
    grants,
    identity,
    in_cluster,
    platform,
    powers,
    sql,
)

OPTIONS = ("protect", "delete_first", "ignored")

_FILES = (grants, powers, identity, sql, datastores, platform, clusters, in_cluster, apps)
VALID: dict[str, Valid] = {kind: valid for file in _FILES for kind, valid in file.VALID.items()}
BROKEN: list[Broken] = [case for file in _FILES for case in file.BROKEN]
# Further ways to be right, each as one thing that is different.
ACCEPTED: list[Broken] = [case for file in _FILES for case in getattr(file, "ACCEPTED", ())]


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
