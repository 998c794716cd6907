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
from toolchain.environments import CHECKOUT, python
from unit.github.test_workflow_claims import JOBS
from unit.github.workflow_files import Json, load
from unit.policies.plans import Preview

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
# What pack and gate of an environment open, in the policies' own environment.
JUDGES = """
import json, os, runpy, sys
opened = set()
sys.addaudithook(lambda event, values: opened.add(os.fsdecode(values[0]))
                 if event == "open" and isinstance(values[0], (str, bytes)) else None)
from engine import own
from policy_pack import catalog, server, waivers
server.Pack(catalog.RULES, catalog.STACK_RULES, waivers.load(catalog.WAIVABLE))
assert own.of_environment(sys.argv.pop(1))
try:
    runpy.run_module("plan_gate", run_name="__main__")
except SystemExit as ended:
    assert ended.code == 0
print(json.dumps(sorted(opened)))
"""
# What a preview opens until the engine starts, which is none here.
PREVIEW = """
import json, os, sys
from contextlib import contextmanager
from pathlib import Path
opened = set()
sys.addaudithook(lambda event, values: opened.add(os.fsdecode(values[0]))
                 if event == "open" and isinstance(values[0], (str, bytes)) else None)
from cli import preview
from cli.layout import named
from cli.pulumi import judges
from cli.target.protocol import PreviewEngine
judges._OURS = ()  # these are opened to be compared with themselves

class Nothing:
    environment = "prod"

    def places(self, stacks, kind):
        return []

    def start(self):
        pass

    @contextmanager
    def preview(self, stack):
        state = b'{"version": 3, "deployment": {"resources": []}}'
        yield PreviewEngine(Path("/bin/true"), {}, "nobody", lambda: state)

stack = named(sys.argv[1], sys.argv[2])
assert preview.run(Nothing(), [stack]) == 1
print(json.dumps(sorted(opened)))
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
    return own_files(json.loads(done.stdout.splitlines()[-1]), tools)


def own_files(listed: list[str], folder: Path) -> frozenset[str]:
    """Files of the checkout by their path from the top, without environments; bytecode counts as its source."""
    paths = (Path(os.path.abspath(folder / file)) for file in listed if file)  # noqa: PTH100  links stay
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


def opened(project: str, program: str, *arguments: str) -> frozenset[str]:
    """Files of the checkout that a program opens in a project's own environment."""
    folder = CHECKOUT / project
    command = [str(python(project)), "-c", program, *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "PYTHON"))}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return own_files(json.loads(done.stdout.splitlines()[-1]), folder)


def not_securitys(files: frozenset[str]) -> set[str]:
    """Files that security does not review."""
    owners = CodeOwners((CHECKOUT / ".github/CODEOWNERS").read_text())
    [security] = {owner for _, owner in owners.of("policies/access.yaml")}
    return {file for file in files if security not in owners_of(owners, file)}


def test_the_files_that_pack_and_gate_open_are_securitys(tmp_path: Path) -> None:
    preview = Preview(tmp_path)
    preview.stack(contract={"version": 1})
    plan, state, events = preview.written()
    files = [f"--plan={plan}", f"--state={state}", f"--events={events}"]

    seen = opened("policies", JUDGES, "prod", "--title=platform", *files)

    assert {"policies/plan_rules.yaml", "policies/inputs.yaml", "policies/waivers.yaml"} <= seen
    assert "identity/Pulumi.foundation-prod.yaml" in seen
    assert not_securitys(seen) == set()


@pytest.mark.parametrize("title", ["identity", "platform", "platform/storage", "apps/storefront"])
def test_the_files_that_a_preview_opens_are_securitys_or_of_the_stacks_own_folder(title: str) -> None:
    seen = opened("tools", PREVIEW, "prod", title)

    layer = title.partition("/")[0]
    assert "tools/cli/preview.py" in seen
    assert {file for file in not_securitys(seen) if not file.startswith(f"{layer}/")} == set()
