"""Rules on the stacks that each team has one of: one account deploys them all, and each holds its own team's things."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from engine import urns
from engine.inputs import at, items, named
from engine.members import Member
from iam import grants, principals
from iam.kinds import is_grant
from policy_pack import teams
from policy_pack.rule import Finding, Resource, Severity, Stack, rule, stack_rule
from policy_pack.rules.namespaces import LIMITS, NAMESPACE, QUOTA
from policy_pack.rules.registry import REPOSITORY
from policy_pack.rules.secrets import VERSION

ACCOUNT = "gcp:serviceaccount/account:Account"
ACCOUNT_USER = "gcp:serviceaccount/iAMMember:IAMMember"
BUCKET_GRANT = "gcp:storage/bucketIAMMember:BucketIAMMember"
KEY_GRANT = "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember"
BINDING = "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding"
LOGIN = "gcp:sql/user:User"
PROJECT_GRANT = "gcp:projects/iAMMember:IAMMember"
SECRET = "gcp:secretmanager/secret:Secret"  # noqa: S105 - a type
SECRET_GRANT = "gcp:secretmanager/secretIamMember:SecretIamMember"  # noqa: S105 - a type
INSIDE = (
    LIMITS,
    QUOTA,
    BINDING,
    "kubernetes:core/v1:ServiceAccount",
    "kubernetes:networking.k8s.io/v1:NetworkPolicy",
    "kubernetes:rbac.authorization.k8s.io/v1:Role",
)
# Types of grants whose members are read.
GRANTS = (ACCOUNT_USER, BUCKET_GRANT, KEY_GRANT, PROJECT_GRANT, SECRET_GRANT)
_URL = "https://cloud.google.com/iam/docs/resource-hierarchy-access-control"

# "{team}" stands for the team of the stack, "{part}" for the part of the layer, and "*" for any text.
_ACCOUNTS = ("apps-{team}-preview", "apps-{team}-deploy", "images-{team}", "app-*")
_CONTRACTS = ("contract-team-{team}", "contract-namespaces-{team}")
# Types to the input that names what they are, and its values.
_NAMES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    ACCOUNT: ("accountId", _ACCOUNTS),
    SECRET: ("secretId", (*_CONTRACTS, "app-*")),
    VERSION: ("secret", ("projects/*/secrets/contract-{part}-{team}",)),
    NAMESPACE: ("metadata.labels.prodfirst/team", ("{team}",)),
    REPOSITORY: ("repositoryId", ("{team}",)),
    LOGIN: ("name", ("app-*@*.iam",)),
}
# Resources of grants, and accounts among their members, in the words of access.yaml.
_TARGETS = (
    "project",
    "bucket state-apps",
    "key state/apps",
    "repository {team}",
    *(f"account {name}" for name in _ACCOUNTS),
    *(f"secret {name}" for name in (*_CONTRACTS, "app-*")),
)
_MEMBERS = tuple(f"account {name}" for name in _ACCOUNTS)
# Readers and writers of a team's contracts, which the foundation has.
_OF_ALL_TEAMS = ("account team-*", "account namespaces-*")


@rule(
    "team-own-names",
    lambda token: token in _NAMES or token == BINDING or is_grant(token),
    Severity.CRITICAL,
    references=["design: a team is a stack"],
    remediation="Declare it in the stack of the team that it belongs to.",
    url=_URL,
)
def own_names(resource: Resource) -> Iterator[str]:
    """A team's stack has accounts, secrets, namespaces, logins, images and grants of this team alone."""
    team = teams.of(resource.urn)
    if team is None:
        return
    if not team:
        yield (
            f"is in the stack {resource.stack}, whose name has no team before an environment, so nobody knows whose it "
            "is. Name the stack <part>-<team>-<environment>, with an environment that policies/environments.yaml lists."
        )
    elif is_grant(resource.type):
        yield from _grants(resource, team)
    elif resource.type == BINDING:
        yield from _subjects(resource, team)
    else:
        path, patterns = _NAMES[resource.type]
        value = at(resource.inputs, path)
        if not isinstance(value, str) or not _is_own(value, patterns, team, resource.program.rpartition("/")[2]):
            yield f"{path} is {named(value)}, which {_foreign(team)}"


def _grants(resource: Resource, team: str) -> Iterator[str]:
    project = grants.own_project(resource)
    target = grants.target_words(resource, project)
    if not _is_own(target, _TARGETS, team):
        yield f"grants on {named(target) if target else 'what is not known before the update'}, which {_foreign(team)}"
    of_contract = _is_own(target, tuple(f"secret {name}" for name in _CONTRACTS), team)
    members = (*_MEMBERS, *_OF_ALL_TEAMS) if of_contract else _MEMBERS
    for grant in grants.grants(resource.inputs):
        who = principals.words(grant.member, project) if isinstance(grant.member, str) else ""
        if not who or (who.startswith("account ") and not _is_own(who, members, team)):
            yield f"grants to {named(who or grant.member)}, which {_foreign(team)}"


def _subjects(resource: Resource, team: str) -> Iterator[str]:
    for index, subject in enumerate(items(resource.inputs.get("subjects"))):
        name = at(subject, "name")
        if at(subject, "kind") == "User" and not _is_own(f"account {_account(name)}", _MEMBERS, team):
            yield f"subjects[{index}] is {named(name)}, which {_foreign(team)}"


def _is_own(value: str, patterns: tuple[str, ...], team: str, part: str = "") -> bool:
    return any(fnmatchcase(value, pattern.format(team=team, part=part)) for pattern in patterns)


def _foreign(team: str) -> str:
    return f"is not of the team {team}: this stack would change what another team has. Declare it in that team's stack."


@stack_rule(
    "team-own-apps",
    Severity.CRITICAL,
    references=["design: a team is a stack"],
    remediation="Declare the app's account, secret or namespace in the same stack, or take out what refers to it.",
    url=_URL,
    looks_at=(ACCOUNT, LOGIN, NAMESPACE, SECRET, *GRANTS, *INSIDE),
)
def own_apps(stack: Stack) -> Iterator[Finding]:
    """A team's stack is about apps that it declares itself: their accounts, their secrets, their namespaces."""
    by_stack: dict[tuple[str, str, str], list[Member]] = {}
    for member in stack.resources:
        if team := teams.of(member.urn):
            parts = urns.parse(member.urn)
            by_stack.setdefault((parts.project, parts.stack, team), []).append(member)
    for (_, _, team), members in by_stack.items():
        for member, what in (*_foreign_accounts(members), *_foreign_secrets(members), *_foreign_namespaces(members)):
            yield Finding(
                member.urn,
                f"{member.name!r} is about {what}, which this stack does not declare: it would change what another "
                f"team has. The stack is of the team {team}: declare it here, or take this out.",
            )


def _foreign_accounts(members: list[Member]) -> Iterator[tuple[Member, str]]:
    declared = {at(member.fields, "accountId") for member in members if member.type == ACCOUNT}
    for member in members:
        used: list[Any] = []
        if member.type == ACCOUNT_USER:
            used.append(str(at(member.fields, "serviceAccountId")).rpartition("/")[2])
        if member.type in GRANTS:
            used.append(str(at(member.fields, "member")).removeprefix("serviceAccount:"))
        for account in map(_account, used):
            if account.startswith("app-") and account not in declared:
                yield member, f"the account {named(account)}"


def _foreign_secrets(members: list[Member]) -> Iterator[tuple[Member, str]]:
    accounts = [at(member.fields, "accountId") for member in members if member.type == ACCOUNT]
    secrets = {at(member.fields, "secretId") for member in members if member.type == SECRET}
    for member in members:
        secret = at(member.fields, "secretId") if member.type in (SECRET, SECRET_GRANT) else None
        if member.type == SECRET and str(secret).startswith("app-"):
            if not any(str(secret).startswith(f"{account}-") for account in accounts):
                yield member, f"an app of the secret {named(secret)}"
        elif member.type == SECRET_GRANT and secret not in secrets:
            yield member, f"the secret {named(secret)}"


def _foreign_namespaces(members: list[Member]) -> Iterator[tuple[Member, str]]:
    declared = {at(member.fields, "metadata.name") for member in members if member.type == NAMESPACE}
    for member in members:
        if member.type.startswith("kubernetes:") and member.type != NAMESPACE:
            namespace = at(member.fields, "metadata.namespace")
        elif member.type == LOGIN:
            namespace = _account(at(member.fields, "name")).removeprefix("app-")
        else:
            continue
        if namespace not in declared:
            yield member, f"the namespace {named(namespace)}"


def _account(name: Any) -> str:
    """Return the ID of an account from its address, or from its login on a database."""
    return str(name).partition("@")[0]
