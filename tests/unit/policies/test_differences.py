"""Differences of a resource's inputs, as a person reads them."""

from typing import Any

import pytest

from plan_gate.differences import differences, shown
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
        pytest.param({"doc": '["a", "b"]'}, {"doc": '["b"]'}, ["- doc: a"], id="a JSON list"),
        pytest.param({"doc": '{"a": 1}'}, {"doc": "{other"}, ['~ doc: {\\"a\\": 1} => {other'], id="JSON and text"),
        pytest.param({"doc": '{"a": 1}'}, {"doc": "[1]"}, ['~ doc: {\\"a\\": 1} => [1]'], id="JSON of two kinds"),
        pytest.param({"doc": "1"}, {"doc": "10"}, ["~ doc: 1 => 10"], id="a number as text"),
        pytest.param({"doc": '{"a": 1}'}, {"doc": {"a": 2}}, ['~ doc: {\\"a\\": 1} => {"a": 2}'], id="text and object"),
        pytest.param({"a": [1]}, {}, ["- a: [1]"], id="one that goes"),
        pytest.param({}, {"a": {"z": "Größe", "b": 1}}, ['+ a: {"b": 1, "z": "Größe"}'], id="an object in order"),
        pytest.param({}, {"a": "Größe"}, ["+ a: Größe"], id="letters of any language"),
        pytest.param({"a": {"b": UNKNOWN, "__c": 1}}, {}, ['- a: {"b": "(known after the update)"}'], id="notes in it"),
        pytest.param({"a": [[UNKNOWN]]}, {}, ['- a: [["(known after the update)"]]'], id="an unknown one inside"),
        pytest.param(
            {"p": [{"a": 1}, {"b": 1}]}, {"p": [{"a": 2}, {"b": 1}]}, ["~ p[].a: 1 => 2"], id="one object of several"
        ),
        pytest.param(
            {"p": [{"a": 1}]},
            {"p": [{"a": 2}, {"a": 3}]},
            ['- p: {"a": 1}', '+ p: {"a": 2}', '+ p: {"a": 3}'],
            id="two",
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
    assert told(before, after) == [f"~ {next(iter(before))}: differs in what is secret or in the order"]


def test_properties_that_are_secret_as_a_whole_are_not_shown() -> None:
    [line] = differences({"data": {"a": "b"}}, {"data": {"a": "c"}}, ("data",))

    assert (line.path, line.text) == ("data", "differs in what is secret or in the order")


@pytest.mark.parametrize(
    ("text", "cut"),
    [("x" * 60, "x" * 60), ("x" * 61, f"{'x' * 29}…{'x' * 29}")],
)
def test_a_new_value_is_cut_in_its_middle(text: str, cut: str) -> None:
    assert told({}, {"a": text}) == [f"+ a: {cut}"]


@pytest.mark.parametrize(
    ("old", "new", "cut"),
    [
        ("a" * 300 + "0123" + "z" * 300, "a" * 300 + "4567" + "z" * 300, ("…{a}0123{z}…", "…{a}4567{z}…")),
        ("a" * 100 + "0", "a" * 100 + "1", ("…{a}0", "…{a}1")),
        ("0" + "z" * 100, "1" + "z" * 100, ("0{z}…", "1{z}…")),
        ("a" * 70, "a" * 71, ("…{a}", "…{a}a")),
        ("a" * 60, "b" + "a" * 59, ("a" * 60, "b" + "a" * 59)),
    ],
    ids=["around", "in front", "behind", "longer", "short enough"],
)
def test_long_values_are_cut_where_they_are_equal(old: str, new: str, cut: tuple[str, str]) -> None:
    before, after = (text.format(a="a" * 12, z="z" * 12) for text in cut)

    assert told({"image": old}, {"image": new}) == [f"~ image: {before} => {after}"]


def test_what_differs_at_both_ends_is_cut_in_the_middle() -> None:
    [line] = told({"a": "x" + "m" * 300 + "y"}, {"a": "v" + "m" * 300 + "w"})

    before, after = line.removeprefix("~ a: ").split(" => ")
    assert (before[0], before[-1], after[0], after[-1]) == ("x", "y", "v", "w")
    assert len(line) < 140


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "nothing"), ("", '""'), ("a", "a"), (False, "false"), ("x" * 61, f"{'x' * 29}…{'x' * 29}")],
)
def test_a_value_is_shown_in_a_line(value: Any, text: str) -> None:
    assert shown(value) == text
