"""A place for runs: a repository with the committed workflows, and the stand-in for `make` on the PATH."""

import json
import shlex
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import yaml

from lab.interpreter.cases import Case
from toolchain.environments import CHECKOUT, PROJECTS
from unit.github.fake_github import REPOSITORY
from unit.github.origin import git

# Job, command and variables of each command that a run started.
Commands = Counter[tuple[str, str, str]]


class Place:
    """One folder for one run of a case.

    Attributes:
        repository: a repository with the workflows and local actions of this checkout.
        bin: a folder with the stand-in for `make`.
    """

    def __init__(self, folder: Path, case: Case) -> None:
        self.repository, self.bin, self._notes = folder / "repository", folder / "bin", folder / "notes"
        shutil.copytree(CHECKOUT / ".github", self.repository / ".github")
        for project in PROJECTS:
            (self.repository / project).mkdir()
            (self.repository / project / "README.md").touch()
        git(self.repository, "init", "-q", "-b", "main")
        git(self.repository, "remote", "add", "origin", f"https://github.com/{REPOSITORY}")
        git(self.repository, "add", "-A")
        git(self.repository, "commit", "-q", "-m", "the workflows")
        answers = folder / "answers.json"
        told = {command: [asdict(each) for each in several] for command, several in case.answers.items()}
        answers.write_text(json.dumps({"answers": told, "variables": sorted(set(_variables()))}))
        self.bin.mkdir()
        command = [sys.executable, "-P", str(Path(__file__).with_name("stand_in.py")), str(self._notes), str(answers)]
        stand_in = self.bin / "make"
        stand_in.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
        stand_in.chmod(0o755)

    def commands(self) -> Commands:
        """The commands that were started, in no order: jobs run side by side."""
        lines = self._notes.read_text(encoding="utf-8").splitlines() if self._notes.is_file() else []
        notes = map(json.loads, lines)
        return Counter((note["job"], note["command"], json.dumps(note["variables"])) for note in notes)


def steps() -> Iterator[dict[str, Any]]:
    """All steps of the workflows and local actions."""
    for file in (CHECKOUT / ".github" / "workflows").glob("*.yml"):
        for job in yaml.safe_load(file.read_text(encoding="utf-8"))["jobs"].values():
            yield from job["steps"]
    for file in (CHECKOUT / ".github" / "actions").glob("*/action.yml"):
        yield from yaml.safe_load(file.read_text(encoding="utf-8"))["runs"]["steps"]


def _variables() -> Iterator[str]:
    for step in steps():
        yield from step.get("env", {})
