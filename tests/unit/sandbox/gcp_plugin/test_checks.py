"""Inputs that the provider refuses before it calls Google: one fault each, in inputs that are right without it."""

import re
from typing import Any, cast

import pytest

from sandbox.plugins.gcp import comparisons, facts, formats
from sandbox.plugins.gcp.catalog import TYPES
from sandbox.plugins.gcp.changes import CONDITIONS
from sandbox.plugins.gcp.provider import GcpProvider
from sandbox.plugins.protocol import UNKNOWN, Properties, Resource

ACCOUNT = "gcp:serviceaccount/account:Account"
ACCOUNT_MEMBER = "gcp:serviceaccount/iAMMember:IAMMember"
BUCKET = "gcp:storage/bucket:Bucket"
CHANNEL = "gcp:monitoring/notificationChannel:NotificationChannel"
CLUSTER = "gcp:container/cluster:Cluster"
CRYPTO_KEY = "gcp:kms/cryptoKey:CryptoKey"
FIREWALL = "gcp:compute/firewall:Firewall"
INSTANCE = "gcp:sql/databaseInstance:DatabaseInstance"
MEMBER = "gcp:projects/iAMMember:IAMMember"
NODE_POOL = "gcp:container/nodePool:NodePool"
POLICY = "gcp:projects/iAMPolicy:IAMPolicy"
POOL = "gcp:iam/workloadIdentityPool:WorkloadIdentityPool"
ROUTER = "gcp:compute/router:Router"
SECRET = "gcp:secretmanager/secret:Secret"
SECURITY_POLICY = "gcp:compute/securityPolicy:SecurityPolicy"
SERVICE = "gcp:projects/service:Service"
SINK = "gcp:logging/projectSink:ProjectSink"
SSL_POLICY = "gcp:compute/sSLPolicy:SSLPolicy"
SUBNETWORK = "gcp:compute/subnetwork:Subnetwork"
VERSION = "gcp:secretmanager/secretVersion:SecretVersion"

RIGHT: dict[str, Properties] = {
    ACCOUNT: {"accountId": "platform"},
    ACCOUNT_MEMBER: {
        "serviceAccountId": "projects/p/serviceAccounts/platform@p.iam.gserviceaccount.com",
        "role": "roles/viewer",
        "member": "user:a@example.com",
    },
    BUCKET: {"location": "EU"},
    CHANNEL: {"type": "slack"},
    CLUSTER: {"name": "main"},
    CRYPTO_KEY: {"keyRing": "projects/p/locations/l/keyRings/r"},
    FIREWALL: {"network": "main", "sourceRanges": ["10.0.0.0/8"], "allows": [{"protocol": "tcp"}]},
    INSTANCE: {"databaseVersion": "POSTGRES_17", "settings": {"tier": "db-custom-1-3840"}},
    MEMBER: {"project": "p", "role": "roles/viewer", "member": "user:a@example.com"},
    NODE_POOL: {"cluster": "main"},
    POLICY: {"project": "p", "policyData": '{"bindings": []}'},
    POOL: {"workloadIdentityPoolId": "github"},
    ROUTER: {"network": "main"},
    SECRET: {"secretId": "s", "replication": {"auto": {}}},
    SECURITY_POLICY: {"name": "edge"},
    SERVICE: {"service": "compute.googleapis.com"},
    SINK: {"destination": "d"},
    SSL_POLICY: {"name": "modern"},
    SUBNETWORK: {"network": "main", "ipCidrRange": "10.0.0.0/20"},
    VERSION: {"secret": "projects/p/secrets/s", "secretData": "x"},
}


def problems(provider: GcpProvider, token: str, inputs: Properties) -> list[str]:
    return provider.check(Resource("", token, "main"), {}, inputs, b"seed")[1]


@pytest.mark.parametrize("token", RIGHT)
def test_right_inputs_have_no_problem(provider: GcpProvider, token: str) -> None:
    assert problems(provider, token, RIGHT[token]) == []


@pytest.mark.parametrize(
    ("token", "change", "problem"),
    [
        (ACCOUNT, {"accountId": "abc"}, "'accountId' has 3 characters; it must have 6 to 30."),
        (ACCOUNT_MEMBER, {"serviceAccountId": "a@p.iam.gserviceaccount.com"}, "must be an account's full name"),
        (BUCKET, {"labels": {"Team": "shop"}}, "'labels' is {'Team': 'shop'}; it has the key 'Team'"),
        (BUCKET, {"softDeletePolicy": {"effectiveTime": "x"}}, "'softDeletePolicy.effectiveTime' is no input"),
        (CHANNEL, {"labels": {"password": "a"}, "sensitiveLabels": {"password": "b"}}, "are the same label"),
        (CLUSTER, {"maintenancePolicy": {}}, "'maintenancePolicy.recurringWindow' must be given"),
        (CLUSTER, {"clusterIpv4Cidr": "10.0.0.1/14"}, "must be a network without host bits, such as 10.0.0.0/14"),
        (CLUSTER, {"privateClusterConfig": {"masterIpv4CidrBlock": "10.0.0.0/27"}}, "a prefix of 28 to 28 bits"),
        (CLUSTER, {"skipNodePoolRefresh": True, "nodePools": [{"name": "a"}]}, "cannot be true beside 'nodePools'"),
        (CRYPTO_KEY, {"rotationPeriod": "1d"}, "'rotationPeriod' is '1d'; it must be a number of seconds"),
        (CRYPTO_KEY, {"rotationPeriod": "86399s"}, "at least a day"),
        (FIREWALL, {"priority": 70000}, "'priority' is 70000; it must be 0 to 65535."),
        (FIREWALL, {"denies": [{"protocol": "tcp"}]}, "only one of 'allows', 'denies' can be given"),
        (FIREWALL, {"allows": None}, "one of 'allows', 'denies' must be given."),
        (FIREWALL, {"sourceRanges": None}, "a rule for INGRESS needs one of sourceTags"),
        (FIREWALL, {"sourceRanges": None, "direction": ""}, "a rule for INGRESS needs one of sourceTags"),
        (FIREWALL, {"sourceTags": ["a"], "targetServiceAccounts": ["b"]}, "'sourceTags' conflicts with 'target"),
        (FIREWALL, {"targetServiceAccounts": ["a"] * 11}, "has 11 items; at most 10 are possible."),
        (INSTANCE, {"settings": {"tier": "x", "edition": "GOLD"}}, "'settings.edition' is 'GOLD'; it must be one of"),
        (INSTANCE, {"rootPasswordWo": "x"}, "'rootPasswordWo' needs 'rootPasswordWoVersion' beside it."),
        (
            INSTANCE,
            {
                "databaseVersion": "MYSQL_8_4",
                "settings": {"tier": "x", "backupConfiguration": {"pointInTimeRecoveryEnabled": True}},
            },
            "MySQL has 'binaryLogEnabled' for it",
        ),
        (MEMBER, {"member": "a@example.com"}, "it must begin with its kind"),
        (MEMBER, {"member": "deleted:user:a@example.com?uid=1"}, "it must not be a deleted principal"),
        (MEMBER, {"project": None}, "Missing required argument 'project'"),
        (
            NODE_POOL,
            {"nodeConfig": {"bootDisk": {"sizeGb": 9}}},
            "'nodeConfig.bootDisk.sizeGb' is 9; it must be at least 10",
        ),
        (POLICY, {"policyData": "{"}, "it must be JSON"),
        (POLICY, {"policyData": '{"bindings": [{"members": ["alice"]}]}'}, "has the member 'alice', which must begin"),
        (POOL, {"workloadIdentityPoolId": "gcp-github"}, "it must not begin with gcp-"),
        (ROUTER, {"bgp": {"asn": 1}}, "'bgp.asn' is 1; it must be a private AS number"),
        (ROUTER, {"bgp": {"asn": 64512, "advertisedGroups": ["ALL_SUBNETS"]}}, "needs 'bgp.advertiseMode' CUSTOM"),
        (SECRET, {"replication": {}}, "one of 'replication.auto', 'replication.userManaged' must be given."),
        (SECURITY_POLICY, {"rules": [{"action": "allow", "priority": 1}] * 2}, "2 rules have the priority 1"),
        (SERVICE, {"service": "compute"}, "it must be a domain like serviceusage.googleapis.com"),
        (SINK, {"bigqueryOptions": {"usePartitionedTables": True}, "uniqueWriterIdentity": False}, "needs 'unique"),
        (SSL_POLICY, {"profile": "CUSTOM"}, "the profile CUSTOM needs 'customFeatures'."),
        (SUBNETWORK, {"ipCidrRange": "10.0.0.0"}, "'ipCidrRange' is '10.0.0.0'; it must be a range of addresses"),
        (SUBNETWORK, {"secondaryIpRanges": [{"rangeName": "Pods_"}]}, "'secondaryIpRanges[0].rangeName' is 'Pods_'"),
        (VERSION, {"secretData": None}, "one of 'secretData', 'secretDataWo' must be given."),
    ],
)
def test_one_fault_is_refused(provider: GcpProvider, token: str, change: Properties, problem: str) -> None:
    found = [one for one in problems(provider, token, {**RIGHT[token], **change}) if "Missing required" not in one]
    found = found or problems(provider, token, {**RIGHT[token], **change})
    assert any(re.search(re.escape(problem), one) for one in found), found


@pytest.mark.parametrize(
    ("token", "change"),
    [
        (CRYPTO_KEY, {"rotationPeriod": UNKNOWN}),
        (FIREWALL, {"priority": UNKNOWN, "sourceRanges": UNKNOWN}),
        (SECRET, {"replication": UNKNOWN}),
        (SSL_POLICY, {"profile": UNKNOWN, "customFeatures": ["a"]}),
        (SUBNETWORK, {"secondaryIpRanges": [{"rangeName": UNKNOWN}]}),
        (VERSION, {"secretData": UNKNOWN}),
    ],
)
def test_what_a_preview_does_not_know_yet_is_right(provider: GcpProvider, token: str, change: Properties) -> None:
    assert problems(provider, token, {**RIGHT[token], **change}) == []


@pytest.mark.parametrize(
    ("token", "change", "converted"),
    [
        (FIREWALL, {"disabled": "true"}, {"disabled": True}),
        (FIREWALL, {"priority": "80"}, {"priority": 80}),
        (
            FIREWALL,
            {"allows": [{"protocol": "tcp", "ports": [80]}]},
            {"allows": [{"protocol": "tcp", "ports": ["80"]}]},
        ),
        (SUBNETWORK, {"logConfig": {"flowSampling": "0.5"}}, {"logConfig": {"flowSampling": 0.5}}),
        (SERVICE, {"service": "compute.googleapis.com", "disableOnDestroy": "F"}, {"disableOnDestroy": False}),
        (BUCKET, {"labels": {"a": True, "b": 1.5}}, {"labels": {"a": "true", "b": "1.5"}}),
    ],
)
def test_a_value_of_another_type_is_converted(
    provider: GcpProvider, token: str, change: Properties, converted: Properties
) -> None:
    inputs, found = provider.check(Resource("", token, "main"), {}, {**RIGHT[token], **change}, b"seed")
    assert found == []
    assert {key: _only(value, inputs[key]) for key, value in converted.items()} == converted


def _only(expected: Any, value: Any) -> Any:
    """Returns a value without the defaults beside what is expected."""
    return {key: value[key] for key in cast("Properties", expected)} if isinstance(expected, dict) else value


@pytest.mark.parametrize(
    ("token", "inputs", "filled"),
    [
        ("gcp:compute/routerNat:RouterNat", {"router": "r", "sourceSubnetworkIpRangesToNat": "LIST_OF_SUBNETWORKS"}, 6),
        (INSTANCE, {"databaseVersion": "POSTGRES_17", "settings": {"tier": "x"}}, 1),
    ],
)
def test_defaults_are_filled_in(provider: GcpProvider, token: str, inputs: Properties, filled: int) -> None:
    checked, _ = provider.check(Resource("", token, "main"), {}, inputs, b"seed")
    known = facts.of(token).defaults
    assert {key: checked.get(key) for key, value in known.items() if "." not in key and value} == {
        key: value for key, value in known.items() if "." not in key and value
    }
    assert sum(key in known for key in checked) == filled


def test_defaults_are_filled_in_within_the_blocks_that_are_given(provider: GcpProvider) -> None:
    inputs: Properties = {**RIGHT[SUBNETWORK], "logConfig": {}}
    checked, _ = provider.check(Resource("", SUBNETWORK, "main"), {}, inputs, b"seed")
    assert checked["logConfig"]["metadata"] == "INCLUDE_ALL_METADATA"
    assert "logConfig" not in provider.check(Resource("", SUBNETWORK, "main"), {}, RIGHT[SUBNETWORK], b"seed")[0]


def test_a_default_is_left_out_beside_what_excludes_it(provider: GcpProvider) -> None:
    checked, found = provider.check(Resource("", CLUSTER, "main"), {}, {"name": "a", "enableAutopilot": True}, b"seed")
    assert (found, "enableShieldedNodes" in checked) == ([], False)
    assert provider.check(Resource("", CLUSTER, "main"), {}, {"name": "a"}, b"seed")[0]["enableShieldedNodes"] is True


@pytest.mark.parametrize("token", TYPES)
def test_every_name_in_the_facts_is_known(token: str) -> None:
    known = facts.of(token)
    assert set(known.formats.values()) <= formats.CHECKS.keys()
    assert set(known.alike.values()) <= comparisons.NAMES
    assert set(known.replacedIf.values()) <= CONDITIONS
