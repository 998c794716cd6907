"""Checks that a team's group fits the foundation's contract, for the teams of every stack."""

from collections.abc import Iterator

from identity_layer.upstream import FoundationContract
from identity_layer.values import outside


def misfits(path: str, group: str, foundation: FoundationContract) -> Iterator[str]:
    """Problems with a team's group; `path` is its key in the stack file."""
    if problem := outside(foundation.project.domain, group):
        yield f"{path}: {problem}"
    if group == foundation.break_glass_group:
        yield (
            f"{path}: {group!r} is the break-glass group, which the deny policy does not bind; a team needs a group "
            "of its own for its daily work."
        )
