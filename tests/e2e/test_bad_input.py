"""Wrong input and a hostile machine: one message with what, where, consequence and remedy, and nothing half-written."""

import base64
import json
import os
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from e2e.harness import ADMIN, IDENTITY, PLATFORM, PROJECT, Sandbox, acting_as, is_write
from e2e.person import Person
from e2e.sandboxes import Draft, made
from toolchain import uv

FOUNDATION_FILE = "identity/Pulumi.foundation-sandbox.yaml"
IDENTITY_FILE = "identity/Pulumi.sandbox.yaml"
TEAM_FILE = "identity/Pulumi.team-shop-sandbox.yaml"
PLATFORM_FILE = "platform/Pulumi.sandbox.yaml"
STORAGE_FILE = "platform/Pulumi.storage-sandbox.yaml"
APPS_FILE = "apps/Pulumi.storefront-sandbox.yaml"
OWNERS = {STORAGE_FILE: "storage", FOUNDATION_FILE: "foundation", IDENTITY_FILE: "identity", TEAM_FILE: "team"}
DOMAIN = "  identity:domain: example.com\n"


@pytest.fixture
def nowhere(e2e_folder: Path, person: Person) -> Iterator[Sandbox]:
    """A sandbox that does not exist, and should not after a refusal."""
    with made(Sandbox(e2e_folder / "nowhere", person)) as sandbox:
        yield sandbox


def test_a_layer_whose_producer_was_never_deployed_says_which_to_deploy_first(draft: Draft) -> None:
    mark = draft.sandbox.mark()

    draft.sandbox.run("up", "--layer", "platform").refused(
        1,
        "The identity layer's contract (secret 'contract-identity' in project 'prodfirst-sandbox') cannot be read",
        "nothing was planned or changed",
        "make up LAYER=identity",
    )

    assert [call.method for call in draft.sandbox.calls(mark) if is_write(call)] == []


@pytest.mark.parametrize(
    ("file", "edits", "said"),
    [
        pytest.param(
            IDENTITY_FILE,
            [("", "  identity:teamz: x\n")],
            ["identity:teamz: is unknown, so it would change nothing", "did you mean 'teams'?"],
            id="unknown-key",
        ),
        pytest.param(
            FOUNDATION_FILE,
            [(DOMAIN, "")],
            ["identity:domain: is not set. Add it to Pulumi.foundation-sandbox.yaml, for example"],
            id="missing-key",
        ),
        pytest.param(
            FOUNDATION_FILE,
            [
                (DOMAIN, "  identity:domain: example\n"),
                ("platform-team@example.com", "platform-team@gmail.com"),
                ("", "  identity:x: other\n  identity:teams: {}\n  identity:bindWorkloads: false\n"),
            ],
            [
                "'example' is not a domain",
                "identity:owners.platform: 'platform-team@gmail.com' is in a consumer mail domain",
                "identity:x: is unknown",
                "identity:bindWorkloads: is a key of Pulumi.team-<team>-<environment>.yaml",
            ],
            id="everything-wrong-at-once",
        ),
        pytest.param(
            IDENTITY_FILE,
            [("[datastore-admin]", "[root]"), ("", "  identity:domain: example.com\n")],
            [
                "identity:teams.database.capabilities",
                "identity:domain: is a key of Pulumi.foundation-<environment>.yaml",
                "Move it there",
            ],
            id="key-of-the-other-stack",
        ),
        pytest.param(
            TEAM_FILE,
            [
                ("group: shop-team@example.com", "group: shop-team@gmail.com"),
                ("", "  identity:teams: {x: {group: x@example.com}}\n"),
            ],
            [
                "identity:team.group: 'shop-team@gmail.com' is in a consumer mail domain",
                "identity:teams: is a key of Pulumi.<environment>.yaml",
            ],
            id="team",
        ),
        pytest.param(
            PLATFORM_FILE,
            [("databases: 10.64.0.0/20", "databases: 10.16.0.0/20")],
            ["platform:network: pods 10.16.0.0/14 and databases 10.16.0.0/20 overlap", "move one of them"],
            id="overlapping-ranges",
        ),
        pytest.param(
            STORAGE_FILE,
            [("      databases: [orders]\n", "      databases: orders\n")],
            ["platform:datastores.orders.databases: must be a list, with a line"],
            id="wrong-type",
        ),
        pytest.param(
            APPS_FILE,
            [("@sha256:0000000000000000000000000000000000000000000000000000000000000002", ":latest")],
            ["Pulumi.storefront-sandbox.yaml:", "apps:image", "is not an image pinned by digest"],
            id="unpinned-image",
        ),
    ],
)
def test_a_wrong_configuration_is_told_as_a_whole_before_anything_is_planned(
    draft: Draft, file: str, edits: list[tuple[str, str]], said: list[str]
) -> None:
    draft.bring_up("identity")
    mark = draft.sandbox.mark()

    with ExitStack() as changes:
        for old, new in edits:
            changes.enter_context(draft.changed(file, old, new))
        owner = OWNERS.get(file)
        which = ("--owner", owner) if owner else ("--layer", file.partition("/")[0])
        stopped = draft.sandbox.run("up", *which)

    stopped.refused(1, "cannot be used; nothing was planned or changed", *said)
    assert [call.method for call in draft.sandbox.calls(mark) if is_write(call)] == []


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        pytest.param("{", ["is malformed", "it is not JSON (line 1, column 2)"], id="not-json"),
        pytest.param('{"contract": "platform"}', ["is malformed", "instead of 'identity'"], id="another-layers"),
        pytest.param(
            '{"contract": "identity", "version": 3}',
            ["has version 3, but this layer reads version 2", "Deploy the layers from the same commit"],
            id="incompatible",
        ),
        pytest.param(
            '{"contract": "identity", "version": 2, "teams": []}',
            ["is malformed", "project: is not set.", "teams: must be a mapping"],
            id="incomplete",
        ),
    ],
)
def test_a_contract_that_is_not_what_was_agreed_stops_its_consumer(draft: Draft, payload: str, said: list[str]) -> None:
    draft.bring_up("identity")
    data = base64.b64encode(payload.encode()).decode()
    secret = f"{PROJECT}/secrets/contract-identity"
    with draft.sandbox.cloud() as cloud:
        latest = f"{secret}/versions/latest"
        agreed = cloud.call("secretmanager.projects.secrets.versions.access", latest, acting_as("platform-preview"))
        cloud.call("secretmanager.projects.secrets.addVersion", secret, ADMIN, {"payload": {"data": data}})
    mark = draft.sandbox.mark()

    try:
        stopped = draft.sandbox.run("up", "--layer", "platform")
    finally:
        with draft.sandbox.cloud() as cloud:
            # Not even the administrator destroys a version: the one that was agreed is added again.
            before = {"payload": {"data": agreed["payload"]["data"]}}
            cloud.call("secretmanager.projects.secrets.addVersion", secret, ADMIN, before)

    stopped.refused(1, "The identity layer's contract (secret 'contract-identity')", *said)
    assert [
        call.method
        for call in draft.sandbox.calls(mark)
        if is_write(call) and call.principal != "user:admin@sandbox.invalid"
    ] == []
    state = draft.sandbox.state(PLATFORM)
    assert state is None or state.resources == ()


@pytest.mark.parametrize(
    ("file", "layer"), [(IDENTITY_FILE, "identity"), (PLATFORM_FILE, "platform"), (APPS_FILE, "apps")]
)
def test_a_stack_file_that_is_not_yaml_is_named_with_the_line(draft: Draft, file: str, layer: str) -> None:
    draft.bring_up("identity")

    with draft.changed(file, "", "\n  [oops\n"):
        stopped = draft.sandbox.run("up", "--layer", layer)

    stopped.refused(1, file, "nothing was started", "line ")


def test_an_environment_without_its_stack_file_is_told_before_anything_starts(draft: Draft) -> None:
    mark = draft.sandbox.mark()

    with draft.without(PLATFORM_FILE):
        stopped = draft.sandbox.run("up")

    stopped.refused(1, f"{PLATFORM_FILE} does not exist", "Nothing was started", "write the file")
    assert draft.sandbox.calls(mark) == []


def test_an_app_without_a_team_is_told_with_the_remedy(draft: Draft) -> None:
    draft.bring_up("identity")

    with draft.changed(TEAM_FILE, "    storefront:\n", "    other:\n"):
        stopped = draft.sandbox.run("up", "--app", "storefront")

    stopped.refused(1, "the app storefront is in identity:apps of no identity/Pulumi.team-", "Declare it in")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("up", "--layer", "Apps"), 2, "there is no layer 'Apps'; the layers are identity, platform, apps"),
        (("up", "--app", "nosuch"), 2, "there is no app 'nosuch' in the environment sandbox (there are: reports"),
        (("up", "--layer", "platform", "--app", "storefront"), 2, "names a stack of apps, and LAYER=platform"),
        (("preview", "--stack", "nowhere"), 1, "identity has no stack 'nowhere'"),
        (("preview", "--stack", "../x"), 2, "'../x' cannot be an environment; STACK is a word"),
    ],
)
def test_what_does_not_exist_is_told_and_leaves_no_sandbox(
    nowhere: Sandbox, arguments: tuple[str, ...], code: int, said: str
) -> None:
    nowhere.run(*arguments).refused(code, said)

    assert not nowhere.path.exists()


def test_a_port_in_use_is_told_with_its_holder_and_no_server_starts(nowhere: Sandbox) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        stopped = nowhere.run("up", SANDBOX_API_PORT=port)

    holder = f" by {Path(sys.executable).name[:6]}" if sys.platform == "linux" else ""
    stopped.refused(1, f"port {port} on 127.0.0.1 is in use{holder}", "cannot start", "SANDBOX_API_PORT=<port> make up")
    assert nowhere.server_processes() == []
    assert nowhere.state(IDENTITY) is None


@pytest.mark.parametrize("port", ["http", "80", "99999"])
def test_what_is_no_port_is_told(nowhere: Sandbox, port: str) -> None:
    nowhere.run("up", SANDBOX_API_PORT=port).refused(1, f"SANDBOX_API_PORT is '{port}'", "from 1024 to 65535")

    assert nowhere.server_processes() == []


@pytest.fixture
def bare_machine(tmp_path: Path) -> dict[str, str]:
    """Nothing but uv, nothing in the cache, no Go and no Pulumi on PATH, and a network that does not answer."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("sh", "ps", "uname", "env"):
        found = shutil.which(name)
        assert found
        (programs / name).symlink_to(found)
    (programs / "uv").symlink_to(uv.ensure().path)
    return {"PATH": str(programs), "XDG_CACHE_HOME": str(tmp_path / "cache"), "no_proxy": "", "NO_PROXY": ""}


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        pytest.param({"UV_HTTP_RETRIES": "0"}, "its wheel could not be installed", id="network-does-not-answer"),
        pytest.param({"SANDBOX_OFFLINE": "1"}, "SANDBOX_OFFLINE is set", id="offline-by-choice"),
    ],
)
def test_without_go_and_network_it_says_what_to_install_and_builds_nothing(
    nowhere: Sandbox, bare_machine: dict[str, str], settings: dict[str, str], why: str
) -> None:
    stopped = nowhere.run("up", **settings, **bare_machine)

    stopped.refused(1, "is needed to build the sandbox's programs", why, "Nothing was built. Install Go from https://")
    cached = Path(bare_machine["XDG_CACHE_HOME"])
    assert [path for path in cached.rglob("*") if path.name.endswith(".partial")] == []
    assert nowhere.server_processes() == []


def test_a_folder_that_is_no_sandbox_is_left_alone(nowhere: Sandbox) -> None:
    nowhere.path.mkdir()
    (nowhere.path / "thesis.txt").write_text("mine")

    for command in ("up", "down"):
        nowhere.run(command).refused(1, "is not empty and not a sandbox", "Set SANDBOX_DIR")
    assert os.listdir(nowhere.path) == ["thesis.txt"]  # noqa: PTH208 - names


def test_a_file_in_the_sandboxs_place_is_left_alone(nowhere: Sandbox) -> None:
    nowhere.path.write_text("mine")

    for command in ("up", "down"):
        nowhere.run(command).refused(1, str(nowhere.path), "SANDBOX_DIR")
    assert nowhere.path.read_text() == "mine"


@pytest.mark.parametrize(
    "file", ["cloud.db", "ports.json", "state/foundation/.pulumi/stacks/identity/foundation-sandbox.json"]
)
def test_a_broken_file_of_the_sandbox_is_named_with_the_remedy(nowhere: Sandbox, file: str) -> None:
    nowhere.run("up", SANDBOX_API_PORT="80").refused(1)  # makes the folder, and starts nothing
    path = nowhere.path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps("broken")[:-1])

    stopped = nowhere.run("up", "--layer", "identity")

    stopped.refused(1, str(path), "`make down`")
    nowhere.run("down").succeeded()
    assert not nowhere.path.exists()
