"""Paths of properties: how they are written, and what they lead to."""

from typing import Any

import pytest

from engine import paths
from engine.paths import PathError

SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "x"}
DOCUMENT: dict[str, Any] = {
    "metadata": {"labels": {"app.kubernetes.io/name": "shop"}},
    "spec": {"containers": [{"name": "web", "image": "ours", "args": ["a", "b"]}, {"name": "side", "image": "s"}]},
    "password": SECRET,
}
WRITTEN = {
    "metadata.labels": {"app.kubernetes.io/name": "shop"},
    'metadata.labels["app.kubernetes.io/name"]': "shop",
    "spec.containers[name=web].image": "ours",
    "spec.containers[name=web].args": ["a", "b"],
    "spec.containers[name=none].image": None,
    "spec.replicas": None,
}


@pytest.mark.parametrize("written", WRITTEN)
def test_a_path_is_read_as_it_is_written(written: str) -> None:
    path = paths.parse(written)
    assert paths.text(path) == written
    assert paths.value(DOCUMENT, path) == WRITTEN[written]


@pytest.mark.parametrize("written", ["", ".spec", "spec.", "spec..a", "spec[0]", "[name=web]", "spec[name=", 'a["b'])
def test_what_is_no_path_is_refused(written: str) -> None:
    with pytest.raises(PathError, match="is no path"):
        paths.parse(written)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("spec.containers[name=web].image", "theirs"),
        ("spec.containers[name=web].args", ["c"]),
        ("spec.replicas", 3),
        ("spec.containers[name=web].image", None),
        ('metadata.labels["a/b"]', "c"),
        ("spec.containers[name=web]", None),
    ],
)
def test_one_value_is_replaced_and_the_document_stays(written: str, value: Any) -> None:
    before = repr(DOCUMENT)
    path = paths.parse(written)

    found = paths.replaced(DOCUMENT, path, value)

    assert repr(DOCUMENT) == before
    assert paths.value(found, path) == value
    assert [(change.path, change.after) for change in paths.changed(DOCUMENT, found)] in (
        [(path, value)],
        [(path[:-1], paths.value(found, path[:-1]))],  # the only element of its name
    )


@pytest.mark.parametrize(
    "written", ["spec.containers[name=none].image", "spec.replicas.a", "password.value", "absent.a"]
)
def test_what_has_nothing_above_it_cannot_be_replaced(written: str) -> None:
    with pytest.raises(PathError, match="it has nothing at"):
        paths.replaced(DOCUMENT, paths.parse(written), 1)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"a": 1}, {"a": 1.0}, []),
        ({"a": 1}, {"a": True}, [("a", 1, True)]),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}, [("a.c", None, 2)]),
        ({"a": {"b": 1}}, {}, [("a", {"b": 1}, None)]),
        ({"a": ["x"]}, {"a": ["y"]}, [("a", ["x"], ["y"])]),
        ({"a": [{"name": "x", "v": 1}]}, {"a": [{"name": "x", "v": 2}]}, [("a[name=x].v", 1, 2)]),
        ({"a": [{"name": "x"}, {"name": "y"}]}, {"a": [{"name": "x"}]}, [("a[name=y]", {"name": "y"}, None)]),
        (
            {"a": [{"name": "x"}, {"name": "y"}]},
            {"a": [{"name": "y"}, {"name": "x"}]},
            [("a", [{"name": "x"}, {"name": "y"}], [{"name": "y"}, {"name": "x"}])],
        ),
        ({"__defaults": []}, {"__defaults": ["a"]}, []),
        ({"p": SECRET}, {"p": "[secret]"}, [("p", SECRET, "[secret]")]),
    ],
)
def test_what_differs_is_found_by_property(before: Any, after: Any, expected: list[Any]) -> None:
    found = [(paths.text(change.path), change.before, change.after) for change in paths.changed(before, after)]
    assert found == expected
