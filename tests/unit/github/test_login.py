"""A job signs in to Google Cloud by GitHub's token, and by nothing that outlives it."""

import json
import os
from pathlib import Path
from urllib.parse import quote

import pytest

from cli import target
from cli.github import login, steps
from cli.github.job import Job
from cli.layout import Choice, Stack, federation
from toolchain.errors import ToolError, UsageError

PLATFORM = Stack("platform", "dev")
REQUEST = {
    "ACTIONS_ID_TOKEN_REQUEST_URL": "https://pipelines.example/token?api-version=2.0",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "the job's own",
}


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    """A job that may ask for a token."""
    for name, value in {**REQUEST, "RUNNER_TEMP": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    return Job()


def test_the_file_names_the_ways_and_holds_no_key(job: Job) -> None:
    file = login.credentials(job, PLATFORM, PLATFORM.account("deploy"))
    content = json.loads(file.read_text())

    provider = f"//iam.googleapis.com/{federation('dev')}"
    assert content["audience"] == provider
    asked = f"https://pipelines.example/token?api-version=2.0&audience={quote(f'https:{provider}', safe='')}"
    assert content["credential_source"]["url"] == asked
    account = PLATFORM.account("deploy")
    assert content["service_account_impersonation_url"].endswith(f"/{account}:generateAccessToken")
    assert "private_key" not in file.read_text()
    assert file.stat().st_mode & 0o077 == 0
    assert account not in login.credentials(job, PLATFORM).read_text()


def test_a_job_signs_in_and_a_person_keeps_the_own_login(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    login.sign_in_to_look("dev")
    assert json.loads(Path(os.environ["GOOGLE_APPLICATION_CREDENTIALS"]).read_text())["type"] == "external_account"

    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "mine.json")
    login.sign_in_to_look("dev")
    assert os.environ["GOOGLE_APPLICATION_CREDENTIALS"] == "mine.json"


@pytest.mark.parametrize(
    ("layer", "owner", "account"),
    [
        ("platform", "platform", "platform-preview@"),
        ("platform", "storage", "storage-preview@"),
        ("platform", None, ""),
        (None, None, ""),
    ],
)
def test_stacks_of_one_owner_are_read_as_its_account_and_others_each_as_their_own(
    job: Job, layer: str | None, owner: str | None, account: str
) -> None:
    """As the account itself, so that the cluster's API sees it too, which no token in the environment reaches."""
    login.sign_in_to_look("dev", Choice(layer, owner=owner))
    content = json.loads(Path(os.environ["GOOGLE_APPLICATION_CREDENTIALS"]).read_text())
    assert account in content.get("service_account_impersonation_url", "")
    assert ("service_account_impersonation_url" in content) == bool(account)


@pytest.mark.parametrize("missing", REQUEST)
def test_without_leave_to_ask_nobody_signs_in(job: Job, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.delenv(missing)
    login.sign_in_to_look("dev")
    assert "GOOGLE_APPLICATION_CREDENTIALS" not in os.environ


def test_the_sandbox_has_its_own_way(job: Job) -> None:
    target.of("sandbox").sign_in()
    assert "GOOGLE_APPLICATION_CREDENTIALS" not in os.environ


def test_what_is_no_address_is_not_asked(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", "file:///etc/passwd")
    with pytest.raises(ToolError, match="is no address"):
        login.credentials(Job(), PLATFORM)


def test_an_output_cannot_set_another(tmp_path: Path) -> None:
    file = tmp_path / "output"
    Job({"GITHUB_OUTPUT": str(file)}).output("matrix", "x\nend\nidentity-prod=true\nEOF\n")
    first, *_, last = file.read_text().splitlines()
    assert first.startswith("matrix<<end-")
    assert first.removeprefix("matrix<<") == last


def test_a_persons_own_layers_are_not_replaced() -> None:
    with pytest.raises(UsageError, match="GITHUB_ACTIONS is not set"):
        steps.run("proposal", Job({}))


@pytest.mark.parametrize("name", [None, "", "nothing"])
def test_a_step_that_does_not_exist_is_told_with_those_that_do(name: str | None) -> None:
    with pytest.raises(UsageError, match="STEP is one of tools, proposal"):
        steps.run(name, Job({}))


def test_outside_of_a_job_a_step_says_so() -> None:
    with pytest.raises(UsageError, match="GITHUB_SHA is not set"):
        _ = Job({}).sha
