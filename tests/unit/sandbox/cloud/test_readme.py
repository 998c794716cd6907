"""Commands and links in the sandbox's README exist."""

import importlib.util
import re

from sandbox.cloud.faults import Fault, parse
from sandbox.cloud.settings import SETTINGS
from toolchain.environments import CHECKOUT

TOOLS = CHECKOUT / "tools"
README = TOOLS / "sandbox" / "README.md"
TEXT = README.read_text(encoding="utf-8")


def test_every_make_target_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (TOOLS.parent / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z-]+)", TEXT)) - targets == set()


def test_every_module_exists() -> None:
    modules = set(re.findall(r"-m ([a-z_.]+)", TEXT))
    assert {module for module in modules if importlib.util.find_spec(module) is None} == set()


def test_every_link_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)]+)\)", TEXT)
    assert [link for link in links if not (README.parent / link).exists()] == []


def test_every_path_in_the_table_exists() -> None:
    cells = re.findall(r"^\| ((?:`[^`]+`(?:, )?)+) \|", TEXT, re.MULTILINE)
    paths = [path for cell in cells for path in re.findall(r"`([^`]+)`", cell)]
    assert paths
    assert [path for path in paths if not (README.parent / path).exists()] == []


def test_every_setting_is_named() -> None:
    assert [name for name in SETTINGS if f"settings {name} " not in TEXT] == []


def test_every_example_of_faults_can_be_read() -> None:
    examples = re.findall(r"'(\[\{.*\}\])'", TEXT)
    assert all(isinstance(fault, Fault) for example in examples for fault in parse(example, "README.md"))
    assert len(examples) == 2
