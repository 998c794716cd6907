"""What the platform layer's configuration refuses."""

from typing import Any

import pulumi
import pytest

from unit import contract_documents
from unit.pulumi_mocks import Engine, run, stack_configuration

RANGES = {"nodes": "10.0.0.0/20", "pods": "10.16.0.0/14", "services": "10.20.0.0/20", "databases": "10.64.0.0/20"}
INSTANCE = {"version": "POSTGRES_17", "tier": "db-custom-2-7680", "databases": ["orders"]}


def refused(**changes: Any) -> str:
    configuration = stack_configuration("platform", "sandbox") | {
        f"platform:{key}": value for key, value in changes.items()
    }
    engine = Engine(contracts={"contract-identity": contract_documents.identity()})
    with pytest.raises(pulumi.RunError) as raised:
        run("platform", "sandbox", configuration, engine)
    assert not engine.declared
    return str(raised.value)


def test_ranges_that_overlap_are_refused() -> None:
    message = refused(network=RANGES | {"services": "10.16.0.0/20"})
    assert "pods 10.16.0.0/14 and services 10.16.0.0/20 overlap" in message


def test_a_public_range_is_refused() -> None:
    assert "'8.8.0.0/16' is public" in refused(network=RANGES | {"pods": "8.8.0.0/16"})


def test_a_range_with_host_bits_is_refused() -> None:
    assert "10.0.0.1/20 has host bits set" in refused(network=RANGES | {"nodes": "10.0.0.1/20"})


def test_a_proxy_image_by_tag_is_refused() -> None:
    assert "platform:databaseProxyImage" in refused(databaseProxyImage="gcr.io/cloud-sql-connectors/cloud-sql-proxy:2")


def test_a_database_in_two_instances_is_refused() -> None:
    message = refused(databaseInstances={"one": INSTANCE, "two": INSTANCE})
    assert "'orders' is declared more than once" in message


def test_an_unknown_setting_of_an_instance_is_refused() -> None:
    message = refused(databaseInstances={"orders": INSTANCE | {"publicIp": True}})
    assert "platform:databaseInstances.orders.publicIp: is unknown" in message


def test_a_missing_network_is_named_with_an_example() -> None:
    assert "platform:network: is not set" in refused(network={})
