"""The README's table is the code's."""

from policy_pack import catalog, document


def test_the_table_of_rules_is_up_to_date() -> None:
    text = document.README.read_text(encoding="utf-8")
    assert document.written(text) == text, "run `.venv/bin/python -m policy_pack.document` in policies/"


def test_every_rule_is_in_a_section_of_its_own_domain() -> None:
    assert {policy.domain for policy in catalog.POLICIES} == set(document.DOMAINS)
    text = document.table()
    assert all(text.count(f"| [`{policy.name}`]") == 1 for policy in catalog.POLICIES)
