"""Visible files and folders at the top of the checkout, which a newcomer sees first."""

from example_checkout import files

SEEN = {"identity", "platform", "apps", "policies", "tools", "tests", "Makefile", "README.md"}


def test_nothing_stands_at_the_top_but_layers_policies_tools_tests_and_where_to_begin() -> None:
    top = {name.partition("/")[0] for name in files()}

    assert {name for name in top if not name.startswith(".")} == SEEN
