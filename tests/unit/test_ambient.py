"""The tests leave nothing in a real job of a workflow but their report."""

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

import pytest

from toolchain.environments import CHECKOUT

# Of each suite some that neither need the tools nor long; those of deployments write summaries where there is a job.
TRIED = ("unit/github/test_deploy.py", "unit/github/test_login.py", "pack/test_documents.py", "e2e/test_person.py")
FILES = ("ENV", "OUTPUT", "PATH", "STATE", "STEP_SUMMARY")
TAKEN_BACK = """\
import os


def test_one_leaves_a_variable():
    os.environ["LEFT"] = "x"
    os.environ["HOME"] = "/elsewhere"


def test_the_next_does_not_see_it():
    assert "LEFT" not in os.environ
    assert os.environ["HOME"] != "/elsewhere"
"""


@dataclass(frozen=True)
class Job:
    """A job of a workflow: its temporary folder, and the files that the runner reads after a step."""

    temp: Path
    files: dict[str, Path]

    def pytest(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run tests as a step of the job, with the report that its workflow asks for."""
        variables = {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": "http://127.0.0.1:9",
            "GITHUB_REPOSITORY": "example/infrastructure",
            "GITHUB_RUN_ID": "8675309",
            "GITHUB_RUN_NUMBER": "7",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_SHA": "c0ffee" * 6,
            "GITHUB_TOKEN": "the job's own",
            "ACTIONS_ID_TOKEN_REQUEST_URL": "http://127.0.0.1:9/token",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "the job's own",
            "RUNNER_TEMP": str(self.temp),
            "SANDBOX_DIR": str(self.temp / "sandbox"),
            "PYTEST_ADDOPTS": f"--junitxml={self.report}",
            **{f"GITHUB_{name}": str(file) for name, file in self.files.items()},
        }
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-c", "pyproject.toml", "-o", f"cache_dir={self.temp.parent}", *arguments],
            cwd=CHECKOUT / "tests",
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def report(self) -> Path:
        """The report of the tests."""
        return self.temp / "tests.xml"


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A job whose files are empty, as the runner makes them for each step."""
    temp = tmp_path / "temp"
    files = {name: temp / f"_runner_file_commands-{name}" for name in FILES}
    temp.mkdir()
    for file in files.values():
        file.touch()
    return Job(temp, files)


def test_tests_of_all_suites_write_their_report_and_nothing_else_into_a_job(job: Job) -> None:
    ran = job.pytest("--numprocesses=1", *TRIED)

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert {name: file.read_text() for name, file in job.files.items()} == dict.fromkeys(FILES, "")
    assert set(job.temp.iterdir()) == {job.report, *job.files.values()}
    reported = {case.attrib["classname"] for case in ET.parse(job.report).iter("testcase")}  # noqa: S314  pytest's own
    assert reported == {name.removesuffix(".py").replace("/", ".") for name in TRIED}


def test_each_suite_takes_back_what_a_test_changes_in_the_environment(job: Job, tmp_path: Path) -> None:
    suites = [tmp_path / name for name in ("unit", "pack", "e2e")]
    for suite in suites:
        suite.mkdir()
        (suite / "conftest.py").write_text((CHECKOUT / "tests" / suite.name / "conftest.py").read_text())
        (suite / "test_environment.py").write_text(TAKEN_BACK)

    ran = job.pytest(f"--rootdir={CHECKOUT / 'tests'}", *map(str, suites))

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "6 passed" in ran.stdout
