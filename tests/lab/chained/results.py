"""Results of the comparison of chained previews with what comes later, as lines and figures."""

from collections.abc import Iterator, Sequence

from lab.chained.comparison import Comparison


def row(comparison: Comparison) -> Iterator[str]:
    """Yield lines about a change: how many changes of each stack were predicted, and each difference."""
    for stack in comparison.stacks:
        verdict = "differs" if stack.differences else "as predicted"
        said = f"; announced: {', '.join(stack.announced)}" if stack.announced else ""
        yield f"{comparison.change.name}: {stack.stack}: {len(stack.later)} changes, {verdict}{said}"
        yield from (f"  {line}" for line in stack.differences)


def summary(comparisons: Sequence[Comparison]) -> str:
    """Return the figures of all changes in a line."""
    stacks = [stack for each in comparisons for stack in each.stacks]
    equal = sum(not stack.differences for stack in stacks)
    announced = sum(bool(stack.differences and stack.announced) for stack in stacks)
    false = sum(stack.is_falsely_unchanged for stack in stacks)
    changed = sum(bool(stack.later) for stack in stacks)
    return (
        f"{len(comparisons)} changes, {len(stacks)} predicted plans, {changed} of them with changes: {equal} equal the "
        f"later plan, {announced} differ as announced, {len(stacks) - equal - announced} differ, "
        f"{false} are falsely unchanged"
    )
