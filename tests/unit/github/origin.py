"""The repository that workflows run for: a git folder, and what starts a run on it."""

import itertools
import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from unit.github.fake_github import REPOSITORY, FakeGitHub
from unit.identity.jobs import MAIN

Json = dict[str, Any]


@dataclass(frozen=True)
class Origin:
    """The repository: a git folder with a main branch, and what is on GitHub of it.

    Attributes:
        folder: the git folder; jobs check out from it.
        place: where jobs work.
        github: the API.
        environment: further variables of every step, such as a way to the simulated cloud.
    """

    folder: Path
    place: Path
    github: FakeGitHub
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    @property
    def records(self) -> Path:
        """Records of what was deployed, by project, in the backend that a folder stands for."""
        return Path(self.environment["PULUMI_BACKEND_URL"].removeprefix("file://")) / ".prodfirst/deployed"

    def git(self, *arguments: str) -> str:
        """Run git in the folder."""
        return git(self.folder, *arguments)

    def commit(self, files: Mapping[str, str | None], branch: str = "main") -> str:
        """Commit files (None: removed) on a branch, which is made from main; return the commit."""
        if branch != "main":
            self.git("switch", "-q", "-C", branch, "main")
        for name, content in files.items():
            path = self.folder / name
            if content is None:
                path.unlink()
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "a change")
        sha = self.git("rev-parse", "HEAD").strip()
        if branch != "main":
            self.git("switch", "-q", "main")
        return sha

    def merge(self, branch: str, number: int) -> str:
        """The commit that GitHub makes of a pull request: main and the branch together."""
        self.git("switch", "-q", "--detach", "main")
        self.git("merge", "-q", "--no-ff", "-m", "merge", branch)
        sha = self.git("rev-parse", "HEAD").strip()
        self.git("update-ref", f"refs/pull/{number}/merge", sha)
        self.git("switch", "-q", "main")
        return sha


def git(folder: Path, *arguments: str) -> str:
    """Run git, as nobody in particular."""
    options = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.com", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", "-C", str(folder), *options, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@dataclass(frozen=True)
class Started:
    """Why a workflow runs: the event, the ref and commit, and the run's number."""

    event_name: str
    event: Json
    ref: str
    sha: str
    number: int
    actor: str = "somebody"


def pull_request(
    origin: Origin, branch: str, number: int, *, run: int = 1, fork: bool = False, actor: str = "somebody"
) -> Started:
    """A pull request from a branch, or from a fork's, and who has pushed to it."""
    head = {"ref": branch, "sha": "c0ffee" * 6, "repo": {"full_name": "stranger/fork" if fork else REPOSITORY}}
    event: Json = {"number": number, "pull_request": {"number": number, "head": head, "base": {"ref": "main"}}}
    workflow: Json = {"id": 1000 + run, "run_number": run, "path": ".github/workflows/preview.yml"}
    origin.github.runs.insert(
        0, {**workflow, "event": "pull_request", "head_branch": branch, "head_repository": head["repo"]}
    )
    return Started("pull_request", event, f"refs/pull/{number}/merge", origin.merge(branch, number), run, actor)


def on_main(origin: Origin, event: str = "push", *, run: int = 1) -> Started:
    """Something that starts a workflow on the main branch."""
    return Started(event, {}, MAIN, origin.git("rev-parse", "main").strip(), run)


def abandoned_state(origin: Origin, project: str, name: str) -> Path:
    """Write the state of a stack, with one resource, into the backend that a folder stands for; return its file."""
    file = origin.records.parents[1] / ".pulumi/stacks" / project / f"{name}.json"
    urn, kind = f"urn:pulumi:{name}::{project}::kubernetes:core/v1:Service::web", "kubernetes:core/v1:Service"
    latest: Json = {"manifest": {}, "resources": [{"urn": urn, "type": kind, "custom": True}]}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"version": 3, "checkpoint": {"latest": latest}}))
    return file


@dataclass
class Ended:
    """Result of a job: `success`, `failure`, `skipped` or `cancelled`, and its outputs."""

    result: str
    outputs: dict[str, str] = field(default_factory=dict[str, str])
    log: str = ""
    summary: str = ""
