"""The contracts of the committed stacks, as their producers publish them; starting points of the consumers' tests."""

import copy
from functools import cache

from unit.pulumi_mocks import Document, Engine, run, stack_configuration


@cache
def _identity(stack: str) -> Document:
    return run("identity", stack, stack_configuration("identity", stack)).outputs["contract"]


@cache
def _platform() -> Document:
    engine = Engine(contracts={"contract-identity": identity()})
    return run("platform", "sandbox", stack_configuration("platform", "sandbox"), engine).outputs["contract"]


def identity(stack: str = "sandbox") -> Document:
    """The identity layer's contract; the caller may change it."""
    return copy.deepcopy(_identity(stack))


def platform() -> Document:
    """The platform layer's contract; the caller may change it."""
    return copy.deepcopy(_platform())
