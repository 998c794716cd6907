"""Code and files of the jobs with an identity: all outside of the layers' folders is security's in CODEOWNERS."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml
from codeowners import CodeOwners

from cli.layout import LAYERS
from toolchain.environments import CHECKOUT
from unit.github.test_workflow_claims import JOBS
from unit.github.workflow_files import Json, load

# Targets that a target calls in a process of its own (cli/github/previewing.py, cli/github/drifting.py).
CALLED = {"ci": ("audit", "cost", "preview")}
# What a process imports for some targets, late imports included, and every file of the checkout that it opens.
LOOK = """
import ast, importlib, json, os, sys
opened = set()
sys.addaudithook(lambda event, values: opened.add(os.fsdecode(values[0]))
                 if event == "open" and isinstance(values[0], (str, bytes)) else None)
targets, steps, tools = json.loads(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3]
import cli.__main__
from cli import command_line, target
for name in targets:
    command_line.load(name)
target.of("prod")
seen = set()
while new := {name: module for name, module in sys.modules.items() if name not in seen}:
    for name, module in new.items():
        seen.add(name)
        file = getattr(module, "__file__", None) or ""
        if not file.startswith(tools) or ".venv" in file:
            continue
        with open(file, encoding="utf-8") as text:
            tree = ast.parse(text.read())
        for node in ast.walk(tree):
            wanted = [alias.name for alias in node.names] if isinstance(node, ast.Import) else (
                [node.module] if isinstance(node, ast.ImportFrom) and node.module else [])
            for late in wanted:
                if late.partition(".")[0] in ("cli", "toolchain", "sandbox"):
                    importlib.import_module(late)
from cli.github import steps as ours
from cli.github.job import Job
for step in steps:
    assert ours.run(step, Job()) == 0
files = {getattr(module, "__file__", None) or "" for module in sys.modules.values()}
print(json.dumps(sorted(files | opened)))
"""
# Steps that need neither GitHub nor Google to read what they read.
OFFLINE = ("deployments", "everything")


def commands(steps: list[Json]) -> Iterator[str]:
    """Commands of steps, and of this repository's actions among them."""
    for step in steps:
        uses = str(step.get("uses", ""))
        if uses.startswith("./"):
            yield f"file {uses.removeprefix('./')}/action.yml"
            yield from commands(yaml.safe_load((CHECKOUT / uses / "action.yml").read_text("utf-8"))["runs"]["steps"])
        elif "run" in step:
            yield str(step["run"])


@cache
def read_by(targets: tuple[str, ...], steps: tuple[str, ...], folder: Path) -> frozenset[str]:
    """Files of the checkout that a process of some targets imports or opens, by their path from the top."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "ACTIONS_"))},
        "GITHUB_OUTPUT": str(folder / "output"),
        "GITHUB_EVENT_NAME": "push",
        "PULUMI_BACKEND_URL": f"file://{folder}",
    }
    tools = CHECKOUT / "tools"
    command = [sys.executable, "-c", LOOK, json.dumps(targets), json.dumps(steps), str(tools)]
    done = subprocess.run(command, cwd=tools, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    paths = (Path(os.path.abspath(tools / file)) for file in json.loads(done.stdout.splitlines()[-1]) if file)  # noqa: PTH100  links stay
    own = {path.relative_to(CHECKOUT) for path in paths if path.is_relative_to(CHECKOUT) and path.is_file()}
    return frozenset(
        re.sub(r"__pycache__/(\w+)\.[\w.-]+\.pyc$", r"\1.py", path.as_posix())
        for path in own
        if path.parts[0] != ".git" and ".venv" not in path.parts
    )


@pytest.mark.parametrize("name", [name for name in JOBS if not re.search(r"/(second|third|fourth)-", name)])
def test_the_code_of_a_job_with_an_identity_is_securitys(name: str, tmp_path: Path) -> None:
    workflow, job = name.split("/")
    run = list(commands(load(workflow)["jobs"][job]["steps"]))
    targets = {match[1] for command in run if (match := re.match(r"make ([a-z-]+)", command))}
    steps = {match[1] for command in run if (match := re.search(r"STEP=([a-z-]+)", command))}
    called = {other for target in targets for other in CALLED.get(target, ())}
    files = read_by(tuple(sorted(targets | called)), tuple(sorted(steps & {*OFFLINE})), tmp_path)
    files |= {f".github/workflows/{workflow}.yml", "Makefile", "tools/toolchain/bootstrap.py"}
    files |= {command.removeprefix("file ") for command in run if command.startswith("file ")}
    # The engine runs the pack and the gate in the policies' own environment.
    files |= {path.relative_to(CHECKOUT).as_posix() for path in (CHECKOUT / "policies").glob("*/*.py")}

    owners = CodeOwners((CHECKOUT / ".github/CODEOWNERS").read_text())
    [security] = {owner for _, owner in owners.of("policies/access.yaml")}
    foreign = {path for path in files if path.split("/")[0] not in LAYERS and security not in owners_of(owners, path)}
    assert len(files) > 100
    assert foreign == set()
    assert not [path for path in files if path.startswith(("tests/", "tools/sandbox/"))]


def owners_of(owners: CodeOwners, path: str) -> set[str]:
    """Owners of a file."""
    return {owner for _, owner in owners.of(path)}
