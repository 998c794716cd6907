"""A rule that fails itself is a violation, and never a pass."""

from collections.abc import Iterator

from policy_pack.rule import Finding, Resource, Severity, Stack, findings, of, rule, stack_rule, violations
from policy_pack.waivers import Waivers, today

TOKEN = "gcp:compute/router:Router"
ROUTER = Resource(f"urn:pulumi:dev::platform::{TOKEN}::main", TOKEN, "main", {})
STACK = Stack([], Waivers([], today()))


def _fails() -> str:
    raise KeyError("spec")


@rule("plan-of-one", of(TOKEN), Severity.LOW, remediation="None.", url="https://example.com")
def one(resource: Resource) -> Iterator[str]:
    """Nothing."""
    yield f"is {resource.name}"
    yield _fails()


@stack_rule("plan-of-all", Severity.LOW, remediation="None.", url="https://example.com")
def whole(stack: Stack) -> Iterator[Finding]:
    """Nothing."""
    yield Finding("a", f"has {len(stack.resources)} resources")
    yield Finding("b", _fails())


def test_a_rule_on_a_resource_that_fails_is_a_violation_of_it() -> None:
    label = f"{TOKEN} 'main': "

    first, second = violations(one, ROUTER)
    assert first == f"{label}is main"
    assert second.startswith(f"{label}could not be checked (KeyError in the rule), so it is refused.")


def test_a_rule_on_a_stack_that_fails_is_a_finding_about_the_whole_stack() -> None:
    first, second = findings(whole, STACK)

    assert first == Finding("a", "has 0 resources")
    assert second.urn == ""
    assert second.message.startswith("the stack could not be checked (KeyError in the rule), so it is refused.")


def test_the_domain_of_a_rule_is_the_first_part_of_its_name() -> None:
    assert one.domain == whole.domain == "plan"
