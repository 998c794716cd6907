"""The steps of the first run: what is there in the end, wherever it was stopped on the way."""

import json
from pathlib import Path

import pytest
import yaml

from unit.cli.bootstrap_doubles import run
from unit.cli.bootstrap_world import (
    ALL_APIS,
    FOUNDATION,
    IDENTITY,
    KEY,
    PLATFORM,
    PROJECT,
    Ended,
    World,
    local_state,
    moved_state,
    new_world,
    resources,
)


def test_an_empty_project_becomes_a_foundation_with_its_state_in_its_bucket(world: World) -> None:
    run(world)

    assert world.apis >= ALL_APIS
    assert set(world.cloud.values()) == {1}
    assert resources(moved_state(world)) == list(world.program)
    assert yaml.safe_load(FOUNDATION.file.read_text())["secretsprovider"] == KEY
    assert not (world.root / ".bootstrap" / "prod").exists()


def test_the_state_of_every_other_stack_is_made_empty_under_its_own_layers_key(world: World) -> None:
    run(world)

    for stack in (IDENTITY, PLATFORM):
        key = KEY.replace("/foundation", f"/{stack.project}")
        assert yaml.safe_load(stack.file.read_text())["secretsprovider"] == key
        state = world.folder_of(stack.backend()) / f".pulumi/stacks/{stack.project}/prod.json"
        assert json.loads(state.read_text())["resources"] == []
    shop = world.folder_of(f"gs://{PROJECT}-state-apps/sales") / ".pulumi/stacks/apps/shop-prod.json"
    assert json.loads(shop.read_text())["resources"] == []


def test_a_second_run_does_nothing(world: World) -> None:
    run(world)
    before = world.final()
    world.deeds.clear()

    run(world)

    assert set(world.deeds) == {"sweep"}
    assert world.final() == before


@pytest.mark.parametrize("hides_absent", [False, True], ids=["404", "403"])
def test_a_run_that_is_killed_at_any_deed_is_carried_on_to_the_same_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hides_absent: bool
) -> None:
    undisturbed = new_world(tmp_path / "undisturbed", monkeypatch)
    run(undisturbed)
    deeds = list(undisturbed.deeds)
    assert len(deeds) > 40

    for number in range(1, len(deeds) + 1):
        world = new_world(tmp_path / str(number), monkeypatch)
        world.ends_at, world.hides_absent = number, hides_absent
        with pytest.raises(Ended):
            run(world)
        world.ends_at = 0

        run(world)

        assert world.final() == undisturbed.final(), f"killed at {deeds[number - 1]}"


def test_a_run_that_is_killed_again_and_again_gets_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    undisturbed = new_world(tmp_path / "undisturbed", monkeypatch)
    run(undisturbed)
    world = new_world(tmp_path / "unlucky", monkeypatch)

    for _ in range(100):
        world.deeds.clear()
        world.ends_at = 7
        try:
            run(world)
        except Ended:
            continue
        break

    assert world.final() == undisturbed.final()


def test_at_no_moment_are_there_two_states_that_count_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    undisturbed = new_world(tmp_path / "undisturbed", monkeypatch)
    run(undisturbed)

    for number in range(1, len(undisturbed.deeds) + 1):
        world = new_world(tmp_path / str(number), monkeypatch)
        world.ends_at = number
        with pytest.raises(Ended):
            run(world)
        made = {name for name, count in world.cloud.items() if count}
        full = [set(found) for state in (local_state(world), moved_state(world)) if (found := resources(state))]
        # One may be pending; everything else is in a state, and in two only when these are equal.
        assert len(made - set[str]().union(*full)) <= 1
        assert all(state == full[0] for state in full)


def test_apis_and_grants_that_take_their_time_are_waited_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.slow_apis, world.slow_grants = 3, 2

    run(world)

    assert world.slow_grants == 0
    assert set(world.cloud.values()) == {1}
