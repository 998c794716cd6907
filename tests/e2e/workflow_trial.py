"""The committed workflows on a project after its first run: the jobs that have an identity, with the real engine.

Steps, environment and permissions come from the YAML; GitHub is a fake that issues tokens with the claims that the job
would have, and the simulated cloud decides on them.
"""

import json
import shutil
import subprocess
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import yaml

from cli import layout, rollout
from cli.embedded import drift
from cli.github.selection import JobTarget
from cli.layout import Stack
from e2e.first_runs import FILES, STACK, FirstRun
from e2e.harness import kill_tree, until
from unit.github.fake_server import serving
from unit.github.origin import Ended, Origin, git, on_main, pull_request
from unit.github.workflow_runs import Run

# What a runner of GitHub's has, and nothing of the administrator's.
_NOT_THEIRS = ("GOOGLE_APPLICATION_CREDENTIALS", "PYTHONPATH")


@contextmanager
def workflows(done: FirstRun, folder: Path) -> Generator[Origin]:
    """The repository after the first run, on GitHub."""
    repository = folder / "origin"
    shutil.copytree(done.checkout, repository, symlinks=True, ignore=shutil.ignore_patterns(".venv", ".bootstrap*"))
    git(repository, "init", "-q", "-b", "main")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "after the first run")
    place = folder / "jobs"
    place.mkdir()
    environment = {name: value for name, value in done.environment().items() if name not in _NOT_THEIRS}
    with done.sandbox.cloud() as cloud:  # a group exists before it is granted anything
        cloud.store.add_membership("group:billing@example.com", "user:billing-developer@example.com")
    with serving() as github:
        yield Origin(repository, place, github, environment)


def new_team(origin: Origin) -> dict[str, str | None]:
    """The identity layer's stack file with a team more, which its deploy account may add."""
    file = FILES[1]
    content = yaml.safe_load((origin.folder / file).read_text())
    content["config"]["identity:teams"]["billing"] = {"group": "billing@example.com", "capabilities": ["cluster-user"]}
    return {file: yaml.safe_dump(content)}


def new_app(origin: Origin) -> dict[str, str]:
    """The team's stack file with an app more, whose account the deploy account of teams may make."""
    [file] = [file for file in FILES if "team-shop" in file]
    content = yaml.safe_load((origin.folder / file).read_text())
    content["config"]["identity:apps"]["cart"] = {"access": ["traces"]}
    return {file: yaml.safe_dump(content)}


def previewed(origin: Origin, branch: str) -> tuple[Run, Ended, Ended]:
    """The preview of the identity layer for a pull request, and its comment."""
    run = Run(origin, "preview", pull_request(origin, branch, 7))
    run.jobs["changes"] = Ended("success", {"matrix": _rows(IDENTITY), "reviewed": "[]", "notes": "[]"})
    return run, run.job("preview"), _after_others(run)


def _after_others(run: Run) -> Ended:
    """The comment, after the jobs of the further levels, which have nothing to preview."""
    for level in range(2, 6):
        assert run.job(f"preview-{level}").result == "skipped"
    return run.job("comment")


IDENTITY, TEAM = Stack("identity", STACK), Stack("identity", STACK, "team-shop")


def _rows(*stacks: Stack) -> str:
    """Rows of a matrix: a job for each stack."""
    targets = [JobTarget(f"{stack.owner()}-{STACK}", (stack,)) for stack in stacks]
    return json.dumps([{**target.proposal_row(), **target.row()} for target in targets])


def deployed(origin: Origin, lost_when: Callable[[], bool] | None = None, stack: Stack = IDENTITY) -> Ended:
    """The deployment of a stack from the main branch; its machine is lost at a moment, if one is given."""

    def watch(command: str, process: "subprocess.Popen[str]") -> None:
        if lost_when and command.startswith("make deploy "):
            until(lost_when, process)
            kill_tree(process.pid)

    run = Run(origin, "deploy", on_main(origin), watch=watch)
    job = f"first-{JobTarget('', (stack,)).wave + 1}"
    run.jobs |= {"changes": Ended("success", {"first": STACK, job: _rows(stack)}), f"{job}-plan": Ended("skipped")}
    return run.job(job)


def reviewed(origin: Origin) -> tuple[Ended, Ended]:
    """The plan of the identity layer in a reviewed environment, and its deployment, once it is approved.

    Afterwards the environment is no longer reviewed.
    """
    before = (origin.folder / rollout.FILE).read_text()
    rules = {"environments": [{"name": STACK, "reviewed": True}]}
    sha = origin.commit({rollout.FILE: yaml.safe_dump(rules)})
    for earlier in origin.git("log", "--format=%H").split():
        origin.github.compared[f"{earlier}...{sha}"] = "ahead"
    environment = {"environments": [{"name": f"{IDENTITY.owner()}-{STACK}"}]}
    origin.github.approvals.append({"run": "8675309", "state": "approved", "user": {"login": "carol"}, **environment})
    run = Run(origin, "deploy", on_main(origin))
    rows = dict.fromkeys(("first-1", "first-1-plan"), _rows(IDENTITY))
    run.jobs["changes"] = Ended("success", {"first": STACK, **rows})
    plan, deployment = run.job("first-1-plan"), run.job("first-1")
    origin.commit({rollout.FILE: before})
    return plan, deployment


def found_to_deploy(origin: Origin) -> set[str]:
    """Environments on GitHub for which a run finds something to deploy: what is recorded beside the states decides."""
    ended = Run(origin, "deploy", on_main(origin)).job("changes")
    assert ended.result == "success", ended.log
    assert f"what {IDENTITY.owner()}-{STACK} runs cannot be read" not in ended.summary, ended.summary
    return set(ended.outputs["pending"].split())


def widen_a_role(done: FirstRun) -> None:
    """Permit database administrators to delete databases, out of band."""
    [change] = [each for each in drift.CHANGES if "custom role" in each.what]
    with done.sandbox.cloud() as cloud:
        assert change.make(done.sandbox.directory, cloud) == ["platformDatabaseOperator"]


def looked(origin: Origin) -> tuple[Ended, Ended]:
    """A day's look at both stacks of the identity layer, and the report of it."""
    run = Run(origin, "drift", on_main(origin, "schedule"))
    both = _rows(layout.foundation(STACK), IDENTITY)
    run.jobs["stacks"] = Ended("success", {"matrix": both})
    return run.job("look"), run.job("report")
