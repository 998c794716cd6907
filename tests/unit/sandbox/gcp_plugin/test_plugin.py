"""The gcp plugin through its gRPC server: what the engine sees of the simulated cloud."""

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2

import example_tenant as example
from sandbox.cloud import seed
from sandbox.plugins.gcp.provider import id_of
from sandbox.plugins.protocol import UNKNOWN, Properties
from unit.sandbox.gcp_plugin.conftest import Plugin

ACCOUNT = "gcp:serviceaccount/account:Account"
ACCOUNT_MEMBER = "gcp:serviceaccount/iAMMember:IAMMember"
CLUSTER = "gcp:container/cluster:Cluster"
DATABASE = "gcp:sql/database:Database"
INSTANCE = "gcp:sql/databaseInstance:DatabaseInstance"
MEMBER = "gcp:projects/iAMMember:IAMMember"
NETWORK = "gcp:compute/network:Network"
SECRET = "gcp:secretmanager/secret:Secret"
SECRET_VERSION = "gcp:secretmanager/secretVersion:SecretVersion"
USER = "gcp:sql/user:User"
EMAIL = f"platform-deploy@{example.PROJECT}.iam.gserviceaccount.com"
INSTANCE_INPUTS: Properties = {
    "name": "orders",
    "databaseVersion": "POSTGRES_17",
    "settings": {
        "tier": "db-custom-1-3840",
        "edition": "ENTERPRISE",
        "deletionProtectionEnabled": True,
        "diskAutoresize": True,
    },
}


def failure(error: pytest.ExceptionInfo[grpc.RpcError]) -> str:
    return str(error.value.details())


def test_an_account_is_created_as_google_shapes_it(plugin: Plugin) -> None:
    resource_id, outputs = plugin.create(ACCOUNT, {"accountId": "platform-deploy", "displayName": "Platform"})
    assert resource_id == f"projects/{example.PROJECT}/serviceAccounts/{EMAIL}"
    assert outputs["email"] == EMAIL
    assert outputs["member"] == f"serviceAccount:{EMAIL}"
    assert outputs["uniqueId"].isdigit()


def test_a_preview_of_a_creation_calls_nothing_and_foretells_the_email(plugin: Plugin) -> None:
    resource_id, outputs = plugin.create(ACCOUNT, {"accountId": "platform-deploy"}, preview=True)
    assert (resource_id, outputs["email"]) == ("", EMAIL)
    assert plugin.read(ACCOUNT, f"projects/{example.PROJECT}/serviceAccounts/{EMAIL}")[0] == ""


def test_a_missing_required_input_fails_the_check(plugin: Plugin) -> None:
    _, failures = plugin.check(INSTANCE, {"name": "orders", "settings": {"tier": "db-custom-1-3840"}})
    assert failures == [f"Missing required argument 'databaseVersion' of {INSTANCE}."]


def test_a_name_is_made_once_and_kept(plugin: Plugin) -> None:
    inputs, _ = plugin.check(NETWORK, {}, name="main")
    assert inputs["name"] == "main-0102030"
    again, _ = plugin.check(NETWORK, {}, olds={"name": "main-fffffff"}, name="main")
    assert again["name"] == "main-fffffff"


def test_an_unsupported_type_is_refused_by_name(plugin: Plugin) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        plugin.check("gcp:pubsub/schema:Schema", {})
    assert "does not support gcp:pubsub/schema:Schema" in failure(refused)
    assert "gcp/catalog/" in failure(refused)


def test_the_second_creation_of_one_name_is_a_conflict(plugin: Plugin) -> None:
    plugin.create(NETWORK, {"name": "main"})
    with pytest.raises(grpc.RpcError) as conflict:
        plugin.create(NETWORK, {"name": "main"})
    assert "Error 409" in failure(conflict)


def test_provider_words_reach_the_api_and_come_back(plugin: Plugin) -> None:
    resource_id, outputs = plugin.create(INSTANCE, INSTANCE_INPUTS)
    assert outputs["settings"]["diskAutoresize"] is True
    assert outputs["connectionName"] == f"{example.PROJECT}:{example.REGION}:orders"
    _, inputs, _ = plugin.read(INSTANCE, resource_id, outputs)
    assert inputs["settings"]["diskAutoresize"] is True
    assert "storageAutoResize" not in inputs["settings"]


def test_a_refresh_sees_what_was_changed_behind_the_back(plugin: Plugin) -> None:
    checked, _ = plugin.check(INSTANCE, INSTANCE_INPUTS)
    resource_id, state = plugin.create(INSTANCE, INSTANCE_INPUTS)
    elsewhere = {**checked, "settings": {**checked["settings"], "tier": "db-custom-8-32768"}}
    plugin.update(INSTANCE, resource_id, state, checked, elsewhere)
    _, inputs, outputs = plugin.read(INSTANCE, resource_id, checked)
    assert inputs["settings"]["tier"] == "db-custom-8-32768"
    assert outputs["settings"]["tier"] == "db-custom-8-32768"


def test_a_removed_setting_is_removed_from_the_api(plugin: Plugin) -> None:
    with_labels: Properties = {"secretId": "s", "replication": {"auto": {}}, "labels": {"a": "b"}}
    checked, _ = plugin.check(SECRET, with_labels)
    resource_id, state = plugin.create(SECRET, with_labels)
    without = {key: value for key, value in checked.items() if key != "labels"}
    plugin.update(SECRET, resource_id, state, checked, without)
    assert "effectiveLabels" not in plugin.read(SECRET, resource_id, without)[2]


@pytest.mark.parametrize(
    ("change", "replaces"),
    [({"region": "us-east1"}, ["region"]), ({"settings": {"tier": "db-custom-2-7680"}}, [])],
)
def test_a_change_replaces_only_where_the_schema_says(plugin: Plugin, change: Properties, replaces: list[str]) -> None:
    answer = plugin.diff(INSTANCE, "orders", INSTANCE_INPUTS, {**INSTANCE_INPUTS, **change})
    assert list(answer.replaces) == replaces
    assert answer.deleteBeforeReplace is bool(replaces)


def test_a_change_is_named_by_its_property_and_by_its_path_as_the_vendor_names_it(plugin: Plugin) -> None:
    larger: Properties = {**INSTANCE_INPUTS["settings"], "tier": "db-custom-2-7680"}
    answer = plugin.diff(INSTANCE, "orders", INSTANCE_INPUTS, {**INSTANCE_INPUTS, "settings": larger})
    assert list(answer.diffs) == ["settings"]
    assert list(answer.detailedDiff) == ["settings.tier"]
    assert not answer.detailedDiff["settings.tier"].inputDiff  # the vendor's compares with the outputs


def test_a_replacement_names_the_property_and_the_path_in_it_is_the_cause(plugin: Plugin) -> None:
    ipv4: Properties = {"ipv4Enabled": False}
    private: Properties = {**ipv4, "privateNetwork": "projects/p/global/networks/n"}
    old, new = (
        {**INSTANCE_INPUTS, "settings": {**INSTANCE_INPUTS["settings"], "ipConfiguration": each}}
        for each in (private, ipv4)
    )
    answer = plugin.diff(INSTANCE, "orders", old, new)
    assert list(answer.replaces) == ["settings"]
    [(path, cause)] = answer.detailedDiff.items()
    assert (path, cause.kind) == (
        "settings.ipConfiguration.privateNetwork",
        provider_pb2.PropertyDiff.DELETE_REPLACE,
    )


def test_an_unknown_where_a_replacement_may_follow_is_a_replacement(plugin: Plugin) -> None:
    old: Properties = {"instance": "orders", "name": "orders"}
    answer = plugin.diff(
        DATABASE,
        f"projects/{example.PROJECT}/instances/orders/databases/orders",
        old,
        {**old, "instance": UNKNOWN},
    )
    assert list(answer.replaces) == ["instance"]


def test_the_providers_own_protection_refuses_before_the_api_does(plugin: Plugin) -> None:
    resource_id, state = plugin.create(INSTANCE, INSTANCE_INPUTS)
    with pytest.raises(grpc.RpcError) as refused:
        plugin.delete(INSTANCE, resource_id, state)
    assert "deletion protection is on in the state" in failure(refused)
    with pytest.raises(grpc.RpcError) as refused:
        plugin.delete(INSTANCE, resource_id, {**state, "deletionProtection": False})
    assert "The instance is protected" in failure(refused)


def test_what_is_gone_reads_as_gone_and_deletes_as_deleted(plugin: Plugin) -> None:
    resource_id, state = plugin.create(NETWORK, {"name": "main"})
    plugin.delete(NETWORK, resource_id, state)
    assert plugin.read(NETWORK, resource_id, state)[0] == ""
    plugin.delete(NETWORK, resource_id, state)


def test_additive_members_leave_the_others_alone(plugin: Plugin) -> None:
    inputs: Properties = {
        "project": example.PROJECT,
        "role": "roles/viewer",
        "member": "group:security-team@example.com",
    }
    other = {**inputs, "member": "group:database-team@example.com"}
    first, state = plugin.create(MEMBER, inputs)
    second, _ = plugin.create(MEMBER, other)
    plugin.delete(MEMBER, first, state)
    assert plugin.read(MEMBER, first, inputs)[0] == ""
    assert plugin.read(MEMBER, second, other)[0] == second
    assert plugin.read(MEMBER, "owner", {**inputs, "role": "roles/owner", "member": seed.ADMIN})[0] == "owner"


def test_a_member_of_an_accounts_policy_can_be_imported(plugin: Plugin) -> None:
    account, _ = plugin.create(ACCOUNT, {"accountId": "platform-deploy"})
    inputs: Properties = {
        "serviceAccountId": account,
        "role": "roles/iam.serviceAccountTokenCreator",
        "member": "group:platform-operators@example.com",
    }
    resource_id, _ = plugin.create(ACCOUNT_MEMBER, inputs)
    assert plugin.read(ACCOUNT_MEMBER, resource_id)[1] == inputs


def test_a_secrets_payload_is_marked_secret_and_a_new_one_is_a_new_version(plugin: Plugin) -> None:
    secret, _ = plugin.create(SECRET, {"secretId": "contract", "replication": {"auto": {}}})
    resource_id, outputs = plugin.create(SECRET_VERSION, {"secret": secret, "secretData": '{"a": 1}'})
    assert resource_id == f"projects/{example.PROJECT_NUMBER}/secrets/contract/versions/1"
    assert outputs["secretData"] == {
        "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
        "value": '{"a": 1}',
    }
    plugin.create(SECRET_VERSION, {"secret": secret, "secretData": '{"a": 2}'})
    found = plugin.invoke("gcp:secretmanager/getSecretVersionAccess:getSecretVersionAccess", {"secret": "contract"})
    assert (found["secretData"], found["version"]) == ('{"a": 2}', "2")


@pytest.mark.parametrize(("policy", "readable"), [("ABANDON", True), ("DISABLE", False), ("DELETE", False)])
def test_a_version_goes_as_its_deletion_policy_says(plugin: Plugin, policy: str, *, readable: bool) -> None:
    secret, _ = plugin.create(SECRET, {"secretId": "contract", "replication": {"auto": {}}})
    inputs: Properties = {"secret": secret, "secretData": "x", "deletionPolicy": policy}
    resource_id, state = plugin.create(SECRET_VERSION, inputs)
    plugin.delete(SECRET_VERSION, resource_id, state)
    assert bool(plugin.read(SECRET_VERSION, resource_id, inputs)[0]) is readable


def test_an_unsupported_function_is_refused_by_name(plugin: Plugin) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        plugin.invoke("gcp:dns/getKeys:getKeys", {})
    assert "does not support the function gcp:dns/getKeys:getKeys" in failure(refused)


def test_a_failure_names_the_permission_and_the_principal(plugin: Plugin, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin.create(ACCOUNT, {"accountId": "platform-deploy"})
    monkeypatch.setenv("GOOGLE_IMPERSONATE_SERVICE_ACCOUNT", EMAIL)
    with pytest.raises(grpc.RpcError) as refused:
        plugin.configure()
    assert "iam.serviceAccounts.getAccessToken" in failure(refused) or "SERVICE_DISABLED" in failure(refused)


@pytest.mark.parametrize(
    ("token", "inputs", "expected"),
    [
        (NETWORK, {"project": "p", "name": "main"}, "projects/p/global/networks/main"),
        (INSTANCE, {"project": "p", "name": "orders", "region": UNKNOWN}, "orders"),
        (USER, {"project": "p", "name": "u", "instance": "orders"}, "u//orders"),
        (USER, {"project": "p", "name": "u", "instance": UNKNOWN}, None),
        (SECRET_VERSION, {"secret": "projects/p/secrets/s"}, None),
        ("gcp:pubsub/schema:Schema", {}, None),
    ],
)
def test_an_id_is_told_beforehand_where_the_inputs_tell_it(
    token: str, inputs: Properties, expected: str | None
) -> None:
    assert id_of(token, inputs) == expected


CLUSTER_INPUTS: Properties = {
    "name": "main",
    "location": example.REGION,
    "controlPlaneEndpointsConfig": {"dnsEndpointConfig": {"allowExternalTraffic": True}},
}


def test_a_preview_leaves_open_what_the_api_fills_in_inside_a_given_object(plugin: Plugin) -> None:
    _, outputs = plugin.create(CLUSTER, CLUSTER_INPUTS, preview=True)
    endpoint = outputs["controlPlaneEndpointsConfig"]["dnsEndpointConfig"]
    assert endpoint == {"allowExternalTraffic": True, "endpoint": UNKNOWN}


def test_what_the_provider_refuses_beside_autopilot_is_refused(plugin: Plugin) -> None:
    _, failures = plugin.check(CLUSTER, {"name": "main", "enableAutopilot": True, "enableShieldedNodes": True})
    assert failures == [f"{CLUSTER}: 'enableShieldedNodes' conflicts with 'enableAutopilot'."]
    assert not plugin.check(CLUSTER, {"name": "main", "enableShieldedNodes": True})[1]


def test_a_preview_of_an_update_keeps_what_the_api_filled_in(plugin: Plugin) -> None:
    filled = {"dnsEndpointConfig": {"allowExternalTraffic": True, "endpoint": "localhost:6443"}}
    state: Properties = {**CLUSTER_INPUTS, "controlPlaneEndpointsConfig": filled}
    news = {**CLUSTER_INPUTS, "resourceLabels": {"team": "platform"}}
    outputs = plugin.update(CLUSTER, "main", state, CLUSTER_INPUTS, news, preview=True)
    assert outputs["controlPlaneEndpointsConfig"] == filled


def test_an_instance_begins_as_a_clone_and_gets_its_own_settings(plugin: Plugin) -> None:
    plugin.create(INSTANCE, INSTANCE_INPUTS)
    plugin.create(DATABASE, {"name": "orders", "instance": "orders"})
    inputs = {
        **INSTANCE_INPUTS,
        "name": "orders-restored",
        "clone": {"sourceInstanceName": "orders"},
        "settings": {**INSTANCE_INPUTS["settings"], "tier": "db-custom-4-15360"},
    }

    resource_id, outputs = plugin.create(INSTANCE, inputs)

    assert resource_id == "orders-restored"
    assert outputs["settings"]["tier"] == "db-custom-4-15360"
    assert outputs["clone"] == {"sourceInstanceName": "orders"}
    assert plugin.read(INSTANCE, "orders-restored", plugin.check(INSTANCE, inputs)[0])[1]["clone"] == inputs["clone"]
    database = f"projects/{example.PROJECT}/instances/orders-restored/databases/orders"
    assert plugin.read(DATABASE, database)[0] == database


def test_an_abandoned_instance_leaves_the_state_and_stays(plugin: Plugin) -> None:
    _, outputs = plugin.create(INSTANCE, {**INSTANCE_INPUTS, "deletionProtection": False, "deletionPolicy": "ABANDON"})
    plugin.delete(INSTANCE, "orders", outputs)
    assert plugin.read(INSTANCE, "orders")[0] == "orders"


def test_a_period_without_maintenance_is_a_list_in_the_api(plugin: Plugin) -> None:
    period = {"startDate": "12-01", "endDate": "01-05", "time": "00:00:00"}
    inputs = {**INSTANCE_INPUTS, "settings": {**INSTANCE_INPUTS["settings"], "denyMaintenancePeriod": period}}
    _, outputs = plugin.create(INSTANCE, inputs)
    assert outputs["settings"]["denyMaintenancePeriod"] == period
    checked, _ = plugin.check(INSTANCE, inputs)
    assert plugin.read(INSTANCE, "orders", checked)[1]["settings"] == checked["settings"]


def test_a_new_database_version_is_an_update(plugin: Plugin) -> None:
    _, outputs = plugin.create(INSTANCE, INSTANCE_INPUTS)
    older, newer = (
        plugin.check(INSTANCE, {**INSTANCE_INPUTS, "databaseVersion": version})[0]
        for version in ("POSTGRES_17", "POSTGRES_18")
    )
    assert not plugin.diff(INSTANCE, "orders", older, newer).replaces
    assert plugin.update(INSTANCE, "orders", outputs, older, newer)["databaseVersion"] == "POSTGRES_18"


def test_what_an_import_tells_of_an_instance_can_be_declared(plugin: Plugin) -> None:
    plugin.create(INSTANCE, INSTANCE_INPUTS)

    _, said, _ = plugin.read(INSTANCE, "orders")

    assert "settingsVersion" not in said["settings"]
    assert plugin.check(INSTANCE, said)[1] == []


def test_a_user_is_imported_by_project_instance_and_name(plugin: Plugin) -> None:
    plugin.create(INSTANCE, INSTANCE_INPUTS)
    inputs = {
        "name": "dba@example.com",
        "instance": "orders",
        "type": "CLOUD_IAM_GROUP",
        "databaseRoles": ["pg_monitor"],
    }
    created, _ = plugin.create(USER, inputs)

    imported, said, _ = plugin.read(USER, f"{example.PROJECT}/orders/dba@example.com")

    assert imported == created == "dba@example.com//orders"
    assert said == {
        "project": example.PROJECT,
        "instance": "orders",
        "name": "dba@example.com",
        "type": "CLOUD_IAM_GROUP",
    }
