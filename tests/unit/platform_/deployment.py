"""The programs of the platform layer, run for a committed stack; starting point of the tests of their parts."""

from typing import Any

import pulumi
import pytest

from unit import contract_documents
from unit.contract_documents import TEAM
from unit.pulumi_mocks import Document, Engine, run, stack_configuration


def _run(stack: str, contracts: dict[str, Document | str], places: Document | None, changes: Document) -> Engine:
    configuration = stack_configuration("platform", stack) | (places or {})
    configuration |= {f"platform:{key}": value for key, value in changes.items()}
    return run("platform", stack, configuration, Engine(contracts=contracts))


def deploy(
    stack: str = "sandbox", identity: Document | None = None, places: Document | None = None, **changes: Any
) -> Engine:
    """Declarations of the program with network and cluster.

    Args:
        stack: a committed stack.
        identity: the identity layer's contract; the one of the same stack by default.
        places: settings of the provider, by full key.
        changes: settings of the layer, by key without "platform:".
    """
    return _run(stack, {"contract-identity": identity or contract_documents.identity(stack)}, places, changes)


def deploy_storage(
    environment: str = "sandbox",
    identity: Document | None = None,
    network: Document | None = None,
    places: Document | None = None,
    **changes: Any,
) -> Engine:
    """Declarations of the program with the datastores.

    Args:
        environment: of a committed stack.
        identity: the identity layer's contract.
        network: the network's contract.
        places: settings of the provider, by full key.
        changes: settings of the layer, by key without "platform:".
    """
    contracts: dict[str, Document | str] = {
        "contract-identity": identity or contract_documents.identity(environment),
        "contract-network": network or contract_documents.network(environment),
    }
    return _run(f"storage-{environment}", contracts, places, changes)


def deploy_namespaces(
    environment: str = "sandbox",
    team: Document | None = None,
    platform: Document | None = None,
    storage: Document | None = None,
    places: Document | None = None,
    **changes: Any,
) -> Engine:
    """Declarations of the program with a team's namespaces.

    Args:
        environment: of a committed stack.
        team: the team's contract.
        platform: the contract of network and cluster.
        storage: the datastores' contract.
        places: settings of the provider, by full key.
        changes: settings of the layer, by key without "platform:".
    """
    contracts: dict[str, Document | str] = {
        f"contract-team-{TEAM}": team or contract_documents.team(environment),
        "contract-platform": platform or contract_documents.platform(environment),
        "contract-storage": storage or contract_documents.storage(environment),
    }
    return _run(f"namespaces-{TEAM}-{environment}", contracts, places, changes)


def refused_namespaces(**arguments: Any) -> str:
    """Message of the refusal by the program with a team's namespaces, before it declares anything."""
    with pytest.raises(pulumi.RunError) as raised:
        deploy_namespaces(**arguments)
    return str(raised.value)
