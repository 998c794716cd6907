"""Imports between the packages of policies/ go one way, from the ground up."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from toolchain.environments import CHECKOUT

_POLICIES = CHECKOUT / "policies"
# From the ground up: a package imports packages of the floors below it, and none beside or above.
_FLOORS: tuple[frozenset[str], ...] = (
    frozenset({"engine"}),
    frozenset({"iam"}),
    frozenset({"policy_pack"}),
    frozenset({"reports"}),
    frozenset({"plan_gate", "audit"}),
    frozenset({"access"}),
)
_FLOOR = {package: floor for floor, packages in enumerate(_FLOORS) for package in packages}
_PACKAGES = sorted(folder.parent.name for folder in _POLICIES.glob("*/__init__.py"))
# The commands, the sandbox, the layers and the tests judge nothing; what judges them does not import them.
_NEVER = frozenset({"cli", "toolchain", "sandbox", "identity_layer", "platform_layer", "apps_layer", "unit", "pack"})


def _imports(file: Path) -> Iterator[str]:
    """Top-level names of the modules that a file imports, late imports included."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def test_every_package_has_a_floor() -> None:
    assert set(_PACKAGES) - set(_FLOOR) == set()
    assert {"engine", "iam", "policy_pack", "plan_gate", "reports"} <= set(_PACKAGES)


@pytest.mark.parametrize("package", _PACKAGES)
def test_a_package_imports_only_from_the_floors_below(package: str) -> None:
    allowed = {package, *(name for name, floor in _FLOOR.items() if floor < _FLOOR[package])}
    forbidden = (set(_FLOOR) - allowed) | _NEVER
    found = {
        f"{file.relative_to(_POLICIES)} imports {name}"
        for file in (_POLICIES / package).rglob("*.py")
        for name in set(_imports(file)) & forbidden
    }

    assert found == set()


def test_the_ground_needs_neither_the_engines_sdk_nor_a_network() -> None:
    used = {name for file in (_POLICIES / "engine").glob("*.py") for name in _imports(file)}

    assert not used & {"pulumi", "pulumi_policy", "google", "requests", "rich"}
    assert {"pydantic", "engine"} <= used
