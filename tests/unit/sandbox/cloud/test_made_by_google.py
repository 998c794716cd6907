"""What Google makes by itself with the API of Compute, and what is not effective at once."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import example_tenant as example
from cli.bootstrap import transient
from cli.pulumi.engine import Result
from engine.events import Events
from sandbox.cloud import propagation, seed, settings
from sandbox.cloud.api import Cloud
from sandbox.cloud.errors import ApiError
from sandbox.cloud.iam import Caller
from sandbox.cloud.services import defaults
from sandbox.cloud.store import PROPAGATION_SETTING, Json

P, R = f"projects/{example.PROJECT}", example.REGION
ADMIN = Caller(seed.ADMIN)
EDITOR = f"serviceAccount:{defaults.default_account(example.PROJECT_NUMBER)}"
NETWORK = f"{P}/global/networks/default"
RING = f"{P}/locations/{R}/keyRings/state"
KEY = f"{RING}/cryptoKeys/identity"
KEYS = "cloudkms.projects.locations.keyRings"
AGENT = f"service-{example.PROJECT_NUMBER}@gs-project-accounts.iam.gserviceaccount.com"

Enable = Callable[[str], None]


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Cloud]:
    """A project in which no API is on but those of an empty one."""
    seed.seed(tmp_path, 6443, example.TENANT)
    opened = Cloud(tmp_path / "cloud.db")
    yield opened
    opened.store.close()


@pytest.fixture
def enable(empty: Cloud) -> Enable:
    """Enables an API."""

    def call(service: str) -> None:
        empty.call("serviceusage.services.enable", f"{P}/services/{service}.googleapis.com", ADMIN)

    return call


def forbid(cloud: Cloud, *constraints: str) -> None:
    """Enforces organisation policies on the project."""
    for constraint in constraints:
        body: Json = {"spec": {"rules": [{"enforce": True}]}}
        cloud.call("orgpolicy.projects.policies.create", f"{P}/policies/{constraint}", ADMIN, body)


def editors(cloud: Cloud) -> list[str]:
    policy = cloud.call("cloudresourcemanager.projects.getIamPolicy", P, ADMIN)
    return [
        member for binding in policy["bindings"] if binding["role"] == "roles/editor" for member in binding["members"]
    ]


@pytest.mark.parametrize("service", ["compute", "container"])
def test_with_compute_come_an_open_network_and_an_editor(empty: Cloud, enable: Enable, service: str) -> None:
    enable(service)

    assert empty.call("compute.networks.get", NETWORK, ADMIN)["autoCreateSubnetworks"] is True
    rules = empty.call("compute.firewalls.list", f"{P}/global/firewalls/-", ADMIN)["items"]
    open_to_all = {rule["name"] for rule in rules if rule["sourceRanges"] == ["0.0.0.0/0"]}
    assert open_to_all == {"default-allow-icmp", "default-allow-rdp", "default-allow-ssh"}
    assert editors(empty) == [EDITOR]


def test_policies_that_were_there_before_prevent_both(empty: Cloud, enable: Enable) -> None:
    enable("orgpolicy")
    forbid(empty, "compute.skipDefaultNetworkCreation", "iam.automaticIamGrantsForDefaultServiceAccounts")

    enable("compute")

    with pytest.raises(ApiError, match="not found"):
        empty.call("compute.networks.get", NETWORK, ADMIN)
    assert editors(empty) == []


def test_policies_that_come_later_take_nothing_back(empty: Cloud, enable: Enable) -> None:
    enable("compute")
    enable("orgpolicy")
    forbid(empty, "compute.skipDefaultNetworkCreation", "iam.automaticIamGrantsForDefaultServiceAccounts")

    enable("compute")

    assert empty.call("compute.networks.get", NETWORK, ADMIN)["name"] == "default"
    assert editors(empty) == [EDITOR]


def failed(error: ApiError) -> Result:
    """The result of an update that an error of the provider has ended."""
    return Result(255, Events(errors=[("urn", f"creating state: {error}"), ("", "update failed")]), "")


def test_an_api_works_some_time_after_it_was_enabled(empty: Cloud, enable: Enable) -> None:
    settings.change(empty.store, propagation.SETTING, "0.5")
    enable("cloudkms")

    with pytest.raises(ApiError) as refused:
        empty.call(f"{KEYS}.create", RING, ADMIN, {})
    assert transient.passing(failed(refused.value)) == "an API"
    time.sleep(0.5)
    assert empty.call(f"{KEYS}.create", RING, ADMIN, {})


def test_an_agent_can_be_named_some_time_after_it_was_made(empty: Cloud, enable: Enable) -> None:
    for service in ("cloudkms", "storage"):
        enable(service)
    empty.call(f"{KEYS}.create", RING, ADMIN, {})
    empty.call(f"{KEYS}.cryptoKeys.create", KEY, ADMIN, {})
    settings.change(empty.store, propagation.SETTING, "0.5")
    empty.call("storage.projects.serviceAccount.get", f"{P}/serviceAccount", ADMIN)
    grant = {"role": "roles/cloudkms.cryptoKeyEncrypterDecrypter", "members": [f"serviceAccount:{AGENT}"]}
    policy = {"policy": {"version": 1, "bindings": [grant]}}

    with pytest.raises(ApiError) as refused:
        empty.call(f"{KEYS}.cryptoKeys.setIamPolicy", KEY, ADMIN, policy)
    assert transient.passing(failed(refused.value)) == "an agent of Google"
    time.sleep(0.5)

    settings.change(empty.store, PROPAGATION_SETTING, "0.5")
    empty.call(f"{KEYS}.cryptoKeys.setIamPolicy", KEY, ADMIN, policy)
    bucket: Json = {"location": R, "encryption": {"defaultKmsKeyName": KEY}}
    with pytest.raises(ApiError) as refused:
        empty.call("storage.buckets.insert", f"{P}/buckets/state", ADMIN, bucket)
    assert transient.passing(failed(refused.value)) == "a grant on a key"
    time.sleep(0.5)
    assert empty.call("storage.buckets.insert", f"{P}/buckets/state", ADMIN, bucket)


def test_a_right_that_is_missing_is_not_waited_for(empty: Cloud, enable: Enable) -> None:
    enable("cloudkms")
    with pytest.raises(ApiError) as refused:
        empty.call(f"{KEYS}.create", RING, Caller("user:somebody@example.com"), {})
    assert transient.passing(failed(refused.value)) == ""
