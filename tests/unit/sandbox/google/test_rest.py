"""The simulated APIs in plain REST, as a person's or a program's own calls reach them."""

import pytest
import requests

import example_tenant as example
from sandbox.cloud import seed, settings
from unit.sandbox.google.clients import ADMIN, KEY, PROJECT, World, error
from waiting import eventually

MANAGER = "https://cloudresourcemanager.googleapis.com"
USAGE = f"https://serviceusage.googleapis.com/v1/{PROJECT}/services"
BILLING = f"https://cloudbilling.googleapis.com/v1/{PROJECT}/billingInfo"
NUMBERED = f"projects/{example.PROJECT_NUMBER}"


@pytest.fixture(scope="module")
def admin(world: World) -> str:
    """The administrator's token."""
    return world.token(ADMIN.member)


def test_a_project_is_found_by_id_and_number_in_the_form_of_each_version(world: World, admin: str) -> None:
    first = world.send("GET", f"{MANAGER}/v1/{PROJECT}", admin).json()
    assert (first["projectNumber"], first["lifecycleState"]) == (example.PROJECT_NUMBER, "ACTIVE")
    assert first["parent"] == {"type": "folder", "id": seed.FOLDER}
    third = world.send("GET", f"{MANAGER}/v3/{NUMBERED}", admin).json()
    assert (third["name"], third["projectId"], third["state"]) == (NUMBERED, example.PROJECT, "ACTIVE")
    assert third["parent"] == f"folders/{seed.FOLDER}"


def test_a_project_that_is_not_there_is_denied(world: World, admin: str) -> None:
    response = world.send("GET", f"{MANAGER}/v1/projects/nowhere", admin)
    assert response.status_code == 403


def test_of_the_permissions_that_are_tested_those_come_back_that_are_held(world: World, admin: str) -> None:
    asked = {"permissions": ["resourcemanager.projects.get", "storage.objects.get", "no.such.permission"]}
    url = f"{MANAGER}/v1/{PROJECT}:testIamPermissions"
    assert world.send("POST", url, admin, json=asked).json() == {"permissions": ["resourcemanager.projects.get"]}
    stranger = world.token("user:nobody@example.com")
    assert world.send("POST", url, stranger, json=asked).json() == {}
    organization, asked = (
        f"{MANAGER}/v3/organizations/{example.ORGANIZATION}:testIamPermissions",
        {"permissions": ["storage.objects.get", "iam.denypolicies.create"]},
    )
    assert world.send("POST", organization, admin, json=asked).json() == {"permissions": ["iam.denypolicies.create"]}


def test_an_allow_policy_is_read_and_set(world: World, admin: str) -> None:
    policy = world.send("POST", f"{MANAGER}/v1/{PROJECT}:getIamPolicy", admin).json()
    assert {"role": "roles/owner", "members": [ADMIN.member]} in policy["bindings"]
    same = world.send("POST", f"{MANAGER}/v1/{PROJECT}:setIamPolicy", admin, json={"policy": policy}).json()
    assert same["bindings"] == policy["bindings"]
    outdated = world.send("POST", f"{MANAGER}/v1/{PROJECT}:setIamPolicy", admin, json={"policy": policy})
    assert (outdated.status_code, error(outdated)["status"]) == (409, "ABORTED")


def test_a_buckets_location_is_kept_in_capital_letters(world: World, admin: str) -> None:
    buckets, body = "https://storage.googleapis.com/storage/v1/b", {"name": "located", "location": "europe-west4"}
    made = world.send("POST", f"{buckets}?project={example.PROJECT}", admin, json=body).json()
    assert made["location"] == "EUROPE-WEST4"
    same = world.send("PATCH", f"{buckets}/located", admin, json={"location": "europe-west4", "labels": {"a": "b"}})
    assert (same.status_code, same.json()["location"]) == (200, "EUROPE-WEST4")


@pytest.mark.parametrize(
    ("path", "body", "services"),
    [
        ("/pubsub.googleapis.com:enable", {}, ["pubsub"]),
        (":batchEnable", {"serviceIds": ["dns.googleapis.com", "monitoring.googleapis.com"]}, ["dns", "monitoring"]),
    ],
)
def test_apis_are_enabled_by_an_operation_that_is_waited_for(
    world: World, admin: str, path: str, body: dict[str, list[str]], services: list[str]
) -> None:
    settings.change(world.cloud.store, "operations.seconds", "0.5")
    begun = world.send("POST", f"{USAGE}{path}", admin, json=body).json()
    settings.change(world.cloud.store, "operations.seconds", None)
    assert "done" not in begun
    url = f"https://serviceusage.googleapis.com/v1/{begun['name']}"
    eventually(lambda: world.send("GET", url, admin).json().get("done"))
    response = world.send("GET", url, admin).json()["response"]
    names = [f"{NUMBERED}/services/{service}.googleapis.com" for service in services]
    assert [service["name"] for service in response.get("services") or [response["service"]]] == names
    listed = world.send("GET", f"{USAGE}?filter=state:ENABLED", admin).json()["services"]
    assert {*names, f"{NUMBERED}/services/storage.googleapis.com"} <= {service["name"] for service in listed}
    assert {service["state"] for service in listed} == {"ENABLED"}


def test_an_api_that_was_never_enabled_is_known_and_off(world: World, admin: str) -> None:
    shown = world.send("GET", f"{USAGE}/spanner.googleapis.com", admin).json()
    assert shown["state"] == "DISABLED"
    assert shown["config"] == {"name": "spanner.googleapis.com"}
    chosen = f"names={PROJECT}/services/spanner.googleapis.com&names={PROJECT}/services/storage.googleapis.com"
    several = world.send("GET", f"{USAGE}:batchGet?{chosen}", admin).json()["services"]
    assert [service["state"] for service in several] == ["DISABLED", "ENABLED"]


def test_who_may_not_enable_apis_does_not(world: World) -> None:
    token = world.token("user:nobody@example.com")
    response = world.send("POST", f"{USAGE}:batchEnable", token, json={"serviceIds": ["sqladmin.googleapis.com"]})
    assert response.status_code == 403
    assert "serviceusage.services.enable" in error(response)["message"]


def test_a_lost_answer_leaves_the_change(world: World, admin: str) -> None:
    url = f"{USAGE}/workflows.googleapis.com:enable"
    settings.change(world.cloud.store, "faults", '[{"method": "serviceusage.services.enable", "kind": "timeout"}]')
    with pytest.raises(requests.exceptions.RequestException):
        world.send("POST", url, admin, json={})
    settings.change(world.cloud.store, "faults", None)
    assert world.send("GET", f"{USAGE}/workflows.googleapis.com", admin).json()["state"] == "ENABLED"


def test_an_operation_that_was_never_begun_is_not_found(world: World, admin: str) -> None:
    response = world.send("GET", "https://serviceusage.googleapis.com/v1/operations/none", admin)
    assert (response.status_code, error(response)["status"]) == (404, "NOT_FOUND")


def test_billing_is_told_once_its_api_is_on(world: World, admin: str) -> None:
    world.send("POST", f"{USAGE}/cloudbilling.googleapis.com:disable", admin)  # other tests may need it
    disabled = error(world.send("GET", BILLING, admin))
    assert disabled["details"][0]["reason"] == "SERVICE_DISABLED"
    world.send("POST", f"{USAGE}/cloudbilling.googleapis.com:enable", admin)
    assert world.send("GET", BILLING, admin).json()["billingEnabled"] is True
    settings.change(world.cloud.store, "billing.enabled", "false")
    without = world.send("GET", BILLING, admin).json()
    settings.change(world.cloud.store, "billing.enabled", None)
    assert (without["billingEnabled"], without["billingAccountName"]) == (False, "")


def test_any_resource_of_the_cloud_can_be_read(world: World, admin: str) -> None:
    assert world.send("GET", f"https://cloudkms.googleapis.com/v1/{KEY}", admin).json()["name"] == KEY
    pool = f"https://iam.googleapis.com/v1/{PROJECT}/locations/global/workloadIdentityPools/none"
    denied = error(world.send("GET", pool, world.token("user:nobody@example.com")))
    assert denied["details"][0]["metadata"]["permission"] == "iam.googleapis.com/workloadIdentityPools.get"


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("GET", f"{MANAGER}/v1"),
        ("GET", f"{MANAGER}/v1/{PROJECT}/liens"),
        ("PUT", f"{MANAGER}/v1/{PROJECT}"),
        ("POST", f"{MANAGER}/v1/{PROJECT}:move"),
        ("POST", f"{MANAGER}/v1/{PROJECT}"),
        ("DELETE", USAGE),
    ],
)
def test_what_is_not_simulated_is_refused_by_name(world: World, admin: str, method: str, url: str) -> None:
    response = world.send(method, url, admin)
    assert (response.status_code, error(response)["status"]) == (501, "UNIMPLEMENTED")
    assert "not simulated" in error(response)["message"]


@pytest.mark.parametrize("body", ["{", "[]", "7"])
def test_what_is_no_json_object_is_refused(world: World, admin: str, body: str) -> None:
    response = world.send("POST", f"{MANAGER}/v1/{PROJECT}:testIamPermissions", admin, data=body)
    assert (response.status_code, error(response)["status"]) == (400, "INVALID_ARGUMENT")
