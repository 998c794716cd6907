"""The audit's rules on the states of all layers together."""

import inspect
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from audit.case import Case, Security
from audit.contracts import contract_problems
from audit.declared import undeclared
from audit.escalation import EscalationPath
from audit.settings import BREAK_GLASS, AcceptedPath, Conflict, fits
from engine import contracts, urns
from iam import logins, rbac
from iam.permitted import ACCESS
from iam.safeguards import SAFEGUARDS
from policy_pack import objects
from policy_pack.rule import Finding, Severity, Stack, StackRule

_IAM = "https://cloud.google.com/iam/docs/"


def roles_known(case: Case) -> Iterator[Finding]:
    """Every grant is readable, and every role in use is known: an unknown role cannot be evaluated."""
    for urn in case.states.unreadable:
        yield Finding(urn, "its grant cannot be read from the state, so nobody can judge it.")
    for grant, urn in case.states.grants.items():
        who, role, resource = case.in_words(grant)
        if case.access.contents(grant.role) is None and not case.is_own_agent(grant.member):
            yield Finding(urn, f"{who} holds {role} on {resource}: unknown role, cannot be judged.")


def roles_there(case: Case) -> Iterator[Finding]:
    """Every custom role that the cloud's policies name is there: without it, its grants grant nothing."""
    for role in case.evidence.missing_roles:
        what = f"the custom role {role} is granted, and is deleted or cannot be read"
        yield Finding("", f"{what}: its holders lack what it permits.")


def states_declared(case: Case) -> Iterator[Finding]:
    """Every state with resources is of a declared stack: without one nobody can deploy or remove what it holds."""
    for state in case.evidence.abandoned:
        yield Finding("", f"{state}: it runs on, and nobody can deploy or remove it.")


def duties_separated(case: Case) -> Iterator[Finding]:
    """No principal has duties that security separates, by grants or by accounts that it may act as by design."""
    for principal in case.checked:
        who = case.access.called(principal)
        scopes = defaultdict[str, set[str]](set)
        for privilege in case.escalation.given(principal):
            scopes[privilege.duty].add(privilege.scope)
        for conflict in case.security.settings.conflicts:
            one, other = conflict.duties
            if (
                scopes[one]
                and scopes[other]
                and not fits(who, _exempt(case, conflict))
                and not _of_one(case, principal, {one, other})
            ):
                has = f"{one} ({_list(scopes[one])}) and {other} ({_list(scopes[other])})"
                urn = next((urn for grant, urn in case.states.grants.items() if grant.member == principal), "")
                yield Finding(urn, f"{who} has {has}: {conflict.because}.")


def _exempt(case: Case, conflict: Conflict) -> tuple[str, ...]:
    """Return principals that may have the duties of a conflict together; break-glass stands for its groups."""
    groups = case.security.principals.break_glass if BREAK_GLASS in conflict.exempt else ()
    return (*conflict.exempt, *groups)


def _of_one(case: Case, principal: str, duties: set[str]) -> bool:
    """Return whether an account that a principal may act as has all duties: it is reported of the account alone."""
    meant = case.escalation.meant(principal)
    return any(duties <= {privilege.duty for privilege in case.privileges.of(account)} for account in meant)


def no_escalation(case: Case) -> Iterator[Finding]:
    """No principal can escalate to a duty that it was not given: by accounts, policies, roles, states, the cluster."""
    for path, accepted in case.paths:
        broken = case.broken(accepted) if accepted else []
        if accepted is None or broken:
            duties = _list({f"{privilege.duty} ({privilege.scope})" for privilege in path.gains})
            what = f"{path.source} can come to {path.target}, and so to {duties}, which it was not given"
            lost = f"\nits acceptance relies on safeguards that do not hold: {'; '.join(broken)}" if broken else ""
            yield Finding(path.edges[0].urn, f"{what}:\n{_steps(path)}{lost}")


def escalation_accepted(case: Case) -> Iterator[Finding]:
    """Escalation paths that a decision accepts are reported each time, as long as they exist."""
    by_decision: defaultdict[AcceptedPath, list[EscalationPath]] = defaultdict(list)
    for path, decision in case.paths:
        if decision is not None:
            by_decision[decision].append(path)
    for accepted in case.security.settings.accepted:
        paths = by_decision.get(accepted)
        if not paths:
            what = f"the path from {accepted.source} to {accepted.target} that {accepted.decision} accepts"
            yield Finding("", f"{what} is not there (any more).")
            continue
        what = f"{accepted.source} can come to {_list({path.target for path in paths})}, for instance"
        if case.broken(accepted):
            continue  # a violation, which says so
        verified = [label for label in accepted.safeguards if label in case.needed_safeguards]
        told = ", ".join(verified) or "nothing, since the environment has no organisation"
        because = f"accepted by {accepted.decision}: {accepted.because} Verified: {told}."
        yield Finding(paths[0].edges[0].urn, f"{because}\n{what}:\n{_steps(paths[0])}")


def datastores_present(case: Case) -> Iterator[Finding]:
    """Every datastore of the inventory exists and is protected, even when the code that created it is gone."""
    evidence = case.evidence
    expected = case.security.inventory.environments.get(evidence.environment)
    if expected is None:
        what = f"datastore_inventory.yaml has no list for the environment {evidence.environment!r}"
        yield Finding("", f"{what}; add one, which may be empty.")
    for datastore in expected or ():
        urn = case.present.get((datastore.stack, datastore.type, datastore.name))
        what = f"{datastore.type} {datastore.name!r}"
        if urn is None:
            yield Finding("", f"{what} of {datastore.stack} must be there, and no state has it.")
        elif urn not in evidence.protected:
            yield Finding(urn, f"{what} must be protected, and its state says that it is not.")


def protection_kept(case: Case) -> Iterator[Finding]:
    """Every resource of a protected type is protected in its state: without it the next update may delete it."""
    types, kept = case.security.settings.protected, case.evidence.protected
    for member in case.states.members:
        retired = member.fields.get("deletionPolicy") == "ABANDON"
        if member.type in types and member.urn not in kept and not retired:
            what = f"{member.type} {member.name!r} must be protected, and its state says that it is not"
            yield Finding(member.urn, f"{what}. The next deployment of its stack puts it back.")


def safeguards_hold(case: Case) -> Iterator[Finding]:
    """Every guard rail is there with the content that security expects: deny policy, alerts, sinks, grants on keys."""
    by_label = {one.label: one for one in SAFEGUARDS.all()}
    for label in sorted(case.needed_safeguards):
        for problem in case.safeguards[label]:
            yield Finding("", f"{label}: {problem}; others rely on it ({by_label[label].group.because}).")


def contract_fits(case: Case) -> Iterator[Finding]:
    """Every published contract matches the schema that its consumers are written for."""
    for contract in sorted(case.states.contracts, key=lambda one: (one.name, one.urn)):
        schema = case.security.root / contracts.schema(contract.name, contracts.program_of(contract.urn))
        for problem in contract_problems(schema, contract.document):
            yield Finding(contract.urn, f"the published contract {contract.name} does not fit its schema: {problem}.")


def objects_in_one_state(case: Case) -> Iterator[Finding]:
    """No object of the cloud is in two states, grants included: each deployment undoes the other, or deletes both."""
    for member, other, name in objects.declared_twice(case.states.members):
        one, second = (urns.parse(each.urn).home for each in (other, member))
        if one != second:  # within a stack the pack refuses it
            what = f"{one} ({other.name}) and {second} ({member.name}) both have {name}"
            yield Finding(member.urn, f"{what}: what one sets, the other takes back, and who removes one deletes both.")


def grants_declared(case: Case) -> Iterator[Finding]:
    """Every grant in the cloud's policies is declared in a state, except grants of Google's own agents."""
    for grant in undeclared(case, case.evidence.live or ()):
        _, role, resource = case.in_words(grant)
        condition = f" if {grant.condition}" if grant.condition else ""
        yield Finding("", f"{grant.member} holds {role} on {resource}{condition}, which no state declares.")


def rbac_declared(case: Case) -> Iterator[Finding]:
    """Every binding in the cluster is declared in a state, and every Role allows what its state says, and no more."""
    inside = case.access.document.cluster
    for binding in inside.bindings if inside else ():
        if not binding.declared:
            where = f"in the namespace {binding.namespace}" if binding.namespace else "in the whole cluster"
            who = case.access.called(binding.principal)
            yield Finding("", f"{who} holds {binding.role} {where} by {binding.name}, which no state declares.")
    if case.evidence.rbac is None:
        return
    objects = rbac.Objects(case.states, case.evidence.rbac)
    for identity, role in objects.of(*rbac.ROLES):
        declared = objects.declared.get(identity)
        more = [rule for rule in rbac.rules(role) if declared and rule not in rbac.rules(declared)]
        if declared and more and "aggregationRule" not in declared.fields:
            allowed = "; ".join(f"{', '.join(rule.verbs)} {', '.join(rule.resources)}" for rule in more)
            yield Finding(declared.urn, f"{identity} of the cluster allows {allowed}, which its state does not say.")


def logins_listed(case: Case) -> Iterator[Finding]:
    """Every login of a database is of the own domain or project, and security's list has it with each of its roles."""
    project, domain = case.states.project, case.states.domain
    for grant, urn in case.states.grants.items():
        if not logins.is_role(grant.role):
            continue
        who, role, resource = case.in_words(grant)
        person = grant.member.startswith(("group:", "user:"))
        if person and domain and grant.member.rpartition("@")[2] != domain:
            yield Finding(urn, f"{who} holds {role} on {resource}: it is of another domain than {domain}.")
        elif all(permitted.role != role for permitted in ACCESS.permitted(who, resource, project)):
            yield Finding(urn, f"{who} holds {role} on {resource}, which is not on security's list (access.yaml).")


def _list(texts: set[str]) -> str:
    return ", ".join(sorted(texts))


def _steps(path: EscalationPath) -> str:
    return "\n".join(f"  {number}. {edge.text}" for number, edge in enumerate(path.edges, 1))


class Audit:
    """Rules of the audit, which share one input for each stack.

    Args:
        security: security's decisions.
        now: returns the moment that conditions on time are evaluated for.
    """

    def __init__(self, security: Security, now: Callable[[], datetime]) -> None:
        self._security = security
        self._now = now
        self._last: tuple[Stack, Case] | None = None

    def _case(self, stack: Stack) -> Case:
        if self._last is None or self._last[0] is not stack:
            self._last = (stack, Case(self._security, stack, self._now()))
        return self._last[1]

    def rules(self) -> tuple[StackRule, ...]:
        """Return all rules, in the order in which they are reported."""
        return (
            self._rule(
                "audit-roles-known",
                roles_known,
                Severity.HIGH,
                remediation="Look the role up, and add what it may do to `roles` in policies/access_audit.yaml.",
                url=f"{_IAM}understanding-roles",
            ),
            self._rule(
                "audit-roles-there",
                roles_there,
                Severity.HIGH,
                remediation="Restore it with `gcloud iam roles undelete` within a week, or take its grants back.",
                url=f"{_IAM}creating-custom-roles#undeleting-custom-role",
            ),
            self._rule(
                "audit-states-declared",
                states_declared,
                Severity.HIGH,
                remediation="Restore its stack file, destroy the stack, remove the empty state, and last the file.",
                url="https://www.pulumi.com/docs/iac/cli/commands/pulumi_stack_rm/",
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
                remediation="Break one edge: take a grant back, limit it to one resource, or bind it to a condition.",
                url=f"{_IAM}best-practices-service-accounts#privilege-escalation",
                references=["CIS GCP 1.6", "CKV_GCP_41", "CKV_GCP_49"],
            ),
            self._rule(
                "audit-escalation-accepted",
                escalation_accepted,
                Severity.LOW,
                remediation="Nothing, unless the decision no longer holds; then remove the path and its entry.",
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
                "audit-protection-kept",
                protection_kept,
                Severity.CRITICAL,
                remediation="Deploy its stack: a lost protection is a change. Find out who removed it.",
                url="https://www.pulumi.com/docs/iac/concepts/options/protect/",
            ),
            self._rule(
                "audit-safeguards-hold",
                safeguards_hold,
                Severity.CRITICAL,
                remediation="Deploy the foundation (make bootstrap); find out who changed it.",
                url="https://cloud.google.com/architecture/landing-zones/decide-security",
            ),
            self._rule(
                "audit-contract-fits",
                contract_fits,
                Severity.HIGH,
                remediation="Deploy producer and consumer from one commit, the producer first.",
                url="https://json-schema.org/understanding-json-schema/",
            ),
            self._rule(
                "audit-objects-in-one-state",
                objects_in_one_state,
                Severity.HIGH,
                remediation="Keep it in the state of its owner; take it out of the other by `pulumi state delete`.",
                url="https://www.pulumi.com/docs/iac/concepts/resources/names/",
                references=["pulumi/pulumi#13799"],
            ),
            self._rule(
                "audit-logins-listed",
                logins_listed,
                Severity.CRITICAL,
                remediation="Take the login back, or have security enter it in policies/access.yaml.",
                url="https://cloud.google.com/sql/docs/postgres/add-manage-iam-users",
            ),
            self._rule(
                "audit-rbac-declared",
                rbac_declared,
                Severity.CRITICAL,
                remediation="Delete it in the cluster, or deploy the stack that declares it; find out who made it.",
                url="https://cloud.google.com/kubernetes-engine/docs/best-practices/rbac",
                references=["CIS GKE 4.1"],
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
