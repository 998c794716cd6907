"""Resolves a question's words to a principal, a permission and a resource of a document.

Words may have the form of answers ("account platform-deploy", "secret contract-identity"), the form of policies, or a
short form that is unambiguous. An unknown word is an error that names the nearest known ones.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase

from audit.settings import settings
from iam import names
from iam.decide import Access
from iam.decision import Decision
from iam.document import Rule
from iam.names import CONTAINERS
from iam.rbac import VERBS, Request

_NEAREST = 4
_AS_DENIED = re.compile(r"[a-z.-]+\.googleapis\.com/\S+")


class QuestionError(Exception):
    """Question about an unknown name; the message lists known ones."""


@dataclass(frozen=True)
class Action:
    """Action in a question: a permission of IAM, or a request to the cluster.

    Attributes:
        permission: the permission as roles spell it; empty for a request.
        request: the request to the cluster, without a namespace; None for a permission.
    """

    permission: str = ""
    request: Request | None = None

    @property
    def text(self) -> str:
        """Action in words."""
        if self.request is None:
            return self.permission
        group = f".{self.request.group}" if self.request.group else ""
        return f"{self.request.verb} {self.request.resource}{group}"

    def decided(self, access: Access, principal: str, resource: str) -> Decision:
        """Decide whether a principal may perform the action on a resource."""
        if self.request is None:
            return access.decide(principal, self.permission, resource)
        return access.decide_in_cluster(principal, self._in(access, resource))

    def holders(self, access: Access, resource: str) -> Iterable[tuple[str, Decision]]:
        """Return the principals that may perform the action on a resource, with the decisions."""
        if self.request is None:
            return access.holders(self.permission, resource)
        return access.holders_in_cluster(self._in(access, resource))

    def _in(self, access: Access, resource: str) -> Request:
        request = self.request or Request("", "")
        return Request(request.verb, request.resource, request.group, namespace(access, resource))


@dataclass(frozen=True)
class Question:
    """Question; a part that is not given is None.

    Attributes:
        who: a principal.
        can: actions; several where a pattern was given.
        on: a resource.
    """

    who: str | None = None
    can: tuple[Action, ...] | None = None
    on: str | None = None


def question(access: Access, who: str | None, can: str | None, on: str | None) -> Question:
    """Resolve a question's words.

    Raises:
        QuestionError: a name is unknown or ambiguous.
    """
    resource = _resolved(_resources(access), on, "resource") if on else None
    actions = _actions(access, can) if can else None
    if actions and actions[0].request and resource and not namespace(access, resource):
        cluster = access.document.cluster
        if cluster is None or resource not in (cluster.id, access.cluster_project):
            raise QuestionError(
                f"{can!r} is a request to the cluster, and {access.resources[resource].name} is not in it. Ask ON= a "
                "namespace, or ON=cluster."
            )
    return Question(_resolved(_principals(access), who, "principal") if who else None, actions, resource)


def namespace(access: Access, resource: str) -> str:
    """Return the name of a namespace from its full resource name; empty for any other resource."""
    cluster = access.document.cluster
    begin = f"{cluster.id}/k8s/namespaces/" if cluster else "\0"
    return resource.removeprefix(begin) if resource.startswith(begin) else ""


def _principals(access: Access) -> dict[str, list[str]]:
    words: dict[str, list[str]] = {}
    for principal in access.document.principals:
        address = principal.id.partition(":")[2] if not principal.id.startswith("principal") else principal.name
        _add(words, principal.id, (principal.id, principal.name, principal.name.partition(" ")[2], address))
    return words


def _resources(access: Access) -> dict[str, list[str]]:
    words: dict[str, list[str]] = {}
    cluster = access.document.cluster
    for resource in access.document.resources:
        short = resource.name.partition(" ")[2]
        own = ["cluster"] if cluster and resource.id == cluster.id else []
        whole = resource.id.removeprefix(CONTAINERS)
        _add(words, resource.id, (resource.id, resource.name, resource.name.replace(" ", "/", 1), short, whole, *own))
    return words


def _add(words: dict[str, list[str]], identifier: str, names: Iterable[str]) -> None:
    for name in {word.lower() for word in names if word}:
        words.setdefault(name, []).append(identifier)


def _resolved(words: Mapping[str, list[str]], text: str, what: str) -> str:
    identifiers = words.get(text.strip().lower(), [])
    if len(identifiers) == 1:
        return identifiers[0]
    if identifiers:
        listed = "\n".join(f"  {identifier}" for identifier in identifiers)
        raise QuestionError(f"{text!r} can be more than one {what}; say which:\n{listed}")
    raise QuestionError(f"there is no {what} {text!r}.{_nearest(words, text)} `make access` lists all that there are.")


def _nearest(words: Iterable[str], text: str) -> str:
    near = get_close_matches(text.lower(), list(words), _NEAREST, 0.5)
    return f" The nearest: {', '.join(near)}." if near else ""


def _actions(access: Access, text: str) -> tuple[Action, ...]:
    words = text.split()
    if len(words) == 2:
        return (_request(access, words),)
    known = {permission.lower(): permission for permission in (*access.permissions, *settings().vocabulary)}
    pattern = (
        names.permission_in_roles(text) if _AS_DENIED.fullmatch(text) and text not in access.permissions else text
    ).lower()
    if "*" in pattern:
        permissions = sorted(known[name] for name in known if fnmatchcase(name, pattern.replace("[", "[[]")))
        if permissions:
            return tuple(map(Action, permissions))
    elif pattern in known:
        return (Action(known[pattern]),)
    raise QuestionError(
        f"no role here contains the permission {text!r}, so nobody has it by a known role.{_nearest(known, text)} In"
        " the cluster ask with a verb and a kind, such as CAN='delete pods'."
    )


def _names_all(rules: Iterable[Rule]) -> bool:
    """Return whether rules hold for every kind, so that a question may name any kind."""
    return any("*" in rule.resources for rule in rules)


def _request(access: Access, words: list[str]) -> Action:
    """Resolve a verb and a kind in either order, such as `delete pods` or `patch deployments.apps`."""
    cluster = access.document.cluster
    if cluster is None:
        raise QuestionError("no state has a cluster, so nothing can be asked of it.")
    verb, kind = words if words[0].lower() in VERBS else reversed(words)
    if verb.lower() not in VERBS:
        raise QuestionError(f"{' '.join(words)!r} has no verb of Kubernetes'. Its verbs: {', '.join(VERBS)}.")
    name, _, group = kind.lower().partition(".")
    known = {resource for rules in cluster.roles.values() for rule in rules or () for resource in rule.resources}
    known |= {
        permission.split(".")[1].lower() for permission in access.permissions if permission.startswith("container.")
    }
    known |= {request.partition(" ")[2] for request in cluster.subresources}
    if name not in known and not any(rules is None or _names_all(rules) for rules in cluster.roles.values()):
        raise QuestionError(f"the cluster's Roles name no kind {name!r}.{_nearest(known, name)}")
    return Action(request=Request(verb.lower(), name, group or None))
