"""Parts of stacks for the rules on whole stacks, and what one rule says about them."""

from collections.abc import Iterable

from pack.analyzer import Analyzer, Inputs, urn

INSIDE = {"namespace": "storefront", "name": "it"}

Part = tuple[str, str, Inputs]


def judged(
    analyzer: Analyzer,
    parts: dict[str, Part],
    policy: str,
    *,
    as_outputs: bool = False,
    ignored: Iterable[str] = (),
) -> list[str]:
    """Messages of one rule about a stack of these parts, registered first; outputs are empty as in a first preview."""
    for name, kind, inputs in parts.values():
        if not as_outputs:
            analyzer.check(kind, inputs, name=name, layer="platform", stack="s1", ignored=ignored)
    stack = "s2" if as_outputs else "s1"
    listed = [
        (urn(kind, name, "platform", stack), kind, inputs if as_outputs else {})
        for name, kind, inputs in parts.values()
    ]
    return [finding.message for finding in analyzer.stack(listed, ignored=ignored) if finding.policy == policy]
