"""Input of the audit's rules: one access document, built from the states of all layers.

It has declared grants and the roles of access_audit.yaml, so a verdict needs nothing from the cloud. A grant whose
condition will hold at a later moment counts as if it held.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

from audit.escalation import Escalation, EscalationPath, grantable
from audit.evidence import Evidence
from audit.privileges import Privileges
from audit.settings import ROOT, AcceptedPath, Inventory, Principals, Settings, fits
from engine import contracts, own, urns
from engine.inputs import at, mapping
from iam import grants, names, principals
from iam.build import Builder
from iam.decide import Access
from iam.fetched import Fetched, FetchedRole
from iam.safeguards import SAFEGUARDS
from iam.states import DeclaredGrant, States
from policy_pack.rule import Stack

# The contract of each team, with its apps and its accounts.
_TEAM = "team"


@dataclass(frozen=True)
class Security:
    """Security's decisions.

    Attributes:
        settings: duties, roles, accepted paths.
        inventory: datastores that must exist.
        principals: groups and grants that security names.
        root: the repository, whose schemas contracts must match.
    """

    settings: Settings
    inventory: Inventory
    principals: Principals
    root: Path = ROOT


class Case:
    """Input of the rules: states, effective access and escalation paths.

    Args:
        security: security's decisions.
        stack: the states of all layers, merged.
        now: the moment that conditions on time are evaluated for.
    """

    def __init__(self, security: Security, stack: Stack, now: datetime) -> None:
        self.security = security
        self.states = States(stack.resources)
        self.evidence = Evidence.among(
            (resource.type, resource.fields) for resource in stack.resources if "audit:Evidence" in resource.type
        )
        settings = security.settings
        roles = {
            name: FetchedRole(included_permissions=tuple(permissions)) for name, permissions in settings.roles.items()
        }
        known = Fetched(
            environment=self.evidence.environment,
            roles={**roles},
            groups={},
            above=tuple(self.states.above),
            rbac=self.evidence.rbac,
        )
        builder = Builder(self.states, known, now, worked_from=settings.states, later=True)
        document = grantable(builder.document(), settings.roles)
        self.access = Access(document)
        self.privileges = Privileges(self.access, settings)
        edges = builder.graph(document).edges()
        self.escalation = Escalation(self.access, edges, self.privileges, settings, self._owners())

    def is_own_agent(self, member: str) -> bool:
        """Return whether a member is a service agent that acts for this project, not for another customer's."""
        agent = principals.agent(member)
        return agent is not None and agent.number == self.states.number

    def is_of_the_cloud(self, member: str) -> bool:
        """Return whether the cloud itself puts a member into policies: a service agent, or one of the listed others."""
        own = {"{number}": self.states.number, "{project}": self.states.project}
        return self.is_own_agent(member) or any(
            member == _filled(pattern, own) for pattern in self.security.settings.agents
        )

    @cached_property
    def checked(self) -> list[str]:
        """Principals that are checked: all but Google's agents and trusted principals."""
        trusted = self.security.principals.trusted
        members = {grant.member for grant in self.states.grants} | self.access.bindings_of.keys()
        checked = {who: self.access.called(who) for who in members}
        return sorted(
            (who for who, name in checked.items() if not self.is_own_agent(who) and not fits(name, trusted)),
            key=lambda who: checked[who],
        )

    @cached_property
    def paths(self) -> list[tuple[EscalationPath, AcceptedPath | None]]:
        """Escalation paths, each with the decision that accepts it."""
        accepted = self.security.settings.accepted
        return [
            (path, next((decision for decision in accepted if decision.fits(path.source, path.target)), None))
            for who in self.checked
            for path in self.escalation.paths(who)
        ]

    @cached_property
    def safeguards(self) -> dict[str, list[str]]:
        """Problems of each safeguard by its label; none for one that holds, or that the environment does not have."""
        facts = own.of_environment(self.evidence.environment, self.security.root)
        declared = {
            (member.type, member.name): member
            for member in self.states.members
            if contracts.program_of(member.urn) == SAFEGUARDS.program
        }
        required = {one.label for one in SAFEGUARDS.required(facts)}
        problems: dict[str, list[str]] = {}
        for safeguard in SAFEGUARDS.all():
            member = declared.get((safeguard.group.type, safeguard.name))
            if member is None:
                problems[safeguard.label] = ["no state has it"] if safeguard.label in required else []
                continue
            found = list(safeguard.problems(member.fields, facts))
            if safeguard.group.protect and member.urn not in self.evidence.protected:
                found.append("its state says that it is not protected")
            problems[safeguard.label] = found
        return problems

    @cached_property
    def needed_safeguards(self) -> frozenset[str]:
        """Labels of the safeguards that the environment has to have."""
        facts = own.of_environment(self.evidence.environment, self.security.root)
        return frozenset(one.label for one in SAFEGUARDS.required(facts))

    def broken(self, accepted: AcceptedPath) -> list[str]:
        """Return the safeguards of an accepted path that do not hold, each with the reason."""
        return [
            f"{label}: {problem}"
            for label in accepted.safeguards
            for problem in self.safeguards.get(label, ["policies/safeguards.yaml does not list it"])[:1]
        ]

    @cached_property
    def present(self) -> dict[tuple[str, str, str], str]:
        """URNs of resources by project and stack, type, and name."""
        by_name: dict[tuple[str, str, str], str] = {}
        for member in self.states.members:
            urn = urns.parse(member.urn)
            by_name[urn.home, member.type, member.name] = member.urn
        return by_name

    def in_words(self, grant: DeclaredGrant) -> tuple[str, str, str]:
        """Return principal, role and resource of a grant in the words of access.yaml."""
        who = principals.name(grant.member, self.states.project)
        role = grants.short_role(grant.role, self.states.project)
        return who, role, names.words(grant.resource, self.states.owner)

    def _owners(self) -> dict[str, set[str]]:
        """Return the apps' accounts by the members of the owning team, which may run as them by design."""
        owners: defaultdict[str, set[str]] = defaultdict(set)
        for contract in (one.document for one in self.states.contracts if one.name == _TEAM):
            members = ((at(contract, "team.ci.deploy"), "serviceAccount"), (at(contract, "team.group"), "group"))
            for app in mapping(at(contract, "apps")).values():
                account = at(app, "serviceAccount")
                for address, kind in members:
                    if isinstance(account, str) and isinstance(address, str):
                        word = principals.words(f"serviceAccount:{account}", self.states.project)
                        owners[f"{kind}:{address}"].add(word)
        return owners


def _filled(pattern: str, values: dict[str, str]) -> str:
    for placeholder, value in values.items():
        pattern = pattern.replace(placeholder, value)
    return pattern
