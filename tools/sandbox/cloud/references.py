"""References between resources: values at paths of bodies, the resources that they name, and their users."""

from collections.abc import Mapping
from typing import Any, cast

from sandbox.cloud.resources import Call
from sandbox.cloud.store import Json


def value_at(body: Json, path: str) -> Any:
    """Returns the value at a dotted path of a body; None if the path does not exist."""
    value: Any = body
    for step in path.split("."):
        if not isinstance(value, dict):
            return None
        value = cast("Json", value).get(step)
    return value


def relative(reference: str) -> str:
    """Returns the relative name in a reference that may also be a self link or a full name."""
    _, marker, rest = reference.partition("projects/")
    return marker + rest if marker else reference


def user_of(call: Call, users: Mapping[str, str]) -> str | None:
    """Returns the relative name of the first resource that refers to the called resource, or None.

    Args:
        call: the call on the resource that may be in use.
        users: kind of the resources that may refer to it -> dotted path of the reference in their bodies.
    """
    project = f"/projects/{call.parameters['project']}/"
    for kind, path in users.items():
        prefix = f"//{call.cloud.collection(kind).service}{project}"
        for user in call.cloud.store.find(kind, prefix):
            if relative(str(value_at(user.declared, path) or "")) == call.name:
                return user.name.removeprefix("//").partition("/")[2]
    return None
