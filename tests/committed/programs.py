"""A committed stack's program under the recording engine, and what the policies say of what it declares."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import cast

import pulumi

from cli import limits
from cli.contracts import listed
from cli.layout import Stack, stacks
from engine.contracts import published
from engine.members import Member
from pack.programs import as_members, as_resources
from policy_pack import catalog, waivers
from policy_pack.rule import Stack as Whole
from policy_pack.rule import findings as stack_findings
from policy_pack.rule import violations
from toolchain.errors import ToolError
from unit.pulumi_mocks import Document, Engine, run, stack_configuration


@cache
def declared(stack: Stack) -> Engine:
    """Resources and outputs that the program declares, given the contracts that its environment's other stacks publish.

    Raises:
        pulumi.RunError: the program refuses its configuration or a contract.
        ToolError: a stack that it depends on has no stack file.
    """
    return run(stack.project, stack.name, stack_configuration(stack.project, stack.name), engine(stack, declared))


def engine(stack: Stack, program: Callable[[Stack], Engine]) -> Engine:
    """An engine with the contracts that a stack reads.

    Args:
        stack: the consumer.
        program: runs a producer of the same environment.

    Raises:
        ToolError: a producer has no stack file.
    """
    contracts: dict[str, Document | str] = {}
    for name, contract in listed().items():
        if stack.program in contract.consumers:
            team = stack.of_team() if contract.each else ""
            project, _, part = contract.producer.partition("/")
            producer = Stack(project, stack.environment, "-".join(filter(None, (part, team))) or None)
            producer.gcp_project()  # or the error would be about a file that Python could not open
            contracts["-".join(filter(None, ("contract", name, team)))] = cast(
                "Document", dict(published(program(producer).outputs, contract.producer))[name]
            )
    return Engine(contracts=contracts)


def findings(stack: Stack) -> Iterator[str]:
    """Reasons why a preview of the stack would be refused."""
    try:
        known = declared(stack)
    except pulumi.RunError as error:
        yield f"its program refuses it: {error}"
        return
    except ToolError as error:
        yield str(error)
        return
    yield from _violations(stack, known)


def exceeded(environment: str) -> Iterator[str]:
    """Limits of Google's that the stacks of an environment exceed together, though each stays within them."""
    members: list[Member] = []
    for stack in stacks(environment):
        try:
            members += as_members(stack.project, stack.name, declared(stack))
        except (pulumi.RunError, ToolError):  # said of the stack itself
            return
    for usage in limits.count(members):
        if usage.left < 0:
            yield f"the stacks of {environment} together: {usage.finding.detail}; {usage.limit.remedy}"


def _violations(stack: Stack, known: Engine) -> Iterator[str]:
    """Violations of mandatory policies that no waiver accepts."""
    accepted = waivers.load(catalog.WAIVABLE)
    for resource in as_resources(stack.project, stack.name, known):
        for rule in catalog.RULES:
            if rule.concerns(resource.type) and not rule.advisory:
                for message in violations(rule, resource):
                    if accepted.covering(rule.name, resource.urn) is None:
                        yield f"policy {rule.name}: {message}"
    whole = Whole(as_members(stack.project, stack.name, known), accepted)
    for rule in catalog.STACK_RULES:
        for finding in stack_findings(rule, whole):
            if accepted.covering(rule.name, finding.urn) is None:
                yield f"policy {rule.name}: {finding.message}"
