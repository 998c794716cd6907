"""Evaluates conditions of grants and deny rules with CEL, as far as their value is known before a request.

The pack, the audit and the answers use this one evaluator. An attribute that only a request has (the roles that it
grants, the folder that it lists) and an attribute that no state has (tags) are errors to CEL, which `&&` and `||` pass
on only where they decide the value: a result that stays an error is a `maybe`. An expression that cannot be parsed is a
`maybe` as well, so that it hides nothing. https://cloud.google.com/iam/docs/conditions-attribute-reference
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

from iam import cel
from iam.document import Verdict
from iam.names import CONTAINERS

GRANTED_ROLES = "iam.googleapis.com/modifiedGrantsByRole"
# Kinds of resources that give conditions their attributes, by service and by the segment before their own name:
# https://cloud.google.com/iam/docs/conditions-resource-attributes. The attributes of all other kinds are empty.
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
# Functions that compare a moment with literals only, so that an expression changes its value at the literals only.
_STEADY = {
    "contains", "endsWith", "extract", "getAttribute", "hasOnly", "hasTagKey", "hasTagKeyId", "matchTag", "matchTagId",
    "matches", "startsWith", "timestamp",
}  # fmt: skip
_SHIFTS = ("addition_add", "addition_sub")
_AN_INSTANT = timedelta(microseconds=1)
# Functions that compare a name neither as a whole nor by its beginning.
_WITHIN = {"contains", "endsWith", "extract", "matches"}


class Conditions:
    """Evaluator of conditions.

    Args:
        number: the project's number, by which some services name it.
        now: the moment that conditions on time are evaluated for.
        later: whether a condition counts that will hold at a later moment only.
    """

    def __init__(self, number: str, now: datetime, *, later: bool = False) -> None:
        self._number = number
        self._now = now
        self._later = later

    def verdict(self, expression: str, resource: str, attributes: Mapping[str, Any] | None = None) -> Verdict:
        """Evaluate a condition on a resource.

        Args:
            expression: the condition.
            resource: a full resource name.
            attributes: attributes of the request; None where they are not known.
        """
        described = self._described(resource)
        verdict = self._evaluated(expression, described, attributes)
        if verdict is not Verdict.NO or not _may_be_inside(expression, resource, described["name"]):
            return verdict
        inside = {} if resource.startswith(CONTAINERS) else {"service": described["service"]}
        return Verdict.NO if self._evaluated(expression, inside, attributes) is Verdict.NO else Verdict.PART

    def _described(self, resource: str) -> dict[str, str]:
        service, _, relative = resource.removeprefix("//").partition("/")
        parts = relative.split("/")
        short = service.removesuffix(".googleapis.com")
        collection = "objects" if "objects" in parts[4:5] else parts[-2] if len(parts) > 1 else ""
        kind = _TYPES.get(short, {}).get(collection)  # an object's own name may have slashes
        if kind is None:
            return {"service": "", "type": "", "name": ""}
        if short == "secretmanager" and self._number:
            relative = "/".join(["projects", self._number, *parts[2:]])
        return {
            "service": service,
            "type": kind if "/" in kind else f"{service}/{kind}",
            "name": unquote(relative) if short == "storage" else relative,
        }

    def _evaluated(self, expression: str, resource: Mapping[str, str], attributes: Mapping[str, Any] | None) -> Verdict:
        best = Verdict.NO
        for moment in self._moments(expression):
            if moment is None:
                return Verdict.MAYBE
            known = {"resource": dict(resource), "request": {"time": moment}}
            value = cel.value(expression, known, attributes)
            if value:
                return Verdict.YES
            best = Verdict.MAYBE if value is None else best
        return best

    def _moments(self, expression: str) -> Iterator[datetime | None]:
        """Yield moments at which the value of a condition can change, `now` first; None where some may be missing."""
        yield self._now
        try:
            tree = cel.tree(expression)
        except cel.ExpressionError:
            return
        literal = [moment for text in _texts(expression) if (moment := _moment(text))]
        if any(moment.tzinfo is None for moment in literal):
            yield None  # Google refuses a moment without a time zone
        if not self._later or not _asks_for_time(tree):
            return
        for moment in literal:
            yield from (
                instant for instant in (moment - _AN_INSTANT, moment, moment + _AN_INSTANT) if instant >= self._now
            )
        if cel.calls(tree) - _STEADY or cel.has(tree, *_SHIFTS):
            yield None


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _asks_for_time(tree: cel.Tree) -> bool:
    return any(subtree.data == "ident" and str(subtree.children[0]) == "request" for subtree in tree.iter_subtrees())


def _may_be_inside(expression: str, resource: str, name: str) -> bool:
    """Return whether a condition can hold on a child of a resource, though it does not hold on the resource."""
    if resource.startswith(CONTAINERS):
        return True
    try:
        tree = cel.tree(expression)
    except cel.ExpressionError:
        return True
    begins = any(text.startswith(f"{name}/") for text in _texts(expression))
    other = cel.calls(tree) & _WITHIN or cel.has(tree, "relation_ne", "unary_not") or "resource.type" in expression
    return bool(name) and bool(begins or other)


def delegated(expression: str) -> frozenset[str] | None:
    """Return the roles that a condition permits to grant; None unless the condition is nothing but that list."""
    roles = [text for text in _texts(expression) if text != GRANTED_ROLES]
    listed = ", ".join(map(cel.quoted, roles))
    form = f"api.getAttribute({cel.quoted(GRANTED_ROLES)}, []).hasOnly([{listed}])"
    return frozenset(map(str, roles)) if _is(expression, form) else None


def window(expression: str) -> tuple[datetime, datetime] | None:
    """Return start and end of a window of time; None unless the condition is nothing but a window."""
    texts = _texts(expression)
    moments = [moment.astimezone(UTC) for text in texts if (moment := _moment(text)) and moment.tzinfo]
    if len(texts) != 2 or len(moments) != 2:
        return None
    begin, end = map(cel.quoted, texts)
    form = f"request.time >= timestamp({begin}) && request.time < timestamp({end})"
    return (moments[0], moments[1]) if _is(expression, form) else None


def demanded(expression: str, attribute: str) -> list[str]:
    """Return the literals that an attribute has to equal for a condition to hold."""
    try:
        parts = list(cel.conjuncts(cel.plain(expression)))
    except cel.ExpressionError:
        return []
    candidates = [(part, texts[0]) for part in parts if len(texts := cel.texts(part)) == 1]
    return [str(text) for part, text in candidates if part == cel.plain(f"{attribute} == {cel.quoted(text)}")]


def _texts(expression: str) -> list[str]:
    try:
        return cel.texts(cel.plain(expression))
    except cel.ExpressionError:
        return []


def _is(expression: str, form: str) -> bool:
    """Return whether an expression has this form; text that is not CEL has no form."""
    try:
        return cel.plain(expression) == cel.plain(form)
    except cel.ExpressionError:
        return False
