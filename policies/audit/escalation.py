"""Ways by which somebody comes to what they were not given: by grants, accounts, roles, states and the cluster.

A way is a chain of hops. Each hop is one thing that a principal may do, with the resource that lets it. What it
reaches is compared with what it was given: only a new duty makes a way a finding.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from audit.facts import WHOLE_CLUSTER, Facts
from audit.powers import Held, Power, Powers, is_wide, missing
from audit.settings import Settings
from iam.escalation import ACT_AS, Step, leading
from iam.permitted import ACCESS

EVERYTHING = "everything"
_PROJECT = "project"
# Writing the policy of a thing gives what is in it.
_POLICIES = {
    "secretmanager.secrets.setIamPolicy": ("secret", "secrets"),
    "storage.buckets.setIamPolicy": ("bucket", "state"),
    "cloudkms.cryptoKeys.setIamPolicy": ("key", "keys"),
    "artifactregistry.repositories.setIamPolicy": ("repository", "images"),
}
_WHOLE_POLICIES = (
    "resourcemanager.projects.setIamPolicy",
    "resourcemanager.folders.setIamPolicy",
    "resourcemanager.organizations.setIamPolicy",
)


@dataclass(frozen=True)
class Hop:
    """One step.

    Attributes:
        target: what is reached: an account, a role, a thing, or EVERYTHING.
        text: what may be done, for people.
        urn: the resource that lets it.
        gains: the duties that it gives by itself; an account's own come from going on from there.
        designed: whether security's own list gives it: then what is reached was given.
    """

    target: str
    text: str
    urn: str
    gains: frozenset[Power] = frozenset()
    designed: bool = False


@dataclass(frozen=True)
class Way:
    """A chain of hops to duties that were not given.

    Attributes:
        source: who goes it.
        target: where it ends.
        hops: step by step.
        gains: the duties that are new.
    """

    source: str
    target: str
    hops: tuple[Hop, ...]
    gains: frozenset[Power]


class Escalation:
    """Finds ways.

    Args:
        facts: of all layers.
        settings: which ways there are.
        powers: what principals may do.
    """

    def __init__(self, facts: Facts, settings: Settings, powers: Powers) -> None:
        self._facts = facts
        self._settings = settings
        self._powers = powers
        self._accounts = {facts.short(email): email for email in facts.accounts}

    def meant(self, principal: str) -> list[str]:
        """The accounts that a principal is meant to be, also by way of others."""
        found, waiting = [principal], [principal]
        while waiting:
            for hop in self._hops(waiting.pop()):
                if hop.designed and hop.target not in found:
                    found.append(hop.target)
                    waiting.append(hop.target)
        return found[1:]

    def given(self, principal: str) -> frozenset[Power]:
        """What a principal was given: by its own grants, and through accounts that it is meant to be."""
        each = (self._powers.duties(who) for who in (principal, *self.meant(principal)))
        return frozenset[Power]().union(*each)

    def ways(self, principal: str) -> Iterator[Way]:
        """The shortest way to each place where the principal comes to more than it was given.

        Ways that begin with an account that it is meant to be are that account's own, and not told again.
        """
        given = self.given(principal)
        seen = {principal}
        waiting: deque[tuple[str, tuple[Hop, ...]]] = deque([(principal, ())])
        while waiting:
            current, taken = waiting.popleft()
            for hop in self._hops(current):
                if hop.target in seen:
                    continue
                seen.add(hop.target)
                hops = (*taken, hop)
                gains = missing(hop.gains | self._powers.duties(hop.target), given)
                if gains and not hops[0].designed:
                    yield Way(principal, hop.target, hops, gains)
                if hop.target != EVERYTHING:
                    waiting.append((hop.target, hops))

    def _hops(self, current: str) -> Iterator[Hop]:
        """Where a principal can go from itself; designed hops first, so that a way begins with what was meant."""
        yield from sorted(self._all(current), key=lambda hop: (not hop.designed, hop.target))

    def _all(self, current: str) -> Iterator[Hop]:
        yield from self._accounts_by_grant(current)
        yield from self._accounts_by_policy(current)
        yield from self._roles(current)
        yield from self._things(current)
        yield from self._workloads(current)
        yield from self._states(current)

    def _on_accounts(self, current: str, permission: str) -> Iterator[tuple[str, Held]]:
        for held in self._powers.by(current, permission):
            for account in self._accounts:
                if account != current and held.covers(account):
                    yield account, held

    def _accounts_by_grant(self, current: str) -> Iterator[Hop]:
        for permission in sorted(leading(Step.ACCOUNT)):
            for account, held in self._on_accounts(current, permission):
                text = f"{current} may act as {account} ({permission} by {_by(held)})"
                yield Hop(account, text, held.grant.urn, designed=self._is_listed(held, account))
        attach = next((held for name in sorted(leading(Step.ATTACH)) for held in self._powers.by(current, name)), None)
        if attach is not None:
            for account, held in self._on_accounts(current, ACT_AS):
                text = f"{current} may run something as {account} ({ACT_AS} by {_by(held)}, and {_by(attach)})"
                yield Hop(account, text, held.grant.urn, designed=self._is_listed(held, account))

    def _is_listed(self, held: Held, account: str) -> bool:
        """Whether security's list of grants has this very grant on this very account."""
        grant = held.grant
        if grant.place != account:
            return False
        listed = ACCESS.permitted(grant.principal, account, self._facts.project)
        return any(permitted.role == grant.role for permitted in listed)

    def _accounts_by_policy(self, current: str) -> Iterator[Hop]:
        """Who writes an account's policy lets anybody be it: itself, or, where that is denied, another one."""
        for account, held in self._on_accounts(current, "iam.serviceAccounts.setIamPolicy"):
            text = f"{current} may let anybody act as {account} (iam.serviceAccounts.setIamPolicy by {_by(held)})"
            yield Hop(account, text, held.grant.urn)
        for permission in sorted(leading(Step.FEDERATION)):
            for held in self._powers.by(current, permission):
                for grant in self._facts.grants:
                    if grant.member.startswith("principal") and grant.place in self._accounts:
                        text = f"{current} may let any job in as {grant.place} ({permission} by {_by(held)})"
                        yield Hop(grant.place, text, held.grant.urn)

    def _roles(self, current: str) -> Iterator[Hop]:
        for permission in sorted(leading(Step.AGENT)):
            for held in self._powers.by(current, permission):
                what = f"may have Google's own account change anything ({permission} by {_by(held)})"
                yield self._everything(current, what, held)
        for permission in _WHOLE_POLICIES:
            for held in self._powers.by(current, permission):
                if held.left.roles is None:
                    yield self._everything(current, f"may grant itself any role ({permission} by {_by(held)})", held)
                    continue
                for name in sorted(held.left.roles):
                    role = name.rpartition("/roles/")[2] if name.startswith("projects/") else name
                    self._powers.assume(f"role {role}", role, held.grant.member)
                    text = f"{current} may grant itself {role} ({permission} by {_by(held)})"
                    yield Hop(f"role {role}", text, held.grant.urn)
        for held in self._powers.by(current, "iam.roles.update"):
            mine = next((role for role in self._roles_of(current) if role in self._facts.custom_roles), None)
            if mine:
                yield self._everything(current, f"may write any permission into {mine}, which it holds", held)

    def _roles_of(self, current: str) -> Iterator[str]:
        return (held.grant.role for held in self._powers.held(current))

    def _everything(self, current: str, what: str, held: Held) -> Hop:
        gains = frozenset(Power(duty, _PROJECT) for duty in self._settings.duties)
        return Hop(EVERYTHING, f"{current} {what}", held.grant.urn, gains)

    def _things(self, current: str) -> Iterator[Hop]:
        for permission, (kind, duty) in _POLICIES.items():
            for held in self._powers.by(current, permission):
                place = held.grant.place
                target = f"{kind} *" if is_wide(place) else place
                gains = frozenset({Power(duty, _PROJECT if is_wide(place) else place)})
                text = f"{current} may give itself what is in {target} ({permission} by {_by(held)})"
                yield Hop(target, text, held.grant.urn, gains)

    def _workloads(self, current: str) -> Iterator[Hop]:
        found = [(WHOLE_CLUSTER, held.grant.urn, f"{name} by {_by(held)}") for name, held in self._in_cluster(current)]
        found += [(namespace, urn, f"RBAC in {namespace}") for namespace, urn in self._facts.runs.get(current, ())]
        for namespace, urn, how in found:
            for workload, account in sorted(self._facts.workloads.items()):
                if namespace in (WHOLE_CLUSTER, workload.partition("/")[0]):
                    text = f"{current} may run a workload as {workload}, which is {account} ({how})"
                    yield Hop(account, text, urn, designed=account in self._facts.owners.get(current, ()))

    def _in_cluster(self, current: str) -> Iterator[tuple[str, Held]]:
        for permission in sorted(leading(Step.WORKLOAD)):
            for held in self._powers.by(current, permission):
                if is_wide(held.grant.place):
                    yield permission, held
                    return

    def _states(self, current: str) -> Iterator[Hop]:
        for held in self._powers.by(current, "storage.objects.create"):
            for bucket, pattern in self._settings.states.items():
                if held.covers(bucket):
                    for account in self._behind(pattern, held):
                        if account != current:
                            text = f"{current} may write the state that {account} works from ({_by(held)})"
                            yield Hop(account, text, held.grant.urn)

    def _behind(self, pattern: str, held: Held) -> Iterator[str]:
        """The accounts whose states a grant reaches; in a folder only those of its team."""
        begin, _, end = pattern.partition("*")
        for account in self._accounts:
            team = account.removeprefix(begin).removesuffix(end)
            fits = account == pattern if "*" not in pattern else account == f"{begin}{team}{end}"
            if fits and held.left.folder in ("", team):
                yield account


def _by(held: Held) -> str:
    return f"{held.grant.role} on {held.grant.place}"
