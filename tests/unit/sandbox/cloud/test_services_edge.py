"""Google's refusals for notifications of a cluster, its image policy, and the names and certificates before it."""

from collections.abc import Callable

import pytest

import example_tenant as example
from sandbox.cloud.api import Cloud
from sandbox.cloud.errors import ApiError
from sandbox.cloud.store import Json
from unit.sandbox.cloud.cases import ADMIN, DEVELOPER, bind

P = f"projects/{example.PROJECT}"
TOPIC, SUBSCRIPTION = f"{P}/topics/upgrades", f"{P}/subscriptions/team"
ZONE = f"{P}/managedZones/shop"
RECORD: Json = {"name": "www.shop.example.com.", "type": "A", "ttl": 300, "rrdatas": ["192.0.2.1"]}
CERTIFICATES = f"{P}/locations/global"
LAST: Json = {"priority": 2147483647, "action": "allow", "match": {}}
NETWORK = f"{P}/global/networks/main"

Do = Callable[..., Json]


@pytest.fixture
def do(cloud: Cloud) -> Do:
    """Calls as the project's owner, with the APIs on."""

    def call(method: str, name: str, body: Json | None = None) -> Json:
        return cloud.call(method, name, ADMIN, body)

    for service in ("pubsub", "binaryauthorization", "dns", "certificatemanager", "monitoring"):
        call("serviceusage.services.enable", f"{P}/services/{service}.googleapis.com")
    return call


def make_zone(do: Do, **body: object) -> Json:
    return do("dns.managedZones.create", ZONE, {"name": "shop", "dnsName": "shop.example.com.", **body})


def change(do: Do, **body: list[Json]) -> Json:
    return do("dns.changes.create", f"{ZONE}/changes/-", dict(body))


def certificate(domain: str, **managed: object) -> Json:
    return {"managed": {"domains": [domain], **managed}}


def test_a_subscription_outlives_its_topic(do: Do) -> None:
    do("pubsub.projects.topics.create", TOPIC)
    do("pubsub.projects.subscriptions.create", SUBSCRIPTION, {"topic": TOPIC})
    do("pubsub.projects.topics.delete", TOPIC)
    assert do("pubsub.projects.subscriptions.get", SUBSCRIPTION)["topic"] == "_deleted-topic_"


def test_a_subscription_needs_the_right_to_attach_to_its_topic(cloud: Cloud, do: Do) -> None:
    do("pubsub.projects.topics.create", TOPIC)
    bind(cloud, "roles/pubsub.viewer", DEVELOPER.member)
    with pytest.raises(ApiError, match=r"pubsub\.subscriptions\.create"):
        cloud.call("pubsub.projects.subscriptions.create", SUBSCRIPTION, DEVELOPER, {"topic": TOPIC})
    bind(cloud, "roles/pubsub.editor", DEVELOPER.member)
    cloud.call("pubsub.projects.subscriptions.create", SUBSCRIPTION, DEVELOPER, {"topic": TOPIC})


def test_a_project_lets_every_image_in_until_its_policy_is_set(do: Do) -> None:
    policy = do("binaryauthorization.projects.getPolicy", f"{P}/policy")
    assert policy["defaultAdmissionRule"]["evaluationMode"] == "ALWAYS_ALLOW"


@pytest.mark.parametrize(
    ("rule", "refusal"),
    [
        ({"evaluationMode": "REQUIRE_ATTESTATION"}, "if and only if"),
        ({"evaluationMode": "ALWAYS_DENY", "requireAttestationsBy": [f"{P}/attestors/a"]}, "if and only if"),
        ({"evaluationMode": "REQUIRE_ATTESTATION", "requireAttestationsBy": [f"{P}/attestors/a"]}, "does not exist"),
    ],
)
def test_a_rule_names_attestors_exactly_when_it_asks_for_them(do: Do, rule: Json, refusal: str) -> None:
    with pytest.raises(ApiError, match=refusal):
        do("binaryauthorization.projects.updatePolicy", f"{P}/policy", {"defaultAdmissionRule": rule})


def test_a_zone_with_records_stays(do: Do) -> None:
    make_zone(do)
    change(do, additions=[RECORD])
    with pytest.raises(ApiError, match="not empty"):
        do("dns.managedZones.delete", ZONE)
    change(do, deletions=[RECORD])
    do("dns.managedZones.delete", ZONE)


def test_a_change_of_records_is_made_whole_or_not_at_all(do: Do) -> None:
    make_zone(do)
    with pytest.raises(ApiError, match="does not belong to the zone"):
        change(do, additions=[RECORD, {**RECORD, "name": "www.example.com."}])
    assert len(do("dns.resourceRecordSets.list", f"{ZONE}/rrsets/-/-")["items"]) == 2


def test_a_record_is_not_added_twice_and_an_alias_stands_alone(do: Do) -> None:
    make_zone(do)
    change(do, additions=[RECORD])
    with pytest.raises(ApiError, match="already exists"):
        change(do, additions=[RECORD])
    with pytest.raises(ApiError, match="CNAME stands alone"):
        change(do, additions=[{**RECORD, "type": "CNAME", "rrdatas": ["shop.example.com."]}])


def test_the_records_of_the_zone_itself_are_replaced_but_never_deleted(do: Do) -> None:
    servers: Json = {"name": "shop.example.com.", "type": "NS", "ttl": 60, "rrdatas": make_zone(do)["nameServers"]}
    with pytest.raises(ApiError, match="must not be deleted"):
        change(do, deletions=[servers])
    change(do, deletions=[servers], additions=[servers])
    assert do("dns.resourceRecordSets.get", f"{ZONE}/rrsets/shop.example.com./NS")["ttl"] == 60


def test_who_may_only_read_dns_changes_nothing(cloud: Cloud, do: Do) -> None:
    make_zone(do)
    bind(cloud, "roles/dns.reader", DEVELOPER.member)
    cloud.call("dns.managedZones.get", ZONE, DEVELOPER)
    with pytest.raises(ApiError, match=r"dns\.changes\.create"):
        cloud.call("dns.changes.create", f"{ZONE}/changes/-", DEVELOPER, {"additions": [RECORD]})


def test_a_wildcard_certificate_needs_a_proof_by_dns(do: Do) -> None:
    name, proof = f"{CERTIFICATES}/certificates/shop", f"{CERTIFICATES}/dnsAuthorizations/shop"
    kind = "certificatemanager.projects.locations"
    with pytest.raises(ApiError, match="Wildcard"):
        do(f"{kind}.certificates.create", name, certificate("*.shop.example.com"))
    do(f"{kind}.dnsAuthorizations.create", proof, {"domain": "shop.example.com"})
    do(f"{kind}.certificates.create", name, certificate("*.shop.example.com", dnsAuthorizations=[proof]))
    with pytest.raises(ApiError, match="referenced by a resource"):
        do(f"{kind}.dnsAuthorizations.delete", proof)


def test_a_certificate_and_a_map_stay_while_an_entry_uses_them(do: Do) -> None:
    kind = "certificatemanager.projects.locations"
    name, holder = f"{CERTIFICATES}/certificates/shop", f"{CERTIFICATES}/certificateMaps/shop"
    entry = f"{holder}/certificateMapEntries/www"
    do(f"{kind}.certificates.create", name, certificate("www.shop.example.com"))
    do(f"{kind}.certificateMaps.create", holder)
    body: Json = {"hostname": "www.shop.example.com", "certificates": [name]}
    do(f"{kind}.certificateMaps.certificateMapEntries.create", entry, body)
    for used in (f"{kind}.certificates", name), (f"{kind}.certificateMaps", holder):
        with pytest.raises(ApiError, match="can't delete"):
            do(f"{used[0]}.delete", used[1])
    do(f"{kind}.certificateMaps.certificateMapEntries.delete", entry)
    do(f"{kind}.certificates.delete", name)
    do(f"{kind}.certificateMaps.delete", holder)


@pytest.mark.parametrize(
    ("method", "name", "body", "refusal"),
    [
        ("securityPolicies", "securityPolicies/e", {"rules": [{**LAST, "priority": 1}]}, "default rule"),
        ("securityPolicies", "securityPolicies/e", {"rules": [LAST, LAST]}, "same priority"),
        ("sslPolicies", "sslPolicies/e", {"profile": "CUSTOM"}, "customFeatures"),
        ("sslPolicies", "sslPolicies/e", {"profile": "RESTRICTED"}, "TLS_1_2"),
        ("routes", "routes/e", {"network": NETWORK, "destRange": "0.0.0.0/0"}, "one next hop"),
    ],
)
def test_what_is_half_said_is_refused(do: Do, method: str, name: str, body: Json, refusal: str) -> None:
    do("compute.networks.insert", NETWORK, {"name": "main"})
    with pytest.raises(ApiError, match=refusal):
        do(f"compute.{method}.insert", f"{P}/global/{name}", body)


def test_a_public_address_is_another_right_than_an_internal_range(cloud: Cloud, do: Do) -> None:
    do("compute.globalAddresses.insert", f"{P}/global/addresses/edge", {"addressType": "EXTERNAL"})
    bind(cloud, "roles/servicenetworking.networksAdmin", DEVELOPER.member)
    for verb in ("insert", "delete"):
        with pytest.raises(ApiError, match=r"compute\.globalAddresses\.(create|delete)'"):
            cloud.call(f"compute.globalAddresses.{verb}", f"{P}/global/addresses/edge", DEVELOPER, {})


@pytest.mark.parametrize(
    ("labels", "taken"),
    [
        ({"layer": "platform"}, True),
        ({"k" * 63: "v" * 63}, True),
        ({"empty": ""}, True),
        ({"k" * 64: "v"}, False),
        ({"key": "v" * 64}, False),
        ({"Key": "v"}, False),
        ({"1key": "v"}, False),
        ({"key": "V"}, False),
        ({"key": "a.b"}, False),
        ({f"key-{number}": "v" for number in range(65)}, False),
    ],
)
def test_labels_have_the_length_and_characters_that_google_takes(do: Do, labels: Json, taken: bool) -> None:
    topic = f"{P}/topics/labelled"
    if taken:
        do("pubsub.projects.topics.create", topic, {"labels": labels})
        return
    with pytest.raises(ApiError, match="Invalid value for field 'labels'"):
        do("pubsub.projects.topics.create", topic, {"labels": labels})
    do("pubsub.projects.topics.create", topic)
    with pytest.raises(ApiError, match="Invalid value for field 'labels'"):
        do("pubsub.projects.topics.patch", topic, {"labels": labels})


def test_the_labels_of_an_address_change_in_place(do: Do) -> None:
    name = f"{P}/global/addresses/edge"
    do("compute.globalAddresses.insert", name, {"addressType": "EXTERNAL"})
    do("compute.globalAddresses.setLabels", name, {"labels": {"team": "shop"}})
    assert do("compute.globalAddresses.get", name)["labels"] == {"team": "shop"}


POLICY, RULES = f"{P}/global/securityPolicies/edge", "compute.securityPolicies"
DENIED: Json = {"priority": 1000, "action": "deny(403)", "match": LAST["match"]}


def test_rules_of_a_security_policy_are_read_and_changed_one_by_one(do: Do) -> None:
    do(f"{RULES}.insert", POLICY, {"name": "edge"})
    before = do(f"{RULES}.get", POLICY)["fingerprint"]

    do(f"{RULES}.addRule", POLICY, {"rule": DENIED})
    assert [rule["priority"] for rule in do(f"{RULES}.get", POLICY)["rules"]] == [1000, LAST["priority"]]
    do(f"{RULES}.patchRule", POLICY, {"priority": 1000, "rule": {"description": "all", "preview": True}})
    do(f"{RULES}.patchRule", POLICY, {"priority": 1000, "rule": {"preview": None}})
    assert do(f"{RULES}.getRule", POLICY, {"priority": 1000}) == {**DENIED, "description": "all"}
    assert do(f"{RULES}.get", POLICY)["fingerprint"] != before
    do(f"{RULES}.removeRule", POLICY, {"priority": 1000})
    assert do(f"{RULES}.getRule", POLICY)["priority"] == LAST["priority"]


@pytest.mark.parametrize(
    ("verb", "body", "refusal"),
    [
        ("patch", {"rules": [{**LAST, "action": "deny(403)"}]}, "a patch cannot update the rules"),
        ("addRule", {"rule": {**DENIED, "priority": LAST["priority"]}}, "two rules have the same priority"),
        ("patchRule", {"priority": 7, "rule": {"preview": True}}, "no rule of this priority"),
        ("patchRule", {"rule": DENIED}, "it is not the priority of the rule"),
        ("removeRule", {"priority": 7}, "no rule of this priority"),
        ("removeRule", {"priority": LAST["priority"]}, "Cannot remove the default rule"),
        ("getRule", {"priority": 7}, "no rule of this priority"),
    ],
)
def test_a_rule_is_refused_that_is_missing_or_doubled_or_in_a_patch(
    do: Do, verb: str, body: Json, refusal: str
) -> None:
    do(f"{RULES}.insert", POLICY, {"name": "edge"})
    with pytest.raises(ApiError, match=refusal):
        do(f"{RULES}.{verb}", POLICY, body)
