from typing import Any

import pytest

from cli.pulumi.identifiers import identifier
from sandbox.plugins.gcp import catalog
from sandbox.plugins.gcp.provider import id_of
from unit.identity import declared as identity
from unit.platform_.deployment import deploy
from unit.pulumi_mocks import Engine

_LONG = {
    "cryptoKeyId": ("projects/p/locations/l/keyRings/r/cryptoKeys/k", "p/l/r/k"),
    "folder": ("folders/7", "7"),
    "keyRing": ("projects/p/locations/l/keyRings/r",),
    "map": ("m", "//certificatemanager.googleapis.com/projects/p/locations/global/certificateMaps/m"),
    "managedZone": ("z",),
    "network": (
        "projects/p/global/networks/main",
        "https://www.googleapis.com/compute/v1/projects/p/global/networks/main",
    ),
    "parent": ("projects/p", "cloudresourcemanager.googleapis.com%2Fprojects%2F1"),
    "repository": ("r", "projects/q/locations/m/repositories/r"),
    "router": ("r", "projects/p/regions/l/routers/r"),
    "serviceAccountId": ("projects/p/serviceAccounts/a@p.iam.gserviceaccount.com",),
    "subnetwork": ("s", "projects/q/regions/m/subnetworks/s"),
    "topic": ("t", "projects/q/topics/t"),
}
_CONDITION = {"title": "t", "description": "d", "expression": "e"}


@pytest.mark.parametrize(
    ("kind", "inputs", "found"),
    [
        ("kubernetes:apps/v1:Deployment", {"metadata": {"name": "web", "namespace": "shop"}}, "shop/web"),
        ("kubernetes:core/v1:Namespace", {"metadata": {"name": "shop"}}, "shop"),
        ("kubernetes:core/v1:ConfigMap", {"metadata": {"namespace": "shop"}}, None),
        (
            "gcp:serviceaccount/account:Account",
            {"accountId": "a", "project": "p"},
            "projects/p/serviceAccounts/a@p.iam.gserviceaccount.com",
        ),
        ("pulumi:providers:kubernetes", {}, None),
    ],
)
def test_a_resource_is_asked_for_by_the_id_that_follows_from_its_inputs(
    kind: str, inputs: dict[str, Any], found: str | None
) -> None:
    assert identifier(kind, inputs) == found


@pytest.mark.parametrize("kind", sorted(catalog.TYPES))
def test_an_id_is_the_one_of_the_simulated_provider_in_every_form_of_the_inputs(
    kind: str,
) -> None:
    fields = {"project": "p", "region": "l", "location": "l", "role": "roles/viewer", "member": "user:a@example.com"}
    names = ("accountId", "attestor", "bucket", "bucketId", "cluster", "instance", "name", "orgId", "repositoryId")
    fields |= {name: f"some-{name}" for name in (*names, "roleId", "secretId", "service", "subscription", "type")}
    fields |= {name: f"some-{name}" for name in ("workloadIdentityPoolId", "workloadIdentityPoolProviderId")}
    several: list[dict[str, Any]] = [fields | {name: forms[0] for name, forms in _LONG.items()}]
    several += [several[0] | {name: form} for name, forms in _LONG.items() for form in forms[1:]]
    conditions: list[dict[str, Any]] = [{}, {"condition": _CONDITION}] if kind.endswith("Member") else [{}]

    for inputs in (each | condition for each in several for condition in conditions):
        if kind == "gcp:secretmanager/secretVersion:SecretVersion":
            inputs.pop("name")  # Google's own
        assert identifier(kind, inputs) == id_of(kind, inputs)


def test_each_resource_of_a_layer_has_the_id_of_the_simulated_provider() -> None:
    engines: list[Engine] = [identity.committed(), deploy()]
    resources = [each for engine in engines for each in engine.declared if each.type.startswith("gcp:")]

    assert len(resources) > 100
    for each in resources:
        # The simulated provider names none before it has filled in the project.
        assert id_of(each.type, each.inputs) in (None, identifier(each.type, each.inputs)), each.type
