"""Changes of inputs: what the provider replaces, updates in place, and leaves as it is."""

import copy

import pytest

import example_tenant as example
from sandbox.plugins.gcp import changes
from sandbox.plugins.gcp.catalog import TYPES
from sandbox.plugins.gcp.provider import GcpProvider
from sandbox.plugins.protocol import UNKNOWN, Difference, Properties, Resource
from unit.sandbox.gcp_plugin.conftest import Plugin

BUCKET = "gcp:storage/bucket:Bucket"
CLUSTER = "gcp:container/cluster:Cluster"
FIREWALL = "gcp:compute/firewall:Firewall"
INSTANCE = "gcp:sql/databaseInstance:DatabaseInstance"
LOG_BUCKET = "gcp:logging/projectBucketConfig:ProjectBucketConfig"
MEMBER = "gcp:projects/iAMMember:IAMMember"
NETWORK = "gcp:compute/network:Network"
POLICY = "gcp:orgpolicy/policy:Policy"
REPOSITORY = "gcp:artifactregistry/repository:Repository"
SECRET = "gcp:secretmanager/secret:Secret"
SUBNETWORK = "gcp:compute/subnetwork:Subnetwork"
TOPIC = "gcp:pubsub/topic:Topic"

KEY = "gcp:kms/cryptoKey:CryptoKey"
RING = "projects/p/locations/europe-west4/keyRings/data"
POOL = "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/github/attribute.job/Deploy"

IP = "settings.ipConfiguration"


def between(token: str, old: Properties, new: Properties, state: Properties | None = None) -> changes.Changes:
    return changes.between(token, TYPES[token].replace_on, old, new, state or {})


def settings(**values: object) -> Properties:
    return {"settings": {"tier": "x", **values}}


@pytest.mark.parametrize(
    ("token", "old", "new"),
    [
        (CLUSTER, {"masterAuth": {"clientCertificateConfig": {"issueClientCertificate": False}}}, True),
        (INSTANCE, settings(ipConfiguration={"privateNetwork": "n"}), settings(ipConfiguration={"ipv4Enabled": True})),
        (INSTANCE, settings(diskSize=20, diskAutoresize=False), settings(diskSize=10, diskAutoresize=False)),
        (INSTANCE, settings(collation="a"), settings(collation="b")),
        (INSTANCE, {"masterInstanceName": "a"}, {"masterInstanceName": "b"}),
        (BUCKET, {"retentionPolicy": {"isLocked": True}}, {"retentionPolicy": {"isLocked": False}}),
        (CLUSTER, {"enableFqdnNetworkPolicy": True}, {"enableFqdnNetworkPolicy": False}),
        (CLUSTER, {"nodePools": [{"name": "a"}]}, {"nodePools": [{"name": "b"}]}),
        (SECRET, {"replication": {"auto": {}}}, {"replication": {"userManaged": {"replicas": [{"location": "a"}]}}}),
        (SUBNETWORK, {"ipCidrRange": "10.0.0.0/20"}, {"ipCidrRange": "10.0.0.0/24"}),
        (SUBNETWORK, {"params": {"resourceManagerTags": {"a": "b"}}}, {}),
        (SUBNETWORK, {}, {"params": {"resourceManagerTags": {"a": "b"}}}),
        (SUBNETWORK, {"ipCidrRange": "10.0.0.0/20"}, {"ipCidrRange": UNKNOWN}),
        (SUBNETWORK, {"network": "a"}, {"network": UNKNOWN}),
        (CLUSTER, {"nodeConfig": {"machineType": "a"}}, {"nodeConfig": UNKNOWN}),
        (MEMBER, {"member": "group:a-b@example.com"}, {"member": "group:a_b@example.com"}),
        (MEMBER, {"member": POOL}, {"member": POOL.lower()}),
        (KEY, {"keyRing": RING}, {"keyRing": f"//{RING}"}),
        (KEY, {"keyRing": RING}, {"keyRing": f"https://cloudkms.googleapis.com/v1/{RING}"}),
    ],
)
def test_a_change_forces_a_replacement(token: str, old: Properties, new: Properties | bool) -> None:
    if new is True:
        new = {"masterAuth": {"clientCertificateConfig": {"issueClientCertificate": True}}}
    found = between(token, old, new or {})
    assert found.replaced
    assert found.replaced <= found.kinds.keys()


@pytest.mark.parametrize(
    ("token", "old", "new"),
    [
        (INSTANCE, settings(edition="ENTERPRISE"), settings(edition="ENTERPRISE_PLUS")),
        (
            INSTANCE,
            settings(ipConfiguration={"privateNetwork": "n"}),
            settings(ipConfiguration={"privateNetwork": "o"}),
        ),
        (INSTANCE, settings(diskSize=10), settings(diskSize=20)),
        (INSTANCE, settings(deletionProtectionEnabled=True), settings()),
        (INSTANCE, {"deletionPolicy": "PREVENT"}, {}),
        (CLUSTER, {"nodeConfig": {"labels": {"a": "b"}}}, {"nodeConfig": {"labels": {"a": "c"}}}),
        (CLUSTER, {"enableFqdnNetworkPolicy": False}, {"enableFqdnNetworkPolicy": True}),
        (BUCKET, {"labels": {"a": "b", "c.d": "e"}}, {"labels": {"a": "b"}}),
        (
            POLICY,
            {"spec": {"rules": [{"enforce": "TRUE"}, {"denyAll": "TRUE"}]}},
            {"spec": {"rules": [{"enforce": "TRUE"}]}},
        ),
        (SUBNETWORK, {"ipCidrRange": "10.0.0.0/20"}, {"ipCidrRange": "10.0.0.0/16"}),
        (TOPIC, {"labels": {"a": "b"}}, {}),
    ],
)
def test_a_change_is_made_in_place(token: str, old: Properties, new: Properties) -> None:
    found = between(token, old, new)
    assert found.kinds
    assert not found.replaced


@pytest.mark.parametrize(
    ("token", "old", "new"),
    [
        (BUCKET, {"storageClass": "STANDARD"}, {}),  # the default
        (TOPIC, {}, {"labels": {}}),
        (BUCKET, {"requesterPays": False}, {}),
        (BUCKET, {}, {"requesterPays": False}),
        (FIREWALL, {"network": "projects/p/global/networks/main"}, {"network": "main"}),
        (FIREWALL, {"sourceTags": ["a", "b"]}, {"sourceTags": ["b", "a"]}),
        (FIREWALL, {"sourceRanges": ["0.0.0.0/0"]}, {"sourceRanges": []}),
        (FIREWALL, {"allows": [{"protocol": "TCP"}]}, {"allows": [{"protocol": "tcp"}]}),
        (INSTANCE, settings(diskSize=20), settings(diskSize=10)),  # Google enlarged it
        (CLUSTER, {"databaseEncryption": {"state": "ENCRYPTED"}}, True),
        (CLUSTER, {"enableAutopilot": True, "dnsConfig": {"clusterDns": "a"}}, {"enableAutopilot": True}),
        (LOG_BUCKET, {"enableAnalytics": True}, {"enableAnalytics": False}),
        (MEMBER, {"member": "user:A@example.com"}, {"member": "user:a@example.com"}),
        (REPOSITORY, {"cleanupPolicies": [{"id": "a"}, {"id": "b"}]}, {"cleanupPolicies": [{"id": "b"}, {"id": "a"}]}),
    ],
)
def test_the_same_in_other_words_is_no_change(token: str, old: Properties, new: Properties | bool) -> None:
    if new is True:
        new = {"databaseEncryption": {"state": "ALL_OBJECTS_ENCRYPTION_ENABLED"}}
    assert between(token, old, new or {}).kinds == {}


@pytest.mark.parametrize(
    ("token", "old", "new", "kept"),
    [
        (BUCKET, {"publicAccessPrevention": "enforced"}, {}, {"publicAccessPrevention"}),
        (BUCKET, {"versioning": {"enabled": True}}, {}, {"versioning"}),
        (
            INSTANCE,
            settings(ipConfiguration={"sslMode": "ENCRYPTED_ONLY"}),
            settings(ipConfiguration={}),
            {f"{IP}.sslMode"},
        ),
        (SUBNETWORK, {"secondaryIpRanges": [{"rangeName": "a"}]}, {}, {"secondaryIpRanges"}),
        (POLICY, {"spec": {"rules": [{"enforce": "TRUE"}]}}, {"spec": {}}, {"spec.rules"}),
    ],
)
def test_a_removed_input_that_google_fills_in_stays_as_it_is(
    token: str, old: Properties, new: Properties, kept: set[str]
) -> None:
    found = between(token, old, new)
    assert (found.kinds, found.kept) == ({}, kept)


def test_what_google_filled_in_can_be_declared_afterwards() -> None:
    state: Properties = {"publicAccessPrevention": "inherited"}
    assert between(BUCKET, {}, state, state).kinds == {}
    assert between(BUCKET, {}, {"publicAccessPrevention": "enforced"}, state).kinds == {"publicAccessPrevention": "add"}


def test_a_map_is_named_by_its_keys_also_where_it_is_given_or_removed_whole() -> None:
    labels: Properties = {"labels": {"app": "a", "cost/centre": "b"}}
    keys = ("labels.app", 'labels["cost/centre"]')
    assert between(BUCKET, labels, {}).kinds == dict.fromkeys(keys, "delete")
    assert between(BUCKET, {}, labels).kinds == dict.fromkeys(keys, "add")


def test_a_removed_input_that_goes_to_a_default_is_updated() -> None:
    assert between(INSTANCE, {"deletionPolicy": "ABANDON"}, {}).kinds == {"deletionPolicy": "update"}


def difference(provider: GcpProvider, token: str, old: Properties, new: Properties, name: str = "x") -> Difference:
    return provider.diff(Resource("", token, name, "id"), old, old, new)


@pytest.mark.parametrize(
    ("token", "old", "new", "first"),
    [
        (NETWORK, {"name": "main", "project": "p"}, {"name": "other", "project": "p"}, True),
        (NETWORK, {"name": "a", "project": "p"}, {"name": "a", "project": "q", "__defaults": ["name"]}, False),
        (REPOSITORY, {"repositoryId": "a", "format": "DOCKER"}, {"repositoryId": "a", "format": "MAVEN"}, False),
        (MEMBER, {"role": "roles/viewer"}, {"role": "roles/editor"}, True),
    ],
)
def test_the_old_resource_goes_first_where_the_program_names_it(
    provider: GcpProvider, token: str, old: Properties, new: Properties, *, first: bool
) -> None:
    found = difference(provider, token, old, new)
    assert found.replaces
    assert found.delete_first is first


@pytest.mark.parametrize(
    ("token", "given", "removed", "changed", "replaced"),
    [
        (INSTANCE, settings(availabilityType="REGIONAL"), "settings.availabilityType", True, False),
        (NETWORK, {"name": "main", "autoCreateSubnetworks": False}, "autoCreateSubnetworks", True, True),
        (NETWORK, {"name": "main"}, "name", True, True),
        (NETWORK, {"name": "main", "autoCreateSubnetworks": True}, "autoCreateSubnetworks", False, False),
    ],
)
def test_what_a_program_declares_no_longer_becomes_the_default(
    provider: GcpProvider, token: str, given: Properties, removed: str, *, changed: bool, replaced: bool
) -> None:
    resource = Resource("", token, "x", "id")
    old, _ = provider.check(resource, {}, given, b"seed")
    *above, last = removed.split(".")
    rest: Properties = copy.deepcopy(given)
    del (rest[above[0]] if above else rest)[last]
    new, _ = provider.check(resource, old, rest, b"seed")
    found = provider.diff(resource, old, old, new)
    assert set(found.changes) == ({removed} if changed else set())
    assert found.replaces == ({removed} if replaced else set())


def test_without_a_list_of_defaults_a_value_before_stays(provider: GcpProvider) -> None:
    """An import has no list, so that the next run must not undo what is there."""
    resource = Resource("", NETWORK, "x", "id")
    checked, _ = provider.check(resource, {"name": "main", "autoCreateSubnetworks": False}, {}, b"seed")
    assert (checked["name"], checked["autoCreateSubnetworks"]) == ("main", False)


def test_a_remark_names_what_stays_as_it_is(provider: GcpProvider) -> None:
    remarks: list[tuple[str, str]] = []
    telling = GcpProvider(lambda urn, message: remarks.append((urn, message)))
    old: Properties = {"publicAccessPrevention": "enforced", "location": "EU"}
    found = telling.diff(Resource("urn:b", BUCKET, "b", "id"), old, old, {"location": "EU"})
    assert found == difference(provider, BUCKET, {"location": "EU"}, {"location": "EU"})
    ((urn, remark),) = remarks
    assert urn == "urn:b"
    assert remark.startswith("publicAccessPrevention is no longer declared and stays as it is: Google keeps the")
    assert "enforced" not in remark


def test_another_change_leaves_a_removed_value_as_it_is(plugin: Plugin) -> None:
    inputs = {
        "name": "orders",
        "databaseVersion": "POSTGRES_17",
        "settings": {
            "tier": "db-custom-1-3840",
            "edition": "ENTERPRISE",
            "ipConfiguration": {"sslMode": "ENCRYPTED_ONLY"},
        },
    }
    checked, _ = plugin.check(INSTANCE, inputs)
    resource_id, state = plugin.create(INSTANCE, inputs)
    without: Properties = {
        **checked,
        "settings": {**checked["settings"], "tier": "db-custom-2-7680", "ipConfiguration": {}},
    }
    state = plugin.update(INSTANCE, resource_id, state, checked, without)
    again: Properties = {**without, "settings": {**without["settings"], "tier": "db-custom-4-15360"}}
    plugin.update(INSTANCE, resource_id, state, without, again)
    present = plugin.read(INSTANCE, resource_id, checked)[1]["settings"]
    assert (present["tier"], present["ipConfiguration"]["sslMode"]) == ("db-custom-4-15360", "ENCRYPTED_ONLY")


def test_a_payload_that_is_only_written_is_stored_and_not_read_back(plugin: Plugin) -> None:
    secret, _ = plugin.create(SECRET, {"secretId": "contract", "replication": {"auto": {}}})
    version = "gcp:secretmanager/secretVersion:SecretVersion"
    inputs = {"secret": secret, "secretDataWo": "x", "secretDataWoVersion": "1"}
    created, state = plugin.create(version, inputs)
    assert "secretData" not in state
    assert plugin.read(version, created, inputs)[1] == inputs
    function = "gcp:secretmanager/getSecretVersionAccess:getSecretVersionAccess"
    assert plugin.invoke(function, {"secret": "contract", "project": example.PROJECT})["secretData"] == "x"
