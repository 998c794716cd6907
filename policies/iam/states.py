"""Access as states declare it: resources, grants, accounts, roles, deny policies, federation, contracts.

Names are derived from declared inputs, not from IDs, so that a planned resource has one too.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from engine import contracts
from engine.inputs import at, is_open, items, mapping
from engine.members import Member
from iam import grants, kinds, logins, names
from iam.document import Federation, Role
from iam.kinds import Owner

_ACCOUNT = "gcp:serviceaccount/account:Account"
_DENY = "gcp:iam/denyPolicy:DenyPolicy"
_NAMESPACE = "kubernetes:core/v1:Namespace"
_PROVIDER = "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider"
RBAC = "kubernetes:rbac.authorization.k8s.io/v1:"
_ROLES = ("gcp:projects/iAMCustomRole:IAMCustomRole", "gcp:organizations/iAMCustomRole:IAMCustomRole")
_STACK = "pulumi:pulumi:Stack"


@dataclass(frozen=True)
class DeclaredGrant:
    """One role for one member, as a state declares it.

    Attributes:
        resource: full name of the resource.
        role: full name of the role.
        member: the member, as in policies.
        condition: expression of the condition; empty without one.
    """

    resource: str
    role: str
    member: str
    condition: str


@dataclass(frozen=True)
class DeclaredDenial:
    """Rule of a deny policy, as its state declares it."""

    policy: str
    description: str
    resource: str
    rule: dict[str, Any]


@dataclass(frozen=True)
class PublishedContract:
    """Contract that a stack publishes.

    Attributes:
        name: of the contract.
        urn: of the stack.
        document: the JSON object.
    """

    name: str
    urn: str
    document: Any


class States:
    """The states of all layers, merged.

    Args:
        members: all resources of the states.
        number: project number where no contract among them has it.
    """

    def __init__(self, members: Sequence[Member], number: str = "") -> None:
        self.members = members
        self._number = number

    @cached_property
    def project(self) -> str:
        """Google Cloud project: the project of most accounts and grants."""
        of = (member for member in self.members if member.type.startswith(("gcp:projects/", "gcp:serviceaccount/")))
        projects = Counter(str(project) for member in of if (project := member.fields.get("project")))
        return projects.most_common(1)[0][0] if projects else ""

    @cached_property
    def number(self) -> str:
        """Project number; empty where neither a contract nor the caller has it."""
        numbers = (at(contract.document, "project.number") for contract in self.contracts)
        return next((str(number) for number in numbers if number), self._number)

    @cached_property
    def owner(self) -> Owner:
        """Project whose resources need no prefix in words."""
        return Owner(project=self.project, number=self.number)

    @cached_property
    def contracts(self) -> tuple[PublishedContract, ...]:
        """Published contracts; one of each team where a contract is one of each team."""
        return tuple(
            PublishedContract(name, stack.urn, document)
            for stack in self._of(_STACK)
            for name, document in contracts.published(stack.fields, contracts.program_of(stack.urn))
            if is_open(document) and document
        )

    def _of(self, *tokens: str) -> Iterator[Member]:
        return (member for member in self.members if member.type in tokens)

    def _canonical(self, name: str) -> str:
        return names.canonical(name, self.project, self.number)

    def resources(self) -> Iterator[str]:
        """Yield full names of resources with IAM policies; a name that only the update knows is left out."""
        for member in self.members:
            if name := kinds.declared(member.type, member.fields, self.project):
                yield self._canonical(name)

    @cached_property
    def grants(self) -> dict[DeclaredGrant, str]:
        """Declared grants to the URNs of the resources that declare them."""
        return {grant: urn for grant, urn in self._grants() if grant}

    @cached_property
    def unreadable(self) -> list[str]:
        """URNs of resources whose grants are not readable in the state, or are on an unknown kind."""
        return [urn for grant, urn in self._grants() if grant is None]

    def _grants(self) -> Iterator[tuple[DeclaredGrant | None, str]]:
        for member in self.members:
            if grants.declares(member.type):
                on = grants.target(member.type, member.fields, self.project)
                for grant in grants.of(member.type, member.fields):
                    known = on and grant.is_open
                    condition = str(grant.condition or "")
                    declared = DeclaredGrant(self._canonical(on), str(grant.role), str(grant.member), condition)
                    yield declared if known else None, member.urn

    @cached_property
    def accounts(self) -> dict[str, str]:
        """E-mail addresses of service accounts to the URNs of the resources that declare them."""
        declared = (
            (kinds.declared(account.type, account.fields, self.project), account.urn) for account in self._of(_ACCOUNT)
        )
        return {name.rpartition("/")[2]: urn for name, urn in declared if name}

    @cached_property
    def domain(self) -> str:
        """Domain of the organisation, to which every group belongs; empty where no contract has it."""
        domains = (at(contract.document, "project.domain") for contract in self.contracts)
        return next((str(domain) for domain in domains if domain), "")

    @property
    def above(self) -> list[str]:
        """Folders and organisations with declared grants and deny policies, such as `folders/1`."""
        on = {grant.resource for grant in self.grants} | {denying.resource for denying in self.denials()}
        containers = {name.removeprefix(names.CONTAINERS) for name in on if name.startswith(names.CONTAINERS)}
        return sorted(container for container in containers if container.startswith(("folders/", "organizations/")))

    @property
    def cluster(self) -> str:
        """Full name of the cluster; empty where there is none."""
        return next((name for name in self.resources() if "/clusters/" in name), "")

    def namespaces(self) -> list[str]:
        """Return the names of the cluster's namespaces."""
        return sorted({str(at(namespace.fields, "metadata.name")) for namespace in self._of(_NAMESPACE)})

    def roles(self) -> dict[str, Role]:
        """Return custom roles by their full names, and roles of databases, which have no permissions of IAM."""
        roles: dict[str, Role] = {}
        for resource in self._of(*_ROLES):
            outputs = resource.fields
            of = f"organizations/{outputs['orgId']}" if outputs.get("orgId") else f"projects/{self.project}"
            permissions = sorted({str(permission) for permission in items(outputs.get("permissions"))})
            role = Role(title=str(outputs.get("title") or ""), permissions=tuple(permissions))
            roles[f"{of}/roles/{outputs.get('roleId')}"] = role
        in_databases = {grant.role for grant in self.grants if logins.is_role(grant.role)}
        return {**roles, **dict.fromkeys(sorted(in_databases), Role(title="in a database", permissions=()))}

    def denials(self) -> Iterator[DeclaredDenial]:
        """Yield the rules of all deny policies."""
        for resource in self._of(_DENY):
            point = self._canonical(f"//{unquote(str(resource.fields.get('parent')))}")
            for rule in map(mapping, items(resource.fields.get("rules"))):
                description = str(rule.get("description") or "")
                policy = str(resource.fields.get("name") or resource.name)
                yield DeclaredDenial(policy, description, point, mapping(rule.get("denyRule")))

    def federations(self) -> Iterator[Federation]:
        """Yield the workload identity providers."""
        for provider in self._of(_PROVIDER):
            yield Federation(
                provider=str(provider.fields.get("name") or provider.name),
                issuer=str(at(provider.fields, "oidc.issuerUri") or ""),
                condition=str(provider.fields.get("attributeCondition") or ""),
            )

    def rbac(self, kind: str) -> Iterator[Member]:
        """Yield Roles (`Role`, `ClusterRole`) or bindings of the cluster by kind."""
        return self._of(f"{RBAC}{kind}")
