"""The contracts of the sandbox's stacks, as their producers publish them; starting points of the consumers' tests."""

import copy
from functools import cache

from unit.pulumi_mocks import Document, Engine, run, stack_configuration


@cache
def _identity() -> Document:
    return run("identity", "sandbox", stack_configuration("identity", "sandbox")).outputs["contract"]


@cache
def _platform() -> Document:
    engine = Engine(contracts={"contract-identity": identity()})
    return run("platform", "sandbox", stack_configuration("platform", "sandbox"), engine).outputs["contract"]


def identity() -> Document:
    """What the identity layer publishes; the caller may change it."""
    return copy.deepcopy(_identity())


def platform() -> Document:
    """What the platform layer publishes; the caller may change it."""
    return copy.deepcopy(_platform())
