"""Access that a plan grants and revokes: grants of roles, permissions of roles, logins, and bindings in a cluster."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, cast

from engine.inputs import UNKNOWN, Secret, at, is_open, items, mapping
from engine.text import exact
from engine.values import is_opaque, is_unknown
from iam import deciding, grants, names, principals
from plan_gate.change import Change, Operation
from policy_pack.rule import Resource

# Words of roles that give the most: they come first among the lines of new access.
_STRONG = (
    "owner",
    "editor",
    "admin",
    "breakglass",
    "deploy",
    "operator",
    "grantor",
    "superuser",
    "tokencreator",
    "writer",
)
_ANYBODY = ("everybody", "domain:", "system:anonymous", "system:authenticated", "system:unauthenticated")


class Access(NamedTuple):
    """Access that a change grants or revokes, in the words of `make access`.

    Attributes:
        sign: `+` granted, `-` revoked, `!` left in the cloud without being managed, `~` changed.
        subject: the principal, or a role whose permissions change.
        what: the role with its resource, or the permission.
    """

    sign: str
    subject: str
    what: str


def access(change: Change, project: str = "") -> Iterator[Access]:
    """Yield access that a change grants and revokes.

    Args:
        change: of a resource.
        project: the stack's project; without one, a resource's project is named.
    """
    if change.operation is Operation.SAME:
        return
    before, after = (set(_granted(change, inputs, project)) for inputs in (change.before, change.after))
    lost = "!" if change.stays else "-"
    yield from (Access(lost, *granted) for granted in sorted(before - after))
    yield from (Access("+", *granted) for granted in sorted(after - before))
    if change.type in deciding.OTHERS:
        yield Access("~", f"{change.operation}s {change.label}", deciding.OTHERS[change.type])


def lines(changed: Iterable[Access], known: Iterable[Access] = ()) -> list[str]:
    """Return what each principal, and each role, gains or loses, in lines of a screen's width; nothing is left out.

    They are in the order of their weight: what stays or is new, for anybody, by a strong role.

    Args:
        changed: access that changes.
        known: permissions of the cluster's Roles that stay as they are. A new Role that permits the same in its own
            namespace refers to one of them.
    """
    alike = {_content(subject, parts): subject for subject, parts in _by_subject(known).items()}
    every = list(changed)
    listed: list[tuple[int, tuple[bool, bool, bool, str], list[str]]] = []
    for sign in {one.sign for one in every}:
        for subject, parts in _by_subject(one for one in every if one.sign == sign).items():
            other = alike.get(_content(subject, parts)) if sign == "+" else None
            said = [f"what {other} permits, in its own namespace"] if other else sorted(parts, key=_order)
            head = f"{_SIGNS.get(sign, sign)} {subject}: "
            strongest = min(_order(head + part) for part in parts)
            listed.append((_RANK.get(sign, len(_RANK)), strongest, list(_wrapped(head, said))))
    return [line for _, _, wrapped in sorted(listed) for line in wrapped]


def _by_subject(access: Iterable[Access]) -> dict[str, dict[str, None]]:
    by_subject: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for one in access:
        by_subject[one.subject][one.what] = None
    return dict(by_subject)


def _content(subject: str, parts: Iterable[str]) -> tuple[str, frozenset[str]]:
    """Return what a Role permits, its own namespace's name left out; of anything else, what nothing else equals."""
    kind, _, name = subject.partition(" ")
    namespace, separator, role = name.partition("/")
    if kind != "Role" or not separator:
        return subject, frozenset()
    return f"Role {role}", frozenset(part.replace(f"({namespace})", "(its own)") for part in parts)


def permissions(change: Change) -> Iterator[Access]:
    """Yield the permissions of a Role of the cluster that stays as it is."""
    if change.operation is Operation.SAME and change.type == f"{deciding.RBAC}Role":
        yield from (Access("=", *granted) for granted in _granted(change, change.before, ""))


def _wrapped(head: str, parts: Iterable[str]) -> Iterator[str]:
    line = ""
    for part in parts:
        if line and len(head) + len(line) + len(part) > _WIDTH:
            yield head + line
            line = ""
        line = f"{line}; {part}" if line else part
    yield head + line


_SIGNS = {"!": "! stays, unmanaged:"}
_WIDTH = 150
_RANK = {"!": 0, "+": 1, "~": 2, "-": 3}


def _order(line: str) -> tuple[bool, bool, bool, str]:
    """Return what sorts lines: first what anybody gets, then strong roles, then what holds everywhere."""
    plain = line.lower()
    anybody = any(name.lower() in plain for name in _ANYBODY) or "*" in line
    strong = any(word in plain for word in _STRONG)
    everywhere = " on project" in line or "the whole cluster" in line
    return not anybody, not strong, not everywhere, line


def _granted(change: Change, inputs: dict[str, Any], project: str) -> Iterator[tuple[str, str]]:
    if not inputs:
        return
    plain = cast("dict[str, Any]", readable(inputs))
    if grants.declares(change.type):
        yield from _bindings(Resource(change.urn, change.type, change.name, plain), project)
    elif change.type in deciding.CUSTOM_ROLES:
        role = f"role {_text(plain.get('roleId'))}"
        yield from ((role, _text(permission)) for permission in items(plain.get("permissions")))
    elif change.type.startswith(deciding.RBAC):
        yield from _in_cluster(change.type.removeprefix(deciding.RBAC), change.name, plain, project)


def _bindings(resource: Resource, project: str) -> Iterator[tuple[str, str]]:
    own = project or grants.own_project(resource)
    target = grants.target_words(resource, own) or "a place known only after the update"
    where = target if project or target != "project" else f"project {own}"
    for grant in grants.of(resource.type, resource.inputs):
        role = names.short_role(grant.role) if isinstance(grant.role, str) else grant.role
        condition = f" if {_text(grant.condition)}" if grant.condition is not None else ""
        yield _principal(grant.member, own), f"{_text(role)} on {exact(where)}{condition}"


def _in_cluster(kind: str, name: str, inputs: dict[str, Any], project: str) -> Iterator[tuple[str, str]]:
    metadata = mapping(inputs.get("metadata"))
    namespace = _text(metadata["namespace"]) if metadata.get("namespace") else ""
    inside = f"{namespace}/" if namespace else ""
    own = f"{kind} {inside}{_text(metadata.get('name') or name)}"
    yield from ((own, text) for rule in items(inputs.get("rules")) for text in _requests(mapping(rule)))
    if aggregated := inputs.get("aggregationRule"):
        yield own, f"whatever the roles permit that it aggregates: {_text(aggregated)}"
    role = mapping(inputs.get("roleRef"))
    of_namespace = inside if role.get("kind") == "Role" else ""
    bound = f"{_text(role.get('kind'))} {of_namespace}{_text(role.get('name'))}"
    where = f"namespace {namespace}" if namespace else "the whole cluster"
    for subject in items(inputs.get("subjects")):
        fields = mapping(subject)
        known = all(map(is_open, fields.values()))
        who = principals.from_subject(fields, project) if known else UNKNOWN
        yield _principal(who, project), f"{bound} in {where}"


def _requests(rule: Mapping[str, Any]) -> Iterator[str]:
    """Yield the requests that a rule of a Role permits, in the words of `make access`, an API group at a time."""
    verbs = _list(rule.get("verbs"))
    only = f" ({_list(rule.get('resourceNames'))})" if rule.get("resourceNames") else ""
    for group in items(rule.get("apiGroups")) or [""]:
        suffix = f".{_text(group)}" if group else ""
        if kinds := ",".join(f"{_text(kind)}{suffix}" for kind in items(at(rule, "resources"))):
            yield f"{verbs} {kinds}{only}"
    if urls := _list(rule.get("nonResourceURLs")):
        yield f"{verbs} {urls}"


def _principal(member: Any, project: str) -> str:
    """Return a principal in the words of `make access`."""
    return _text(principals.name(member, project) if isinstance(member, str) else member)


def _list(value: Any) -> str:
    return ",".join(_text(item) for item in items(value))


def _text(value: Any) -> str:
    """Return a name for a line, in ASCII; words for an unknown or secret one."""
    if value is None:
        return "(not set)"
    return exact(str(value)) if is_open(value) else f"({value!r})"


def readable(value: Any) -> Any:
    """Convert values of the plan to the form of rules, with UNKNOWN and Secret."""
    if is_unknown(value):
        return UNKNOWN
    if is_opaque(value):
        return Secret(None)
    if isinstance(value, dict):
        return {key: readable(inner) for key, inner in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [readable(inner) for inner in cast("list[Any]", value)]
    return value
