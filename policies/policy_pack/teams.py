"""The team of a stack that each team has one of: the part of the stack's name before the environment."""

from engine import contracts, urns
from policy_pack.environments import ENVIRONMENTS

IDENTITY, NAMESPACES = "identity/team", "platform/namespaces"
PROGRAMS = (IDENTITY, NAMESPACES)


def of(urn: str) -> str | None:
    """Return the team in whose stack a resource is; None for any other stack, empty where the name has no team."""
    program = contracts.program_of(urn)
    if program not in PROGRAMS:
        return None
    stack = urns.parse(urn).stack
    environment = ENVIRONMENTS.of_stack(stack)
    begin = f"{program.rpartition('/')[2]}-"
    return stack.removeprefix(begin).removesuffix(f"-{environment}") if environment else ""
