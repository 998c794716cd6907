"""The export of the engine's plans to Terraform's format: what becomes of each part, and the list of what is lost."""

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from engine.document import Document
from engine.events import Events, PolicyEvent, Refreshed, Side
from engine.plans import Difference, Goal, ResourcePlan, UpdatePlan
from engine.states import Pending, Resource, State
from lab.bench.tables import README
from lab.plans import losses
from lab.plans.cases import cases
from lab.plans.store import read
from lab.plans.terraform import document, type_of
from plan_gate.change import Operation, changes
from plan_gate.plan import Plan

PREFIX = "urn:pulumi:sandbox::platform::"
INSTANCE = "gcp:sql/databaseInstance:DatabaseInstance"
NETWORK = "gcp:compute/network:Network"
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:…"}
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def urn(kind: str, name: str) -> str:
    return f"{PREFIX}{kind}::{name}"


OWN, OTHER = urn(INSTANCE, "orders"), urn(NETWORK, "main")
RESOURCE = Resource(urn=OWN, type=INSTANCE, id="orders", inputs={"region": "europe-west4", "tier": "small"})
GOAL = Goal(type=INSTANCE).model_copy(update={"input_diff": Difference(updates={"tier": "large"})})


def plan(
    resource: Resource | None = RESOURCE,
    goal: Goal | None = GOAL,
    steps: tuple[str, ...] = ("update",),
    *,
    events: Mapping[str, Any] | None = None,
    stopped: bool = False,
) -> Plan:
    """A plan of one resource beside a network that stays as it is."""
    network = Resource(urn=OTHER, type=NETWORK, id="main")
    same = ResourcePlan(goal=Goal(type=NETWORK), steps=("same",))
    planned = {OTHER: same, (resource.urn if resource else OWN): ResourcePlan(goal=goal, steps=steps)}
    operations = {name: set(each.steps) for name, each in planned.items()}
    resources = (network, resource) if resource else (network,)
    return Plan(
        update=None if stopped else UpdatePlan(manifest={}).model_copy(update={"resource_plans": planned}),
        hash="",
        state=State(resources=resources),
        state_hash="",
        events=dataclasses.replace(Events(operations=operations, complete=True), **(events or {})),
    )


def exported(of: Plan, name: str = "orders") -> dict[str, Any]:
    [found] = [each for each in document(of)["resource_changes"] if each["name"].startswith(name)]
    return found


# Each field of the engine's documents with another value than in the plan above, and the plan in which it has it.
DELETED = (None, ("delete",))
REPLACED = (GOAL, ("create-replacement", "replace", "delete-replaced"))
GOALS: Mapping[str, Any] = {
    "type": "gcp:sql/database:Database",
    "custom": False,
    "provider": f"{urn('pulumi:providers:gcp', 'other')}::id",
    "parent": urn("prodfirst:platform:Datastore", "orders"),
    "protect": True,
    "delete_before_replace": True,
    "ignore_changes": ("settings",),
    "input_diff": Difference(updates={"tier": "huge"}),
    "output_diff": Difference(adds={"contract": "1"}),
}
RESOURCES: Mapping[str, tuple[Any, tuple[Goal | None, tuple[str, ...]]]] = {
    "urn": (urn(INSTANCE, "orders-2"), (GOAL, ("update",))),
    "type": ("gcp:sql/database:Database", DELETED),
    "id": ("orders-2", (GOAL, ("update",))),
    "custom": (False, DELETED),
    "delete": (True, (GOAL, ("update",))),
    "protect": (True, (GOAL, ("update",))),
    "retain_on_delete": (True, DELETED),
    "deleted_with": (OTHER, DELETED),
    "ignore_changes": (("settings",), (GOAL, ("update",))),
    "parent": (urn("prodfirst:platform:Datastore", "orders"), (GOAL, ("update",))),
    "provider": (f"{urn('pulumi:providers:gcp', 'other')}::id", (GOAL, ("update",))),
    "dependencies": ((OTHER,), (GOAL, ("update",))),
    "property_dependencies": ({"region": (OTHER,)}, (GOAL, ("update",))),
    "inputs": ({"region": "europe-west1", "tier": "small"}, (GOAL, ("update",))),
    "outputs": ({"ip": "10.0.0.1"}, (GOAL, ("update",))),
    "created": ("2026-01-01T00:00:00Z", (GOAL, ("update",))),
    "modified": ("2026-01-01T00:00:00Z", (GOAL, ("update",))),
    "source_position": ("project:///datastore.py#1", (GOAL, ("update",))),
}
EVENTS: Mapping[str, Any] = {
    "operations": {OWN: {"delete"}, OTHER: {"same"}},
    "finished": {OWN},
    "renamed": {OWN: urn(INSTANCE, "old")},
    "forced": {OWN: ("settings.tier",)},
    "refreshed": {OWN: Refreshed(exists=True, different=("tier",), inputs={"tier": "tiny"}, outputs={"tier": "tiny"})},
    "declared": {OWN: Side(urn=OWN, type=INSTANCE, custom=True, inputs={"tier": "huge"})},
    "retained": {OWN},
    "components": {OWN},
    "waiting": {OWN: "the network"},
    "changes": Counter({"update": 7}),
    "policies": [PolicyEvent.model_validate({"policyName": "a", "message": "no", "enforcementLevel": "mandatory"})],
    "errors": [(OWN, "it failed")],
    "packs": {"prodfirst"},
    "complete": False,
}
# Fields that only a preview without a plan, or a resource that goes, makes felt.
STOPPED = ("operations", "declared")
GOING = ("retained", "components")
STATES: Mapping[str, Any] = {
    "resources": (RESOURCE,),
    "pending": (Pending.model_validate({"type": "creating", "resource": RESOURCE.model_dump(by_alias=True)}),),
    "secrets_providers": {"type": "cloud"},
}


def lost() -> Iterator[str]:
    """Yield the fields whose values change nothing in Terraform's plan."""
    for field, value in GOALS.items():
        if document(plan()) == document(plan(goal=GOAL.model_copy(update={field: value}))):
            yield f"goal.{field}"
    for field, (value, (goal, steps)) in RESOURCES.items():
        changed = RESOURCE.model_copy(update={field: value})
        if document(plan(RESOURCE, goal, steps)) == document(plan(changed, goal, steps)):
            yield f"resource.{field}"
    for field, value in EVENTS.items():
        goal, steps = DELETED if field in GOING else (GOAL, ("update",))
        resource = None if field == "components" else RESOURCE
        before, after = (
            plan(resource, goal, steps, events=own, stopped=field in STOPPED) for own in (None, {field: value})
        )
        if document(before) == document(after):
            yield f"events.{field}"
    for field, value in STATES.items():
        other = dataclasses.replace(plan(), state=plan().state.model_copy(update={field: value}))
        if document(plan()) == document(other):
            yield f"state.{field}"


def test_every_field_that_an_export_loses_is_listed_and_no_other() -> None:
    assert sorted(lost()) == sorted(losses.FIELDS)


@pytest.mark.parametrize(
    ("model", "tried"), [(Goal, GOALS), (Resource, RESOURCES), (State, STATES)], ids=["goal", "resource", "state"]
)
def test_every_field_of_a_document_is_tried(model: type[Document], tried: Mapping[str, Any]) -> None:
    assert set(tried) == set(model.model_fields)


def test_every_field_of_the_events_is_tried() -> None:
    assert set(EVENTS) == {field.name for field in dataclasses.fields(Events)}


def test_the_document_of_measurements_has_the_whole_list() -> None:
    text = README.read_text(encoding="utf-8")
    assert all(f"| {' | '.join(row)} |\n" in text for row in losses.rows()), "make bench ARGS=plans"


def test_components_providers_and_the_stack_are_left_out() -> None:
    """As listed."""
    urns = (urn("pulumi:providers:gcp", "gcp"), urn("pulumi:pulumi:Stack", "platform-sandbox"))
    for own in urns:
        kind = own.split("::")[2]
        of = plan(Resource(urn=own, type=kind), Goal(type=kind), ("same",))
        assert [each["name"] for each in document(of)["resource_changes"]] == ["main"]
    component = Resource(urn=urn("prodfirst:platform:Cluster", "main"), type="prodfirst:platform:Cluster", custom=False)
    of = plan(component, Goal(type=component.type, custom=False), ("same",))
    assert [each["type"] for each in document(of)["resource_changes"]] == ["google_compute_network"]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (("same",), ["no-op"]),
        (("update",), ["update"]),
        (("delete",), ["delete"]),
        (("create-replacement", "replace", "delete-replaced"), ["create", "delete"]),
        (("delete-replaced", "replace", "create-replacement"), ["delete", "create"]),
    ],
)
def test_the_engines_steps_are_terraforms_actions(steps: tuple[str, ...], expected: list[str]) -> None:
    assert exported(plan(goal=None if steps == ("delete",) else GOAL, steps=steps))["change"]["actions"] == expected


def test_a_new_resource_has_nothing_before() -> None:
    goal = GOAL.model_copy(update={"input_diff": Difference(adds={"tier": "small"})})
    change = exported(plan(None, goal, ("create",)))["change"]
    assert change["actions"] == ["create"]
    assert change["before"] is None
    assert change["after"] == {"tier": "small", "prevent_destroy": False}


def test_a_resource_that_the_cloud_keeps_is_forgotten() -> None:
    kept = RESOURCE.model_copy(update={"retain_on_delete": True})
    assert exported(plan(kept, None, ("delete",)))["change"]["actions"] == ["forget"]


def test_a_change_has_the_values_before_and_after_in_terraforms_spelling() -> None:
    resource = RESOURCE.model_copy(update={"inputs": {"settings": {"diskType": "PD_SSD"}}, "protect": True})
    goal = GOAL.model_copy(update={"input_diff": Difference(updates={"settings": {"diskType": "PD_HDD"}})})
    change = exported(plan(resource, goal))["change"]
    assert change["before"] == {"settings": [{"disk_type": "PD_SSD"}], "id": "orders", "prevent_destroy": True}
    assert change["after"] == {"settings": [{"disk_type": "PD_HDD"}], "prevent_destroy": False}


def test_secrets_are_marked_and_never_written() -> None:
    resource = RESOURCE.model_copy(update={"inputs": {"rootPassword": SECRET, "flags": [{"value": SECRET}]}})
    change = exported(plan(resource, Goal(type=INSTANCE)))["change"]
    assert change["before"]["root_password"] is None
    assert change["before"]["flags"] == [{"value": None}]
    assert change["before_sensitive"] == {"root_password": True, "flags": [{"value": True}]}
    assert "v1:…" not in str(change)


def test_what_only_an_update_makes_known_is_marked_in_its_place() -> None:
    difference = Difference(adds={"network": UNKNOWN, "settings": {"kmsKey": UNKNOWN, "a": 1}})
    goal = GOAL.model_copy(update={"input_diff": difference})
    change = exported(plan(None, goal, ("create",)))["change"]
    assert change["after"] == {"settings": [{"a": 1}], "prevent_destroy": False}
    assert change["after_unknown"] == {"network": True, "settings": [{"kms_key": True}]}


def test_a_renamed_resource_has_its_previous_address() -> None:
    found = exported(plan(events={"renamed": {OWN: urn(INSTANCE, "old")}}))
    assert found["previous_address"] == "google_sql_database_instance.old"


def test_a_replacement_names_what_forces_it() -> None:
    goal, steps = REPLACED
    found = exported(plan(RESOURCE, goal, steps, events={"forced": {OWN: ("settings.ipConfiguration",)}}))
    assert found["change"]["replace_paths"] == [["settings", "ip_configuration"]]


def test_references_follow_properties_or_else_the_state() -> None:
    by_property = RESOURCE.model_copy(update={"property_dependencies": {"privateNetwork": (OTHER,)}})
    in_all = RESOURCE.model_copy(update={"dependencies": (OTHER,)})
    references = ["google_compute_network.main.id", "google_compute_network.main"]
    for resource, name in ((by_property, "private_network"), (in_all, "depends_on")):
        configured = document(plan(resource))["configuration"]["root_module"]["resources"]
        [own] = [each for each in configured if each["name"] == "orders"]
        assert own["expressions"] == {name: {"references": references}}


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("gcp:projects/iAMMember:IAMMember", "google_project_iam_member"),
        ("kubernetes:core/v1:Namespace", "kubernetes_namespace"),
        ("kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", "kubernetes_cluster_role"),
        ("kubernetes:gateway.networking.k8s.io/v1:HTTPRoute", "kubernetes_manifest"),
        ("random:index/randomId:RandomId", "random_random_id"),
    ],
)
def test_a_type_has_terraforms_name(token: str, expected: str) -> None:
    assert type_of(token) == expected


@pytest.mark.parametrize("name", [case.name for case in cases()])
def test_an_export_has_every_change_of_the_plan(name: str) -> None:
    """All that the gate counts, but for components, providers and the stack, and every address once."""
    of = read(next(case for case in cases() if case.name == name))
    expected = Counter(
        str(change.operation)
        for change in changes(of).real
        if not change.is_component and not change.type.startswith("pulumi:")
    )
    found: Counter[str] = Counter()
    listed = document(of)["resource_changes"]
    for actions in (each["change"]["actions"] for each in listed):
        found["replace" if len(actions) > 1 else actions[0].replace("forget", "delete")] += 1
    assert found - Counter({"no-op": found["no-op"]}) == expected
    assert len({each["address"] for each in listed}) == len(listed)
    assert {str(operation) for operation in Operation} >= set(expected)
