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
        asked = self.request or Request("", "")
        return Request(asked.verb, asked.resource, asked.group, namespace(access, resource))


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
    resource = _found(_resources(access), on, "resource") if on else None
    actions = _actions(access, can) if can else None
    if actions and actions[0].request and resource and not namespace(access, resource):
        inside = access.document.cluster
        if inside is None or resource not in (inside.id, access.cluster_project):
            raise QuestionError(
                f"{can!r} is a request to the cluster, and {access.resources[resource].name} is not in it. Ask ON= a "
                "namespace, or ON=cluster."
            )
    return Question(_found(_principals(access), who, "principal") if who else None, actions, resource)


def namespace(access: Access, resource: str) -> str:
    """Return the name of a namespace from its full resource name; empty for any other resource."""
    inside = access.document.cluster
    begin = f"{inside.id}/k8s/namespaces/" if inside else "\0"
    return resource.removeprefix(begin) if resource.startswith(begin) else ""


def _principals(access: Access) -> dict[str, list[str]]:
    words: dict[str, list[str]] = {}
    for each in access.document.principals:
        address = each.id.partition(":")[2] if not each.id.startswith("principal") else each.name
        _add(words, each.id, (each.id, each.name, each.name.partition(" ")[2], address))
    return words


def _resources(access: Access) -> dict[str, list[str]]:
    words: dict[str, list[str]] = {}
    inside = access.document.cluster
    for each in access.document.resources:
        short = each.name.partition(" ")[2]
        own = ["cluster"] if inside and each.id == inside.id else []
        whole = each.id.removeprefix(CONTAINERS)
        _add(words, each.id, (each.id, each.name, each.name.replace(" ", "/", 1), short, whole, *own))
    return words


def _add(words: dict[str, list[str]], identifier: str, names: Iterable[str]) -> None:
    for name in {each.lower() for each in names if each}:
        words.setdefault(name, []).append(identifier)


def _found(words: Mapping[str, list[str]], text: str, what: str) -> str:
    found = words.get(text.strip().lower(), [])
    if len(found) == 1:
        return found[0]
    if found:
        listed = "\n".join(f"  {each}" for each in found)
        raise QuestionError(f"{text!r} can be more than one {what}; say which:\n{listed}")
    raise QuestionError(f"there is no {what} {text!r}.{_nearest(words, text)} `make access` lists all that there are.")


def _nearest(words: Iterable[str], text: str) -> str:
    near = get_close_matches(text.lower(), list(words), _NEAREST, 0.5)
    return f" The nearest: {', '.join(near)}." if near else ""


def _actions(access: Access, text: str) -> tuple[Action, ...]:
    words = text.split()
    if len(words) == 2:
        return (_request(access, words),)
    known = {each.lower(): each for each in (*access.permissions, *settings().vocabulary)}
    wanted = (
        names.permission_in_roles(text) if _AS_DENIED.fullmatch(text) and text not in access.permissions else text
    ).lower()
    if "*" in wanted:
        found = sorted(known[each] for each in known if fnmatchcase(each, wanted.replace("[", "[[]")))
        if found:
            return tuple(map(Action, found))
    elif wanted in known:
        return (Action(known[wanted]),)
    raise QuestionError(
        f"no role here contains the permission {text!r}, so nobody has it by a known role.{_nearest(known, text)} In"
        " the cluster ask with a verb and a kind, such as CAN='delete pods'."
    )


def _names_all(rules: Iterable[Rule]) -> bool:
    """Return whether rules hold for every kind, so that a question may name any kind."""
    return any("*" in rule.resources for rule in rules)


def _request(access: Access, words: list[str]) -> Action:
    """Resolve a verb and a kind in either order, such as `delete pods` or `patch deployments.apps`."""
    inside = access.document.cluster
    if inside is None:
        raise QuestionError("no state has a cluster, so nothing can be asked of it.")
    verb, kind = words if words[0].lower() in VERBS else reversed(words)
    if verb.lower() not in VERBS:
        raise QuestionError(f"{' '.join(words)!r} has no verb of Kubernetes'. Its verbs: {', '.join(VERBS)}.")
    name, _, group = kind.lower().partition(".")
    known = {each for rules in inside.roles.values() for rule in rules or () for each in rule.resources}
    known |= {each.split(".")[1].lower() for each in access.permissions if each.startswith("container.")}
    known |= {each.partition(" ")[2] for each in inside.subresources}
    if name not in known and not any(rules is None or _names_all(rules) for rules in inside.roles.values()):
        raise QuestionError(f"the cluster's Roles name no kind {name!r}.{_nearest(known, name)}")
    return Action(request=Request(verb.lower(), name, group or None))
