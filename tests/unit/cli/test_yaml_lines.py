import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.yaml_lines import NotInsertableError, inserted

FILE = """\
# A comment at the top.
config:
  gcp:project: example  # beside a value
  layer:apps:
    # The first one.
    storefront:
      team: shop
      databases: [orders]
    # The last one.
    reports: {team: shop}
  # After the apps.
  layer:list:
    - a
    - b
"""


def test_a_key_comes_below_the_last_one_and_every_other_line_stays() -> None:
    after = inserted(FILE, ["config", "layer:apps"], "invoices", "{team: billing}")

    assert after == FILE.replace(
        "    reports: {team: shop}\n", "    reports: {team: shop}\n    invoices: {team: billing}\n"
    )


def test_a_mapping_that_is_not_there_is_made_at_the_end_of_the_one_above() -> None:
    after = inserted(FILE, ["config", "layer:namespaces"], "invoices", "{public: true}")

    assert after == FILE + "  layer:namespaces:\n    invoices: {public: true}\n"


def test_a_file_without_a_newline_at_its_end_gets_one() -> None:
    assert inserted("config:\n  a: 1", ["config"], "b", "2") == "config:\n  a: 1\n  b: 2\n"


def test_a_text_of_several_lines_is_left_whole() -> None:
    text = "config:\n  apps:\n    a:\n      note: |\n        one\n        two\n  other: 1\n"

    assert inserted(text, ["config", "apps"], "b", "{}") == text.replace("        two\n", "        two\n    b: {}\n")


@pytest.mark.parametrize(
    "text",
    [
        "config:\n  layer:apps: {}\n",
        "config:\n  layer:apps: {a: {team: shop}}\n",
        "config:\n  layer:apps:\n",
        "config:\n  layer:apps: [a]\n",
        "",
    ],
)
def test_what_has_no_line_for_each_key_is_left_to_a_person(text: str) -> None:
    with pytest.raises(NotInsertableError, match=r"layer:apps|no mapping"):
        inserted(text, ["config", "layer:apps"], "b", "{team: shop}")


NAMES = st.from_regex(r"[a-z]{1,5}", fullmatch=True)
LEAVES = st.integers() | st.text("abc \n:#'\"", max_size=8) | st.none()
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None)
@given(st.dictionaries(NAMES, VALUES, min_size=1, max_size=4), st.dictionaries(NAMES, VALUES, max_size=3))
def test_whatever_else_is_in_a_file_it_says_the_same_afterwards(
    apps: dict[str, object], more: dict[str, object]
) -> None:
    before = {"config": {"apps": apps, **{f"more:{name}": value for name, value in more.items()}}}
    text = yaml.safe_dump(before, sort_keys=False)

    after = inserted(text, ["config", "apps"], "NEW", "{team: shop}")

    expected = {**before["config"], "apps": {**apps, "NEW": {"team": "shop"}}}
    assert yaml.safe_load(after) == {"config": expected}
    assert [line for line in after.splitlines() if "NEW: {team: shop}" not in line] == text.splitlines()
