"""Security's files for the gate: a key that nobody knows is refused, at the top and inside."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.data import DataError
from plan_gate import exceptions, harmless, settings, weakening, words
from unit.policies.plans import INSTANCE, TODAY, urn

_SETTINGS: dict[str, Any] = {
    "protected": {},
    "restorable": {},
    "limits": {"platform": {"delete": 1, "replace": 1, "update": 1, "access": 1}},
    "irreversible": {},
    "overwritten": {"a:b:C": {"identity": ["name"]}},
}
_WAY = {"kind": "weakens", "because": "it would be bad", "unset": True}
_WEAKENING: dict[str, Any] = {"types": {"a:b:C": {"paths": {"field": [_WAY]}}}, "harmless": {}}
_WORDS: dict[str, Any] = {"components": {"a:b:C": [{"name": "app-{app}", "for": "app {app}", "what": "account"}]}}
_EXCEPTION = {
    "resource": urn(INSTANCE, "orders"),
    "operation": "delete",
    "reason": "The data were moved to the new instance.",
    "owner": "platform",
    "expires": "2026-03-09",
}
_EXCEPTIONS: dict[str, Any] = {"exceptions": [_EXCEPTION]}
_HARMLESS: dict[str, Any] = {"harmless": {"gcp:compute/router:Router": {"description": "nobody reads it at all"}}}

Load = Callable[[Path], object]


def _granted(file: Path) -> object:
    return exceptions.load(file, TODAY)


@pytest.mark.parametrize(
    ("load", "content", "inside"),
    [
        (settings.settings, _SETTINGS, ("limits", "platform")),
        (settings.settings, _SETTINGS, ("overwritten", "a:b:C")),
        (weakening.settings, _WEAKENING, ("types", "a:b:C")),
        (weakening.settings, _WEAKENING, ("types", "a:b:C", "paths", "field", 0)),
        (words.words, _WORDS, ("components", "a:b:C", 0)),
        (_granted, _EXCEPTIONS, ("exceptions", 0)),
        (harmless.load, _HARMLESS, ()),
    ],
)
def test_a_key_that_nobody_knows_is_refused(
    tmp_path: Path, load: Load, content: dict[str, Any], inside: tuple[Any, ...]
) -> None:
    file = tmp_path / "file.yaml"
    file.write_text(yaml.safe_dump(content))
    load(file)

    for number, steps in enumerate(((), inside)):
        broken = yaml.safe_load(file.read_text())
        place = broken
        for step in steps:
            place = place[step]
        place["unknown"] = "key"
        other = tmp_path / f"broken-{number}.yaml"
        other.write_text(yaml.safe_dump(broken))
        with pytest.raises(DataError, match="unknown"):
            load(other)


def test_a_component_of_a_listed_type_and_another_name_has_no_purpose(tmp_path: Path) -> None:
    file = tmp_path / "words.yaml"
    file.write_text(yaml.safe_dump(_WORDS))
    [listed] = words.words(file).components["a:b:C"]

    assert listed.purpose("app-web", {}) == words.Purpose("app", "web", "account", "")
    assert listed.purpose("other-web", {}) is None


@pytest.mark.parametrize(("reason", "is_long_enough"), [("ten chars.", True), ("nine char", False)])
def test_a_harmless_property_has_a_reason(tmp_path: Path, reason: str, *, is_long_enough: bool) -> None:
    file = tmp_path / "harmless.yaml"
    file.write_text(yaml.safe_dump({"harmless": {"gcp:compute/router:Router": {"description": reason}}}))

    if is_long_enough:
        assert harmless.load(file)
    else:
        with pytest.raises(DataError, match="description"):
            harmless.load(file)
