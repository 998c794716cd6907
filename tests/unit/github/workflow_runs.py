"""Runs of the committed workflows: the very commands of their steps, in checkouts of their own, against a fake GitHub.

What actions of others do is done here in a line each: check out, hand files from job to job. Which jobs run follows
from the conditions and needs of the YAML.
"""

import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from unit.github.expressions import Evaluator
from unit.github.fake_github import REPOSITORY
from unit.github.origin import Ended, Origin, Started
from unit.github.workflow_files import load
from unit.github.workflow_jobs import JobOfRun

Json = dict[str, Any]


def _unwatched(command: str, process: "subprocess.Popen[str]") -> None:
    """Most commands run to their end."""
    del command, process


class Run:
    """One run of a workflow.

    Args:
        origin: the repository.
        name: the workflow's file.
        started: why it runs.
        in_process: run our own steps here, without a checkout and without a shell.
        watch: called with each command and its process as soon as it runs.
    """

    def __init__(
        self,
        origin: Origin,
        name: str,
        started: Started,
        *,
        in_process: bool = False,
        watch: "Callable[[str, subprocess.Popen[str]], object]" = _unwatched,
    ) -> None:
        self.in_process = in_process
        self.watch = watch
        self.origin = origin
        self.file = name
        self.workflow = load(name)
        self.started = started
        self.jobs: dict[str, Ended] = {}
        self.artifacts = origin.place / f"artifacts-{next(origin.numbers)}"
        self.sarif: list[str] = []
        self._cancelled = False

    def all(self) -> dict[str, Ended]:
        """Run every job, in the order of what they need."""
        for name in self.workflow["jobs"]:
            self.job(name)
        return self.jobs

    def cancel(self) -> None:
        """As if somebody had cancelled the run: of the jobs that have not begun only those begin that always run."""
        self._cancelled = True

    def job(self, name: str) -> Ended:
        """Run a job, row by row of its matrix."""
        content = self.workflow["jobs"][name]
        if not self._wanted(name, content):
            self.jobs[name] = Ended("skipped")
            return self.jobs[name]
        rows = self._rows(content)
        ended = [JobOfRun(self, name, content, row).run() for row in rows]
        result = "success" if all(each.result == "success" for each in ended) else "failure"
        log, summary = ("\n".join(getattr(each, part) for each in ended) for part in ("log", "summary"))
        self.jobs[name] = Ended(result, ended[-1].outputs if ended else {}, log, summary)
        return self.jobs[name]

    def _ancestors(self, name: str) -> set[str]:
        found: set[str] = set()
        left = [name]
        while left:
            needed = self.workflow["jobs"][left.pop()].get("needs", [])
            new = ({needed} if isinstance(needed, str) else set(needed)) - found
            found |= new
            left += new
        return found

    def _wanted(self, name: str, content: Json) -> bool:
        results = {each: self.jobs[each].result for each in self._ancestors(name)}
        failed = "failure" in results.values()
        functions = {
            "always": lambda: True,
            "cancelled": lambda: self._cancelled,
            "failure": lambda: failed,
            "success": lambda: not self._cancelled and set(results.values()) <= {"success"},
        }
        return Evaluator(self.contexts(name), functions).condition(str(content.get("if", "success()")))

    def _rows(self, content: Json) -> Sequence[Mapping[str, Any]]:
        matrix = content.get("strategy", {}).get("matrix", {})
        evaluator = Evaluator(self.contexts(content=content), {})
        if "include" in matrix:
            rows: list[Json] = json.loads(evaluator.text(_plain(matrix["include"])))
            return rows
        if matrix:
            [(key, values)] = matrix.items()
            return [{key: value} for value in json.loads(evaluator.text(_plain(values)))]
        return [{}]

    def contexts(self, name: str = "", content: Json | None = None) -> Json:
        """Contexts for the expressions of a job."""
        needed = (content or self.workflow["jobs"][name]).get("needs", [])
        direct = [needed] if isinstance(needed, str) else needed
        needs = {each: {"result": self.jobs[each].result, "outputs": self.jobs[each].outputs} for each in direct}
        github = {
            "event": self.started.event,
            "event_name": self.started.event_name,
            "repository": REPOSITORY,
            "base_ref": "main",
            "actor": self.started.actor,
            "sha": self.started.sha,
        }
        return {"github": github, "needs": needs, "runner": {"os": "Linux", "arch": "X64"}}


def _plain(template: Any) -> str:
    """`${{ fromJSON(x) }}` as `${{ x }}`: the JSON is read where the rows are made."""
    return str(template).replace("fromJSON(", "(")
