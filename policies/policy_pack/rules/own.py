"""Rules on what is the environment's own: project, number, domain, branch and registry, each compared as a whole."""

import re
from collections.abc import Iterator
from typing import Any

from engine.inputs import at, is_open, items, mapping, named, shown
from engine.own import Own
from iam.grants import readable, short_role
from iam.kinds import is_grant
from iam.permitted import ACCESS
from policy_pack.cluster_roles import CLUSTER_ROLES
from policy_pack.pods import KUBERNETES, containers, pods
from policy_pack.rule import Resource, Severity, like, rule
from policy_pack.rules.rbac import BINDINGS, ROLES

_GOOGLE = like(r"gcp:.*|pulumi:providers:gcp")
_POOL = r"principalSet://iam\.googleapis\.com/projects/(?P<number>[0-9]+)/locations/global/workloadIdentityPools/"
_AGENT = re.compile(r"serviceAccount:(service-)?(?P<number>[0-9]+)(-compute)?@[a-z0-9.-]+\.gserviceaccount\.com")
# Forms of members, and the facts of the environment that they name. A ref has no colon, so the last one is the branch.
_FORMS: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (
    (re.compile(r"(group|user):[a-z0-9._+-]+@(?P<domain>[a-z0-9.-]+)"), ("domain",)),
    (_AGENT, ("number",)),
    (re.compile(r"serviceAccount:[a-z0-9-]+@(?P<project>[^@]+)\.iam\.gserviceaccount\.com"), ("project",)),
    (re.compile(r"serviceAccount:(?P<project>[^@\[]+)\.svc\.id\.goog\[[a-z0-9-]+/[a-z0-9-]+\]"), ("project",)),
    (re.compile(rf"{_POOL}github/attribute\.job/[^:]+:([^:]+:)*refs/heads/(?P<branch>[^:]+)"), ("number", "branch")),
    (re.compile(rf"{_POOL}github/attribute\.job/[^:]+:([^:]+:)*pull_request"), ("number",)),
    (re.compile(rf"{_POOL}builds/attribute\.build/[0-9]+:refs/heads/[^:]+"), ("number",)),
)
# Control characters other than the ends of lines and tabs, marks of direction, and characters without a width.
_HIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
_PROXY = re.compile(r"gcr\.io/cloud-sql-connectors/cloud-sql-proxy@.*")
_URL = "https://cloud.google.com/iam/docs/principal-identifiers"


@rule(
    "layer-project-own",
    _GOOGLE,
    Severity.CRITICAL,
    references=["design: a project is an environment"],
    remediation="Leave project out of the provider, and use the stack of that project.",
    url="https://www.pulumi.com/registry/packages/gcp/installation-configuration/",
)
def project_own(resource: Resource) -> Iterator[str]:
    """A resource and its provider are in the project of the environment's foundation, whatever the program says."""
    own = resource.own.get("project")
    if own is None:
        yield (
            "is of an environment without identity/Pulumi.foundation-<environment>.yaml, so nobody can tell which "
            "project, domain and groups are its own. Name the stack after an environment that has that file."
        )
        return
    for what, inputs in (("its provider is", resource.provider or {}), ("is", resource.inputs)):
        project = inputs.get("project")
        if project is not None and project not in (own, f"projects/{own}"):
            yield f"{what} in the project {named(project)}, and the environment's is {own}: use its stack."


@rule(
    "layer-text-visible",
    like(r".*"),
    Severity.HIGH,
    references=["CVE-2021-42574"],
    remediation="Write the text anew, without control, bidirectional and invisible characters.",
    url="https://trojansource.codes/",
)
def text_visible(resource: Resource) -> Iterator[str]:
    """Names and inputs have no character that hides or reorders what a reader of a plan sees."""
    if _HIDDEN.search(resource.name) or not resource.name.isascii():
        yield f"has the name {resource.name!a}, with characters that nobody sees or that look like others. Rename it."
    for path in _hidden(resource.inputs, ""):
        yield f"{path} has a control, bidirectional or invisible character: a plan shows another text. Write it anew."


def _hidden(value: Any, path: str) -> Iterator[str]:
    """Yield the paths of texts, and of keys, with such a character."""
    if isinstance(value, str):
        if _HIDDEN.search(value):
            yield path
    elif isinstance(value, list):
        for index, one in enumerate(items(value)):
            yield from _hidden(one, f"{path}[{index}]")
    elif isinstance(value, dict):
        for key, one in mapping(value).items():
            below = f"{path}.{ascii(key)[1:-1]}".lstrip(".")
            if _HIDDEN.search(key):
                yield below
            yield from _hidden(one, below)


# Inputs with labels, and keys of labels that Google, or Kubernetes and its controllers, write themselves:
# https://cloud.google.com/resource-manager/docs/labels-overview#restrictions and
# https://kubernetes.io/docs/reference/labels-annotations-taints/. What an app may say of itself is no such key.
_LABELS = frozenset({"labels", "resourceLabels", "userLabels"})
_WRITTEN_BY_GOOGLE = re.compile(r"goog.*")
_WRITTEN_BY_CLUSTER = re.compile(
    r"(?!(app|pod-security)\.kubernetes\.io/)(([a-z0-9.-]+\.)?(kubernetes\.io|k8s\.io|gke\.io|cloud\.google\.com)/.*|"
    r"controller-revision-hash|controller-uid|job-name|pod-template-(hash|generation))"
)


@rule(
    "layer-labels-own",
    like(r"(gcp|kubernetes):.*"),
    Severity.MEDIUM,
    remediation="Choose another key, with a prefix of your own.",
    url="https://kubernetes.io/docs/reference/labels-annotations-taints/",
)
def labels_own(resource: Resource) -> Iterator[str]:
    """No label has a key that Google or Kubernetes writes itself: each would overwrite the other's at every turn."""
    in_cluster = KUBERNETES(resource.type)
    reserved, owner = (_WRITTEN_BY_CLUSTER, "Kubernetes") if in_cluster else (_WRITTEN_BY_GOOGLE, "Google")
    for path, labels in _labels(resource.inputs, ""):
        if not is_open(labels):
            yield f"{path} is {shown(labels)}, so nobody can see which labels it sets. Write them out."
        for key in mapping(labels):
            if reserved.fullmatch(key):
                yield (
                    f"{path} sets {named(key)}, which {owner} writes itself: each overwrites the other's value, and "
                    "the difference never settles. Choose another key."
                )


def _labels(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield the labels at any depth, with their paths."""
    if isinstance(value, list):
        for index, one in enumerate(items(value)):
            yield from _labels(one, f"{path}[{index}]")
    for key, one in mapping(value).items():
        below = f"{path}.{key}".lstrip(".")
        if key in _LABELS:
            yield below, one
        else:
            yield from _labels(one, below)


@rule(
    "layer-members-own",
    is_grant,
    Severity.CRITICAL,
    references=["CIS GCP 1.1"],
    remediation="Name a group of the own domain, or an account, agent, workload or job of the own project.",
    url=_URL,
)
def members_own(resource: Resource) -> Iterator[str]:
    """Members of grants are of the own domain, project, number and branch, and in ASCII, which no letter imitates."""
    for grant in readable(resource):
        member = str(grant.member)
        role = short_role(str(grant.role), resource.own.get("project", ""))
        if problem := _foreign(member, resource.own):
            yield f"grants {named(grant.role)} to {named(member)}, which {problem}."
        elif member.startswith("group:") and role in ACCESS.administrators_alone:
            administrators = resource.own.get("administrators")
            if member != f"group:{administrators}":
                yield (
                    f"grants {named(grant.role)} to {named(member)}, and with it the state from which CI works. Only "
                    f"{administrators} may have it."
                )


def _foreign(member: str, own: Own) -> str:
    """Return what makes a member none of the environment's own; empty for one that is."""
    if not member.isascii() or not member.isprintable() or " " in member:
        return "has a character that is no printable ASCII, so it may look like another. Write it anew"
    for pattern, facts in _FORMS:
        if match := pattern.fullmatch(member):
            foreign = [fact for fact in facts if match[fact] not in (None, own.get(fact))]
            return f"is not of the own {' and '.join(foreign)}. Name one that is" if foreign else ""
    return "has a form that no rule knows. Name a group, an account, an agent, a workload or a job"


@rule(
    "layer-roles-listed",
    ROLES,
    Severity.CRITICAL,
    references=["CIS K8s 5.1.3", "CIS K8s 5.1.8"],
    remediation="Take the permission back, or have security enter it in policies/rbac.yaml.",
    url="https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege",
)
def roles_listed(resource: Resource) -> Iterator[str]:
    """Each role of the cluster is on security's list, with each of its permissions: group, resource, verb and names."""
    kind = resource.type.rpartition(":")[2].removesuffix("Patch")
    name = at(resource.inputs, "metadata.name")
    role = CLUSTER_ROLES.of(resource.program, kind, name)
    if role is None:
        yield f"{kind} {named(name)} is not listed. Remove it, or have security enter it in policies/rbac.yaml."
        return
    namespace = str(at(resource.inputs, "metadata.namespace"))
    for permission in CLUSTER_ROLES.beyond(role, resource.inputs.get("rules"), namespace):
        yield (
            f"{permission}, which is not on security's list for {role.name}. Take it back, or have it entered in "
            "policies/rbac.yaml."
        )


@rule(
    "layer-subjects-own",
    BINDINGS,
    Severity.CRITICAL,
    references=["CIS K8s 5.1.1", "CIS K8s 5.1.7"],
    remediation="Bind a listed role to a group of the own domain, or to an account of the own project.",
    url="https://kubernetes.io/docs/reference/access-authn-authz/rbac/#rolebinding-and-clusterrolebinding",
)
def subjects_own(resource: Resource) -> Iterator[str]:
    """Bindings are of listed roles, to groups of the own domain and accounts of the own project."""
    kind, name = at(resource.inputs, "roleRef.kind"), at(resource.inputs, "roleRef.name")
    if CLUSTER_ROLES.of(resource.program, kind, name) is None:
        yield f"roleRef is the {named(kind)} {named(name)}, which policies/rbac.yaml does not list. Bind one of ours."
    for index, subject in enumerate(items(resource.inputs.get("subjects"))):
        kind, name = at(subject, "kind"), at(subject, "name")
        if not _is_own_subject(kind, name, resource.own):
            yield (
                f"subjects[{index}] is the {named(kind)} {named(name)}, which is neither a group of the own domain "
                "nor an account of the own project. Name one."
            )


def _is_own_subject(kind: Any, name: Any, own: Own) -> bool:
    if not isinstance(name, str):
        return False
    member = {"Group": "group:", "User": "serviceAccount:"}.get(kind)
    return member is not None and _AGENT.fullmatch(member + name) is None and not _foreign(member + name, own)


@rule(
    "layer-images-own",
    KUBERNETES,
    Severity.CRITICAL,
    references=["CIS K8s 5.5.1"],
    remediation="Push the image to a repository of the own project.",
    url="https://cloud.google.com/artifact-registry/docs/docker/names",
)
def images_own(resource: Resource) -> Iterator[str]:
    """Images come from repositories of the own project: a registry of any project has the same host."""
    begin = re.compile(rf"[a-z0-9-]+-docker\.pkg\.dev/{re.escape(resource.own.get('project', ''))}/[a-z0-9-]+/.+")
    for pod in pods(resource).pods:
        for path, fields in containers(pod):
            image = fields.get("image")
            if not isinstance(image, str) or not (begin.fullmatch(image) or _PROXY.fullmatch(image)):
                yield f"{path}.image is {named(image)}, which is of no repository of the own project. Push it there."
