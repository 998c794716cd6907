"""Predicts why the update of a plan would be refused: permissions, APIs, groups, constraints of organisation policies.

Worked out from the policies that were fetched (`iam.fetched`), before anything runs. What cannot be known before the
update is listed as unknown; a prediction is no verdict, and the gate does not refuse for it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from engine import states as engine_states
from engine import urns
from engine.document import FormatError
from engine.inputs import at, is_open, items, mapping
from engine.members import Member
from iam import grants, kinds, names, needs
from iam.build import Builder
from iam.conditions import GRANTED_ROLES, Conditions
from iam.decide import Access
from iam.decision import Decision
from iam.document import Verdict
from iam.fetched import Fetched
from iam.kinds import Owner
from iam.needs import Need, Operation
from iam.states import States
from plan_gate import digest
from plan_gate.access import readable
from plan_gate.change import Change, Changes
from plan_gate.change import Operation as Planned
from plan_gate.plan import Plan
from plan_gate.requirements import Needs, Required

_SERVICE = "gcp:projects/service:Service"
_ORGANIZATION_POLICY = "gcp:orgpolicy/policy:Policy"
_OPERATIONS: dict[Planned, tuple[Operation, ...]] = {
    Planned.CREATE: ("create",),
    Planned.UPDATE: ("update",),
    Planned.REPLACE: ("create", "delete"),
    Planned.DELETE: ("delete",),
}
_BY_REVIEW = "a reviewed change of identity/, which an administrator applies"


@dataclass(frozen=True)
class Environment:
    """Facts about the environment that a plan would change.

    Attributes:
        states: resources of its states, of the plan's own stack at least.
        fetched: the cloud's policies, roles, groups and APIs.
        account: e-mail address of the account that would update.
        now: the moment of the prediction.
        number: number of its project, where no state has it.
    """

    states: Sequence[Member]
    fetched: Fetched
    account: str
    now: datetime
    number: str = ""


def environment(fetched: Path, states: Iterable[Path], account: str, number: str) -> Environment:
    """Read what is known of an environment.

    Args:
        fetched: the file that `iam.fetched` describes.
        states: states of the environment's stacks.
        account: e-mail address of the account that would update.
        number: the project's number; empty where a contract among the states has it.

    Raises:
        FormatError: a file cannot be read, or has another form.
    """
    members = [
        _member(resource)
        for file in states
        for resource in engine_states.displayable(_content(file, "state"), file.name)
        if not resource.get("delete")
    ]
    try:
        known = Fetched.model_validate_json(_content(fetched, "answers of the cloud"))
    except ValidationError as error:
        raise FormatError("answers of the cloud", fetched.name, type(error).__name__) from None
    return Environment(members, known, account, datetime.now(UTC), number)


def _content(file: Path, what: str) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise FormatError(what, file.name, error.strerror or str(error)) from None


def _member(resource: dict[str, Any]) -> Member:
    urn = str(resource["urn"])
    return Member(urn, str(resource["type"]), urns.parse(urn).name, lambda: resource.get("outputs") or {})


def required(plan: Plan, changed: Changes, around: Environment) -> Needs:
    """Return what the update of a plan requires, and what it would be refused for."""
    steps = list(_steps(plan, changed))
    return _Prediction(steps, around).needs() if steps else Needs(around.account)


@dataclass(frozen=True)
class _Step:
    change: Change
    operation: Operation
    before: dict[str, Any] | None
    after: dict[str, Any] | None

    @property
    def label(self) -> str:
        return f"{self.operation} {urns.parse(self.change.urn).kind} {self.change.name}"


def _steps(plan: Plan, changed: Changes) -> Iterator[_Step]:
    """Yield the operations for which the provider calls the cloud."""
    for change in changed.real:
        if change.is_component or change.type.startswith("pulumi:"):
            continue
        before, after = (cast("dict[str, Any]", readable(inputs)) for inputs in (change.before, change.after))
        for operation in _called(plan, change):
            if operation != "delete" or not change.stays:
                yield _Step(
                    change,
                    operation,
                    None if operation == "create" else before,
                    None if operation == "delete" else after,
                )


def _called(plan: Plan, change: Change) -> tuple[Operation, ...]:
    """Return the operations that a provider carries out; an import reads only, and then changes what differs."""
    if "import" in plan.events.operations.get(change.urn, ()):
        planned = plan.update.resource_plans.get(change.urn) if plan.update else None
        return ("update",) if planned and "update" in planned.steps else ()
    return _OPERATIONS[change.operation]


@dataclass
class _Prediction:
    steps: Sequence[_Step]
    around: Environment
    purposes: dict[Need, list[str]] = field(default_factory=dict[Need, list[str]])

    def __post_init__(self) -> None:
        planned = (
            Member(step.change.urn, step.change.type, step.change.name, _fields(step.after))
            for step in self.steps
            if step.operation == "create" and not grants.declares(step.change.type)
        )
        self.states = States([*self.around.states, *planned], self.around.number)
        builder = Builder(self.states, self.around.fetched, self.around.now, live_roles=True)
        self.access = Access(builder.document(becoming=False))
        self.who = f"serviceAccount:{self.around.account}"
        self.project = self.states.project or self.around.account.partition("@")[2].partition(".")[0]

    def needs(self) -> Needs:
        unknown: dict[str, None] = {}
        for step in self.steps:
            if not needs.is_known(step.change.type):
                unknown[f"what {step.change.type} requires is not in policies/iam/needs.yaml"] = None
            for need in needs.needs(step.change.type, step.operation, step.before, step.after, self.project):
                self.purposes.setdefault(need, []).append(step.label)
        permissions = _merged(self._required(need, labels) for need, labels in self.purposes.items())
        others = (*self._apis(), *self._groups(), *self._constraints())
        return Needs(
            self.around.account,
            tuple(permissions),
            tuple(line for line, certain in others if certain),
            (*unknown, *self.around.fetched.gaps, *(line for line, certain in others if not certain)),
            frozenset(self._decided()),
        )

    def _decided(self) -> Iterator[str]:
        """Yield the resources of `Needs.decided`."""
        for step in self.steps:
            if step.operation != "create" or step.after is None:
                continue
            kind, inputs = step.change.type, step.after
            if grants.declares(kind):
                if any(grant.member == self.who for grant in grants.of(kind, inputs)):
                    yield self._canonical(grants.target(kind, inputs, self.project))
            elif name := kinds.declared(kind, inputs, self.project):
                yield self._canonical(name)

    def _required(self, need: Need, labels: Sequence[str]) -> Required:
        purposes = tuple(dict.fromkeys(labels))
        if need.request:
            where = f"namespace {need.request.namespace}" if need.request.namespace else "the cluster"
            found = Required(need.permission, where, "", purposes)
            if self.access.document.cluster is None:
                return replace(found, problem="the cluster's Roles are in a state that is not read here", certain=False)
            decision = self.access.decide_in_cluster(self.who, need.request)
            return self._explained(found, decision, need)
        place = self._place(need.resource)
        name = self._canonical(need.resource)
        words = (
            names.words(name, Owner(project=self.project, number=self.states.number))
            if name
            else "a resource that only the update names"
        )
        found = Required(need.permission, words, name, purposes)
        decision = self.access.decide(self.who, need.permission, place)
        if decision.verdict is Verdict.MAYBE and need.role:
            decision = self._delegated(decision, need, place)
        if not need.resource and decision.verdict is Verdict.NO:
            return replace(found, problem="whether it is granted there is known in the update", certain=False)
        return self._explained(found, decision, need)

    def _place(self, resource: str) -> str:
        """Return the resource, or the nearest one above it, of which the document knows the policy."""
        name = self._canonical(resource)
        known = self.access.resources
        if not resource or name in known:
            return name or names.project(self.project)
        return next((level for level in names.above(name) if level in known), names.project(self.project))

    def _canonical(self, resource: str) -> str:
        return names.canonical(resource, self.project, self.states.number)

    def _delegated(self, decision: Decision, need: Need, place: str) -> Decision:
        """Return the decision with conditions on granted roles evaluated for the role that the plan grants."""
        conditions = Conditions(self.states.number, self.around.now)
        verdicts = [
            conditions.verdict(reason.grant.condition.expression, place, {GRANTED_ROLES: [need.role]})
            if reason.grant and reason.grant.condition
            else reason.verdict
            for reason in decision.reasons
        ]
        return Decision(max(verdicts, key=lambda verdict: verdict.rank), decision.reasons, decision.denials)

    def _explained(self, found: Required, decision: Decision, need: Need) -> Required:
        if decision.verdict is Verdict.YES:
            return found
        if decision.verdict is not Verdict.NO:
            return replace(found, problem="its condition depends on the request", certain=False)
        who = self.access.called(self.who)
        if decision.denials:
            denial = decision.denials[0]
            exempt = ", ".join(map(self.access.called, denial.exceptions)) or "nobody"
            problem = f"the deny policy {denial.policy} keeps {who} from it; exempt: {exempt}"
        elif need.role and decision.reasons:
            role = names.short_role(need.role)
            problem = f"{who} may grant only listed roles, without {role}; {_BY_REVIEW}, adds it to the list"
        else:
            problem = f"{who} lacks it; {self._remedy(found.permission, need)}"
        return replace(found, problem=problem)

    def _remedy(self, permission: str, need: Need) -> str:
        if need.request:
            return f"a Role for it, bound by the platform's namespaces or by {_BY_REVIEW}"
        service = permission.partition(".")[0]
        similar = {
            grant.role: sum(name.startswith(f"{service}.") for name in self.access.contents(grant.role) or ())
            for identity in self.access.identities(self.who)
            for grant in self.access.grants_of.get(identity, ())
            if grant.role.startswith(("projects/", "organizations/"))
        }
        best = max(similar, key=lambda role: (similar[role], role), default="")
        if best and similar[best]:
            return f"{_BY_REVIEW}, adds it to the role {names.short_role(best)}"
        return f"{_BY_REVIEW}, grants a role with it"

    def _apis(self) -> Iterator[tuple[str, bool]]:
        used: defaultdict[str, list[str]] = defaultdict(list)
        for need, labels in self.purposes.items():
            if need.request is None:
                used[needs.api(need.permission)] += labels
        enabled = self.around.fetched.apis
        if enabled is None:
            yield f"whether the APIs are on could not be read: {', '.join(sorted(used))}", False
            return
        on = {*enabled, *(str((step.after or {}).get("service")) for step in self.steps if _enables(step))}
        for api in sorted(used.keys() - on):
            purposes = digest.named(tuple(dict.fromkeys(used[api])))
            yield f"the API {api} is off ({purposes}); an administrator turns it on (identity's foundation)", True

    def _groups(self) -> Iterator[tuple[str, bool]]:
        for group in sorted(set(self._granted_groups())):
            exists = self.around.fetched.existing.get(group)
            address = group.partition(":")[2]
            if exists is False:
                yield f"the group {address} does not exist, so Google refuses a grant to it; make it first", True
            elif exists is None:
                yield f"whether the group {address} exists could not be looked up", False

    def _granted_groups(self) -> Iterator[str]:
        for step in self.steps:
            if step.after is not None and grants.declares(step.change.type):
                for grant in grants.of(step.change.type, step.after):
                    if is_open(grant.member) and str(grant.member).startswith("group:"):
                        yield str(grant.member)

    def _constraints(self) -> Iterator[tuple[str, bool]]:
        # On Google Cloud the state that declares them belongs to another account.
        is_known = any(member.type == _ORGANIZATION_POLICY for member in self.states.members)
        enforced = {name for member in self.states.members if (name := _enforced(member))}
        for name in sorted(enforced & needs.CONSTRAINTS.keys() if is_known else needs.CONSTRAINTS):
            constraint = needs.CONSTRAINTS[name]
            stopped = [
                step.label
                for step in self.steps
                if step.after is not None
                and step.change.type == constraint.type
                and constraint.applies(step.before, step.after)
            ]
            if stopped and is_known:
                yield f"the organisation policy {name} forbids {digest.named(stopped)}; change the plan", True
            elif stopped:
                why = f"no state that is read here declares organisation policies; where {name} is enforced, it forbids"
                yield f"{why} {digest.named(stopped)}", False


def _merged(listed: Iterable[Required]) -> list[Required]:
    """Return permissions with those of one place and one problem as one, the refused ones first."""
    merged: dict[tuple[str, str, str, bool], Required] = {}
    for one in listed:
        key = (one.permission, one.place, one.problem, one.certain)
        before = merged.get(key)
        purposes = tuple(dict.fromkeys((*before.purposes, *one.purposes))) if before else one.purposes
        merged[key] = replace(one, purposes=purposes)
    return sorted(merged.values(), key=lambda one: (not one.problem, not one.certain, one.place, one.permission))


def _fields(inputs: dict[str, Any] | None) -> Any:
    return lambda: inputs or {}


def _enables(step: _Step) -> bool:
    return step.operation == "create" and step.change.type == _SERVICE


def _enforced(member: Member) -> str:
    """Return the constraint that an organisation policy enforces; empty for another resource."""
    if member.type != _ORGANIZATION_POLICY:
        return ""
    rules = items(at(member.fields, "spec.rules"))
    enforced = any(str(mapping(rule).get("enforce")).upper() == "TRUE" for rule in rules)
    return str(member.fields.get("name")).rpartition("/")[2] if enforced else ""
