"""The impersonation graph: principals, and edges with the reason for each.

A principal can act as an account by creating its tokens or keys, by attaching it to a resource, by its IAM policy, by
federation, by a workload of the cluster, or by the state that the account works from. Security lists the permissions
that give another identity (escalation.yaml). A path is a chain of edges; a group's edges are its members' edges too.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from iam import kinds, names, principals
from iam.conditions import Conditions
from iam.decide import Access
from iam.decision import Decision, Reason
from iam.document import Binding, Grant, PublishedEdge, Rule, Verdict
from iam.escalation import ACT_AS, Step, leading

_ACCOUNTS = next(kind for kind in kinds.KINDS if kind.word == "account")
_WRITES = "storage.objects.create"
# Resources and verbs of Roles that let a principal run a pod in the cluster, or grant itself the right to.
_RUNNABLE = {"pods", "pods/exec", "deployments", "replicasets", "statefulsets", "daemonsets", "jobs", "cronjobs", "*"}
_RUNS = {"create", "update", "patch", "*"}
_RULED = {"roles", "clusterroles", "users", "groups", "serviceaccounts", "*"}
_RULES = {"escalate", "bind", "impersonate", "*"}


@dataclass(frozen=True)
class Edge:
    """Edge of the graph: its source can act as its destination.

    Attributes:
        source: the principal that acts.
        destination: the principal that it acts as.
        verdict: whether the source can act as the destination.
        what: the reason, as the middle of a sentence.
        permission: the permission that allows it; empty for a binding in the cluster.
        grant: the grant of the permission; None for a binding in the cluster.
        binding: the binding in the cluster that allows it; None for a permission.
    """

    source: str
    destination: str
    verdict: Verdict
    what: str
    permission: str = ""
    grant: Grant | None = None
    binding: Binding | None = None

    @property
    def urn(self) -> str:
        """URN of the resource that declares the grant or the binding; empty for an undeclared one."""
        return (self.grant or self.binding or _UNDECLARED).declared

    def by(self, access: Access) -> str:
        """Return the permission and its grant, or the Role and its namespace, in plain words."""
        if self.binding:
            return f"{self.binding.role} in {self.binding.namespace or 'the whole cluster'}"
        if not self.grant:
            return self.permission
        return f"{self.permission} by {names.short_role(self.grant.role)} on {access.name_of(self.grant.resource)}"

    def how(self, access: Access) -> str:
        """Return the reason in plain words, with the destination."""
        return f"{self.what} {access.called(self.destination)} ({self.by(access)})"

    def published(self, access: Access) -> PublishedEdge:
        """Return the edge in its published form."""
        return PublishedEdge(
            source=self.source,
            target=self.destination,
            verdict=self.verdict,
            how=self.how(access),
            by=self.by(access),
            permission=self.permission,
        )


_UNDECLARED = Grant(principal="", role="", resource="")


@dataclass(frozen=True)
class Graph:
    """Impersonation graph of a document.

    Attributes:
        access: effective access in the document.
        states: buckets with states, in words, to the accounts that work from them; `*` is the team of a folder.
        conditions: evaluator, for whether a grant on such a bucket reaches a team's folder.
    """

    access: Access
    states: Mapping[str, str] = field(default_factory=dict[str, str])
    conditions: Conditions | None = None

    def published(self) -> Iterator[PublishedEdge]:
        """Yield every edge in its published form."""
        return (edge.published(self.access) for edge in self.edges())

    def edges(self) -> Iterator[Edge]:
        """Yield every edge by a grant or a binding that names its source.

        An edge that a person has by a group alone is the group's, and is not repeated.
        """
        attaching = {
            who: permission for permission in sorted(leading(Step.ATTACH)) for who, _ in self._anywhere(permission)
        }
        accounts = [
            resource.id for resource in self.access.document.resources if kinds.of_name(resource.id) is _ACCOUNTS
        ]
        for account in accounts:
            known: set[str] = {_member(account)}
            for edge in self._to_account(account, attaching):
                if edge.source not in known:
                    known.add(edge.source)
                    yield edge
        yield from self._by_states(accounts)
        yield from self._to_googles_own()
        yield from self._to_workloads()

    def _to_account(self, account: str, attaching: Mapping[str, str]) -> Iterator[Edge]:
        member = _member(account)
        for permission in sorted(leading(Step.ACCOUNT), key=lambda name: (not name.endswith("getAccessToken"), name)):
            for who, decision in self._deciding(permission, account):
                yield _edge(who, member, decision, permission, "may act as")
        for who, decision in self._deciding(ACT_AS, account):
            attach = next(
                (attaching[identity] for identity in self.access.identities(who) if identity in attaching), ""
            )
            if attach:
                yield _edge(who, member, decision, ACT_AS, f"may, by {attach}, run something as")
        for who, decision in self._deciding(_ACCOUNTS.sets_policy, account):
            yield _edge(who, member, decision, _ACCOUNTS.sets_policy, "may let anybody act as")
        if any(grant.principal.startswith("principal") for grant in self.access.granted_here(account)):
            # Whoever can change a workload identity provider can act as the accounts that its identities may use.
            project = self.access.resources[account].parent or ""
            for permission in sorted(leading(Step.FEDERATION)):
                for who, decision in self._deciding(permission, project):
                    yield _edge(who, member, decision, permission, "may admit others, and so itself, to")

    def _by_states(self, accounts: Iterable[str]) -> Iterator[Edge]:
        """Yield edges by states: whoever writes a state decides what the account that works from it does next."""
        names_of = {self.access.called(_member(account)): _member(account) for account in accounts}
        buckets = {resource.name: resource.id for resource in self.access.document.resources}
        for bucket, pattern in self.states.items():
            begin, _, end = pattern.partition("*")
            for who, decision in self._deciding(_WRITES, buckets[bucket]) if bucket in buckets else ():
                for name, member in names_of.items():
                    team = name.removeprefix(begin).removesuffix(end) if "*" in pattern else ""
                    if name != f"{begin}{team}{end}" or member == who:
                        continue
                    reached = [reason for reason in decision.reasons if self._reaches(reason, buckets[bucket], team)]
                    if reached:
                        of = Decision(decision.verdict, (reached[0],))
                        yield _edge(who, member, of, _WRITES, "may write the state of")

    def _reaches(self, reason: Reason, bucket: str, team: str) -> bool:
        """Return whether a grant on a bucket, or above it, permits to write into a team's folder."""
        condition = reason.grant.condition if reason.grant else None
        if condition is None or self.conditions is None:
            return True
        file = f"{bucket}/objects/{f'{team}/' if team else ''}.pulumi/stacks/stack.json"
        # A request to write has no attributes that conditions could read.
        return self.conditions.verdict(condition.expression, file, {}) is not Verdict.NO

    def _to_googles_own(self) -> Iterator[Edge]:
        """Yield edges to Google's own service agents, which act for whoever has them deploy something."""
        agents = [
            principal.id
            for principal in self.access.document.principals
            if principal.id.endswith("@cloudservices.gserviceaccount.com")
        ]
        holders = {
            who: (permission, decision)
            for permission in sorted(leading(Step.AGENT))
            for who, decision in self._anywhere(permission)
        }
        for agent in agents:
            for who, (permission, decision) in holders.items():
                yield _edge(who, agent, decision, permission, "may have anything deployed by")

    def _to_workloads(self) -> Iterator[Edge]:
        """Yield edges to workloads: whoever may run pods in a namespace can act as every workload there."""
        access = self.access
        workloads = {
            principal.id: parts
            for principal in access.document.principals
            if (parts := principals.workload_parts(principal.id))
        }
        if not workloads or access.document.cluster is None:
            return
        everywhere: dict[str, tuple[str, Decision]] = {}
        for permission in sorted(leading(Step.WORKLOAD)):
            for who, decision in self._deciding(permission, access.cluster_project):
                everywhere.setdefault(who, (permission, decision))
        bindings = [binding for binding in access.document.cluster.bindings if self._runs(binding)]
        for workload, (namespace, _) in workloads.items():
            for who, (permission, decision) in everywhere.items():
                yield _edge(who, workload, decision, permission, "may run anything in the cluster, and so be")
            for binding in bindings:
                if binding.namespace in ("", namespace) and binding.principal not in (workload, *everywhere):
                    yield Edge(binding.principal, workload, Verdict.YES, "may run", binding=binding)

    def _runs(self, binding: Binding) -> bool:
        cluster = self.access.document.cluster
        rules = cluster.roles[binding.role] if cluster else ()
        return rules is None or any(map(_lets_run, rules))

    def _deciding(self, permission: str, resource: str) -> Iterator[tuple[str, Decision]]:
        """Yield principals that have a permission by a readable role and are not denied it, with the decisions.

        A role that could not be read may permit to act as any principal. It is reported as unknown: its edges would
        lead from each of its principals to all others.
        """
        access = self.access
        for spelled in access.spelled(permission):
            for who, decision in access.holders(spelled, resource):
                known = any(
                    reason.grant and access.contents(reason.grant.role) is not None for reason in decision.reasons
                )
                if known and decision.verdict is not Verdict.NO:
                    yield who, decision

    def _anywhere(self, permission: str) -> Iterator[tuple[str, Decision]]:
        """Yield principals that have a permission on any resource, with the decision there."""
        resources = {
            grant.resource
            for grant in self.access.document.grants
            if not self.access.spelled(permission).isdisjoint(self.access.contents(grant.role) or ())
        }
        for resource in sorted(resources):
            yield from self._deciding(permission, resource)


def _member(account: str) -> str:
    return f"serviceAccount:{account.rpartition('/')[2]}"


def _edge(who: str, member: str, decision: Decision, permission: str, what: str) -> Edge:
    return Edge(who, member, decision.verdict, what, permission, decision.reasons[0].grant)


def _lets_run(rule: Rule) -> bool:
    verbs, resources = set(rule.verbs), set(rule.resources)
    return bool((verbs & _RUNS and resources & _RUNNABLE) or (verbs & _RULES and resources & _RULED))
