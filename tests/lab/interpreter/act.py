"""A run by `act`: on this machine, without containers, and without an action of others."""

import json
import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import yaml

from lab.interpreter.cases import Case
from lab.interpreter.place import Commands, Place, steps
from toolchain import cache
from toolchain.progress import say
from unit.github.fake_github import REPOSITORY

VERSION = "0.2.89"
_MODULE = f"github.com/nektos/act@v{VERSION}"
# act evaluates a matrix before the condition of its job, and ends where that is no JSON.
_MATRIX = re.compile(r"fromJSON\((needs\.[\w.-]+)\)")
_NOTHING: dict[str, Any] = {
    "name": "nothing",
    "description": "nothing",
    "runs": {"using": "composite", "steps": [{"run": "true", "shell": "sh"}]},
}
_CHECK_OUT = "actions/checkout"  # act itself does it where no ref is named


def program() -> Path:
    """The program, which Go builds once from its proxy."""
    key = cache.key_of(_MODULE)
    entry = cache.entry("act", key) or cache.fill("act", key, _build, lambda holder: say(f"waiting for {holder} …"))
    return entry / "act"


def _build(folder: Path) -> None:
    say(f"building act {VERSION} …")
    subprocess.run(["go", "install", _MODULE], env={**os.environ, "GOBIN": str(folder)}, check=True)  # noqa: S603, S607  go


def run(case: Case, folder: Path) -> tuple[Commands, str]:
    """Run a case; return the commands that it started, and what act printed."""
    place = Place(folder, case)
    workflow = place.repository / ".github" / "workflows" / f"{case.workflow}.yml"
    evaluable = r"fromJSON(startsWith(\1, '[') && \1 || '[]')"
    workflow.write_text(_MATRIX.sub(evaluable, workflow.read_text(encoding="utf-8")), encoding="utf-8")
    event = folder / "event.json"
    event.write_text(json.dumps({**case.event, "ref": case.ref}))
    command = [
        *(str(program()), case.event_name, "--directory", str(place.repository)),
        *("--workflows", str(workflow), "--eventpath", str(event)),
        *("--platform", "ubuntu-24.04=-self-hosted", "--actor", case.actor, "--defaultbranch", "main"),
        *("--env", f"GITHUB_REPOSITORY={REPOSITORY}", "--secret", "GITHUB_TOKEN=a-token", "--concurrent-jobs", "1"),
        *(option for each in _actions(folder, place) for option in ("--local-repository", each)),
    ]
    home = {name: str(folder / name.lower()) for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")}
    env = {**os.environ, **home, "PATH": f"{place.bin}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=600)  # noqa: S603  act
    return place.commands(), done.stdout + done.stderr


def _actions(folder: Path, place: Place) -> list[str]:
    """Folders with actions that do nothing but check out, as `owner/name@ref=folder`, for all that are used."""
    found: dict[str, Path] = {}
    for uses in {str(step["uses"]) for step in steps() if "@" in step.get("uses", "")}:
        name, _, ref = uses.partition("@")
        owner, repository, *below = name.split("/")
        root = folder / "actions" / f"{owner}-{repository}-{ref}"
        action = root.joinpath(*below)
        action.mkdir(parents=True, exist_ok=True)
        (action / "action.yml").write_text(yaml.safe_dump(_checks_out(place) if name == _CHECK_OUT else _NOTHING))
        found[f"{owner}/{repository}@{ref}"] = root
    return [f"{name}={root}" for name, root in found.items()]


def _checks_out(place: Place) -> dict[str, Any]:
    copy = f'mkdir -p "./$INTO" && cp -a {shlex.quote(str(place.repository))}/. "./$INTO"'
    step = {"run": copy, "shell": "sh", "env": {"INTO": "${{ inputs.path }}"}}
    runs = {"using": "composite", "steps": [step]}
    return {**_NOTHING, "inputs": {"path": {"description": "where", "default": "."}}, "runs": runs}
