"""Records of what was deployed: beside each state, by the account that deploys it."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from cli import deployed
from cli.google import connection
from cli.layout import Stack
from toolchain.errors import ToolError
from unit.cli.google.double import Asked

PLATFORM, STORAGE = Stack("platform", "sandbox"), Stack("platform", "sandbox", "storage")
JOB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_SHA": "c0ffee" * 6,
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "example/infrastructure",
    "GITHUB_RUN_ID": "7",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A backend that is a folder."""
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path}")
    return tmp_path


@dataclass
class Buckets:
    """Google's buckets: their objects by name, and each request with the account that made it."""

    objects: dict[str, bytes] = field(default_factory=dict[str, bytes])
    asked: list[tuple[str, Asked]] = field(default_factory=list[tuple[str, Asked]])

    def as_account(self, account: str) -> Any:
        """A client of an account, which answers from the objects."""
        buckets = self

        class Answering:
            def listed(self, method: str, url: str, *_: object, parameters: dict[str, Any]) -> list[dict[str, str]]:
                buckets.asked.append((account, Asked(method, url, parameters, None)))
                return [{"name": name} for name in buckets.objects if name.startswith(parameters["prefix"])]

            def content(self, url: str, _: object) -> bytes:
                return buckets.objects[unquote(url.rpartition("/")[2])]

            def call(
                self, method: str, url: str, _: object, *, parameters: dict[str, Any], body: dict[str, str]
            ) -> dict[str, str]:
                buckets.asked.append((account, Asked(method, url, parameters, body)))
                buckets.objects[parameters["name"]] = json.dumps(body).encode()
                return {}

        return Answering()


@pytest.fixture
def buckets(monkeypatch: pytest.MonkeyPatch) -> Buckets:
    """Buckets for the states."""
    monkeypatch.delenv("PULUMI_BACKEND_URL", raising=False)
    made = Buckets()
    monkeypatch.setattr(connection, "as_account", made.as_account)
    return made


def test_a_deployment_in_a_workflow_is_recorded_with_its_commit(folder: Path) -> None:
    deployed.record(PLATFORM, JOB)

    assert deployed.commits([PLATFORM, STORAGE], "preview") == {PLATFORM: "c0ffee" * 6}
    assert json.loads((folder / deployed.name_of(PLATFORM)).read_text())["run"].endswith("/actions/runs/7")


def test_after_a_deployment_from_elsewhere_nobody_knows_what_runs(folder: Path) -> None:
    deployed.record(PLATFORM, JOB)
    deployed.record(PLATFORM, {})

    assert deployed.commits([PLATFORM], "preview") == {}


@pytest.mark.parametrize("content", ["", "[]", "{}", '"x"'])
def test_a_record_of_another_form_is_an_error(folder: Path, content: str) -> None:
    file = folder / deployed.name_of(PLATFORM)
    file.parent.mkdir(parents=True)
    file.write_text(content)

    with pytest.raises(ToolError, match=r"not what a deployment writes.*remove that object"):
        deployed.commits([PLATFORM], "preview")


def test_the_deploy_account_writes_into_its_own_folder_and_each_reader_reads_as_its_account(buckets: Buckets) -> None:
    shop = Stack("apps", "sandbox", "storefront")
    for stack in (STORAGE, shop):
        deployed.record(stack, JOB)

    [(storage, one), (apps, two)] = buckets.asked
    assert (storage, apps) == (STORAGE.account("deploy"), shop.account("deploy"))
    assert one.url.endswith("-state-storage/o")
    assert one.parameters == {"uploadType": "media", "name": ".prodfirst/deployed/platform/storage-sandbox.json"}
    # The condition of a team's account admits its own folder alone.
    assert two.parameters["name"] == "shop/.prodfirst/deployed/apps/storefront-sandbox.json"

    assert deployed.commits([STORAGE, shop, PLATFORM], "preview") == dict.fromkeys([STORAGE, shop], "c0ffee" * 6)
    assert {account for account, _ in buckets.asked[2:]} == {
        stack.account("preview") for stack in (STORAGE, shop, PLATFORM)
    }


def test_a_service_as_backend_has_no_record(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", "https://api.example.com")
    deployed.record(PLATFORM, JOB)

    assert deployed.commits([PLATFORM], "preview") == {}
