"""A run by the double of the tests: the same workflows, and the same stand-in for `make`."""

import os
from pathlib import Path
from unittest.mock import patch

from lab.interpreter.cases import Case
from lab.interpreter.place import Commands, Place
from unit.github.fake_github import FakeGitHub
from unit.github.origin import Origin, Started
from unit.github.workflow_runs import Run


def run(case: Case, folder: Path) -> Commands:
    """Run a case; return the commands that it started."""
    place = Place(folder, case)
    jobs = folder / "jobs"
    jobs.mkdir()
    origin = Origin(place.repository, jobs, FakeGitHub(url="http://127.0.0.1:9"))
    sha = origin.git("rev-parse", "main").strip()
    started = Started(case.event_name, case.event, case.ref, sha, 1, case.actor)
    with patch.dict(os.environ, {"PATH": f"{place.bin}{os.pathsep}{os.environ['PATH']}"}):
        Run(origin, case.workflow, started).all()
    return place.commands()
