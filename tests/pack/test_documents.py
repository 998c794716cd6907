"""RULES.md lists every rule once, in the section of its domain."""

from audit import pack as audit
from plan_gate import rules as gate
from policy_pack import catalog, document


def test_every_rule_is_in_a_section_of_its_own_domain() -> None:
    assert {policy.domain for policy in catalog.POLICIES} == set(document.DOMAINS)
    of_audit = [policy for policy in audit.rules() if policy.domain == "audit"]
    policies = {policy.name for policy in (*catalog.POLICIES, *gate.RULES, *of_audit)}
    text = document.text(gate.RULES, of_audit)
    assert all(text.count(f"| [`{name}`]") == 1 for name in policies)
