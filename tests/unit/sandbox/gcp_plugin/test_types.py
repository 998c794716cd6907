"""Every type through its life: created with the provider's id, read back, imported, changed, deleted."""

from pathlib import Path

import grpc
import pytest

import example_tenant as example
from sandbox.cloud import seed
from sandbox.cloud.api import Cloud
from sandbox.cloud.iam import Caller
from sandbox.plugins.gcp.catalog import TYPES
from sandbox.plugins.protocol import Properties
from unit.sandbox.gcp_plugin.conftest import Plugin, prepare
from unit.sandbox.gcp_plugin.edge_lives import EDGE_KEPT, EDGE_LIVES
from unit.sandbox.gcp_plugin.lives import KEPT, KEY_TOKEN, LIVES, LOG_BUCKET, MEMBER, SETUP, Life, P


def each(*without: str) -> pytest.MarkDecorator:
    lives = [life for life in [*LIVES, *EDGE_LIVES] if life.token not in without]
    return pytest.mark.parametrize("life", lives, ids=[life.token for life in lives])


@each()
def test_a_resource_lives_as_the_engine_wants_it(ready: Plugin, life: Life) -> None:
    token = life.token
    prepare(ready, life.needs)
    checked, failures = ready.check(token, life.inputs)
    assert failures == []
    created, state = ready.create(token, life.inputs)
    assert life.id in (created, None)
    assert ready.read(token, created, checked)[:2] == (created, checked)
    if life.change:
        changed = {**checked, **life.change}
        state = ready.update(token, created, state, checked, changed)
        checked = changed
        assert ready.read(token, created, checked)[:2] == (created, checked)
    assert checked.keys() <= state.keys()
    ready.delete(token, created, state)
    assert ready.read(token, created, checked)[0] == (created if token in KEPT | EDGE_KEPT else "")
    if token != LOG_BUCKET:
        ready.delete(token, created, state)


@each(KEY_TOKEN)  # the provider cannot import keys
def test_an_import_finds_the_inputs_that_were_given(ready: Plugin, life: Life) -> None:
    prepare(ready, life.needs)
    created, _ = ready.create(life.token, life.inputs)
    found, imported, _ = ready.read(life.token, created)
    assert found == created
    checked, failures = ready.check(life.token, imported)
    assert failures == []
    given = {key: value for key, value in life.inputs.items() if key not in TYPES[life.token].provider_only}
    assert {key: checked.get(key) for key in given} == given


@each()
def test_a_preview_of_a_creation_makes_nothing(ready: Plugin, life: Life) -> None:
    assert ready.create(life.token, life.inputs, preview=True)[0] == ""


def test_a_bucket_with_objects_goes_only_by_force(ready: Plugin, tmp_path: Path) -> None:
    prepare(ready, "bucket")
    _, state = ready.create("gcp:storage/bucket:Bucket", {"name": "full", "location": "EU"})
    cloud = Cloud(tmp_path / "cloud.db")
    cloud.call("storage.objects.insert", f"{P}/buckets/full/objects/a", Caller(seed.ADMIN), {})
    cloud.store.close()
    with pytest.raises(grpc.RpcError, match="without `forceDestroy`"):
        ready.delete("gcp:storage/bucket:Bucket", "full", state)
    ready.delete("gcp:storage/bucket:Bucket", "full", {**state, "forceDestroy": True})
    assert ready.read("gcp:storage/bucket:Bucket", "full", {"name": "full", "project": example.PROJECT})[0] == ""


def test_a_deleted_log_bucket_is_read_and_neither_made_anew_nor_deleted_again(ready: Plugin) -> None:
    inputs: Properties = {"project": example.PROJECT, "location": "global", "bucketId": "audit", "retentionDays": 90}
    created, state = ready.create(LOG_BUCKET, inputs)
    ready.delete(LOG_BUCKET, created, state)

    assert ready.read(LOG_BUCKET, created, inputs)[2]["lifecycleState"] == "DELETE_REQUESTED"
    for again in (lambda: ready.create(LOG_BUCKET, inputs), lambda: ready.delete(LOG_BUCKET, created, state)):
        with pytest.raises(grpc.RpcError, match="in the state DELETE_REQUESTED"):
            again()


def test_a_node_pool_that_was_resized_is_read_with_its_present_size(ready: Plugin, tmp_path: Path) -> None:
    [life] = [life for life in LIVES if life.token == "gcp:container/nodePool:NodePool"]
    prepare(ready, life.needs)
    inputs = {**life.inputs, "nodeCount": 1}
    created, state = ready.create(life.token, inputs)
    assert len(state["instanceGroupUrls"]) == 3
    cloud = Cloud(tmp_path / "cloud.db")
    cloud.call(
        "container.projects.locations.clusters.nodePools.update",
        life.id or "",
        Caller(seed.ADMIN),
        {"initialNodeCount": 4},
    )
    cloud.store.close()
    assert ready.read(life.token, created, ready.check(life.token, inputs)[0])[1]["nodeCount"] == 4


def test_the_log_bucket_of_every_project_is_taken_over_and_left(ready: Plugin) -> None:
    token = LOG_BUCKET
    inputs: Properties = {
        "project": example.PROJECT,
        "location": "global",
        "bucketId": "_Default",
        "retentionDays": 90,
    }
    created, state = ready.create(token, inputs)
    assert state["lifecycleState"] == "ACTIVE"
    ready.delete(token, created, state)
    assert ready.read(token, created, inputs)[1]["retentionDays"] == 90


def test_a_member_with_a_condition_has_it_in_its_id(ready: Plugin) -> None:
    condition = {"title": "until", "description": "d", "expression": 'request.time < timestamp("2120-01-01T00:00:00Z")'}
    inputs: Properties = {
        "project": example.PROJECT,
        "role": "roles/logging.viewer",
        "member": MEMBER,
        "condition": condition,
    }
    created, _ = ready.create("gcp:projects/iAMMember:IAMMember", inputs)
    assert created == f"{example.PROJECT}/roles/logging.viewer/{MEMBER}/until/d/{condition['expression']}"


def test_audit_logs_survive_a_change_of_members(ready: Plugin) -> None:
    token = "gcp:projects/iAMAuditConfig:IAMAuditConfig"
    config: Properties = {
        "project": example.PROJECT,
        "service": "allServices",
        "auditLogConfigs": [{"logType": "ADMIN_READ"}],
    }
    created, _ = ready.create(token, config)
    member: Properties = {"project": example.PROJECT, "role": "roles/viewer", "member": MEMBER}
    ready.create("gcp:projects/iAMMember:IAMMember", member)
    assert ready.read(token, created, config)[1] == config


def test_two_gateways_of_one_router_leave_each_other_alone(ready: Plugin) -> None:
    prepare(ready, "network router")
    token = "gcp:compute/routerNat:RouterNat"
    inputs: Properties = {"router": "edge", "sourceSubnetworkIpRangesToNat": "ALL_SUBNETWORKS_ALL_IP_RANGES"}
    first, state = ready.create(token, {**inputs, "name": "first"})
    second, other = ready.create(token, {**inputs, "name": "second"})
    ready.delete(token, first, state)
    assert ready.read(token, first, state)[0] == ""
    assert ready.read(token, second, other)[0] == second


def test_an_abandoned_resource_stays_and_a_prevented_one_refuses(ready: Plugin) -> None:
    prepare(ready, "network")
    token = "gcp:compute/network:Network"
    _, state = ready.create(token, {"name": "other", "deletionPolicy": "ABANDON"})
    ready.delete(token, state["name"], state)
    assert ready.read(token, f"{P}/global/networks/other", state)[0] != ""
    with pytest.raises(grpc.RpcError, match="deletion protection"):
        ready.delete(token, state["name"], {**state, "deletionPolicy": "PREVENT"})


def test_a_deleted_custom_role_is_restored_by_its_next_creation(ready: Plugin) -> None:
    token = "gcp:projects/iAMCustomRole:IAMCustomRole"
    role: Properties = {"roleId": "reader", "title": "Reader", "permissions": ["resourcemanager.projects.get"]}
    checked, _ = ready.check(token, role)
    created, state = ready.create(token, checked)
    ready.delete(token, created, state)
    assert ready.read(token, created, checked)[0] == ""
    again, outputs = ready.create(token, {**checked, "title": "Reader again"})
    assert (again, outputs["title"]) == (created, "Reader again")


def test_every_read_of_a_pool_lists_its_rules_for_attestations(ready: Plugin, tmp_path: Path) -> None:
    """The vendor's provider does, and fails without the permission: a role of fewer must fail here as well."""
    token, given = SETUP["pool"]
    inputs, _ = ready.check(token, given)
    made, state = ready.create(token, inputs)
    log = Cloud(tmp_path / "cloud.db").store
    before = log.calls()[-1].number
    ready.read(token, made, inputs)
    assert [entry.method.rpartition(".")[2] for entry in log.calls(before)] == ["get", "listAttestationRules"]
    ready.delete(token, made, state)
    assert ready.read(token, made, inputs)[0] == ""
    log.close()


def test_a_member_that_must_be_absent_is_taken_away_again_when_it_comes_back(ready: Plugin) -> None:
    token, role = "gcp:projects/iamMemberRemove:IamMemberRemove", "roles/editor"
    inputs: Properties = {"project": example.PROJECT, "role": role, "member": "group:database-team@example.com"}

    member = "gcp:projects/iAMMember:IAMMember"
    kept: Properties = {**inputs, "member": "group:security-team@example.com"}
    ready.create(member, kept)

    created, state = ready.create(token, inputs)
    assert ready.read(token, created, inputs)[0] == created
    ready.create(member, inputs)
    assert ready.read(token, created, inputs)[0] == ""
    ready.create(token, inputs)

    assert ready.read(token, created, inputs)[0] == created
    assert ready.read(member, f"{example.PROJECT}/{role}/{kept['member']}", kept)[0] != ""
    ready.delete(token, created, state)
