"""States that no stack file is of are found before they are orphans: by names, by owner, and by what they hold."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from cli import abandoned, layout, stack_file, team_files
from cli.abandoned import Place
from cli.google import connection
from cli.google.errors import GoogleError
from cli.history.file_store import Folder
from cli.layout import Stack
from toolchain.errors import ToolError

DEV = "dev"


def state(*types: str) -> bytes:
    """A state with a resource of each type."""
    resources = [
        {"urn": f"urn:pulumi:dev::apps::{kind}::r{number}", "type": kind, "custom": True}
        for number, kind in enumerate(types)
    ]
    content: dict[str, Any] = {"version": 3, "deployment": {"manifest": {}, "resources": resources}}
    return json.dumps({"version": 3, "checkpoint": {"latest": content["deployment"]}}).encode()


HELD = state("pulumi:pulumi:Stack", "kubernetes:apps/v1:Deployment")
EMPTY = state("pulumi:pulumi:Stack", "pulumi:providers:kubernetes")


@pytest.fixture
def backend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with the app `storefront` of the team `shop` in dev, and its backend with the app's state."""
    checkout = tmp_path / "checkout"
    files = {
        "identity/Pulumi.dev.yaml": "config: {gcp:project: example-dev}\n",
        "identity/Pulumi.team-shop-dev.yaml": "config:\n  identity:team: {name: shop, group: shop@example.com}\n"
        "  identity:apps: {storefront: {}}\n",
        "platform/Pulumi.dev.yaml": "config: {}\n",
        "apps/Pulumi.storefront-dev.yaml": "config: {}\n",
        "policies/environments.yaml": "environments: [{name: dev}, {name: prod}]\n",
    }
    for name, content in files.items():
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).write_text(content)
    for module in (layout, abandoned):
        monkeypatch.setattr(module, "CHECKOUT", checkout)
    put(tmp_path, "apps/storefront-dev", HELD)
    put(tmp_path, "platform/dev", HELD)
    return tmp_path


def put(backend: Path, name: str, content: bytes, folder: str = "") -> None:
    """Write a state into the backend."""
    file = backend / folder / ".pulumi/stacks" / f"{name}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    file.with_name(f"{file.name}.bak").write_bytes(content)


def found(backend: Path, folder: str = "") -> list[str]:
    """Lines about what is abandoned."""
    forget()
    places = [Place(Folder(backend), project, folder) for project in layout.LAYERS]
    return [state.line for state in abandoned.search(DEV, places)]


def forget() -> None:
    """Read the stack files anew."""
    for cached in (stack_file.names, stack_file.read, team_files.teams):
        cached.cache_clear()


def remove(backend: Path, *files: str) -> None:
    for file in files:
        (backend / "checkout" / file).unlink()


def test_states_of_declared_stacks_are_none(backend: Path) -> None:
    assert found(backend) == []


def test_an_app_whose_files_are_removed_is_found_while_its_state_holds_something(backend: Path) -> None:
    remove(backend, "apps/Pulumi.storefront-dev.yaml")

    [line] = found(backend)
    assert line.startswith("apps/storefront (storefront-dev): its state holds 1 resources")
    assert "apps/Pulumi.storefront-dev.yaml does not exist" in line

    put(backend, "apps/storefront-dev", EMPTY)
    assert found(backend) == []


def test_a_whole_team_and_a_renamed_stack_of_a_layer_are_found(backend: Path) -> None:
    put(backend, "platform/storage-dev", HELD)
    put(backend, "identity/team-shop-dev", HELD)
    put(backend, "platform/namespaces-shop-dev", HELD)
    remove(backend, "identity/Pulumi.team-shop-dev.yaml", "apps/Pulumi.storefront-dev.yaml", "platform/Pulumi.dev.yaml")

    assert [line.partition(" ")[0] for line in found(backend)] == [
        "identity/team-shop",
        "platform",
        "platform/namespaces-shop",
        "platform/storage",
        "apps/storefront",
    ]


# Stacks of an environment in the order in which they go.
GOING = ("apps/storefront-dev", "platform/dev", "identity/team-shop-dev", "identity/dev")


def file_of(stack: str) -> str:
    """The stack file of a state."""
    project, _, name = stack.partition("/")
    return f"{project}/Pulumi.{name}.yaml"


def test_an_environment_goes_from_apps_to_identity_each_state_emptied_first(backend: Path) -> None:
    for stack in GOING[2:]:
        put(backend, stack, HELD)
    for stack in GOING:
        put(backend, stack, EMPTY)
        remove(backend, file_of(stack))
        assert found(backend) == []


@pytest.mark.parametrize("first", GOING[:3])
def test_whatever_goes_before_its_state_is_empty_is_found_and_so_is_an_app_without_its_team(
    backend: Path, first: str
) -> None:
    for stack in GOING[2:]:
        put(backend, stack, HELD)
    remove(backend, file_of(first))

    orphans = {line.partition(" ")[0] for line in found(backend)}
    own = first.removesuffix("-dev").removesuffix("/dev")
    assert orphans == {own, *(["apps/storefront"] if first == "identity/team-shop-dev" else [])}


def test_an_environment_without_what_its_teams_share_is_refused_as_a_whole(backend: Path) -> None:
    remove(backend, "identity/Pulumi.dev.yaml")
    with pytest.raises(ToolError, match=r"identity/Pulumi\.dev\.yaml does not exist.*Restore the file"):
        found(backend)


def test_a_command_for_an_environment_that_was_removed_says_what_may_run_on(backend: Path) -> None:
    remove(backend, *map(file_of, GOING))
    forget()

    with pytest.raises(ToolError, match=r"(?s)does not exist.*Nothing was started.*runs on. Restore the file"):
        layout.stacks(DEV)
    listed = backend / "checkout/policies/environments.yaml"
    listed.write_text("environments: [{name: prod}]\n")
    with pytest.raises(ToolError, match=r"does not list the environment 'dev'.*restore its entry and files"):
        layout.require_listed(DEV)


def test_an_app_that_no_teams_file_declares_any_more_is_found_before_its_account_goes(backend: Path) -> None:
    file = backend / "checkout/identity/Pulumi.team-shop-dev.yaml"
    file.write_text(file.read_text().replace("{storefront: {}}", "{}"))

    [line] = found(backend)
    assert "no team's file in identity/ declares the app" in line


def test_an_app_of_another_team_is_found_in_the_folder_of_the_former_one(backend: Path) -> None:
    put(backend, "apps/storefront-dev", HELD, "retail")

    assert ["the team shop declares the app" in line for line in found(backend, "retail")] == [True]


def test_a_state_that_cannot_be_read_counts_as_one_that_holds_something(backend: Path) -> None:
    put(backend, "apps/other-dev", b"{")

    assert found(backend) == [
        "apps/other (other-dev): its state cannot be read, and apps/Pulumi.other-dev.yaml does not exist"
    ]


def test_states_of_other_environments_in_one_backend_are_left_alone(backend: Path) -> None:
    put(backend, "apps/storefront-prod", HELD)
    put(backend, "apps/storefront-sandbox", HELD)

    assert found(backend) == []


def test_the_message_names_the_way(backend: Path) -> None:
    remove(backend, "apps/Pulumi.storefront-dev.yaml")
    with pytest.raises(
        ToolError, match=r"(?s)no longer declared.*apps/storefront.*Restore the files.*destroy.*stack rm"
    ):
        abandoned.require_none(DEV, [Place(Folder(backend), "apps")])


@dataclass
class Buckets:
    """Google's buckets: their objects by bucket and name, and each read of content with the account that made it."""

    objects: dict[str, dict[str, bytes]]
    read: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def as_account(self, account: str) -> Any:
        """A client of an account, which answers from the objects."""
        buckets = self

        class Answering:
            def listed(self, method: str, url: str, key: str, *_: object, parameters: dict[str, Any]) -> list[Any]:
                assert method == "GET"
                bucket, prefix = url.split("/")[-2], parameters["prefix"]
                if bucket not in buckets.objects:
                    raise GoogleError(f"{bucket} does not exist", 404, "notFound")
                names = [name for name in buckets.objects[bucket] if name.startswith(prefix)]
                if key == "items":
                    return [{"name": name} for name in names]
                assert parameters["delimiter"] == "/"
                return sorted({f"{prefix}{name.removeprefix(prefix).split('/')[0]}/" for name in names})

            def content(self, url: str, _: object) -> bytes:
                bucket, name = url.split("/")[-3], unquote(url.rpartition("/")[2])
                buckets.read.append((account.partition("@")[0], name))
                return buckets.objects[bucket][name]

        return Answering()


def test_in_buckets_teams_without_a_file_are_found_and_their_states_read_as_their_own_accounts(
    backend: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = "gone/.pulumi/stacks/apps/ledger-dev.json"
    buckets = Buckets(
        {
            "example-dev-state-identity": {".pulumi/stacks/identity/dev.json": HELD},
            "example-dev-state-platform": {".pulumi/stacks/platform/old-dev.json": HELD},
            "example-dev-state-team": {
                "shop/.pulumi/stacks/identity/team-shop-dev.json": HELD,
                "gone/.pulumi/stacks/identity/team-gone-dev.json": HELD,
                "gone/.pulumi/history/identity/team-gone-dev/1.json": HELD,
            },
            "example-dev-state-apps": {
                "shop/.pulumi/stacks/apps/storefront-dev.json": HELD,
                "shop/.pulumi/stacks/apps/emptied-dev.json": EMPTY,
                gone: HELD,
            },
        }
    )
    monkeypatch.setattr(connection, "as_account", buckets.as_account)
    monkeypatch.delenv("PULUMI_BACKEND_URL", raising=False)
    forget()

    found = [state.title for state in abandoned.search(DEV, abandoned.of_environment(DEV, []))]

    assert found == ["identity/team-gone (team-gone-dev)", "platform (old-dev)", "apps/ledger (ledger-dev)"]
    assert ("apps-gone-preview", gone) in buckets.read
    assert ("team-preview", "gone/.pulumi/stacks/identity/team-gone-dev.json") in buckets.read
    # No content of a declared stack is read.
    assert not any(name.endswith("storefront-dev.json") for _, name in buckets.read)


def test_a_stacks_own_backend_is_looked_at_by_its_own_account_alone(
    backend: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {f"{team}/.pulumi/stacks/apps/{app}-dev.json": HELD for team, app in (("shop", "old"), ("other", "else"))}
    buckets = Buckets({"example-dev-state-apps": names})
    monkeypatch.setattr(connection, "as_account", buckets.as_account)
    monkeypatch.delenv("PULUMI_BACKEND_URL", raising=False)
    (backend / "checkout/apps/Pulumi.storefront-dev.yaml").write_text("config: {gcp:project: example-dev}\n")
    forget()

    found = list(abandoned.search(DEV, abandoned.of_stacks([Stack("apps", DEV, "storefront")], "preview")))

    assert [state.title for state in found] == ["apps/old (old-dev)"]
    assert {account for account, _ in buckets.read} == {"apps-shop-preview"}


@pytest.mark.parametrize("usable", [("platform-preview", "apps-shop-preview"), ()])
def test_buckets_are_listed_by_whoever_of_their_owners_can_and_named_where_nobody_can(
    backend: Path, monkeypatch: pytest.MonkeyPatch, usable: tuple[str, ...]
) -> None:
    del backend

    class Listed(Folder):
        def folders(self) -> list[str]:
            return []

    def bucket_at(address: str, account: str) -> Listed:
        if account.partition("@")[0] not in usable:
            raise ToolError(f"your Google login may not act as {account}")
        return Listed(Path(address.removeprefix("gs://")))

    monkeypatch.setattr(abandoned.backends, "bucket_at", bucket_at)
    unread: list[str] = []

    places = list(abandoned.of_environment("dev", unread))

    assert {place.project for place in places} == ({"platform", "apps"} if usable else set())
    assert any("of identity in dev hold cannot be read: your Google login may not act as" in line for line in unread)
    assert any("of apps in dev" in line for line in unread) is not bool(usable)
