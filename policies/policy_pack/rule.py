"""Rules: named functions from a resource, or from a whole stack, to violations.

A rule on a resource runs before the resource is registered, so a violation stops an update before anything of that
resource is created. A rule on a stack runs at the end of a preview or update. Messages name the risk and the fix, and
never a value that may be secret.
"""

import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from engine import contracts, urns
from engine.members import Member
from engine.own import Own, of_environment
from policy_pack.acceptances import NONE, Acceptance, Acceptances
from policy_pack.environments import ENVIRONMENTS
from policy_pack.waivers import Waivers


class Severity(StrEnum):
    """Severity of a violation: the harm that is possible before anybody notices."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, eq=False)
class Resource:
    """Resource that is about to be registered.

    Attributes:
        urn: its URN.
        type: the type token, such as "gcp:sql/user:User".
        name: the Pulumi name.
        inputs: inputs in camelCase; UNKNOWN where a preview cannot know them, a Secret where the program marks one.
        protect: whether Pulumi refuses to delete it.
        delete_before_replace: whether a replacement first deletes the old one.
        ignored: inputs whose changes Pulumi ignores.
        provider: the inputs of its provider; empty for one without.
    """

    urn: str
    type: str
    name: str
    inputs: dict[str, Any]
    protect: bool = False
    delete_before_replace: bool = False
    ignored: tuple[str, ...] = ()
    provider: dict[str, Any] | None = None

    @property
    def layer(self) -> str:
        """Pulumi project that declares it."""
        return urns.parse(self.urn).project

    @property
    def program(self) -> str:
        """Program that declares it: the layer, or a part of it that is a stack of its own."""
        return contracts.program_of(self.urn)

    @property
    def stack(self) -> str:
        """Stack that declares it."""
        return urns.parse(self.urn).stack

    @cached_property
    def own(self) -> Own:
        """Facts of the stack's environment: its own project, number and domain."""
        return of_environment(ENVIRONMENTS.of_stack(self.stack))


@dataclass(frozen=True)
class Stack:
    """All resources of a stack; of several stacks, where the states of layers are analysed together.

    Attributes:
        resources: resources of the stack.
        waivers: all waivers, and which of them were used.
        acceptances: all accepted drift.
        declared: returns what is wrong with an acceptance beside the program's resources, empty where it is needed;
            None where states are analysed without a program.
    """

    resources: Sequence[Member]
    waivers: Waivers
    acceptances: Acceptances = NONE
    declared: Callable[[Acceptance], str] | None = None


@dataclass(frozen=True)
class Finding:
    """Violation of a stack rule: the resource's URN, empty for the whole stack, and the message."""

    urn: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Common attributes of all rules.

    Attributes:
        name: kebab-case, of resource and check; its first part is the domain.
        description: its requirement, and the reason.
        severity: severity of a violation.
        references: rules of benchmarks with this requirement ("CIS GCP 1.4", "CKV_GCP_41", "PSS baseline").
        remediation: remedy of a violation.
        url: documentation of its subject.
        advisory: reason why a violation stops nothing; empty for a mandatory rule, as nearly all are.
    """

    name: str
    description: str
    severity: Severity
    references: tuple[str, ...]
    remediation: str
    url: str
    advisory: str = ""

    @property
    def domain(self) -> str:
        """Domain of the rule, such as `iam`."""
        return self.name.partition("-")[0]


@dataclass(frozen=True, kw_only=True)
class Rule(Policy):
    """Rule on one resource.

    Attributes:
        concerns: returns whether the rule applies to resources of a type.
        check: yields a message per violation.
    """

    concerns: Callable[[str], bool]
    check: Callable[[Resource], Iterator[str]]


@dataclass(frozen=True, kw_only=True)
class StackRule(Policy):
    """Rule on a stack.

    Attributes:
        looks_at: types whose inputs it needs.
        check: yields its findings.
    """

    looks_at: frozenset[str]
    check: Callable[[Stack], Iterator[Finding]]


def rule(
    name: str,
    concerns: Callable[[str], bool],
    severity: Severity,
    *,
    references: Sequence[str] = (),
    remediation: str,
    url: str,
    advisory: str = "",
) -> Callable[[Callable[[Resource], Iterator[str]]], Rule]:
    """Return a decorator that makes a function a rule; the function's docstring is the rule's description."""

    def made(check: Callable[[Resource], Iterator[str]]) -> Rule:
        return Rule(
            name=name,
            description=_description(check),
            severity=severity,
            references=tuple(references),
            remediation=remediation,
            url=url,
            advisory=advisory,
            concerns=concerns,
            check=check,
        )

    return made


def stack_rule(
    name: str,
    severity: Severity,
    *,
    references: Sequence[str] = (),
    remediation: str,
    url: str,
    looks_at: Sequence[str] = (),
) -> Callable[[Callable[[Stack], Iterator[Finding]]], StackRule]:
    """Return a decorator that makes a function a stack rule; its docstring is the rule's description."""

    def made(check: Callable[[Stack], Iterator[Finding]]) -> StackRule:
        return StackRule(
            name=name,
            description=_description(check),
            severity=severity,
            references=tuple(references),
            remediation=remediation,
            url=url,
            looks_at=frozenset(looks_at),
            check=check,
        )

    return made


def _description(check: Callable[..., Any]) -> str:
    return " ".join((inspect.getdoc(check) or "").split())


def of(*tokens: str) -> Callable[[str], bool]:
    """Return a predicate for exactly these types."""
    return frozenset(tokens).__contains__


def like(pattern: str) -> Callable[[str], bool]:
    """Return a predicate for types that a pattern matches as a whole, in any case."""
    compiled = re.compile(pattern, re.IGNORECASE)
    return lambda token: compiled.fullmatch(token) is not None


def violations(rule: Rule, resource: Resource) -> Iterator[str]:
    """Yield a rule's messages, each with the resource in front; a rule that fails is a violation, never a pass."""
    label = f"{resource.type} {resource.name!r}"
    try:
        for message in rule.check(resource):
            yield f"{label}: {message}"
    except Exception as error:  # noqa: BLE001 - whatever goes wrong in a rule must not open the gate
        yield f"{label}: {_failed(error)}"


def findings(rule: StackRule, stack: Stack) -> Iterator[Finding]:
    """Yield a rule's findings; a rule that fails is a violation of the whole stack."""
    try:
        yield from rule.check(stack)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong in a rule must not open the gate
        yield Finding("", f"the stack {_failed(error)}")


def _failed(error: Exception) -> str:
    return (
        f"could not be checked ({type(error).__name__} in the rule), so it is refused. Its inputs have a form that the "
        "rule does not know; correct them, or have the rule extended."
    )
