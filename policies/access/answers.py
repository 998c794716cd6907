"""Answers to questions: principal, permission, resource, and the path from the principal to the permission."""

from collections.abc import Iterator

from pydantic import Field

from access import paths
from access.questions import Action, Question, namespace
from iam import names
from iam.decide import Access
from iam.decision import Decision, Reason, holds
from iam.document import Entry, Grant, PublishedEdge, Verdict

ACT_AS = "act as "


class Line(Entry):
    """Line of an answer.

    Attributes:
        who: a principal.
        verdict: whether it has access.
        what: a permission, a request to the cluster, or a role.
        on: a resource.
        path: groups of the principal and principals that it can act as, one step each, and the grant at the end; for a
            refusal the grant, then the deny rule.
        permissions: number of a role's permissions; 0 where a line is about one permission.
        indirect: whether the principal has to act as another one first.
    """

    who: str
    verdict: Verdict
    what: str
    on: str
    path: tuple[str, ...]
    permissions: int = 0
    indirect: bool = False


class Answer(Entry):
    """Answer to a question, with the facts that are unknown."""

    version: int
    environment: str
    question: dict[str, str]
    lines: tuple[Line, ...]
    gaps: tuple[str, ...] = Field(default=())


class Answering:
    """Search for the answer to one question.

    Args:
        access: effective access in the document.
        question: the question.
    """

    def __init__(self, access: Access, question: Question) -> None:
        self._access = access
        self._question = question

    def lines(self) -> Iterator[Line]:
        """Yield the lines of the answer; direct access first."""
        question = self._question
        if question.can is None:
            yield from self._holdings()
            return
        for action in question.can:
            resources = [question.on] if question.on else self._resources(action)
            for resource in resources:
                lines = [*self._direct(action, resource), *self._indirect(action, resource)]
                yield from (line for line in lines if question.who is None or self._is_queried(line))

    def _is_queried(self, line: Line) -> bool:
        return line.who == self._question.who

    def _resources(self, action: Action) -> list[str]:
        """Return the resources on which an action is granted."""
        access = self._access
        if action.request is None:
            return sorted(
                {
                    grant.resource
                    for grant in access.document.grants
                    if (permissions := access.contents(grant.role)) is None or action.permission in permissions
                }
            )
        cluster = access.document.cluster
        spaces = [resource.id for resource in access.document.resources if namespace(access, resource.id)]
        return [*([cluster.id] if cluster else []), *spaces]

    def _direct(self, action: Action, resource: str) -> Iterator[Line]:
        if (who := self._question.who) is not None:
            decision = action.decided(self._access, who, resource)
            if decision.reasons:
                yield self._line(who, action, resource, decision)
            return
        for who, decision in action.holders(self._access, resource):
            yield self._line(who, action, resource, decision)

    def _line(self, who: str, action: Action, resource: str, decision: Decision) -> Line:
        path = tuple(self._path(who, decision))
        return Line(who=who, verdict=decision.verdict, what=action.text, on=resource, path=path)

    def _path(self, who: str, decision: Decision) -> Iterator[str]:
        reason = decision.reasons[0]
        granted = reason.grant or reason.binding
        yield from paths.counted(self._access, who, granted.principal if granted else who)
        if reason.grant:
            yield paths.granted(self._access, reason.grant)
        elif reason.binding:
            yield f"{paths.bound(reason.binding)}{_only(reason)}"
        for denial in decision.denials:
            word = "denied" if decision.verdict is Verdict.NO else "perhaps denied"
            yield f"{word} by the deny policy {denial.policy}: {denial.rule}"

    def _indirect(self, action: Action, resource: str) -> Iterator[Line]:
        """Yield principals that can act as one with access, by the shortest path."""
        access = self._access
        able = {who for who, decision in action.holders(access, resource) if decision.verdict is not Verdict.NO}
        able |= {member for who in able for member in access.members.get(who, ()) if not access.members.get(member)}
        for chain in paths.chains_to(able, access):
            last = action.decided(access, chain[-1].target, resource)
            if last.verdict is not Verdict.NO and not self._access.counts_among(chain[0].source, able):
                yield from self._by_chain(chain, action, resource, last)

    def _by_chain(
        self, chain: tuple[PublishedEdge, ...], action: Action, resource: str, last: Decision
    ) -> Iterator[Line]:
        path = (*paths.steps(self._access, chain), *self._path(chain[-1].target, last))
        verdict = paths.lowest((last.verdict, *(edge.verdict for edge in chain)))
        who, counted = self._goes(chain[0].source)
        yield Line(who=who, verdict=verdict, what=action.text, on=resource, path=(*counted, *path), indirect=True)

    def _goes(self, source: str) -> tuple[str, tuple[str, ...]]:
        """Return a path's principal: the queried one where its groups include the path's source, else the source."""
        queried = self._question.who
        if queried is None or queried == source or source not in self._access.identities(queried):
            return source, ()
        return queried, tuple(paths.counted(self._access, queried, source))

    def _holdings(self) -> Iterator[Line]:
        """Yield roles of a principal or on a resource, and principals that it can act as."""
        who, resource = self._question.who, self._question.on
        if who is None:
            yield from self._roles(None, resource, ())
            return
        yield from self._roles(who, resource, ())
        for chain in paths.chains_from(self._access, who):
            on = paths.resource_of(self._access, chain[-1].target)
            counted = self._goes(chain[0].source)[1]
            path = (*counted, *paths.steps(self._access, chain))
            verdict = paths.lowest(edge.verdict for edge in chain)
            if resource is None:
                what = f"{ACT_AS}{self._access.called(chain[-1].target)}"
                yield Line(who=who, verdict=verdict, what=what, on=on, path=path, indirect=True)
            yield from self._roles(chain[-1].target, resource, path)

    def _roles(self, who: str | None, resource: str | None, path: tuple[str, ...]) -> Iterator[Line]:
        """Yield roles in IAM and in the cluster, of one or all principals, on one or all resources."""
        access = self._access
        identities = access.identities(who) if who else None
        for grant in access.granted(resource) if resource else access.document.grants:
            if identities is None or grant.principal in identities:
                yield from self._role(who or grant.principal, grant, resource or grant.resource, path)
        cluster = access.document.cluster
        if cluster is None or (resource and resource != cluster.id and not namespace(access, resource)):
            return
        for binding in cluster.bindings:
            namespaces = (binding.namespace,) if resource is None else ("", namespace(access, resource))
            if (identities is None or binding.principal in identities) and binding.namespace in namespaces:
                space = f"{cluster.id}/k8s/namespaces/{binding.namespace}"
                yield Line(
                    who=self._question.who or binding.principal,
                    verdict=Verdict.YES,
                    what=binding.role,
                    on=resource or (space if binding.namespace else cluster.id),
                    path=(*path, *paths.counted(self._access, who, binding.principal), paths.bound(binding)),
                    indirect=bool(path),
                )

    def _role(self, who: str, grant: Grant, resource: str, path: tuple[str, ...]) -> Iterator[Line]:
        access = self._access
        contained = access.contents(grant.role)
        begins = names.permissions_on(resource)
        decided = {
            permission: access.decide(who, permission, resource)
            for permission in contained or ()
            if permission.startswith(begins)
        }
        denied = [
            permission
            for permission, decision in decided.items()
            if decision.verdict is Verdict.NO and decision.denials
        ]
        verdict = holds(grant.condition, resource)
        if contained is None:
            verdict = Verdict.MAYBE
        if verdict is Verdict.NO or (contained is not None and not decided and self._question.on):
            return  # the role does not hold here, or has no permission on this kind of resource
        steps = (*path, *paths.counted(self._access, who, grant.principal), paths.granted(self._access, grant))
        if denied:
            steps = (*steps, f"denied of it: {', '.join(sorted(denied))}")
        yield Line(
            who=self._question.who or who,
            verdict=verdict,
            what=names.short_role(grant.role),
            on=resource,
            path=steps,
            permissions=len(decided) - len(denied),
            indirect=bool(path),
        )


def _only(reason: Reason) -> str:
    return f", only of {', '.join(reason.only)}" if reason.only else ""
