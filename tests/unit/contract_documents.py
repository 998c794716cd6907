"""The contracts of the committed stacks, as their producers publish them; starting points of the consumers' tests."""

import copy
from functools import cache

from unit.pulumi_mocks import Document, Engine, run, stack_configuration

TEAM = "shop"


@cache
def _foundation(environment: str) -> Document:
    stack = f"foundation-{environment}"
    return run("identity", stack, stack_configuration("identity", stack)).outputs["contract"]


@cache
def _identity(stack: str) -> Document:
    engine = Engine(contracts={"contract-foundation": foundation(stack)})
    return run("identity", stack, stack_configuration("identity", stack), engine).outputs["contract"]


@cache
def _team(environment: str) -> Document:
    stack = f"team-{TEAM}-{environment}"
    engine = Engine(contracts={"contract-foundation": foundation(environment)})
    return run("identity", stack, stack_configuration("identity", stack), engine).outputs["contract"]


@cache
def _platform(stack: str) -> Document:
    engine = Engine(contracts={"contract-identity": identity(stack)})
    return run("platform", stack, stack_configuration("platform", stack), engine).outputs


@cache
def _storage(environment: str) -> Document:
    engine = Engine(contracts={"contract-identity": identity(environment), "contract-network": network(environment)})
    stack = f"storage-{environment}"
    return run("platform", stack, stack_configuration("platform", stack), engine).outputs["contract"]


@cache
def _namespaces(environment: str) -> Document:
    stack = f"namespaces-{TEAM}-{environment}"
    contracts: dict[str, Document | str] = {
        f"contract-team-{TEAM}": team(environment),
        "contract-platform": platform(environment),
        "contract-storage": storage(environment),
    }
    return run("platform", stack, stack_configuration("platform", stack), Engine(contracts=contracts)).outputs[
        "contract"
    ]


def foundation(environment: str = "sandbox") -> Document:
    """The foundation's contract towards the identity layer's daily work; the caller may change it."""
    return copy.deepcopy(_foundation(environment))


def identity(stack: str = "sandbox") -> Document:
    """The identity layer's contract; the caller may change it."""
    return copy.deepcopy(_identity(stack))


def team(environment: str = "sandbox") -> Document:
    """The contract of the team with the sample apps; the caller may change it."""
    return copy.deepcopy(_team(environment))


def platform(environment: str = "sandbox") -> Document:
    """The contract of network and cluster; the caller may change it."""
    return copy.deepcopy(_platform(environment)["contract"])


def network(stack: str = "sandbox") -> Document:
    """The network's contract towards the datastores; the caller may change it."""
    return copy.deepcopy(_platform(stack)["contract-network"])


def storage(environment: str = "sandbox") -> Document:
    """The datastores' contract; the caller may change it."""
    return copy.deepcopy(_storage(environment))


def namespaces(environment: str = "sandbox") -> Document:
    """The contract of the team's namespaces towards its apps; the caller may change it."""
    return copy.deepcopy(_namespaces(environment))
