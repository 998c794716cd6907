import json
from pathlib import Path
from typing import Any

import pytest

from cli.history import checkpoints
from cli.history.file_store import Folder
from cli.history.model import Change
from cli.history.updates import recorded
from toolchain.errors import ToolError

Json = dict[str, Any]

URN = "urn:pulumi:prod::platform::prodfirst:platform:Database$gcp:sql/databaseInstance:DatabaseInstance::orders"
MARK, SECRET = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"


def resource(**more: Any) -> Json:
    """A database, as a state holds it."""
    return {
        "urn": URN,
        "type": "gcp:sql/databaseInstance:DatabaseInstance",
        "custom": True,
        "id": "orders",
        "created": "2026-01-01T00:00:00Z",
        "inputs": {"settings": {"tier": "small", "flags": ["a", "b"]}},
        **more,
    }


def secret(ciphertext: str) -> Json:
    """A secret, as a state holds it."""
    return {MARK: SECRET, "ciphertext": ciphertext}


def changes(
    tmp_path: Path, *states: list[Json] | str, refreshed: bool = False, mentioning: str | None = None
) -> tuple[Change, ...]:
    """Changes of the last update in a history with these states."""
    folder = tmp_path / ".pulumi/history/platform/prod"
    folder.mkdir(parents=True)
    for number, resources in enumerate(states):
        base = folder / f"prod-179528246087096560{number}"
        state = {"version": 3, "checkpoint": {"latest": {"resources": resources}}}
        base.with_name(f"{base.name}.history.json").write_text("{}")
        base.with_name(f"{base.name}.checkpoint.json").write_text(
            resources if isinstance(resources, str) else json.dumps(state)
        )
    last = recorded(Folder(tmp_path), "platform", "prod", {})[-1]
    return checkpoints.changes(last, refreshed=refreshed, mentioning=mentioning)


def told(found: tuple[Change, ...]) -> list[tuple[str, str | None, str | None]]:
    """The values that changed."""
    return [(each.path, each.before, each.after) for change in found for each in change.properties]


def test_a_changed_value_is_told_by_its_path(tmp_path: Path) -> None:
    new = resource(inputs={"settings": {"tier": "small", "flags": ["a", "c"]}})
    [found] = changes(tmp_path, [resource()], [new])

    assert (found.name, found.id, found.operation) == ("DatabaseInstance orders", "orders", "update")
    assert told((found,)) == [("settings.flags[1]", '"b"', '"c"')]


def test_a_list_of_another_length_is_told_as_a_whole(tmp_path: Path) -> None:
    new = resource(inputs={"settings": {"tier": "small", "flags": ["a"]}})
    assert told(changes(tmp_path, [resource()], [new])) == [("settings.flags", '["a", "b"]', '["a"]')]


@pytest.mark.parametrize(
    ("before", "after", "operation"),
    [
        ([], [resource()], "create"),
        ([resource()], [], "delete"),
        ([resource()], [resource(id="other")], "replace"),
        ([resource()], [resource(created="2026-02-01T00:00:00Z")], "replace"),
        ([resource()], [resource(delete=True)], "delete"),
    ],
)
def test_what_was_made_and_unmade_is_told(
    tmp_path: Path, before: list[Json], after: list[Json], operation: str
) -> None:
    assert [each.operation for each in changes(tmp_path, before, after)] == [operation]


def test_the_first_update_made_everything(tmp_path: Path) -> None:
    assert [each.operation for each in changes(tmp_path, [resource()])] == ["create"]


def test_secrets_are_hidden_wherever_they_are_also_when_they_change(tmp_path: Path) -> None:
    old = resource(inputs={"password": secret("old"), "list": [secret("old"), 1]})
    new = resource(inputs={"password": secret("new"), "list": [secret("new"), 1, 2]})
    found = changes(tmp_path, [old], [new])

    assert told(found) == [
        ("list", '["[secret]", 1]', '["[secret]", 1, 2]'),
        ("password", '"[secret]"', "[secret], encrypted anew"),
    ]
    assert "old" not in str(found)


def test_a_value_that_became_secret_is_told_as_such(tmp_path: Path) -> None:
    found = changes(tmp_path, [resource(inputs={"key": "plain"})], [resource(inputs={"key": secret("x")})])
    assert told(found) == [("key", '"plain"', '"[secret]"')]


def test_a_refresh_is_told_by_what_came_out_of_it(tmp_path: Path) -> None:
    states = [resource(outputs={"state": "RUNNABLE"})], [resource(outputs={"state": "STOPPED"})]
    assert told(changes(tmp_path, *states, refreshed=True)) == [("state", '"RUNNABLE"', '"STOPPED"')]


def test_what_an_update_learned_without_having_asked_for_it_is_no_change(tmp_path: Path) -> None:
    assert changes(tmp_path, [resource(outputs={"etag": "1"})], [resource(outputs={"etag": "2"})]) == ()


def test_components_and_providers_are_no_resources_of_the_cloud(tmp_path: Path) -> None:
    component = {"urn": f"{URN}x", "type": "prodfirst:platform:Database", "custom": False}
    provider = {"urn": f"{URN}y", "type": "pulumi:providers:gcp", "custom": True, "id": "1"}
    assert changes(tmp_path, [], [component, provider]) == ()


def test_a_state_that_does_not_mention_what_is_asked_for_is_not_read(tmp_path: Path) -> None:
    assert changes(tmp_path, [], "{ no state", mentioning="orders") == ()


def test_a_state_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"prod-1795282460870965600.checkpoint.json is not a state"):
        changes(tmp_path, "{ no state")
