"""Who can act as whom: by tokens and keys of accounts, by running something as one, by a workload of the cluster.

Which permissions make somebody another one is security's to say (escalation.yaml). A chain of such steps is found
by following them; whoever holds a group's grants can go its steps.
"""

from collections.abc import Iterable, Iterator

from audit.facts import RULED, RULES, RUNNABLE, RUNS
from iam import names, principals
from iam.decide import Access
from iam.decision import Decision
from iam.document import Becoming, Binding, Document, Rule, Verdict
from iam.escalation import ACT_AS, Step, leading

_ACCOUNT = "/serviceAccounts/"


def edges(document: Document) -> Iterator[Becoming]:
    """Every step from one principal to another, by grants and bindings that name the first one.

    What a person has by a group alone is the group's step, and not repeated.
    """
    access = Access(document)
    attaching = {
        who: permission for permission in sorted(leading(Step.ATTACH)) for who, _ in _anywhere(access, permission)
    }
    for resource in document.resources:
        if _ACCOUNT in resource.id and resource.id.startswith("//iam."):
            email = resource.id.rpartition("/")[2]
            yield from _to_account(access, resource.id, f"serviceAccount:{email}", attaching)
    yield from _to_googles_own(access)
    yield from _to_workloads(access)


def _to_account(access: Access, resource: str, account: str, attaching: dict[str, str]) -> Iterator[Becoming]:
    seen: set[str] = {account}
    for permission in _first_those_of_tokens(leading(Step.ACCOUNT)):
        for who, decision in _deciding(access, permission, resource):
            if who not in seen:
                seen.add(who)
                yield _edge(access, (who, account), permission, decision, "may act as")
    for who, decision in _deciding(access, ACT_AS, resource):
        if who not in seen and (attach := _held(access, who, attaching)):
            seen.add(who)
            yield _edge(access, (who, account), ACT_AS, decision, f"may, by {attach}, run something as")

    for who, (permission, decision) in _admitting(access, resource).items():
        if who not in seen:
            seen.add(who)
            yield _edge(access, (who, account), permission, decision, "may admit others, and so itself, to")


def _admitting(access: Access, account: str) -> dict[str, tuple[str, Decision]]:
    """Principals that may change who comes in from outside, where such an identity may use the account."""
    if not any(
        grant.resource == account and grant.principal.startswith("principal") for grant in access.document.grants
    ):
        return {}
    project = access.resources[account].parent or ""
    return {
        who: (permission, decision)
        for permission in sorted(leading(Step.FEDERATION))
        for who, decision in _deciding(access, permission, project)
    }


def _to_googles_own(access: Access) -> Iterator[Becoming]:
    """Steps to Google's own accounts, which act for whoever has them deploy something."""
    agents = [each.id for each in access.document.principals if each.id.endswith("@cloudservices.gserviceaccount.com")]
    holders = {
        who: (permission, decision)
        for permission in sorted(leading(Step.AGENT))
        for who, decision in _anywhere(access, permission)
    }
    for agent in agents:
        for who, (permission, decision) in holders.items():
            yield _edge(access, (who, agent), permission, decision, "may have anything deployed by")


def _first_those_of_tokens(permissions: Iterable[str]) -> list[str]:
    return sorted(permissions, key=lambda each: (not each.endswith("getAccessToken"), each))


def _deciding(access: Access, permission: str, resource: str) -> Iterator[tuple[str, Decision]]:
    """Who has a permission by a role that is known; not whom it is denied.

    A role that nobody could read may make its holders anybody. That is told as a gap: as steps it would be everybody's
    to everybody.
    """
    for who, found in access.holders(permission, resource):
        known = any(reason.grant and access.contents(reason.grant.role) is not None for reason in found.reasons)
        if known and found.verdict is not Verdict.NO:
            yield who, found


def _anywhere(access: Access, permission: str) -> Iterator[tuple[str, Decision]]:
    """Principals that hold a permission somewhere, with the decision there."""
    places = {grant.resource for grant in access.document.grants if permission in (access.contents(grant.role) or ())}
    for place in sorted(places):
        yield from _deciding(access, permission, place)


def _held(access: Access, who: str, holding: dict[str, str]) -> str:
    return next((holding[each] for each in access.identities(who) if each in holding), "")


def _edge(access: Access, step: tuple[str, str], permission: str, decision: Decision, what: str) -> Becoming:
    grant = decision.reasons[0].grant
    by = permission
    if grant:
        by = f"{permission} by {names.short_role(grant.role)} on {access.resources[grant.resource].name}"
    how = f"{what} {_name(access, step[1])} ({by})"
    return Becoming(source=step[0], target=step[1], verdict=decision.verdict, how=how, by=by, permission=permission)


def _name(access: Access, principal: str) -> str:
    known = access.principals.get(principal)
    return known.name if known else principal


def _to_workloads(access: Access) -> Iterator[Becoming]:
    """Who may run what it likes in a namespace can be every workload there."""
    workloads = {each.id: parts for each in access.document.principals if (parts := principals.workload_parts(each.id))}
    if not workloads or access.document.cluster is None:
        return
    everywhere: dict[str, tuple[str, Decision]] = {}
    for permission in sorted(leading(Step.WORKLOAD)):
        for who, decision in _deciding(access, permission, access.cluster_project):
            everywhere.setdefault(who, (permission, decision))
    bindings = [each for each in access.document.cluster.bindings if _runs(access, each)]
    for workload, (namespace, _) in workloads.items():
        for who, (permission, decision) in everywhere.items():
            yield _edge(access, (who, workload), permission, decision, "may run anything in the cluster, and so be")
        for binding in bindings:
            if binding.namespace in ("", namespace) and binding.principal not in (workload, *everywhere):
                place = namespace if binding.namespace else "the whole cluster"
                by = f"{binding.role} in {place}"
                how = f"may run {_name(access, workload)} ({by})"
                yield Becoming(source=binding.principal, target=workload, verdict=Verdict.YES, how=how, by=by)


def _runs(access: Access, binding: Binding) -> bool:
    inside = access.document.cluster
    rules = inside.roles[binding.role] if inside else ()
    return rules is None or any(map(_lets_run, rules))


def _lets_run(rule: Rule) -> bool:
    verbs, resources = set(rule.verbs), set(rule.resources)
    return bool((verbs & RUNS and resources & RUNNABLE) or (verbs & RULES and resources & RULED))
