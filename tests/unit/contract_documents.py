"""The contracts of the committed stacks, as their producers publish them; starting points of the consumers' tests."""

import copy
from functools import cache

from unit.pulumi_mocks import Document, Engine, run, stack_configuration


@cache
def _foundation(environment: str) -> Document:
    stack = f"foundation-{environment}"
    return run("identity", stack, stack_configuration("identity", stack)).outputs["contract"]


@cache
def _identity(stack: str) -> Document:
    engine = Engine(contracts={"contract-foundation": foundation(stack)})
    return run("identity", stack, stack_configuration("identity", stack), engine).outputs["contract"]


@cache
def _platform(stack: str) -> Document:
    engine = Engine(contracts={"contract-identity": identity(stack)})
    return run("platform", stack, stack_configuration("platform", stack), engine).outputs


@cache
def _storage() -> Document:
    engine = Engine(contracts={"contract-identity": identity(), "contract-network": network()})
    stack = "storage-sandbox"
    return run("platform", stack, stack_configuration("platform", stack), engine).outputs["contract"]


def foundation(environment: str = "sandbox") -> Document:
    """The foundation's contract towards the identity layer's daily work; the caller may change it."""
    return copy.deepcopy(_foundation(environment))


def identity(stack: str = "sandbox") -> Document:
    """The identity layer's contract; the caller may change it."""
    return copy.deepcopy(_identity(stack))


def platform() -> Document:
    """The contract of network and cluster; the caller may change it."""
    return copy.deepcopy(_platform("sandbox")["contract"])


def network(stack: str = "sandbox") -> Document:
    """The network's contract towards the datastores; the caller may change it."""
    return copy.deepcopy(_platform(stack)["contract-network"])


def storage() -> Document:
    """The datastores' contract; the caller may change it."""
    return copy.deepcopy(_storage())
