"""Permitted imports between the parts of the tools; a command for Google Cloud loads no module of the sandbox."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from cli.commands import NAMES, module
from toolchain.environments import CHECKOUT

TOOLS = CHECKOUT / "tools"
_LAYERS = ("identity_layer", "platform_layer", "apps_layer")
_POLICIES = tuple(folder.name for folder in (CHECKOUT / "policies").iterdir() if (folder / "__init__.py").is_file())
_TESTS = tuple(path.stem for path in (CHECKOUT / "tests").iterdir() if path.suffix == ".py" or any(path.glob("*.py")))
# A program of its own, which the environment of the tests runs: it imports every layer's package.
_GENERATED = ("cli/generated.py",)
_EMBEDDED = ("cli/embedded/", "cli/target/sandbox.py")


@dataclass(frozen=True)
class Rule:
    """Modules of a folder import none of some packages, but for some files or folders of it."""

    folder: str
    packages: tuple[str, ...]
    but: tuple[str, ...] = ()


RULES = (
    Rule("toolchain", ("cli", "sandbox", *_LAYERS, *_POLICIES, *_TESTS)),
    Rule("sandbox", ("cli", *_LAYERS, *_TESTS)),
    Rule("cli", ("sandbox",), _EMBEDDED),
    Rule("cli", ("cli.embedded",), _EMBEDDED),
    Rule("cli", ("cli.target.sandbox", "cli.target.google_cloud")),
    Rule("cli", (*_LAYERS, *_TESTS), _GENERATED),
)
# The rest are targets of the tests and of the sandbox.
FOR_GOOGLE_CLOUD = (
    *("access", "audit", "bootstrap", "check", "ci", "compare", "cost", "databases", "deploy", "docs", "doctor"),
    *("drifted", "github", "history", "kit", "lock", "move", "needs", "new-app", "pins", "portal", "preview"),
    "tools",
)


def _imported(file: Path) -> Iterator[str]:
    """Names of what a file imports, wherever in it."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.folder} -> {rule.packages[0]}")
def test_no_module_imports_what_its_part_stands_apart_from(rule: Rule) -> None:
    files = [file for file in (TOOLS / rule.folder).rglob("*.py") if ".venv" not in file.parts]
    judged = {file.relative_to(TOOLS).as_posix(): file for file in files}
    found = [
        f"{path} imports {name}"
        for path, file in judged.items()
        if not path.startswith(rule.but)
        for name in _imported(file)
        if any(f"{name}.".startswith(f"{package}.") for package in rule.packages)
    ]

    assert judged
    assert found == []


def test_a_command_is_for_google_cloud_or_stands_with_those_of_the_sandbox() -> None:
    assert {name for name in NAMES if (module(name) or "").startswith("cli.commands.")} == set(FOR_GOOGLE_CLOUD)


@pytest.mark.parametrize("command", FOR_GOOGLE_CLOUD)
def test_a_command_for_google_cloud_loads_nothing_of_the_sandbox(command: str) -> None:
    code = (
        f"import sys; import cli.__main__; from cli import command_line, target; command_line.load({command!r}); "
        "target.of('prod'); "
        "print(sorted(name for name in sys.modules if name.partition('.')[0] == 'sandbox' or '.embedded' in name))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=TOOLS, capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"
