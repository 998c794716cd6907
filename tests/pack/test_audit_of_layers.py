"""The audit over what the layers declare in the example environment: clean but for what decisions accept."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache

import pytest

from audit.case import Security
from audit.evidence import NAME, TYPE, Evidence
from audit.rules import Audit
from audit.settings import inventory, principals, settings
from cli.layout import Choice, foundation, stacks
from cli.layout import Stack as Layer
from committed import programs as committed
from engine.members import Member
from pack.programs import as_members
from policy_pack.rule import Finding, Stack, StackRule, findings
from policy_pack.waivers import Waivers
from toolchain.environments import CHECKOUT

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
SANDBOX = "sandbox"
Change = Callable[[Member], Member | None]


def chosen() -> list[Layer]:
    """The stacks of the sandbox."""
    return list(dict.fromkeys([foundation(SANDBOX), *stacks(SANDBOX, Choice())]))


@cache
def members_of(stack: Layer) -> list[Member]:
    """Everything that a layer declares; the stack itself comes first."""
    return as_members(stack.project, stack.name, committed.declared(stack))


@cache
def protected() -> frozenset[str]:
    """URNs of what the layers' programs protect."""
    return frozenset(
        member.urn
        for stack in chosen()
        for member, item in zip(members_of(stack)[1:], committed.declared(stack).declared, strict=True)
        if item.protect
    )


def found(rule: str, changed: Change = lambda member: member, unprotected: str = "") -> list[Finding]:
    """Findings of a rule on the layers' resources after a change, which may leave some out."""
    kept = [now for stack in chosen() for member in members_of(stack) if (now := changed(member))]
    names = frozenset(urn for urn in protected() if not urn.endswith(f"::{unprotected}"))
    evidence = Evidence(environment=SANDBOX, protected=names)
    urn = f"urn:pulumi:{SANDBOX}::audit::{TYPE}::{NAME}"
    beside = Member(urn, TYPE, NAME, lambda: evidence.model_dump(mode="json"))
    [wanted] = [each for each in rules() if each.name == rule]
    return list(findings(wanted, Stack([*kept, beside], Waivers([], NOW.date()))))


def rules() -> tuple[StackRule, ...]:
    """The audit's rules."""
    return Audit(Security(settings(), inventory(), principals(), CHECKOUT), lambda: NOW).rules()


def _names() -> Iterator[str]:
    return (rule.name for rule in rules() if not rule.advisory)


def _without(name: str) -> Change:
    return lambda member: None if member.name == name else member


def _with(name: str, kind: str, **fields: object) -> Change:
    def changed(member: Member) -> Member:
        if (member.name, member.type.rpartition(":")[2]) != (name, kind):
            return member
        return Member(member.urn, member.type, member.name, lambda: {**member.fields, **fields})

    return changed


@pytest.mark.parametrize("rule", [*_names()])
def test_the_layers_are_clean(rule: str) -> None:
    assert [finding.message for finding in found(rule)] == []


def test_every_accepted_path_is_there() -> None:
    assert [each.message for each in found("audit-escalation-accepted") if "is not there" in each.message] == []


def test_the_producer_of_a_contract_directs_its_consumers() -> None:
    text = "\n".join(finding.message for finding in found("audit-escalation-accepted"))

    assert "account platform-deploy may direct the token of whoever reads secret contract-platform" in text
    assert "account namespaces-deploy may direct the token of whoever reads secret contract-namespaces-shop" in text


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (_without("guard-rails"), "DenyPolicy guard-rails: no state has it"),
        (_with("guard-rails", "DenyPolicy", rules=[]), "DenyPolicy guard-rails: "),
        (_without("alert-account-access"), "AlertPolicy alert-account-access: no state has it"),
        (_with("alert-account-access", "AlertPolicy", enabled=False), "AlertPolicy alert-account-access: enabled"),
        (_with("audit", "ProjectSink", filter="severity=DEBUG"), "ProjectSink audit: filter"),
        (_with("audit", "ProjectSink", disabled=True), "ProjectSink audit: disabled"),
        (_without("audit-storage"), "IAMAuditConfig audit-storage: no state has it"),
        (_without("data-databases-agent"), "CryptoKeyIAMMember data-databases-agent: no state has it"),
        (_with("alert", "NotificationChannel", enabled=False), "NotificationChannel alert: enabled"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_safeguard_that_does_not_hold_is_found(changed: Change, said: str) -> None:
    assert any(finding.message.startswith(said) for finding in found("audit-safeguards-hold", changed))


def test_an_accepted_risk_without_its_safeguard_is_a_violation() -> None:
    text = "\n".join(finding.message for finding in found("audit-no-escalation", _without("guard-rails")))

    assert "account team-deploy can come to account" in text
    assert "safeguards that do not hold: DenyPolicy guard-rails: no state has it" in text


def test_protection_that_a_state_lost_is_found_though_no_inventory_lists_it() -> None:
    [finding] = found("audit-protection-kept", unprotected="orders-administrators-database")

    assert "must be protected, and its state says that it is not" in finding.message
