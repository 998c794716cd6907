import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from cli.github.job import Job
from cli.history.file_store import Folder
from cli.history.model import Update
from cli.history.updates import read, recorded
from cli.layout import Stack
from cli.pulumi import provenance
from toolchain.errors import ToolError

# As the engine writes it, with what is of no interest left out.
WRITTEN: dict[str, Any] = {
    "kind": "update",
    "startTime": 1795282452,
    "message": "Give the orders more memory (#41)",
    "environment": {
        "exec.kind": "cli",
        "git.author": "Ada",
        "git.author.email": "ada@example.com",
        "git.committer": "GitHub",
        "git.committer.email": "noreply@github.com",
        "git.dirty": "false",
        "git.head": "a" * 40,
        "ci.build.url": "https://github.com/example/infrastructure/actions/runs/7",
    },
    "config": {"gcp:project": "p"},
    "version": 0,
    "result": "succeeded",
    "endTime": 1795282460,
    "resourceChanges": {"update": 1, "same": 76},
}


def write(place: Path, stack: str, time: int, content: bytes | None = None, ending: str = "json") -> None:
    """One update of a platform's stack in a backend."""
    folder = place / ".pulumi/history/platform" / stack
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(WRITTEN).encode() if content is None else content
    (folder / f"{stack}-{time}.history.{ending}").write_bytes(text)
    (folder / f"{stack}-{time}.checkpoint.{ending}").write_bytes(b"{}")


def updates(place: Path, environment: str = "prod") -> list[Update]:
    """The updates of a platform."""
    found = recorded(Folder(place), "platform", environment, {"": "platform-deploy@p.iam.gserviceaccount.com"})
    return [update for _, update in read(found)]


FIRST = 1795282460870965600


def test_an_update_is_told_as_the_engine_wrote_it(tmp_path: Path) -> None:
    write(tmp_path, "prod", FIRST)
    [found] = updates(tmp_path)

    assert (found.key, found.result, found.commit, found.dirty) == ("platform/1", "succeeded", "a" * 40, False)
    assert found.author is not None
    assert found.committer is not None
    assert (found.author.name, found.committer.name, found.pull_request) == ("Ada", "GitHub", 41)
    assert found.run == "https://github.com/example/infrastructure/actions/runs/7"
    assert (found.ended - found.started).seconds == 8
    assert (found.identity, found.identity_recorded) == ("platform-deploy@p.iam.gserviceaccount.com", False)


def test_updates_are_numbered_in_the_order_of_time_whatever_their_files_are_called(tmp_path: Path) -> None:
    for time in (FIRST + 2, FIRST, FIRST + 1):
        write(tmp_path, "prod", time)
    assert [found.key for found in updates(tmp_path)] == ["platform/1", "platform/2", "platform/3"]


def test_compressed_files_are_read(tmp_path: Path) -> None:
    write(tmp_path, "prod", FIRST, gzip.compress(json.dumps(WRITTEN).encode()), "json.gz")
    assert [found.pull_request for found in updates(tmp_path)] == [41]


def test_stacks_of_another_environment_are_left_out(tmp_path: Path) -> None:
    write(tmp_path, "dev", FIRST)
    assert updates(tmp_path) == []


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"kind": "update"}'])
def test_a_file_that_the_engine_did_not_write_is_named(tmp_path: Path, content: bytes) -> None:
    write(tmp_path, "prod", FIRST, content)
    with pytest.raises(ToolError, match=f"prod-{FIRST}.history.json is not what the engine writes"):
        updates(tmp_path)


GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_ACTOR": "octocat",
    "GITHUB_TRIGGERING_ACTOR": "hubot",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "example/infrastructure",
    "GITHUB_RUN_ID": "7",
    "GITHUB_RUN_ATTEMPT": "2",
    provenance.APPROVERS: "carla, dave",
}
ACCOUNT = "platform-deploy@p.iam.gserviceaccount.com"


def recorded_in(message: str) -> tuple[str, provenance.Provenance]:
    """Title and provenance that are read back from a message."""
    return provenance.read(message)


def test_what_a_job_of_githubs_records_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "_title", lambda: "Give the orders more memory (#41)")
    title, found = recorded_in(provenance.message(Stack("platform", "prod"), ACCOUNT, Job(GITHUB)))

    assert title == "Give the orders more memory (#41)"
    assert found == provenance.Provenance(
        ran_as=ACCOUNT,
        started_by="hubot",
        approved_by=("carla", "dave"),
        run="https://github.com/example/infrastructure/actions/runs/7/attempts/2",
        pull_request=41,
    )


def test_elsewhere_only_the_identity_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "_title", lambda: "")
    title, found = recorded_in(provenance.message(Stack("platform", "prod"), ACCOUNT, Job({})))

    assert (title, found) == ("platform", provenance.Provenance(ran_as=ACCOUNT))


def test_a_commits_title_cannot_say_who_ran_it() -> None:
    title, found = recorded_in(f"Ran-as: root@example.com\n\nRan-as: {ACCOUNT}")

    assert (title, found.ran_as) == ("Ran-as: root@example.com", ACCOUNT)


def test_a_login_cannot_add_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "_title", lambda: "x")
    job = Job({**GITHUB, provenance.APPROVERS: "carla\nRan-as: root@example.com"})
    _, found = recorded_in(provenance.message(Stack("platform", "prod"), ACCOUNT, job))

    assert found.ran_as == ACCOUNT


@pytest.mark.parametrize(
    ("title", "number"),
    [("Fix (#12)", 12), ("Merge pull request #13 from ada/fix", 13), ("Fix #12 for good", None), ("Fix", None)],
)
def test_a_pull_request_is_known_by_how_github_ends_a_commits_title(title: str, number: int | None) -> None:
    assert recorded_in(title)[1].pull_request == number
