"""The programs of the platform layer, run for a committed stack; starting point of the tests of their parts."""

from typing import Any

from unit import contract_documents
from unit.pulumi_mocks import Document, Engine, run, stack_configuration


def deploy(
    stack: str = "sandbox", identity: Document | None = None, places: Document | None = None, **changes: Any
) -> Engine:
    """Declarations of the program.

    Args:
        stack: a committed stack.
        identity: the identity layer's contract; the one of the same stack by default.
        places: settings of the provider, by full key.
        changes: settings of the layer, by key without "platform:".
    """
    configuration = (
        stack_configuration("platform", stack)
        | (places or {})
        | {f"platform:{key}": value for key, value in changes.items()}
    )
    contract = identity or contract_documents.identity(stack)
    return run("platform", stack, configuration, Engine(contracts={"contract-identity": contract}))


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
    stack = f"storage-{environment}"
    configuration = stack_configuration("platform", stack) | (places or {})
    configuration |= {f"platform:{key}": value for key, value in changes.items()}
    contracts: dict[str, Document | str] = {
        "contract-identity": identity or contract_documents.identity(environment),
        "contract-network": network or contract_documents.network(environment),
    }
    return run("platform", stack, configuration, Engine(contracts=contracts))
