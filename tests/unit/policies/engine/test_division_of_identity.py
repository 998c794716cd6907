"""Divisions of states as commits before each division made them, into the stacks of today.

The states are those of sandboxes, without properties: one identity stack with 20 teams, and the stacks of the layers
while teams had none of their own. What a resource belongs to follows from security's list, and from the teams' files.
"""

import gzip
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli import layout
from cli.layout import Stack
from cli.moving.declaring import Declarations
from engine import states
from engine.division import Chain, Names, chains, divided
from policy_pack.layers import LAYERS
from unit.policies.engine.references import dangling

Json = dict[str, Any]

FOLDER = Path(__file__).parent
ONE_STACK = "one_identity_stack.json.gz"
WITHOUT_TEAMS = "stacks_without_teams.json.gz"
SHOP = {"storefront": {"databases": ["orders"]}, "reports": {"secrets": ["signing-key"]}}
TEAMS = {
    "shop": SHOP,
    **{f"team-{n:02}": {f"app-{n:02}": {"databases": ["orders"], "secrets": ["key"]}} for n in range(1, 21)},
}
IDENTITY, PLATFORM = Stack("identity", "sandbox"), Stack("platform", "sandbox")
FOUNDATION, STORAGE = layout.foundation("sandbox"), Stack("platform", "sandbox", "storage")


@pytest.fixture(autouse=True)
def team_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Files of the teams in a checkout of their own; the function removes the file of a team."""
    folder = tmp_path / "identity"
    folder.mkdir()
    (folder / "Pulumi.sandbox.yaml").write_text("config: {}\n")
    for team, apps in TEAMS.items():
        config = {"identity:team": {"name": team, "group": f"{team}@example.com"}, "identity:apps": apps}
        (folder / f"Pulumi.team-{team}-sandbox.yaml").write_text(yaml.safe_dump({"config": config}))
    monkeypatch.setattr(layout, "CHECKOUT", tmp_path)
    return lambda team: (folder / f"Pulumi.team-{team}-sandbox.yaml").unlink()


def team(name: str) -> Stack:
    return Stack("identity", "sandbox", f"team-{name}")


def namespaces(name: str) -> Stack:
    return Stack("platform", "sandbox", f"namespaces-{name}")


@cache
def _read(file: str) -> str:
    return gzip.decompress((FOLDER / file).read_bytes()).decode()


def one_stack() -> Json:
    return states.deployment(_read(ONE_STACK), ONE_STACK)


def without_teams(title: str) -> Json:
    return json.loads(_read(WITHOUT_TEAMS))[title]


def moved(source: Stack, state: Json, others: list[Stack]) -> dict[Stack, Json]:
    """States after the moves from a stack to others; the source's is among them."""
    declarations, after = Declarations([source, *others]), {source: state}
    for other in others:
        names = Names(source.project, source.name, other.name)

        def moves(chain: Chain, other: Stack = other) -> bool:
            return declarations.destination(source, chain) == other

        division = divided(after[source], {"resources": []}, moves, names)
        after |= {source: division.source, other: division.target}
    return after


def custom(deployment: Json) -> list[Json]:
    """Resources in the cloud."""
    return [each for each in deployment["resources"] if each.get("custom") and "providers" not in each["type"]]


def identified(*deployments: Json) -> list[tuple[str, str, bool]]:
    listed = (each for deployment in deployments for each in custom(deployment))
    return sorted((each["type"], each["id"], bool(each.get("protect"))) for each in listed)


def name_of(resource: Json) -> str:
    return str(resource["urn"].rpartition("::")[2])


CASES: list[tuple[Stack, Callable[[], Json], list[Stack]]] = [
    (IDENTITY, one_stack, [FOUNDATION, *map(team, TEAMS)]),
    (IDENTITY, lambda: without_teams("identity"), [FOUNDATION, team("shop")]),
    (PLATFORM, lambda: without_teams("platform"), [STORAGE, namespaces("shop")]),
    (STORAGE, lambda: without_teams("platform/storage"), [PLATFORM, namespaces("shop")]),
    (FOUNDATION, lambda: without_teams("identity/foundation"), [IDENTITY, team("shop")]),
]


@pytest.mark.parametrize(("source", "state", "others"), CASES)
@pytest.mark.parametrize("backwards", [False, True])
def test_every_object_is_in_one_state_with_its_id_and_its_protection_whatever_the_order(
    source: Stack, state: Callable[[], Json], others: list[Stack], *, backwards: bool
) -> None:
    after = moved(source, state(), others[::-1] if backwards else others)

    assert identified(*after.values()) == identified(state())
    for stack, deployment in after.items():
        types = LAYERS.layers[stack.program].types
        assert {each["type"] for each in custom(deployment)} <= types, stack.title
        assert dangling(deployment) == [], stack.title


def test_a_team_gets_what_is_its_own_and_nothing_else() -> None:
    after = moved(IDENTITY, one_stack(), [FOUNDATION, *map(team, TEAMS)])

    for name, apps in TEAMS.items():
        [app, *_] = apps
        held = {name_of(each) for each in custom(after[team(name)])}
        assert {f"apps-{name}-deploy", f"apps-{name}-preview", f"app-{app}", f"state-apps-{name}-deploy"} <= held
        others = [other for other in TEAMS if other != name]
        assert not [each for each in held if any(f"apps-{other}-" in each for other in others)]
    assert {name_of(each).partition("-")[0] for each in custom(after[IDENTITY])} == {"team", "contract"}
    assert not [each for each in after[IDENTITY]["resources"] if name_of(each).startswith("team-shop")]


def test_what_binds_the_deploy_accounts_is_the_foundations() -> None:
    after = moved(IDENTITY, one_stack(), [*map(team, TEAMS), FOUNDATION])
    held = {name_of(each) for each in custom(after[FOUNDATION])}

    assert {"identity-deploy", "identity-preview", "grantor-people", "grantor-apps", "guard-rails"} <= held
    assert {"github", "state-identity", "role-identityDeploy", "audit", "api-iam", "contract-platform"} <= held


def test_a_login_leaves_the_datastores_for_its_team() -> None:
    after = moved(STORAGE, without_teams("platform/storage"), [namespaces("shop")])

    assert {name_of(each) for each in custom(after[namespaces("shop")])} == {"orders-user-storefront"}
    assert "orders-administrators-database" in {name_of(each) for each in custom(after[STORAGE])}


def test_a_teams_objects_in_the_cluster_stand_on_a_provider_of_their_own_program() -> None:
    after = moved(PLATFORM, without_teams("platform"), [namespaces("shop")])[namespaces("shop")]

    objects = [each for each in custom(after) if each["type"].startswith("kubernetes:")]
    urn = "urn:pulumi:namespaces-shop-sandbox::platform::pulumi:providers:kubernetes::main"
    assert len(objects) > 10
    assert {each["provider"].rpartition("::")[0] for each in objects} == {urn}
    [provider] = [each for each in after["resources"] if each["urn"] == urn]
    assert "parent" not in provider or provider["parent"].endswith("::platform-namespaces-shop-sandbox")


def test_what_a_team_without_a_file_has_stays_and_is_named(team_files: Callable[[str], None]) -> None:
    team_files("team-07")
    others = [FOUNDATION, *(team(name) for name in TEAMS if name != "team-07")]
    declarations, after = Declarations([IDENTITY, *others]), moved(IDENTITY, one_stack(), others)

    def left(state: Json) -> set[str]:
        held: dict[str, Chain] = chains(state)
        return {chain[0][1] for chain in held.values() if declarations.is_left(IDENTITY, chain)}

    assert {"apps-team-07-deploy", "images-team-07", "app-app-07", "state-apps-team-07-preview"} & left(after[IDENTITY])
    assert all("07" in name for name in left(after[IDENTITY]))
    of_foundation = {name_of(each) for each in custom(after[FOUNDATION])}
    # The right to read a contract is part of the contract's secret.
    assert not [name for name in of_foundation if "team-07" in name and not name.startswith("contract-")]


def test_of_two_names_that_fit_the_longer_counts(tmp_path: Path) -> None:
    (tmp_path / "identity" / "Pulumi.team-a-sandbox.yaml").write_text(
        "config: {'identity:team': {name: a, group: a@example.com}, 'identity:apps': {x: {}, user-x: {}}}"
    )
    (tmp_path / "identity" / "Pulumi.team-b-sandbox.yaml").write_text(
        "config: {'identity:team': {name: b, group: b@example.com}, 'identity:apps': {x-access: {}}}"
    )
    declarations = Declarations([PLATFORM, namespaces("a"), namespaces("b")])

    for chain, holder in [
        ([("prodfirst:platform:Access", "x-access")], "a"),
        ([("prodfirst:platform:Namespace", "x-access")], "b"),
        ([("prodfirst:platform:Access", "x-access-access")], "b"),
        ([("gcp:sql/user:User", "orders-user-user-x")], "a"),
    ]:
        assert declarations.destination(PLATFORM, chain) == namespaces(holder), chain


def test_what_an_app_has_follows_it_to_another_team(tmp_path: Path) -> None:
    for name, apps in (("team-01", "{}"), ("team-02", "{app-01: {secrets: [key]}, app-02: {}}")):
        (tmp_path / "identity" / f"Pulumi.team-{name}-sandbox.yaml").write_text(
            f"config: {{'identity:team': {{name: {name}, group: {name}@example.com}}, 'identity:apps': {apps}}}"
        )
    declarations = Declarations([IDENTITY, team("team-01"), team("team-02")])

    def destination(kind: str, name: str) -> Stack | None:
        return declarations.destination(team("team-01"), [(f"prodfirst:identity:{kind}", name)])

    assert destination("ServiceAccount", "app-app-01") == team("team-02")
    assert destination("AppSecret", "app-app-01-key") == team("team-02")
    assert destination("ServiceAccount", "apps-team-01-deploy") is None
