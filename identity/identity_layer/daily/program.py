"""The program of daily work: capabilities of teams, break-glass, and the contract with the platform layer.

Only wiring: settings, the foundation's contract, components, contract.
"""

import pulumi

from identity_layer import contract, stacks, upstream
from identity_layer.daily import break_glass, capabilities, daily_fit
from identity_layer.kit import producer
from identity_layer.kit.adoption import Adoption
from identity_layer.settings import Settings


def declare() -> None:
    """Declares the stack."""
    stack = stacks.load(Settings)
    foundation = upstream.FOUNDATION.read(stack.project)
    daily_fit.check(stack, foundation)
    adopted = Adoption("identity", stack.adopted)

    promised = [*capabilities.create(stack), *break_glass.create(stack, foundation.break_glass_group)]
    document = contract.build(stack, foundation.project).document()
    producer.publish("identity", "identity", stack.project, pulumi.Output.from_input(document), promised)
    pulumi.export("contract", document)
    adopted.check()
