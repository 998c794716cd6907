"""The README's table is the code's."""

from policy_pack import catalog, document


def test_every_rule_is_in_a_section_of_its_own_domain() -> None:
    assert {policy.domain for policy in catalog.POLICIES} == set(document.DOMAINS)
    text = document.table()
    assert all(text.count(f"| [`{policy.name}`]") == 1 for policy in catalog.POLICIES)
