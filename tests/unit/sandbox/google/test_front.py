"""The REST front: masks, replacements, etags, pages, filters, operations, and refusals in Google's words."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest

import example_tenant as example
from sandbox import servers
from sandbox.cloud import seed, settings
from unit.sandbox.google.calls import (
    COMPUTE,
    DNS,
    IAM,
    KMS,
    MANAGER,
    ORGANIZATION,
    SECRETS,
    SQL,
    USAGE,
    Call,
    Json,
    L,
    N,
    P,
    R,
)
from unit.sandbox.google.front import Front

SECRET = f"{SECRETS}/{P}/secrets"
TOPICS = f"pubsub.googleapis.com/v1/{P}/topics"
ACCOUNTS = f"{IAM}/{P}/serviceAccounts"


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """The front over a new cloud, shared: each test makes resources of its own."""
    made = Front(tmp_path_factory.mktemp("cloud"))
    yield made
    made.cloud.store.close()


def done(front: Front, method: str, url: str, body: Json | None = None) -> Json:
    """The answer to a request that succeeds."""
    answer = front.send(Call(method, url, body))
    assert answer.status in (200, 204), answer.body
    return answer.body


def refused(front: Front, method: str, url: str, body: Json | None = None) -> tuple[int, str]:
    """Status and message of a request that is refused."""
    answer = front.send(Call(method, url, body))
    assert answer.status >= 400
    return answer.status, answer.body["error"]


def secret(front: Front, name: str, **fields: Any) -> str:
    """A new secret; its URL."""
    done(front, "POST", f"{SECRET}?secretId={name}", {"replication": {"automatic": {}}, **fields})
    return f"{SECRET}/{name}"


def test_a_mask_changes_what_it_names_and_removes_what_the_body_lacks(front: Front) -> None:
    url = secret(front, "masked", labels={"a": "1", "b": "2"}, annotations={"x": "y"})
    patched = done(front, "PATCH", f"{url}?updateMask=labels.a,annotations", {"labels": {"a": "3", "b": "9"}})
    assert (patched["labels"], patched.get("annotations")) == ({"a": "3", "b": "2"}, None)
    again = done(front, "PATCH", f"{url}?update_mask=version_destroy_ttl", {"version_destroy_ttl": "86400s"})
    assert (again["versionDestroyTtl"], again["labels"]) == ("86400s", {"a": "3", "b": "2"})


def test_a_mask_with_an_unknown_field_is_refused(front: Front) -> None:
    url = secret(front, "wrong-mask")
    assert refused(front, "PATCH", f"{url}?updateMask=nothing", {})[0] == 400


def test_what_never_changes_is_refused(front: Front) -> None:
    url = secret(front, "immutable")
    status, message = refused(front, "PATCH", f"{url}?updateMask=replication", {"replication": {"userManaged": {}}})
    assert (status, "replication" in message) == (400, True)


def test_a_patch_of_the_older_apis_merges_and_null_removes(front: Front) -> None:
    url = f"{COMPUTE}/{P}/global/networks"
    body = {"name": "merged", "autoCreateSubnetworks": False, "routingConfig": {"routingMode": "REGIONAL"}, "mtu": 1500}
    done(front, "POST", url, body)
    done(front, "PATCH", f"{url}/merged", {"routingConfig": {"bgpBestPathSelectionMode": "STANDARD"}, "mtu": None})
    after = done(front, "GET", f"{url}/merged")
    assert after["routingConfig"] == {"routingMode": "REGIONAL", "bgpBestPathSelectionMode": "STANDARD"}
    assert "mtu" not in after


def test_a_replacement_removes_what_the_body_lacks(front: Front) -> None:
    url = f"logging.googleapis.com/v2/{P}/metrics"
    done(front, "POST", url, {"name": "errors-2", "filter": "severity>=ERROR", "description": "Errors"})
    done(front, "PUT", f"{url}/errors-2", {"name": "errors-2", "filter": "severity=ERROR"})
    assert "description" not in done(front, "GET", f"{url}/errors-2")


def test_an_outdated_etag_or_fingerprint_is_refused(front: Front) -> None:
    url = secret(front, "guarded")
    etag = done(front, "GET", url)["etag"]
    assert done(front, "PATCH", f"{url}?updateMask=labels", {"labels": {"a": "1"}, "etag": etag})["labels"] == {
        "a": "1"
    }
    assert refused(front, "PATCH", f"{url}?updateMask=labels", {"labels": {}, "etag": "b3V0ZGF0ZWQ="})[0] == 409
    addresses = f"{COMPUTE}/{P}/global/addresses"
    done(front, "POST", addresses, {"name": "labelled"})
    print_ = done(front, "GET", f"{addresses}/labelled")["labelFingerprint"]
    labels: Json = {"labels": {"a": "1"}, "labelFingerprint": print_}
    done(front, "POST", f"{addresses}/labelled/setLabels", labels)
    assert done(front, "GET", f"{addresses}/labelled")["labels"] == {"a": "1"}
    assert refused(front, "POST", f"{addresses}/labelled/setLabels", labels)[0] == 412


def test_outdated_settings_of_an_instance_are_refused(front: Front) -> None:
    body = {
        "name": "versioned",
        "region": R,
        "databaseVersion": "POSTGRES_17",
        "settings": {"tier": "db-f1-micro", "edition": "ENTERPRISE"},
    }
    done(front, "POST", f"{SQL}/{P}/instances", {**body, "rootPassword": "not-a-secret"})
    url = f"{SQL}/{P}/instances/versioned"
    present = done(front, "GET", url)
    assert ("rootPassword" in present, present["settings"]["settingsVersion"]) == (False, "1")
    change: Json = {"settings": {"settingsVersion": "1", "tier": "db-g1-small", "edition": "ENTERPRISE"}}
    done(front, "PUT", url, change)
    settings = done(front, "GET", url)["settings"]
    assert (settings["settingsVersion"], settings["tier"]) == ("2", "db-g1-small")
    assert refused(front, "PUT", url, change)[0] == 412


def test_a_users_password_is_never_returned(front: Front) -> None:
    body = {
        "name": "users",
        "region": R,
        "databaseVersion": "POSTGRES_17",
        "settings": {"tier": "db-f1-micro", "edition": "ENTERPRISE"},
    }
    done(front, "POST", f"{SQL}/{P}/instances", body)
    url = f"{SQL}/{P}/instances/users/users"
    done(front, "POST", url, {"name": "owner", "password": "not-a-secret"})
    done(front, "PUT", f"{url}?name=owner", {"password": "another"})
    assert "password" not in done(front, "GET", f"{url}/owner")


def test_a_list_has_pages_and_filters(front: Front) -> None:
    for number in range(5):
        done(front, "PUT", f"{TOPICS}/page-{number}", {"labels": {"odd": str(number % 2)}})
    seen: list[str] = []
    token = ""
    for _ in range(4):
        page = done(front, "GET", f"{TOPICS}?pageSize=2&pageToken={token}")
        seen += [topic["name"].rpartition("/")[2] for topic in page["topics"]]
        token = page.get("nextPageToken", "")
        if not token:
            break
    assert [name for name in seen if name.startswith("page-")] == [f"page-{number}" for number in range(5)]
    assert refused(front, "GET", f"{TOPICS}?pageToken=nonsense")[0] == 400
    networks = f"{COMPUTE}/{P}/global/networks"
    for name in ("one", "two"):
        done(front, "POST", networks, {"name": name, "autoCreateSubnetworks": False})
    for text in ("name%3Done", "name+eq+one", "(name=%22one%22)", "name:on+AND+name!=two"):
        found = done(front, "GET", f"{networks}?filter={text}")["items"]
        assert [network["name"] for network in found] == ["one"], text
    assert refused(front, "GET", f"{networks}?filter=name+eq")[0] == 400
    assert refused(front, "GET", f"{networks}?filter=one")[0] == 501


def test_fields_select_what_comes_back(front: Front) -> None:
    url = secret(front, "selected", labels={"a": "1"})
    assert done(front, "GET", f"{url}?fields=labels/a") == {"labels": {"a": "1"}}
    listed = done(front, "GET", f"{SECRET}?fields=secrets(name,labels)&pageSize=1")
    assert set(listed["secrets"][0]) <= {"name", "labels"}


def test_a_list_of_all_locations(front: Front) -> None:
    url = f"artifactregistry.googleapis.com/v1/{L}/repositories"
    done(front, "POST", f"{url}?repositoryId=everywhere", {"format": "DOCKER"})
    found = done(front, "GET", f"artifactregistry.googleapis.com/v1/{P}/locations/-/repositories")["repositories"]
    assert f"{L}/repositories/everywhere" in [repository["name"] for repository in found]


def test_operations_can_take_time(front: Front) -> None:
    settings.change(front.cloud.store, "operations.seconds", "3600")
    services = done(front, "POST", f"{USAGE}/v1/{P}/services/run.googleapis.com:enable", {})
    network = done(front, "POST", f"{COMPUTE}/{P}/global/networks", {"name": "slow", "autoCreateSubnetworks": False})
    settings.change(front.cloud.store, "operations.seconds", None)
    assert "done" not in done(front, "GET", f"{USAGE}/v1/{services['name']}")
    running = done(front, "GET", f"{COMPUTE}/{P}/global/operations/{network['name']}")
    assert (running["status"], running["operationType"]) == ("RUNNING", "insert")
    assert running["targetLink"].endswith("/global/networks/slow")


@pytest.mark.parametrize(
    ("url", "body"),
    [
        (f"{COMPUTE}/{P}/global/networks", {"name": "failing", "autoCreateSubnetworks": False}),
        (
            f"{SQL}/{P}/instances",
            {
                "name": "failing",
                "region": R,
                "databaseVersion": "POSTGRES_17",
                "settings": {"tier": "db-f1-micro", "edition": "ENTERPRISE"},
            },
        ),
        (f"{USAGE}/v1/{P}/services/run.googleapis.com:enable", {}),
    ],
)
def test_operations_can_fail(front: Front, url: str, body: Json) -> None:
    settings.change(front.cloud.store, "operations.error", "Internal error")
    failed = done(front, "POST", url, body)
    settings.change(front.cloud.store, "operations.error", None)
    assert "Internal error" in str(failed["error"])
    assert "response" not in failed


def test_an_operation_needs_its_permission(front: Front) -> None:
    operation = done(front, "POST", f"{COMPUTE}/{P}/global/networks", {"name": "mine", "autoCreateSubnetworks": False})
    url = f"{COMPUTE}/{P}/global/operations/{operation['name']}"
    answer = front.send(Call("GET", url), member="user:nobody@example.com")
    assert (answer.status, "compute.globalOperations.get" in answer.body["error"]) == (403, True)


@pytest.mark.parametrize(
    ("method", "url", "body", "message"),
    [
        ("POST", f"{SECRET}?secretId=s", {"replicas": 1}, 'Unknown name "replicas": Cannot find field.'),
        ("POST", f"{SECRET}?secretIds=s", {}, 'Unknown name "secretIds": Cannot bind query parameter.'),
        ("POST", SECRET, {"replication": {"automatic": {}}}, "the id of the new resource is missing"),
        ("GET", f"{SECRET}/s", {"a": 1}, "this method takes no body"),
        ("POST", f"{KMS}/{L}/keyRings/r/cryptoKeys?cryptoKeyId=k", {"purpose": "FUN"}, "TYPE_ENUM"),
        ("POST", f"{COMPUTE}/{P}/global/firewalls", {"name": "f", "priority": "high"}, "TYPE_INT32"),
    ],
)
def test_a_wrong_request_is_refused(front: Front, method: str, url: str, body: Json, message: str) -> None:
    status, text = refused(front, method, url, body)
    assert (status, message in text) == (400, True), text


@pytest.mark.parametrize(
    ("method", "url", "name"),
    [
        ("POST", f"{COMPUTE}/{P}/global/networks/n/addPeering", "compute.networks.addPeering"),
        ("GET", f"{COMPUTE}/{P}/zones/a/instances/i", "compute.instances.get"),
        ("POST", f"{SQL}/{P}/instances/i/failover", "sql.instances.failover"),
        ("GET", f"{SECRETS}/{L}/secrets/s", "secretmanager.projects.locations.secrets.get"),
        ("PATCH", f"{COMPUTE}/{P}/regions/{R}/addresses/a/setLabels", "/setLabels"),
        ("DELETE", f"{KMS}/{L}/keyRings/r/cryptoKeys/k", "/cryptoKeys/k"),
    ],
)
def test_what_the_cloud_lacks_is_refused_by_name(front: Front, method: str, url: str, name: str) -> None:
    status, text = refused(front, method, url)
    assert (status, name in text, "not simulated" in text) == (501, True, True)


def test_data_are_moved_by_what_a_request_names_alone(front: Front) -> None:
    body = {
        "name": "no-data",
        "region": R,
        "databaseVersion": "POSTGRES_17",
        "settings": {"tier": "db-f1-micro", "edition": "ENTERPRISE"},
    }
    done(front, "POST", f"{SQL}/{P}/instances", body)
    for verb in ("export", "import", "executeSql"):
        assert refused(front, "POST", f"{SQL}/{P}/instances/no-data/{verb}", {})[0] == 400
    asked = {"restoreBackupContext": {"kind": "sql#restoreBackupContext", "backupRunId": "1"}}
    assert refused(front, "POST", f"{SQL}/{P}/instances/no-data/restoreBackup", asked)[0] == 404
    run = done(front, "POST", f"{SQL}/{P}/instances/no-data/backupRuns", {})["backupContext"]["backupId"]
    asked["restoreBackupContext"]["backupRunId"] = run
    restored = done(front, "POST", f"{SQL}/{P}/instances/no-data/restoreBackup", asked)
    assert restored["operationType"] == "RESTORE_VOLUME"


def test_sql_is_executed_by_both_versions_of_the_api(front: Front) -> None:
    settings_ = {"tier": "db-f1-micro", "edition": "ENTERPRISE", "dataApiAccess": "ALLOW_DATA_API"}
    body = {"name": "data", "region": R, "databaseVersion": "POSTGRES_17", "settings": settings_}
    done(front, "POST", f"{SQL}/{P}/instances", body)
    administrator = seed.ADMIN.partition(":")[2]
    user = {"name": administrator, "type": "CLOUD_IAM_USER"}
    done(front, "POST", f"{SQL}/{P}/instances/data/users", user)
    asked = {"database": "postgres", "sqlStatement": "SELECT current_user AS who", "autoIamAuthn": True}
    try:
        for version in ("sql/v1beta4", "v1"):
            url = f"sqladmin.googleapis.com/{version}/{P}/instances/data/executeSql"
            [result] = done(front, "POST", url, asked)["results"]
            assert result["rows"] == [{"values": [{"value": administrator}]}]
    finally:
        servers.stop(front.cloud.directory)


def test_a_final_backup_is_read_and_deleted(front: Front) -> None:
    settings_ = {
        "tier": "db-f1-micro",
        "edition": "ENTERPRISE",
        "finalBackupConfig": {"enabled": True, "retentionDays": 7},
    }
    body = {"name": "backed", "region": R, "databaseVersion": "POSTGRES_17", "settings": settings_}
    done(front, "POST", f"{SQL}/{P}/instances", body)
    done(front, "DELETE", f"{SQL}/{P}/instances/backed")
    for version in ("sql/v1beta4", "v1"):
        [backup] = done(front, "GET", f"sqladmin.googleapis.com/{version}/{P}/backups")["backups"]
        assert done(front, "GET", f"sqladmin.googleapis.com/{version}/{backup['name']}")["type"] == "FINAL"
    done(front, "DELETE", f"sqladmin.googleapis.com/v1/{backup['name']}")
    assert "backups" not in done(front, "GET", f"{SQL}/{P}/backups")


def test_an_account_is_restored_by_its_number_and_named_without_a_project(front: Front) -> None:
    created = done(front, "POST", ACCOUNTS, {"accountId": "restored", "serviceAccount": {}})
    assert done(front, "GET", f"{IAM}/projects/-/serviceAccounts/{created['email']}") == created
    assert done(front, "GET", f"{ACCOUNTS}/{created['email'].replace('@', '%40')}") == created
    done(front, "DELETE", f"{ACCOUNTS}/{created['email']}")
    restored = done(front, "POST", f"{ACCOUNTS}/{created['uniqueId']}:undelete", {})
    assert restored["restoredAccount"] == created


def test_checksums_are_compared(front: Front) -> None:
    url = secret(front, "summed")
    payload = {"data": base64.b64encode(b"123456789").decode(), "dataCrc32c": "3808858755"}
    assert done(front, "POST", f"{url}:addVersion", {"payload": payload})["clientSpecifiedPayloadChecksum"]
    assert done(front, "GET", f"{url}/versions/1:access")["payload"] == payload
    status, message = refused(front, "POST", f"{url}:addVersion", {"payload": {**payload, "dataCrc32c": "1"}})
    assert (status, "did not match" in message) == (400, True)


def test_a_key_encrypts_and_decrypts(front: Front) -> None:
    done(front, "POST", f"{KMS}/{L}/keyRings?keyRingId=round", {})
    url = f"{KMS}/{L}/keyRings/round/cryptoKeys"
    done(front, "POST", f"{url}?cryptoKeyId=trip", {"purpose": "ENCRYPT_DECRYPT"})
    plain = base64.b64encode(b"hello").decode()
    encrypted = done(front, "POST", f"{url}/trip:encrypt", {"plaintext": plain})
    assert done(front, "POST", f"{url}/trip:decrypt", {"ciphertext": encrypted["ciphertext"]})["plaintext"] == plain


def test_a_project_is_named_by_id_or_number_and_shown_by_number_where_google_does(front: Front) -> None:
    url = secret(front, "numbered")
    shown = done(front, "GET", url)
    assert (shown["name"], done(front, "GET", f"{SECRETS}/{N}/secrets/numbered")) == (f"{N}/secrets/numbered", shown)
    version = done(front, "POST", f"{SECRETS}/{N}/secrets/numbered:addVersion", {"payload": {"data": "YQ=="}})
    assert version["name"] == f"{N}/secrets/numbered/versions/1"
    assert done(front, "GET", f"{url}/versions/latest:access")["name"] == version["name"]
    policies = f"orgpolicy.googleapis.com/v2/{N}/policies"
    body = {"name": f"{N}/policies/iam.disableServiceAccountKeyCreation", "spec": {"rules": [{"enforce": True}]}}
    assert done(front, "POST", policies, body)["name"] == body["name"]
    assert done(front, "GET", f"orgpolicy.googleapis.com/v2/{P}/policies")["policies"][0]["name"] == body["name"]
    network = done(front, "POST", f"{COMPUTE}/{N}/global/networks", {"name": "by-number"})
    assert f"/{P}/global/networks/by-number" in network["targetLink"]
    assert done(front, "GET", f"{COMPUTE}/{N}/global/operations/{network['name']}")["status"] == "DONE"


def test_a_project_tells_what_is_above_it(front: Front) -> None:
    above = done(front, "POST", f"{MANAGER}/v1/{P}:getAncestry", {})["ancestor"]
    assert [(one["resourceId"]["type"], one["resourceId"]["id"]) for one in above] == [
        ("project", example.PROJECT),
        ("folder", seed.FOLDER),
        ("organization", example.ORGANIZATION),
    ]
    assert done(front, "GET", f"{MANAGER}/v3/projects?parent=folders/{seed.FOLDER}")["projects"]
    assert refused(front, "GET", f"{MANAGER}/v3/projects?parent=folders/1")[0] == 403


def test_regions_and_zones_exist_without_being_created(front: Front) -> None:
    region = done(front, "GET", f"{COMPUTE}/{P}/regions/{R}")
    assert (region["status"], len(region["zones"])) == ("UP", 3)
    listed = done(front, "GET", f"{COMPUTE}/{P}/regions?filter=name%3Deurope-*&orderBy=name&maxResults=3")
    assert [one["name"] for one in listed["items"]] == ["europe-central2", "europe-north1", "europe-north2"]
    assert done(front, "GET", f"{COMPUTE}/{P}/zones/us-central1-f")["region"].endswith("/regions/us-central1")
    assert refused(front, "GET", f"{COMPUTE}/{P}/regions/moon-west1")[0] == 404
    assert front.send(Call("GET", f"{COMPUTE}/{P}/regions"), member="user:nobody@example.com").status == 403


def test_a_list_of_all_regions_is_ordered_by_scope(front: Front) -> None:
    for scope, name in ((f"regions/{R}", "near"), ("regions/us-east1", "far"), ("global", "everywhere")):
        done(front, "POST", f"{COMPUTE}/{P}/{scope}/addresses", {"name": f"all-{name}"})
    url = f"{COMPUTE}/{P}/aggregated/addresses?filter=name:all"
    scopes = done(front, "GET", url)["items"]
    found = {scope: [one["name"] for one in part.get("addresses", [])] for scope, part in scopes.items()}
    assert {scope: names for scope, names in found.items() if names} == {
        "global": ["all-everywhere"],
        f"regions/{R}": ["all-near"],
        "regions/us-east1": ["all-far"],
    }
    assert scopes["regions/us-west1"]["warning"]["code"] == "NO_RESULTS_ON_PAGE"
    assert done(front, "GET", f"{url}&maxResults=2")["nextPageToken"]


def test_what_would_only_be_tried_is_refused_by_name(front: Front) -> None:
    body: Json = {"parent": ORGANIZATION, "shortName": "tried"}
    assert refused(front, "POST", f"{MANAGER}/v3/tagKeys?validateOnly=true", body)[0] == 501


@pytest.mark.parametrize("size", ["-1", "many"])
def test_what_is_no_page_size_is_refused(front: Front, size: str) -> None:
    assert refused(front, "GET", f"{TOPICS}?pageSize={size}")[0] == 400


def test_tags_are_made_bound_and_unbound(front: Front) -> None:
    administration = [
        {"role": f"roles/{role}", "members": [seed.ADMIN]}
        for role in ("resourcemanager.organizationAdmin", "resourcemanager.tagAdmin", "resourcemanager.tagUser")
    ]
    done(front, "POST", f"{MANAGER}/v1/{ORGANIZATION}:setIamPolicy", {"policy": {"bindings": administration}})
    key = done(front, "POST", f"{MANAGER}/v3/tagKeys", {"parent": ORGANIZATION, "shortName": "stage"})["response"]
    body = {"parent": key["name"], "shortName": "prod"}
    value = done(front, "POST", f"{MANAGER}/v3/tagValues", body)["response"]
    assert value["namespacedName"] == f"{example.ORGANIZATION}/stage/prod"
    done(front, "PATCH", f"{MANAGER}/v3/{value['name']}?updateMask=description", {"description": "Production"})
    assert done(front, "GET", f"{MANAGER}/v3/{value['name']}")["description"] == "Production"
    parent = f"//cloudresourcemanager.googleapis.com/{N}"
    binding = done(front, "POST", f"{MANAGER}/v3/tagBindings", {"parent": parent, "tagValue": value["name"]})[
        "response"
    ]
    assert (binding["parent"], binding["tagValue"]) == (parent, value["name"])
    keys = done(front, "GET", f"{MANAGER}/v3/tagKeys?parent={ORGANIZATION}")["tagKeys"]
    assert [one["name"] for one in keys] == [key["name"]]
    [listed] = done(front, "GET", f"{MANAGER}/v3/tagValues?parent={key['name']}")["tagValues"]
    assert listed["namespacedName"] == value["namespacedName"]
    for kind, tag in (("tagKeys", key), ("tagValues", value)):
        found = done(front, "GET", f"{MANAGER}/v3/{kind}/namespaced?name={tag['namespacedName']}")
        assert found["name"] == tag["name"]
    assert refused(front, "GET", f"{MANAGER}/v3/tagValues/namespaced?name={example.ORGANIZATION}/stage/none")[0] == 403
    assert done(front, "GET", f"{MANAGER}/v3/tagBindings?parent={parent}")["tagBindings"][0]["name"] == binding["name"]
    secret(front, "tagged")
    for resource, inherited in ((parent, False), (f"//secretmanager.googleapis.com/{N}/secrets/tagged", True)):
        [effective] = done(front, "GET", f"{MANAGER}/v3/effectiveTags?parent={resource}")["effectiveTags"]
        assert (effective["namespacedTagValue"], effective["inherited"]) == (value["namespacedName"], inherited)
    nobody = front.send(Call("GET", f"{MANAGER}/v3/tagBindings?parent={parent}"), member="user:nobody@example.com")
    assert nobody.status == 403
    done(front, "DELETE", f"{MANAGER}/v3/{binding['name']}")
    assert done(front, "GET", f"{MANAGER}/v3/effectiveTags?parent={parent}") == {}
    done(front, "DELETE", f"{MANAGER}/v3/{value['name']}")
    done(front, "DELETE", f"{MANAGER}/v3/{key['name']}")


def test_a_record_that_is_not_there_is_not_found(front: Front) -> None:
    zone = {"name": "empty", "dnsName": "empty.example.com.", "description": ""}
    done(front, "POST", f"{DNS}/{P}/managedZones", zone)
    url = f"{DNS}/{P}/managedZones/empty/rrsets/a.empty.example.com./A"
    assert [refused(front, method, url)[0] for method in ("GET", "DELETE")] == [404, 404]


def test_a_fault_reaches_the_front(front: Front) -> None:
    done(front, "PUT", f"{TOPICS}/faulty", {})
    settings.change(front.cloud.store, "faults", '[{"method": "pubsub.*", "kind": "quota"}]')
    status, _ = refused(front, "GET", TOPICS)
    settings.change(front.cloud.store, "faults", '[{"method": "pubsub.*", "kind": "crash-before"}]')
    alive = done(front, "GET", TOPICS)
    settings.change(front.cloud.store, "faults", None)
    assert (status, "topics" in alive) == (429, True)


def test_a_field_of_the_request_may_be_in_the_query(front: Front) -> None:
    """The vendor's provider puts the masks of topics and subscriptions there."""
    done(front, "PUT", f"{TOPICS}/queried", {"labels": {"a": "1"}, "messageRetentionDuration": "86400s"})
    patched = done(front, "PATCH", f"{TOPICS}/queried?updateMask=labels", {"topic": {"labels": {"a": "2"}}})
    assert (patched["labels"], patched["messageRetentionDuration"]) == ({"a": "2"}, "86400s")
    assert refused(front, "PATCH", f"{TOPICS}/queried?nothing=labels", {"topic": {}})[0] == 400


def test_a_zone_for_no_network_is_a_zone_without_networks(front: Front) -> None:
    """The vendor's provider declares an empty list where a program declares none."""
    zone = {"name": "open", "dnsName": "open.example.com.", "description": "Open", "visibility": "public"}
    created = done(front, "POST", f"{DNS}/{P}/managedZones", {**zone, "privateVisibilityConfig": {"networks": []}})
    assert "privateVisibilityConfig" not in created
    assert "privateVisibilityConfig" not in done(front, "GET", f"{DNS}/{P}/managedZones/open")
