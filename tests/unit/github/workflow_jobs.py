"""One job of a workflow's run: its steps in a folder of their own, in the order, shell and environment of the YAML."""

import contextlib
import io
import itertools
import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from cli.github import steps
from cli.github.job import Job
from toolchain import cache
from toolchain.environments import CHECKOUT, PROJECTS
from toolchain.errors import ToolError
from unit.github.expressions import Evaluator
from unit.github.fake_github import REPOSITORY
from unit.github.origin import Ended, git
from unit.identity.jobs import Claims
from unit.identity.jobs import job as claims_of

if TYPE_CHECKING:
    from unit.github.workflow_runs import Run

Json = dict[str, Any]

# What it does is not needed here.
_IGNORED = ("actions/cache/restore@", "actions/cache/save@")


class JobOfRun:
    """One row of a job, in a folder of its own."""

    def __init__(self, run: "Run", name: str, content: Json, row: Mapping[str, Any]) -> None:
        self.run_of, self.content, self.row = run, content, row
        self.folder = run.origin.place / f"job-{next(run.origin.numbers)}"
        self.workspace = self.folder / "work"
        self.temp = self.folder / "temp"
        self.temp.mkdir(parents=True)
        self.workspace.mkdir()
        self.steps: dict[str, Json] = {}
        self.log: list[str] = []
        self.path: list[str] = []
        self.failed = False
        head = run.started.event.get("pull_request", {}).get("head", {"repo": {"full_name": REPOSITORY}})
        source: Json = head["repo"] or {"full_name": "a fork that is deleted"}
        self.permissions: dict[str, str] = content.get("permissions", run.workflow["permissions"])
        if source["full_name"] != REPOSITORY:  # whatever the workflow asks for
            self.permissions = {name: "read" for name in self.permissions if name != "id-token"}
        self.token = run.origin.github.token(self.permissions)
        self.environment = self._environment(name)

    def run(self) -> Ended:
        """Run the steps."""
        self._steps(self.content["steps"], {})
        evaluator = self._evaluator({})
        outputs = {key: evaluator.text(value) for key, value in self.content.get("outputs", {}).items()}
        summary = self.temp / "summary.md"
        text = summary.read_text() if summary.is_file() else ""
        return Ended("failure" if self.failed else "success", outputs, "\n".join(self.log), text)

    def _environment(self, name: str) -> dict[str, str]:
        run = self.run_of
        event = self.temp / "event.json"
        event.write_text(json.dumps(run.started.event))
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "XDG_CACHE_HOME": str(cache.root().parent),
            "LANG": "C.UTF-8",
            **run.origin.environment,
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": run.origin.github.url,
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_EVENT_NAME": run.started.event_name,
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_REF": run.started.ref,
            "GITHUB_SHA": run.started.sha,
            "GITHUB_RUN_ID": "8675309",
            "GITHUB_RUN_NUMBER": str(run.started.number),
            "GITHUB_JOB": name,
            "GITHUB_STEP_SUMMARY": str(self.temp / "summary.md"),
            "RUNNER_TEMP": str(self.temp),
        }
        if self.permissions.get("id-token") == "write":
            environment["ACTIONS_ID_TOKEN_REQUEST_URL"] = f"{run.origin.github.url}/identity?api-version=2.0"
            environment["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = run.origin.github.identity(self._claims())
        return environment

    def _claims(self) -> Claims:
        started = self.run_of.started
        told = self._evaluator({}).text(self.content.get("environment", ""))
        more = {"environment": told} if told else {}
        return claims_of(f"{self.run_of.file}.yml", started.event_name, started.ref, **more)

    def _evaluator(self, inputs: Json) -> Evaluator:
        contexts = self.run_of.contexts(content=self.content)
        contexts["github"] = {**contexts["github"], "token": getattr(self, "token", "")}
        contexts["runner"] = {**contexts["runner"], "temp": str(self.temp)}
        functions = {
            "always": lambda: True,
            "cancelled": lambda: False,
            "failure": lambda: self.failed,
            "success": lambda: not self.failed,
        }
        return Evaluator({**contexts, "matrix": self.row, "steps": self.steps, "inputs": inputs}, functions)

    def _steps(self, listed: list[Json], inputs: Json) -> None:
        for step in listed:
            evaluator = self._evaluator(inputs)
            if not evaluator.condition(str(step.get("if", "success()"))):
                continue
            if "run" in step:
                self._shell(step, evaluator)
            else:
                given = {key: evaluator.text(value) for key, value in step.get("with", {}).items()}
                self._action(str(step["uses"]), given)

    def _shell(self, step: Json, evaluator: Evaluator) -> None:
        output = self.temp / f"output-{len(self.log)}"
        path = self.temp / "path"
        variables = {key: evaluator.text(value) for key, value in step.get("env", {}).items()}
        files = {"GITHUB_OUTPUT": str(output), "GITHUB_PATH": str(path)}
        env = {**self.environment, **files, **variables}
        env["PATH"] = os.pathsep.join([*reversed(self.path), env["PATH"]])
        if self.run_of.in_process:
            self._here(str(step["run"]), env)
            return
        command = ["sh", "-e", "-c", step["run"]]
        with subprocess.Popen(
            command,
            cwd=self.workspace,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            self.run_of.watch(str(step["run"]), process)
            said, _ = process.communicate()
        self.log.append(f"$ {step['run']}\n{said}")
        if process.returncode:
            self.failed = True
        if path.is_file():
            self.path = path.read_text().split()
        if "id" in step:
            self.steps[str(step["id"])] = {"outputs": _outputs(output)}

    def _here(self, command: str, env: dict[str, str]) -> None:
        """A step of ours in this process, which saves the start of another."""
        [step] = re.findall(r"^make ci STEP=([a-z-]+)$", command)
        said = io.StringIO()
        with (
            pytest.MonkeyPatch.context() as patch,
            contextlib.redirect_stderr(said),
            contextlib.redirect_stdout(said),
        ):
            patch.setattr(steps, "CHECKOUT", self.workspace)
            try:
                self.failed = bool(steps.run(step, Job(env))) or self.failed
            except ToolError as error:
                said.write(str(error))
                self.failed = True
        self.log.append(f"$ {command}\n{said.getvalue()}")

    def _action(self, uses: str, given: dict[str, str]) -> None:
        if uses.startswith("./"):
            # Without a checkout of its own, the job is of this one.
            top = CHECKOUT if self.run_of.in_process else self.workspace
            action = yaml.safe_load((top / uses / "action.yml").read_text("utf-8"))
            defaults = {key: value.get("default", "") for key, value in action.get("inputs", {}).items()}
            self._steps(action["runs"]["steps"], {**defaults, **given})
        elif uses.startswith("actions/checkout@"):
            self._check_out(given)
        elif uses.startswith("actions/upload-artifact@"):
            source, target = self.workspace / given["path"], self.run_of.artifacts / given["name"]
            if source.is_dir():
                shutil.copytree(source, target, dirs_exist_ok=True)
        elif uses.startswith("actions/download-artifact@"):
            self._download(given)
        elif uses.startswith("github/codeql-action/upload-sarif@"):
            self.run_of.sarif += [file.read_text() for file in (self.workspace / given["sarif_file"]).rglob("*.sarif")]
        else:
            assert uses.startswith(_IGNORED), uses

    def _check_out(self, given: dict[str, str]) -> None:
        if self.run_of.in_process:
            return
        target = self.workspace / given.get("path", ".")
        ref = given.get("ref") or self.run_of.started.sha
        subprocess.run(["git", "clone", "-q", "--no-checkout", str(self.run_of.origin.folder), str(target)], check=True)
        git(target, "fetch", "-q", "origin", "+refs/*:refs/remotes/all/*")
        git(target, "checkout", "-q", "--detach", f"origin/{ref}" if ref == "main" else ref)
        if target == self.workspace:
            for project in PROJECTS:
                (target / project / ".venv").symlink_to(CHECKOUT / project / ".venv")

    def _download(self, given: dict[str, str]) -> None:
        target = self.workspace / given["path"]
        found = sorted(self.run_of.artifacts.iterdir()) if self.run_of.artifacts.is_dir() else []
        for artifact in found:
            if fnmatch(artifact.name, given["pattern"]):
                into = target if given.get("merge-multiple") else target / artifact.name
                shutil.copytree(artifact, into, dirs_exist_ok=True)


def _outputs(file: Path) -> dict[str, str]:
    """https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#multiline-strings."""
    found: dict[str, str] = {}
    lines = iter(file.read_text().splitlines() if file.is_file() else [])
    for line in lines:
        name, _, limit = line.partition("<<")
        found[name] = "\n".join(itertools.takewhile(lambda each, end=limit: each != end, lines))
    return found
