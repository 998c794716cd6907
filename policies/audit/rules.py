"""The audit's rules: on the states of all layers together."""

import inspect
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from audit.contracts import contract_problems
from audit.declared import undeclared
from audit.escalation import Escalation, Way
from audit.facts import Facts, facts
from audit.powers import Powers
from audit.settings import BREAK_GLASS, ROOT, AcceptedPath, Conflict, Inventory, Principals, Settings, fits
from policy_pack.rule import Finding, Severity, Stack, StackRule

_IAM = "https://cloud.google.com/iam/docs/"


@dataclass(frozen=True)
class Security:
    """What security says.

    Attributes:
        settings: duties, ways, accepted paths.
        inventory: the datastores that must be there.
        principals: groups and grants that are known by name.
        root: the repository, whose schemas contracts must fit.
    """

    settings: Settings
    inventory: Inventory
    principals: Principals
    root: Path = ROOT


@dataclass(frozen=True)
class Case:
    """What is known of the layers, for every rule."""

    security: Security
    facts: Facts
    powers: Powers
    escalation: Escalation

    @property
    def judged(self) -> list[str]:
        """Who is judged: everybody but the cloud's own agents, and who may come to everything."""
        trusted = self.security.principals.trusted
        return [who for who in self.powers.principals if not who.startswith("agent ") and not fits(who, trusted)]

    def ways(self) -> Iterator[tuple[Way, AcceptedPath | None]]:
        """Each way, with the decision that accepts it."""
        for who in self.judged:
            for way in self.escalation.ways(who):
                accepted = (path for path in self.security.settings.accepted if path.fits(way.source, way.target))
                yield way, next(accepted, None)


def roles_known(case: Case) -> Iterator[Finding]:
    """Every grant can be read, and every role in use is known: what is not, nobody can judge."""
    for urn in case.facts.unreadable:
        yield Finding(urn, "its grant cannot be read from the state, so nobody can judge it.")
    for grant in case.facts.grants:
        if case.powers.permissions(grant.role) is None and not grant.principal.startswith("agent "):
            what = f"{grant.principal} holds {grant.role} on {grant.place}"
            yield Finding(grant.urn, f"{what}: unknown role, cannot be judged.")


def duties_separated(case: Case) -> Iterator[Finding]:
    """Nobody has duties together that security keeps apart, by grants or by accounts that they are meant to be."""
    for who in case.judged:
        places = defaultdict[str, set[str]](set)
        for power in case.escalation.given(who):
            places[power.duty].add(power.place)
        for conflict in case.security.settings.conflicts:
            one, other = conflict.duties
            if (
                places[one]
                and places[other]
                and not fits(who, _exempt(case, conflict))
                and not _of_one(case, who, {one, other})
            ):
                has = f"{one} ({_list(places[one])}) and {other} ({_list(places[other])})"
                urn = next((grant.urn for grant in case.facts.grants if grant.principal == who), "")
                yield Finding(urn, f"{who} has {has}: {conflict.because}.")


def _exempt(case: Case, conflict: Conflict) -> tuple[str, ...]:
    """Principals that may have the duties of a conflict together; break-glass stands for its groups."""
    groups = case.security.principals.break_glass if BREAK_GLASS in conflict.exempt else ()
    return (*conflict.exempt, *groups)


def _of_one(case: Case, who: str, duties: set[str]) -> bool:
    """Whether one account that somebody is meant to be has them all: that is told of the account, and not again."""
    return any(duties <= {power.duty for power in case.powers.duties(each)} for each in case.escalation.meant(who))


def no_escalation(case: Case) -> Iterator[Finding]:
    """Nobody comes to a duty that they were not given: not by accounts, policies, roles, states, nor the cluster."""
    for way, accepted in case.ways():
        if accepted is None:
            duties = _list({f"{power.duty} ({power.place})" for power in way.gains})
            what = f"{way.source} can come to {way.target}, and so to {duties}, which it was not given"
            yield Finding(way.hops[0].urn, f"{what}:\n{_steps(way)}")


def escalation_accepted(case: Case) -> Iterator[Finding]:
    """Ways to more than was given that a decision accepts are shown each time, as long as they are there."""
    found: defaultdict[AcceptedPath, list[Way]] = defaultdict(list)
    for way, accepted in case.ways():
        if accepted is not None:
            found[accepted].append(way)
    for path in case.security.settings.accepted:
        ways = found.get(path)
        if not ways:
            what = f"the way from {path.source} to {path.target} that {path.decision} accepts"
            yield Finding("", f"{what} is not there (any more).")
            continue
        what = f"{path.source} can come to {_list({way.target for way in ways})}, for instance"
        yield Finding(ways[0].hops[0].urn, f"accepted by {path.decision}: {path.because}\n{what}:\n{_steps(ways[0])}")


def datastores_present(case: Case) -> Iterator[Finding]:
    """Every datastore of the inventory is there and protected, also when the code that made it is gone."""
    evidence = case.facts.evidence
    wanted = case.security.inventory.environments.get(evidence.environment)
    if wanted is None:
        what = f"datastore_inventory.yaml has no list for the environment {evidence.environment!r}"
        yield Finding("", f"{what}; add one, which may be empty.")
    for each in wanted or ():
        urn = case.facts.present.get((each.stack, each.type, each.name))
        if urn is None:
            yield Finding("", f"{each.type} {each.name!r} of {each.stack} must be there, and no state has it.")
        elif urn not in evidence.protected:
            yield Finding(urn, f"{each.type} {each.name!r} must be protected, and its state says that it is not.")


def contract_fits(case: Case) -> Iterator[Finding]:
    """Every contract that is published fits the schema that its consumers are written for."""
    for layer, (urn, contract) in sorted(case.facts.contracts.items()):
        for problem in contract_problems(case.security.root / layer / "contract.schema.json", contract):
            yield Finding(urn, f"the published contract of {layer} does not fit its schema: {problem}.")


def grants_declared(case: Case) -> Iterator[Finding]:
    """Every grant in the cloud's policies is declared in a state, those of the cloud's own agents aside."""
    for each in undeclared(case.facts, case.security.settings.agents, case.security.principals):
        condition = f" if {each.condition}" if each.condition else ""
        yield Finding("", f"{each.member} holds {each.role} on {each.place}{condition}, which no state declares.")


def _list(texts: set[str]) -> str:
    return ", ".join(sorted(texts))


def _steps(way: Way) -> str:
    return "\n".join(f"  {number}. {hop.text}" for number, hop in enumerate(way.hops, 1))


class Audit:
    """The rules, over facts that are gathered once.

    Args:
        security: what security says.
        now: gives the moment at which conditions on time are judged.
    """

    def __init__(self, security: Security, now: Callable[[], datetime]) -> None:
        self._security = security
        self._now = now
        self._last: tuple[Stack, Case] | None = None

    def _case(self, stack: Stack) -> Case:
        if self._last is None or self._last[0] is not stack:
            known = facts(stack)
            powers = Powers(known, self._security.settings, self._now())
            escalation = Escalation(known, self._security.settings, powers)
            self._last = (stack, Case(self._security, known, powers, escalation))
        return self._last[1]

    def rules(self) -> tuple[StackRule, ...]:
        """All of them, in the order in which they are reported."""
        return (
            self._rule(
                "audit-roles-known",
                roles_known,
                Severity.HIGH,
                remediation="Look the role up, and add what it may do to `roles` in policies/access_audit.yaml.",
                url=f"{_IAM}understanding-roles",
            ),
            self._rule(
                "audit-duties-separated",
                duties_separated,
                Severity.CRITICAL,
                remediation="Take one of the grants back, or split the account.",
                url=f"{_IAM}using-iam-securely",
                references=["CIS GCP 1.8", "CIS GCP 1.11"],
            ),
            self._rule(
                "audit-no-escalation",
                no_escalation,
                Severity.CRITICAL,
                remediation="Break one hop: take a grant back, limit it to one resource, or bind it to a condition.",
                url=f"{_IAM}best-practices-service-accounts#privilege-escalation",
                references=["CIS GCP 1.6", "CKV_GCP_41", "CKV_GCP_49"],
            ),
            self._rule(
                "audit-escalation-accepted",
                escalation_accepted,
                Severity.LOW,
                remediation="Nothing, unless the decision no longer holds; then take the way and its entry away.",
                url=f"{_IAM}best-practices-service-accounts#privilege-escalation",
                advisory="a decision record accepts it, with the reason and what stands against misuse",
            ),
            self._rule(
                "audit-datastores-present",
                datastores_present,
                Severity.CRITICAL,
                remediation="Restore it; when it was retired by decision, take it from datastore_inventory.yaml.",
                url="https://www.pulumi.com/docs/iac/concepts/options/protect/",
            ),
            self._rule(
                "audit-contract-fits",
                contract_fits,
                Severity.HIGH,
                remediation="Deploy producer and consumer from one commit, the producer first.",
                url="https://json-schema.org/understanding-json-schema/",
            ),
            self._rule(
                "audit-grants-declared",
                grants_declared,
                Severity.CRITICAL,
                remediation="Take it back in the cloud, or declare it in the identity layer, where it is reviewed.",
                url=f"{_IAM}granting-changing-revoking-access",
            ),
        )

    def _rule(
        self,
        name: str,
        check: Callable[[Case], Iterator[Finding]],
        severity: Severity,
        *,
        remediation: str,
        url: str,
        references: Sequence[str] = (),
        advisory: str = "",
    ) -> StackRule:
        return StackRule(
            name=name,
            description=" ".join((inspect.getdoc(check) or "").split()),
            severity=severity,
            references=tuple(references),
            remediation=remediation,
            url=url,
            advisory=advisory,
            looks_at=frozenset(),
            check=lambda stack: check(self._case(stack)),
        )
