"""Rules on accepted drift, which keep the list short and true. Each entry is evaluated in the stack that it names."""

from collections.abc import Iterator

from engine import urns
from policy_pack.acceptances import Acceptance
from policy_pack.rule import Finding, Severity, Stack, stack_rule

_URL = "https://www.pulumi.com/docs/iac/cli/commands/pulumi_refresh/"
_FILE = "policies/drift_acceptances.yaml"


def _here(stack: Stack) -> Iterator[Acceptance]:
    stacks = {(urn.project, urn.stack) for urn in (urns.parse(member.urn) for member in stack.resources)}
    for project, name in sorted(stacks):
        yield from stack.acceptances.of_stack(project, name)


@stack_rule(
    "drift-acceptance-in-time",
    Severity.HIGH,
    remediation=f"Declare what the cloud has, or put it back by a deployment, and remove the acceptance from {_FILE}.",
    url=_URL,
)
def in_time(stack: Stack) -> Iterator[Finding]:
    """Accepted drift ends: afterwards a deployment undoes the difference, and the expired entry is a violation."""
    for acceptance in _here(stack):
        if stack.acceptances.expired(acceptance):
            yield Finding(
                "",
                f"the {acceptance.title} expired on {acceptance.expires}: without it the next deployment puts the "
                f"declared value back. Remove it from {_FILE}, or declare what the cloud has.",
            )


@stack_rule("drift-acceptance-needed", Severity.MEDIUM, remediation=f"Remove the acceptance from {_FILE}.", url=_URL)
def needed(stack: Stack) -> Iterator[Finding]:
    """Accepted drift differs from what is declared: an entry that changes nothing would hide the next change."""
    if stack.declared is None:
        return  # states are analysed, without a program
    for acceptance in _here(stack):
        if not stack.acceptances.expired(acceptance) and (problem := stack.declared(acceptance)):
            yield Finding("", f"the {acceptance.title} {problem}. Remove it from {_FILE}, or correct it.")
