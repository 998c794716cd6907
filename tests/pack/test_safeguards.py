"""The foundation's guard rails: the pack refuses a change of what safeguards.yaml lists, and one that is missing."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from functools import cache
from typing import Any, cast

import pytest

from cli.layout import foundation
from committed import programs as committed
from engine import own
from engine.inputs import UNKNOWN, Secret
from engine.members import Member
from iam.safeguards import SAFEGUARDS, Safeguard
from pack import programs
from policy_pack.rule import Resource, Stack, findings, violations
from policy_pack.rules.safeguards import safeguards_kept, safeguards_present
from policy_pack.waivers import Waivers, today

STACK = foundation("sandbox")
ALL = sorted(SAFEGUARDS.all(), key=lambda one: one.label)
# Inputs that describe a guard rail to people; the labels of a channel are its address.
FOR_PEOPLE = ("description", "displayName", "documentation", "severity", "title")
# Inputs, by type, that other rules check, or that nothing relies on.
ELSEWHERE = {
    ("AlertPolicy", "autoClose"),
    ("DenyPolicy", "name"),
    ("ProjectBucketConfig", "enableAnalytics"),
    ("ProjectBucketConfig", "locked"),
    ("ProjectSink", "name"),
    ("ProjectSink", "uniqueWriterIdentity"),
    ("WorkloadIdentityPoolProvider", "workloadIdentityPoolProviderId"),
}
# Further inputs that weaken a guard rail, or put another in its place, by type.
ADDED: dict[str, tuple[tuple[str, Any], ...]] = {
    "DenyPolicy": (
        ("rules.0.denyRule.exceptionPrincipals", ["principalSet://goog/group/shop-team@example.com"]),
        ("rules.0.denyRule.exceptionPermissions", ["cloudsql.googleapis.com/instances.delete"]),
        ("rules.0.denyRule.denialCondition", {"expression": "false"}),
        ("rules.0.denyRule.deniedPrincipals", ["principalSet://goog/group/nobody@example.com"]),
        ("rules", []),
    ),
    "Policy": (
        ("spec.reset", True),
        ("spec.rules.0.condition", {"expression": "false"}),
        ("spec.rules.0.allowAll", "TRUE"),
        ("spec.rules", [{"values": {}}]),
        ("dryRunSpec", {"rules": [{"enforce": "FALSE"}]}),
    ),
    "WorkloadIdentityPool": (("disabled", True),),
    "WorkloadIdentityPoolProvider": (
        ("disabled", True),
        ("oidc.jwksJson", "{}"),
        ("oidc.allowedAudiences", ["https://elsewhere.example"]),
        ("aws", {"accountId": "1"}),
        ("attributeMapping.attribute/more", "assertion.actor"),
    ),
    "IAMAuditConfig": (("auditLogConfigs.0.exemptedMembers", ["user:a@example.com"]),),
    "ProjectSink": (("disabled", True), ("exclusions", [{"name": "all", "filter": "true"}])),
    "AlertPolicy": (
        ("enabled", False),
        ("notificationChannels", []),
        ("notificationChannels", ["projects/another/notificationChannels/1"]),
        ("alertStrategy.notificationRateLimit.period", "86400s"),
        ("conditions.0.conditionMatchedLog.filter", 'resource.type="gce_route"'),
    ),
    "NotificationChannel": (("enabled", False), ("labels.email_address", "a@elsewhere.example")),
}


@cache
def declared() -> dict[tuple[str, str], Resource]:
    """What the foundation's program declares, by type and name."""
    engine = committed.declared(STACK)
    return {(one.type, one.name): one for one in programs.as_resources(STACK.project, STACK.name, engine)}


def resource(safeguard: Safeguard) -> Resource:
    """The declared guard rail."""
    return declared()[safeguard.group.type, safeguard.name]


def refusals(changed: Resource) -> list[str]:
    """What the pack says about a guard rail."""
    return list(violations(safeguards_kept, changed))


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Paths of the values in inputs that are for no person."""
    if isinstance(value, dict):
        for key, inner in sorted(cast("dict[str, Any]", value).items()):
            if key not in FOR_PEOPLE:
                yield from places(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(cast("list[Any]", value)):
            yield from places(inner, (*path, index))
    else:
        yield path


def with_value(inputs: dict[str, Any], path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    """A copy of inputs with another value at a path."""
    copy: Any = deepcopy(inputs)
    place = copy
    for step, following in zip(path, (*path[1:], ""), strict=True):
        if following == "":
            place[step] = value
        else:
            place = place[step] if isinstance(step, int) else place.setdefault(step, {})
    return copy


@pytest.mark.parametrize("safeguard", ALL, ids=lambda one: one.label)
def test_a_guard_rail_with_another_value_anywhere_is_refused(safeguard: Safeguard) -> None:
    right = resource(safeguard)
    assert refusals(right) == []
    for path in places(right.inputs):
        if (safeguard.group.type.rpartition(":")[2], path[-1]) in ELSEWHERE:
            continue
        for value in ("another", None, Secret("another")):
            changed = replace(right, inputs=with_value(right.inputs, path, value))
            assert refusals(changed), f"{path} may be {value!r}"


@pytest.mark.parametrize("safeguard", ALL, ids=lambda one: one.label)
def test_a_guard_rail_with_an_input_that_weakens_it_is_refused(safeguard: Safeguard) -> None:
    right = resource(safeguard)
    for path, value in ADDED.get(right.type.rpartition(":")[2], ()):
        steps = tuple(int(step) if step.isdigit() else step.replace("/", ".") for step in path.split("."))
        assert refusals(replace(right, inputs=with_value(right.inputs, steps, value))), f"{path} may be {value!r}"
    assert not safeguard.group.protect or refusals(replace(right, protect=False))
    assert refusals(replace(right, ignored=("displayName",)))


def test_what_only_the_update_knows_is_checked_there() -> None:
    safeguard = next(one for one in ALL if one.label == "CryptoKeyIAMMember state-apps-storage")
    right = resource(safeguard)
    assert refusals(replace(right, inputs=right.inputs | {"member": UNKNOWN})) == []
    foreign = "serviceAccount:service-1@gs-project-accounts.iam.gserviceaccount.com"
    assert refusals(replace(right, inputs=right.inputs | {"member": foreign}))


def test_a_second_provider_beside_the_listed_ones_is_refused() -> None:
    right = resource(next(one for one in ALL if one.label == "WorkloadIdentityPoolProvider github"))
    [message] = refusals(replace(right, name="another", urn=right.urn.replace("::github", "::another")))
    assert "no guard rail that policies/safeguards.yaml lists" in message


@pytest.mark.parametrize("safeguard", ALL, ids=lambda one: one.label)
def test_a_missing_guard_rail_is_refused(safeguard: Safeguard) -> None:
    members = [
        Member(one.urn, one.type, one.name, dict)
        for key, one in declared().items()
        if key != (safeguard.group.type, safeguard.name)
    ]
    messages = [one.message for one in findings(safeguards_present, Stack(members, Waivers([], today())))]
    assert len(messages) == 1
    assert safeguard.label in messages[0]


def test_an_environment_without_an_organization_needs_none_of_its_guard_rails() -> None:
    facts = {name: value for name, value in own.of_environment("sandbox").items() if name != "organization"}
    left_out = {one.group.type for one in SAFEGUARDS.all()} - {one.group.type for one in SAFEGUARDS.required(facts)}
    assert left_out == {"gcp:iam/denyPolicy:DenyPolicy", "gcp:orgpolicy/policy:Policy"}


def test_a_guard_rail_is_found_by_its_label() -> None:
    assert all(SAFEGUARDS.labelled(one.label) == one for one in ALL)
    assert SAFEGUARDS.labelled("AlertPolicy nobody") is None
