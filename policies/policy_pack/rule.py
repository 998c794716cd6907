"""What a rule is, and how it becomes a policy of the SDK.

A rule is a function from one resource to its violations. It runs before the resource is registered, so a violation
stops an update before anything of that resource is created. Its messages name the risk and the fix, and never a value
that may be secret.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pulumi_policy import EnforcementLevel, ReportViolation, ResourceValidationArgs, ResourceValidationPolicy

from policy_pack.values import plain


@dataclass(frozen=True)
class Resource:
    """One resource as it is about to be registered.

    Attributes:
        type: the type token, such as "gcp:sql/user:User".
        name: the Pulumi name.
        inputs: plain values, camelCase keys, UNKNOWN where a preview cannot know.
        protect: whether Pulumi refuses to delete it.
    """

    type: str
    name: str
    inputs: dict[str, Any]
    protect: bool


@dataclass(frozen=True)
class Rule:
    """A named check.

    Attributes:
        name: kebab-case, of resource and check.
        description: what it demands and why.
        check: yields a message per violation; nothing for a resource that it does not concern.
    """

    name: str
    description: str
    check: Callable[[Resource], Iterator[str]]


def violations(rule: Rule, resource: Resource) -> Iterator[str]:
    """The rule's messages, each with the resource in front; a rule that fails is a violation, never a pass."""
    label = f"{resource.type} {resource.name!r}"
    try:
        for message in rule.check(resource):
            yield f"{label}: {message}"
    except Exception as error:  # noqa: BLE001 - whatever goes wrong in a rule must not open the gate
        yield (
            f"{label}: could not be checked ({type(error).__name__} in the rule), so it is refused. "
            "Its inputs have a form that "
            "the rule does not know; correct them, or have the rule extended."
        )


def as_policy(rule: Rule) -> ResourceValidationPolicy:
    """The rule as a mandatory policy."""

    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        resource = Resource(args.resource_type, args.name, plain(args.props), bool(args.opts.protect))
        for message in violations(rule, resource):
            report(message, None)

    return ResourceValidationPolicy(
        name=rule.name,
        description=rule.description,
        validate=validate,
        enforcement_level=EnforcementLevel.MANDATORY,
    )
