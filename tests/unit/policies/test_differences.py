"""Differences of a resource's inputs, as a person reads them."""

from typing import Any

import pytest

from plan_gate.differences import differences
from unit.policies.plans import UNKNOWN

SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "c2VjcmV0"}


def told(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """The lines of two sets of inputs."""
    return [str(difference) for difference in differences(before, after)]


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        pytest.param({"a": 1}, {"a": 2}, ["~ a: 1 => 2"], id="a value"),
        pytest.param({}, {"a": {"b": True}}, ['+ a: {"b": true}'], id="a new one"),
        pytest.param({"a": {"b": 1, "c": 1}}, {"a": {"c": 1}}, ["- a.b: 1"], id="one that goes, inside"),
        pytest.param({"a": UNKNOWN}, {"a": "x"}, ["~ a: (known after the update) => x"], id="an unknown one"),
        pytest.param({"a": ""}, {"a": "x"}, ['~ a: "" => x'], id="an empty text"),
        pytest.param({"__defaults": [], "a": 1}, {"__defaults": ["b"], "a": 1}, [], id="a provider's own notes"),
        pytest.param({"a": {"__defaults": []}}, {"a": {"__defaults": ["b"], "c": 1}}, ["+ a.c: 1"], id="notes inside"),
        pytest.param({"p": ["a", "b", "c"]}, {"p": ["b", "c"]}, ["- p: a"], id="the first of a set"),
        pytest.param({"p": ["b", "c"]}, {"p": ["b", "a", "c"]}, ["+ p: a"], id="one in the middle of a set"),
        pytest.param({"p": ["a", "a"]}, {"p": ["a"]}, ["- p: a"], id="one that was there twice"),
        pytest.param({"p": ["a", "b"]}, {"p": ["b", "a"]}, ["~ p: in another order"], id="only the order"),
        pytest.param({"p": ["a"]}, {"p": ["b"]}, ["- p: a", "+ p: b"], id="one for another"),
        pytest.param(
            {"flags": [{"name": "x", "value": "on"}, {"name": "y", "value": "on"}]},
            {"flags": [{"name": "y", "value": "off"}]},
            ['- flags[x]: {"name": "x", "value": "on"}', "~ flags[y].value: on => off"],
            id="objects with a name",
        ),
        pytest.param(
            {"rules": [{"to": [{"a": 1}], "port": {"b": 2}}]},
            {"rules": [{"to": [{"a": 2}], "port": {"b": 2}}]},
            ["~ rules.to.a: 1 => 2"],
            id="the only object of a list",
        ),
        pytest.param(
            {"doc": '{"a": [1, 2], "b": 3}'}, {"doc": '{"a": [1], "b": 3}'}, ["- doc.a: 2"], id="a JSON document"
        ),
        pytest.param({"doc": "{broken"}, {"doc": "{other"}, ["~ doc: {broken => {other"], id="no JSON document"),
        pytest.param({"t": "one\x1b[2K"}, {"t": "two"}, ["~ t: one\\u001b[2K => two"], id="a control character"),
    ],
)
def test_a_difference_is_told_where_it_is(before: dict[str, Any], after: dict[str, Any], lines: list[str]) -> None:
    assert told(before, after) == lines


@pytest.mark.parametrize(
    ("before", "after"),
    [({"password": "hunter2"}, {"password": "other"}), ({"a": {"b": SECRET}}, {"a": {"b": {**SECRET, "x": "y"}}})],
    ids=["by its name", "by the engine's mark"],
)
def test_a_secret_is_said_to_differ_and_never_shown(before: dict[str, Any], after: dict[str, Any]) -> None:
    [line] = told(before, after)

    assert "hunter2" not in line
    assert "c2VjcmV0" not in line
    assert line.endswith("differs in what is secret or in the order")


def test_properties_that_are_secret_as_a_whole_are_not_shown() -> None:
    [line] = differences({"data": {"a": "b"}}, {"data": {"a": "c"}}, ("data",))

    assert (line.path, line.text) == ("data", "differs in what is secret or in the order")


def test_long_values_are_cut_where_they_are_equal() -> None:
    front, behind = "a" * 300, "z" * 300
    [line] = told({"image": f"{front}0123{behind}"}, {"image": f"{front}4567{behind}"})

    assert "0123" in line
    assert "4567" in line
    assert len(line) < 130


def test_what_differs_at_both_ends_is_cut_in_the_middle() -> None:
    [line] = told({"a": "x" + "m" * 300 + "y"}, {"a": "v" + "m" * 300 + "w"})

    before, after = line.removeprefix("~ a: ").split(" => ")
    assert (before[0], before[-1], after[0], after[-1]) == ("x", "y", "v", "w")
    assert len(line) < 140
