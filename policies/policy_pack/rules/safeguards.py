"""Rules on the guard rails of the foundation: each is there, with the content that security expects."""

from collections.abc import Iterator

from engine import contracts, own, urns
from engine.inputs import named
from iam.safeguards import SAFEGUARDS
from policy_pack.environments import ENVIRONMENTS
from policy_pack.rule import Finding, Resource, Severity, Stack, of, rule, stack_rule

_URL = "https://cloud.google.com/architecture/landing-zones/decide-security"
_TYPES = frozenset(group.type for group in SAFEGUARDS.groups)


@rule(
    "iam-safeguards-kept",
    of(*_TYPES),
    Severity.CRITICAL,
    references=["design: guard rails"],
    remediation="Restore the content, or have security change policies/safeguards.yaml with it.",
    url=_URL,
)
def safeguards_kept(resource: Resource) -> Iterator[str]:
    """The foundation's guard rails have the content that safeguards.yaml lists, and none is added that weakens them."""
    if resource.program != SAFEGUARDS.program:
        return
    safeguard = SAFEGUARDS.of(resource.type, resource.name)
    if safeguard is None:
        if SAFEGUARDS.is_exclusive(resource.type):
            yield (
                "is no guard rail that policies/safeguards.yaml lists, and such a resource beside them may undo what "
                "they keep. Remove it, or have security enter it."
            )
        return
    for problem in safeguard.problems(resource.inputs, resource.own):
        yield (
            f"{problem}: the guard rail no longer does what others rely on ({safeguard.group.because}). Restore it, or "
            "have security change policies/safeguards.yaml with it."
        )
    if resource.ignored:
        paths = ", ".join(map(named, resource.ignored))
        yield f"ignores changes of {paths}: what is taken away by hand never comes back. Leave it out."
    if safeguard.group.protect and not resource.protect:
        yield "is not protected in Pulumi: a removed entry would lift the guard rail. Set protect=True."


@stack_rule(
    "iam-safeguards-present",
    Severity.CRITICAL,
    references=["design: guard rails"],
    remediation="Declare the guard rail, or have security remove it from policies/safeguards.yaml.",
    url=_URL,
)
def safeguards_present(stack: Stack) -> Iterator[Finding]:
    """The foundation has every guard rail that safeguards.yaml lists."""
    by_stack: dict[str, list[tuple[str, str]]] = {}
    for member in stack.resources:
        if contracts.program_of(member.urn) == SAFEGUARDS.program:
            by_stack.setdefault(urns.parse(member.urn).stack, []).append((member.type, member.name))
    for name, present in by_stack.items():
        facts = own.of_environment(ENVIRONMENTS.of_stack(name))
        for safeguard in SAFEGUARDS.absent(present, facts):
            yield Finding(
                "",
                f"the stack {named(name)} has no {safeguard.label}, on which others rely ({safeguard.group.because}). "
                "Declare it, or have security remove it from policies/safeguards.yaml.",
            )
