"""Whether a condition holds on a resource, by CEL, as far as it can be known before a request.

What only a request tells (the roles that it grants, the folder that it lists) and what nobody here knows (tags) is an
error to CEL, which `&&` and `||` pass on only where it matters: so what stays an error is a `maybe`. An expression that
is not understood is one as well.
https://cloud.google.com/iam/docs/conditions-attribute-reference
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NoReturn, cast
from urllib.parse import unquote

from iam.document import Verdict
from iam.names import CONTAINERS

if TYPE_CHECKING:
    from celpy import Runner

# Which kinds of resources tell conditions what they are, by service and by the segment before their own name:
# https://cloud.google.com/iam/docs/conditions-resource-attributes. Every other one tells empty texts.
_TYPES: Mapping[str, Mapping[str, str]] = {
    "cloudkms": {
        "cryptoKeys": "CryptoKey", "cryptoKeyVersions": "CryptoKeyVersion", "keyRings": "KeyRing",
        "locations": "cloud.googleapis.com/Location",
    },
    "cloudresourcemanager": {"projects": "Project"},
    "compute": {
        "backendServices": "BackendService", "firewalls": "Firewall", "forwardingRules": "ForwardingRule",
        "instances": "Instance",
    },
    "container": {"clusters": "Cluster"},
    "logging": {"buckets": "LogBucket", "views": "LogView"},
    "secretmanager": {"secrets": "Secret", "versions": "SecretVersion"},
    "sqladmin": {"backupRuns": "BackupRun", "instances": "Instance"},
    "storage": {"buckets": "Bucket", "objects": "Object"},
}  # fmt: skip
_TEXTS = re.compile(r"\"([^\"]*)\"|'([^']*)'")
# Ways to ask for a name other than by its beginning or as a whole.
_INSIDE = re.compile(r"\.(contains|endsWith|extract|matches)\(|resource\.name\s*!=|resource\.type|!\s*\(?\s*resource")
_TEMPLATE = re.compile(r"(?P<before>[^{}]*)\{[A-Za-z_]\w*\}(?P<after>[^{}]*)")


class Conditions:
    """Judges conditions.

    Args:
        number: of the project, which some services name it by.
        now: the moment that conditions on time are judged for.
    """

    def __init__(self, number: str, now: datetime) -> None:
        self._number = number
        self._now = now

    def verdict(self, expression: str, resource: str) -> Verdict:
        """Whether a condition holds on a resource (a full name)."""
        told = self._told(resource)
        found = self._evaluated(expression, told)
        if found is not Verdict.NO:
            return found
        if not _may_be_inside(expression, resource, told):
            return Verdict.NO
        inside = {} if resource.startswith(CONTAINERS) else {"service": told["service"]}
        return Verdict.NO if self._evaluated(expression, inside) is Verdict.NO else Verdict.PART

    def _told(self, resource: str) -> dict[str, str]:
        service, _, relative = resource.removeprefix("//").partition("/")
        parts = relative.split("/")
        short = service.removesuffix(".googleapis.com")
        kind = _TYPES.get(short, {}).get(parts[-2] if len(parts) > 1 else "")
        if kind is None:
            return {"service": "", "type": "", "name": ""}
        if short == "secretmanager" and self._number:
            relative = "/".join(["projects", self._number, *parts[2:]])
        return {
            "service": service,
            "type": kind if "/" in kind else f"{service}/{kind}",
            "name": unquote(relative) if short == "storage" else relative,
        }

    def _evaluated(self, expression: str, resource: Mapping[str, str]) -> Verdict:
        from celpy.adapter import json_to_cel  # noqa: PLC0415  CEL takes 0.3 s to load; most policies have no condition
        from celpy.celparser import CELParseError  # noqa: PLC0415  the same
        from celpy.evaluation import CELEvalError  # noqa: PLC0415  the same

        known = {"resource": dict(resource), "request": {"time": self._now}, "api": dict[str, Any]()}
        try:
            found: Any = _program(expression).evaluate({name: json_to_cel(value) for name, value in known.items()})
        except (CELEvalError, CELParseError):
            return Verdict.MAYBE
        if isinstance(found, CELEvalError):
            return Verdict.MAYBE
        return Verdict.YES if found else Verdict.NO


def _may_be_inside(expression: str, resource: str, told: Mapping[str, str]) -> bool:
    """Whether something in a resource can be what a condition wants, though the resource itself is not."""
    if resource.startswith(CONTAINERS):
        return True
    texts = (first or second for first, second in _TEXTS.findall(expression))
    begins = any(text.startswith(f"{told['name']}/") for text in texts)
    return bool(told["name"]) and (begins or _INSIDE.search(expression) is not None)


@lru_cache(maxsize=4096)
def _program(expression: str) -> "Runner":
    from celpy import Environment  # noqa: PLC0415  as above

    environment = cast("Any", Environment())  # celpy leaves its parse tree's token type open
    return cast("Runner", environment.program(environment.compile(expression), functions=_functions()))


def _functions() -> dict[str, Callable[..., Any]]:
    from celpy.celtypes import StringType  # noqa: PLC0415  as above
    from celpy.evaluation import CELEvalError  # noqa: PLC0415  as above

    def unknown(*_: Any) -> NoReturn:
        raise CELEvalError("only a request tells")

    def extract(text: Any, template: Any) -> Any:
        match = _TEMPLATE.fullmatch(str(template))
        around = f"{re.escape(match['before'])}(.*?){re.escape(match['after']) or '$'}" if match else "(?!)"
        found = re.search(around, str(text), re.DOTALL)
        return StringType(found[1] if found else "")

    names = ("getAttribute", "hasOnly", "hasTagKey", "hasTagKeyId", "matchTag", "matchTagId")
    return {**dict.fromkeys(names, unknown), "extract": extract}
