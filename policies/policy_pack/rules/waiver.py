"""Rules on waivers, which keep the list short and true. Each waiver is evaluated in the stack that it names."""

from collections.abc import Iterator

from engine import urns
from policy_pack.rule import Finding, Severity, Stack, stack_rule
from policy_pack.waivers import Waiver

_URL = "https://www.pulumi.com/docs/insights/policy/"
_FILE = "policies/waivers.yaml"


def _here(stack: Stack) -> Iterator[tuple[Waiver, list[str]]]:
    """Yield the waivers for this stack, each with the resources that it matches."""
    by_target: dict[urns.Urn, list[str]] = {}
    for member in stack.resources:
        by_target.setdefault(urns.parse(member.urn), []).append(member.urn)
    stacks = {(urn.project, urn.stack) for urn in by_target}
    for waiver in stack.waivers:
        target = waiver.resource
        if (target.parts.project, target.parts.stack) in stacks:
            yield waiver, [urn for urn in by_target.get(target.parts, []) if target.fits(urn)]


@stack_rule(
    "waiver-in-time", Severity.HIGH, remediation=f"Mend the finding, and remove the waiver from {_FILE}.", url=_URL
)
def in_time(stack: Stack) -> Iterator[Finding]:
    """A waiver ends: afterwards the finding is a violation again, and so is the expired waiver."""
    for waiver, _ in _here(stack):
        if stack.waivers.expired(waiver):
            yield Finding(
                "",
                f"the {waiver.title} expired on {waiver.expires}: the finding counts again. Mend it, and remove the "
                f"waiver from {_FILE}.",
            )


@stack_rule("waiver-needed", Severity.MEDIUM, remediation=f"Remove the waiver from {_FILE}.", url=_URL)
def needed(stack: Stack) -> Iterator[Finding]:
    """A waiver is needed by a finding: an unneeded one would hide the next finding."""
    for waiver, _ in _here(stack):
        if not stack.waivers.used(waiver) and not stack.waivers.expired(waiver):
            yield Finding(
                "",
                f"the {waiver.title} waives nothing: it would hide the next finding there. Remove it from {_FILE}.",
            )


@stack_rule("waiver-for-one-resource", Severity.HIGH, remediation="Name the resource by its URN.", url=_URL)
def for_one_resource(stack: Stack) -> Iterator[Finding]:
    """A waiver is for one resource: nobody has reviewed other resources that it matches."""
    for waiver, fitting in _here(stack):
        if len(fitting) > 1:
            yield Finding(
                "",
                f"the {waiver.title} fits {len(fitting)} resources: nobody has looked at the others. Name the one by "
                "its URN.",
            )
