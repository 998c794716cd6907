"""Identity of the engine after a person's login: an impersonated account, or the account of the login itself."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from google.auth import impersonated_credentials
from google.auth.exceptions import RefreshError

from cli import google_login
from cli.google_login import account_of, acting_as, default_credentials
from toolchain.environments import CHECKOUT
from toolchain.errors import ToolError
from waiting import LONGEST_SECONDS

LOGIN = {
    "type": "authorized_user",
    "client_id": "id",
    "client_secret": "secret",
    "refresh_token": "1//of-the-person",
}
URL = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{}:generateAccessToken"
ACCOUNT = "identity-preview@demo.iam.gserviceaccount.com"


class Impersonated:
    """Credentials for an account, as Google's library makes them."""

    asked: dict[str, Any]
    refusal: Exception | None = None
    token = "ya29.token"

    def __init__(self, source: Any, **options: Any) -> None:
        type(self).asked = options

    def refresh(self, request: object) -> None:
        if self.refusal:
            raise self.refusal


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of temporary files."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    return temporary


def log_in(monkeypatch: pytest.MonkeyPatch, folder: Path, **changes: Any) -> Path:
    """A login in the file of gcloud."""
    file = folder / "application_default_credentials.json"
    file.write_text(json.dumps({**LOGIN, **changes}))
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(folder))
    return file


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: Path) -> type[Impersonated]:
    """A person is logged in."""
    del folder
    log_in(monkeypatch, tmp_path)

    class Tried(Impersonated):
        pass

    monkeypatch.setattr(google_login, "default_credentials", lambda: SimpleNamespace(account="ada@example.com"))
    monkeypatch.setattr(impersonated_credentials, "Credentials", Tried)
    return Tried


def test_a_person_acts_as_an_account_by_a_file_that_goes_afterwards(person: type[Impersonated], folder: Path) -> None:
    with acting_as(ACCOUNT) as env:
        assert env.keys() == {"GOOGLE_APPLICATION_CREDENTIALS", "CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT"}
        file = Path(env["GOOGLE_APPLICATION_CREDENTIALS"])
        assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
        assert json.loads(file.read_text()) == {
            "type": "impersonated_service_account",
            "service_account_impersonation_url": URL.format(ACCOUNT),
            "source_credentials": LOGIN,
        }
    assert list(folder.iterdir()) == []
    assert (person.asked["target_principal"], person.asked["lifetime"]) == (ACCOUNT, 3600)


def test_no_token_is_in_a_variable(person: type[Impersonated]) -> None:
    with acting_as(ACCOUNT) as env:
        values = " ".join(env.values())
    assert not any(token in values for token in (LOGIN["refresh_token"], person.token))


def test_the_file_goes_when_the_work_fails(person: type[Impersonated], folder: Path) -> None:
    del person
    with pytest.raises(ZeroDivisionError), acting_as(ACCOUNT):
        raise ZeroDivisionError
    assert list(folder.iterdir()) == []


_WAITING = f"""
import signal, sys, time
from types import SimpleNamespace
from cli import google_login
signal.signal(signal.SIGINT, signal.default_int_handler)
google_login.default_credentials = lambda: SimpleNamespace(account="ada@example.com")
google_login._impersonated = lambda *_: None
with google_login.acting_as("{ACCOUNT}") as env:
    print(env["GOOGLE_APPLICATION_CREDENTIALS"], flush=True)
    time.sleep({LONGEST_SECONDS})
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_command_leaves_no_file_longer_than_to_the_next_one(
    person: type[Impersonated], folder: Path, how: signal.Signals
) -> None:
    del person
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(folder)}
    with subprocess.Popen([sys.executable, "-c", _WAITING], cwd=CHECKOUT, env=env, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        file = Path(child.stdout.readline().decode().strip())
        assert file.is_file()
        child.send_signal(how)
    assert file.is_file() == (how is signal.SIGKILL)
    with acting_as(ACCOUNT):
        assert not file.parent.exists()


def test_the_file_of_a_running_command_stays(person: type[Impersonated]) -> None:
    del person
    with acting_as(ACCOUNT) as first, acting_as(ACCOUNT) as second:
        assert all(Path(env["GOOGLE_APPLICATION_CREDENTIALS"]).is_file() for env in (first, second))


def test_a_job_that_is_itself_impersonates_by_its_own_kind_of_file(
    person: type[Impersonated], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del person
    job = {"type": "external_account", "audience": "//iam.googleapis.com/pool"}
    file = tmp_path / "job.json"
    file.write_text(json.dumps(job))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
    with acting_as(ACCOUNT) as env:
        content = json.loads(Path(env["GOOGLE_APPLICATION_CREDENTIALS"]).read_text())
    assert content == {**job, "service_account_impersonation_url": URL.format(ACCOUNT)}


@pytest.mark.parametrize("kind", ["impersonated_service_account", "gdch_service_account", ""])
def test_a_login_from_which_kubectl_would_not_impersonate_is_refused(
    person: type[Impersonated], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    del person
    file = log_in(monkeypatch, tmp_path, type=kind)
    if not kind:
        file.unlink()
    with pytest.raises(ToolError, match=rf"kubectl and the engine would not both act as {ACCOUNT}"), acting_as(ACCOUNT):
        pass


def test_whoever_is_the_account_already_needs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(google_login, "default_credentials", lambda: SimpleNamespace(service_account_email=ACCOUNT))

    with acting_as(ACCOUNT) as env:
        assert env == {}


def test_a_login_that_may_not_act_as_the_account_says_who_may(person: type[Impersonated], folder: Path) -> None:
    person.refusal = RefreshError("Permission 'iam.serviceAccounts.getAccessToken' denied\nmore")

    words = rf"may not act as {ACCOUNT}.*group of the team.*getAccessToken' denied$"
    with pytest.raises(ToolError, match=words), acting_as(ACCOUNT):
        pass
    assert list(folder.iterdir()) == []


def test_without_a_login_it_says_how_to_log_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere.json")

    with pytest.raises(ToolError, match=r"no usable Google login.*gcloud auth application-default login"):
        default_credentials()


@pytest.mark.parametrize(
    ("credentials", "account"),
    [
        (SimpleNamespace(service_account_email="robot@x"), "robot@x"),
        (SimpleNamespace(account="ada@x"), "ada@x"),
        (SimpleNamespace(account=None), ""),
    ],
)
def test_an_account_is_told_where_the_credentials_tell_it(credentials: SimpleNamespace, account: str) -> None:
    assert account_of(credentials) == account
