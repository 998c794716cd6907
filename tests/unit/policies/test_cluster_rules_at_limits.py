"""Rules on clusters and their nodes: each permitted value, and one beside it."""

from typing import Any

import pytest

from policy_pack import catalog
from policy_pack.rule import Resource
from policy_pack.rules.gke import CLUSTER
from policy_pack.rules.gke_nodes import POOL
from unit.policies.test_rules_at_limits import messages

KEY = "projects/p/locations/l/keyRings/r/cryptoKeys/cluster"


@pytest.mark.parametrize(
    ("name", "inputs", "number"),
    [
        ("gke-images-checked", {"binaryAuthorization": {"evaluationMode": "PROJECT_SINGLETON_POLICY_ENFORCE"}}, 0),
        (
            "gke-images-checked",
            {"binaryAuthorization": {"evaluationMode": "POLICY_BINDINGS_AND_PROJECT_SINGLETON_POLICY_ENFORCE"}},
            0,
        ),
        ("gke-images-checked", {"binaryAuthorization": {"evaluationMode": "POLICY_BINDINGS"}}, 1),
        ("gke-secrets-encrypted", {"databaseEncryption": {"state": "ENCRYPTED", "keyName": KEY}}, 0),
        ("gke-secrets-encrypted", {"databaseEncryption": {"state": "ENCRYPTED", "keyName": "projects/p"}}, 1),
        ("gke-secrets-encrypted", {"databaseEncryption": {"state": "ENCRYPTED"}}, 1),
        ("gke-secrets-encrypted", {"databaseEncryption": {"state": "DECRYPTED", "keyName": KEY}}, 1),
        ("gke-kept-up-to-date", {"releaseChannel": {"channel": "REGULAR"}}, 0),
        ("gke-kept-up-to-date", {"releaseChannel": {"channel": "STABLE"}}, 0),
        ("gke-kept-up-to-date", {"releaseChannel": {"channel": "EXTENDED"}}, 0),
        ("gke-kept-up-to-date", {"releaseChannel": {"channel": "RAPID"}}, 1),
    ],
)
def test_each_value_that_is_permitted_and_one_beside_it(name: str, inputs: dict[str, Any], number: int) -> None:
    assert len(messages(name, CLUSTER, inputs)) == number


@pytest.mark.parametrize("key", ["logging", "monitoring"])
def test_logs_and_metrics_are_googles(key: str) -> None:
    observed: dict[str, Any] = {
        "loggingConfig": {"enableComponents": ["SYSTEM_COMPONENTS", "WORKLOADS", "APISERVER", "SCHEDULER"]},
        "monitoringConfig": {"enableComponents": ["SYSTEM_COMPONENTS"], "managedPrometheus": {"enabled": True}},
    }
    before = messages("gke-observed", CLUSTER, observed)

    assert messages("gke-observed", CLUSTER, observed | {f"{key}Service": f"{key}.googleapis.com/kubernetes"}) == before
    added = set(messages("gke-observed", CLUSTER, observed | {f"{key}Service": "none"})) - set(before)
    assert [message.partition(" ")[0] for message in added] == [f"{key}Service"]


_AUTO = {"nodePoolAutoConfig": {"nodeKubeletConfig": {"insecureKubeletReadonlyPortEnabled": "FALSE"}}}
_DEFAULTS = {"nodePoolDefaults": {"nodeConfigDefaults": {"insecureKubeletReadonlyPortEnabled": "FALSE"}}}
_OPEN = {"nodePoolDefaults": {"nodeConfigDefaults": {"insecureKubeletReadonlyPortEnabled": "TRUE"}}}


@pytest.mark.parametrize(
    ("inputs", "number"),
    [
        (_AUTO, 0),
        (_DEFAULTS, 0),
        (_AUTO | _DEFAULTS, 0),
        (_AUTO | _OPEN, 1),
        (_OPEN, 2),
        ({}, 1),
        (_AUTO | {"addonsConfig": {"kubernetesDashboard": {"disabled": False}}}, 1),
        (_AUTO | {"addonsConfig": {"cloudrunConfig": {"disabled": False}}}, 1),
        (_AUTO | {"addonsConfig": {"cloudrunConfig": {"disabled": True}}}, 0),
    ],
)
def test_no_other_endpoint_gives_access(inputs: dict[str, Any], number: int) -> None:
    assert len(messages("gke-no-way-around", CLUSTER, inputs)) == number


def pool(inputs: dict[str, Any], ignored: tuple[str, ...] = ()) -> list[str]:
    """Messages of the rule on maintenance about a pool of nodes."""
    [rule] = [one for one in catalog.RULES if one.name == "gke-node-pool-maintained"]
    kept = {
        "management": {"autoRepair": True, "autoUpgrade": True},
        "nodeConfig": {"kubeletConfig": {"insecureKubeletReadonlyPortEnabled": "FALSE"}},
    }
    urn = f"urn:pulumi:dev::platform::{POOL}::one"
    return list(rule.check(Resource(urn, POOL, "one", kept | inputs, ignored=ignored)))


@pytest.mark.parametrize(
    ("upgrade", "number"),
    [
        (None, 0),
        ({"maxSurge": 1}, 0),
        ({"maxUnavailable": 1}, 0),
        ({"maxSurge": 1, "maxUnavailable": 0}, 0),
        ({"maxSurge": 0, "maxUnavailable": 0}, 1),
        ({"strategy": "SURGE"}, 1),
        ({"strategy": "BLUE_GREEN"}, 0),
        ({"strategy": "SHORT_LIVED"}, 0),
    ],
)
def test_an_upgrade_moves_one_node(upgrade: dict[str, Any] | None, number: int) -> None:
    assert len(pool({} if upgrade is None else {"upgradeSettings": upgrade})) == number


@pytest.mark.parametrize(
    ("scaling", "count", "ignored", "number"),
    [
        (None, 3, (), 0),
        ({}, None, (), 0),
        ({}, 3, (), 1),
        ({}, 3, ("nodeCount",), 0),
        ({}, 3, ("labels",), 1),
        ({"minNodeCount": 1, "maxNodeCount": 1}, None, (), 0),
        ({"minNodeCount": 2, "maxNodeCount": 1}, None, (), 1),
        ({"minNodeCount": 2}, None, (), 0),
        ({"maxNodeCount": 1}, None, (), 0),
        ({"maxNodeCount": 0.5}, None, (), 0),
        ({"totalMinNodeCount": 3, "totalMaxNodeCount": 3}, None, (), 0),
        ({"totalMinNodeCount": 3, "totalMaxNodeCount": 2}, None, (), 1),
    ],
)
def test_one_owner_decides_the_number_of_nodes(
    scaling: dict[str, Any] | None, count: int | None, ignored: tuple[str, ...], number: int
) -> None:
    inputs = {"autoscaling": scaling, "nodeCount": count}

    assert len(pool({key: value for key, value in inputs.items() if value is not None}, ignored)) == number
