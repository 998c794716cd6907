"""Ways in which an input's change weakens, at the limit of each, and the paths at which they are found."""

from typing import Any

import pytest

from plan_gate.weakening import TypeOf, Weakening, values
from unit.policies.plans import UNKNOWN


@pytest.mark.parametrize(
    ("way", "before", "after", "happens"),
    [
        ({"more": True}, ["86400s"], ["172800s"], True),
        ({"more": True}, ["172800s"], ["86400s"], False),
        ({"unset": True}, ["86400s"], [], True),
        ({"unset": True}, ["86400s"], ["1s"], False),
        ({"removes": True}, ["a", "b"], ["b"], True),
        ({"removes": True}, ["a"], ["b", "a"], False),
        ({"bad": [True]}, [False], [True], True),
        ({"bad": [True]}, [True], [False], False),
        ({"less": True}, [], [1], False),
        ({"less": True}, ["7", "9"], ["7", "8"], False),
        ({"less": True}, ["1.28"], ["1.27"], True),
        ({"less": True}, ["7"], ["8", UNKNOWN], True),
        ({"less": True}, ["7"], [], True),
        ({"more": True}, ["7", "9"], ["8", "9"], False),
        ({"more": True}, [], [1], True),
        ({"more": True}, [90], [8, UNKNOWN], True),
        ({"more": True}, [1], [], False),
        ({"good": ["on", "all"]}, ["on"], ["all"], False),
        ({"good": ["on", "all"]}, ["on"], ["on", "all"], False),
        ({"good": ["on"]}, ["on"], ["on", "off"], True),
        ({"good": ["on"]}, ["on"], [], True),
        ({"good": ["on"]}, ["off"], ["none"], False),
        ({"good": ["on"]}, ["off"], [], False),
        ({"bad": ["off"]}, ["on"], ["on", UNKNOWN], True),
        ({"bad": ["off"]}, ["off"], ["off", "on"], False),
        ({"moves": True}, [], ["a"], False),
        ({"moves": True}, ["a"], [], True),
        ({"adds": True}, ["a", "b"], ["b"], False),
        ({"adds": True}, ["a", "b"], ["a", "b", "c"], True),
        ({"changes": True}, [], ["a"], True),
        ({"changes": True}, [{"a": 1, "b": 2}], [{"b": 2, "a": 1}], False),
        ({"changes": True}, [True, 1], ["true", "1"], False),
        ({"shrinks": True}, [("pods", "1")], [("memory", "1")], True),
        ({"shrinks": True}, [("pods", "0")], [("memory", "1")], False),
        ({"shrinks": True}, [("pods", "20")], [("pods", "30"), ("memory", "1")], False),
        ({"shrinks": True}, [("pods", "20")], [UNKNOWN], True),
        ({"changes": True, "beside": ["owner"]}, [("owner", "a")], [("owner", "b")], False),
        ({"changes": True, "beside": ["owner"]}, [("guard", "a")], [("guard", "b")], True),
        ({"changes": True, "upto": "@"}, ["app@1"], ["app@2"], False),
        ({"changes": True, "upto": "@"}, ["app@1"], ["app"], True),
    ],
)
def test_each_way_is_a_direction(way: dict[str, Any], before: list[Any], after: list[Any], happens: bool) -> None:
    rule = Weakening(kind="weakens", because="it would be bad", **way)

    assert rule.happens(before, after) is happens


@pytest.mark.parametrize("ways", [{}, {"less": True, "more": True}])
def test_a_change_is_given_in_exactly_one_way(ways: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="exactly one of"):
        Weakening(kind="weakens", because="it would be bad", **ways)


def test_a_path_finds_what_is_nested_and_in_lists() -> None:
    document = {
        "a": [{"b": {"x.y/z": 1}}, {"b": {"x.y/z": 2}}],
        "c": [{"name": "log_a"}, {"name": "other"}],
        "u": UNKNOWN,
    }

    assert list(values(document, 'a[].b["x.y/z"]')) == [1, 2]
    assert list(values(document, "c[name=log_*]")) == [{"name": "log_a"}]
    assert list(values(document, "u.deep")) == [UNKNOWN]
    assert list(values(document, "missing.deep")) == []


def test_a_path_that_ends_at_a_list_or_a_map_finds_its_elements() -> None:
    document = {"list": ["a", "b"], "map": {"k/e": ["c", "d"], "x": 1}}

    assert list(values(document, "list")) == ["a", "b"]
    assert list(values(document, 'map["k/e"]')) == ["c", "d"]
    assert list(values(document, "map")) == [("k/e", ["c", "d"]), ("x", 1)]
    assert list(values(document, "list[]")) == ["a", "b"]


def test_a_path_that_nobody_can_read_is_refused() -> None:
    way = Weakening(kind="weakens", because="it would be bad", changes=True)

    with pytest.raises(ValueError, match="is no path"):
        TypeOf(paths={"settings/backup": (way,)})
