"""Undeclared grants: in the cloud's policies and in no state, made out of band or left behind."""

from collections.abc import Iterable, Iterator

from audit.case import Case
from iam import names
from iam.fetched import LivePolicy
from iam.states import DeclaredGrant


def undeclared(case: Case, policies: Iterable[LivePolicy]) -> Iterator[DeclaredGrant]:
    """Yield grants of the cloud's policies that no state declares, except agents' and accepted ones."""
    accepted = case.security.principals.undeclared.get(case.evidence.environment, ())
    for policy in policies:
        resource = names.canonical(policy.resource, case.states.project, case.states.number)
        for binding in policy.policy.bindings:
            for member in binding.members:
                grant = DeclaredGrant(resource, binding.role, member, binding.expression)
                _, role, _ = case.in_words(grant)
                known = any(
                    member == accepted_grant.member and role in accepted_grant.roles for accepted_grant in accepted
                )
                if grant not in case.states.grants and not known and not case.is_of_the_cloud(member):
                    yield grant
