from pathlib import Path

import pytest

from cli import layout
from cli.layout import Choice, Stack, stacks
from toolchain.errors import ToolError, UsageError

_FOUNDATION = """config:
  gcp:project: demo
  gcp:region: europe-west4
  identity:owners: {identity: guards@example.com, platform: rails@example.com, storage: data@example.com}
"""
_IDENTITY = """config:
  gcp:project: demo
  identity:teams:
    guards: {group: guards@example.com, capabilities: [security-reader]}
    rails: {group: rails@example.com}
    data: {group: data@example.com}
"""
_TEAM = """config:
  gcp:project: demo
  identity:team: {name: sales, group: sales@example.com}
  identity:apps:
    shop: {databases: []}
"""


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three layers in the environment dev, with one team that has an app."""
    files = {
        "identity/Pulumi.foundation-dev.yaml": _FOUNDATION,
        "identity/Pulumi.dev.yaml": _IDENTITY,
        "identity/Pulumi.team-sales-dev.yaml": _TEAM,
        "platform/Pulumi.dev.yaml": "config:\n  gcp:project: demo\n",
        "platform/Pulumi.storage-dev.yaml": "config:\n  gcp:project: demo\n",
        "platform/Pulumi.namespaces-sales-dev.yaml": "config:\n  gcp:project: demo\n",
        "apps/Pulumi.shop-dev.yaml": "config:\n  gcp:project: demo\n",
    }
    for name, content in files.items():
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(content)
    monkeypatch.setattr(layout, "CHECKOUT", tmp_path)
    return tmp_path


def test_the_stacks_of_an_environment_come_in_the_order_of_their_deployment(checkout: Path) -> None:
    assert [(stack.title, stack.name) for stack in stacks("dev")] == [
        ("identity/foundation", "foundation-dev"),
        ("identity", "dev"),
        ("identity/team-sales", "team-sales-dev"),
        ("platform", "dev"),
        ("platform/storage", "storage-dev"),
        ("platform/namespaces-sales", "namespaces-sales-dev"),
        ("apps/shop", "shop-dev"),
    ]


def test_every_app_with_a_stack_file_is_a_stack_in_the_order_of_names(checkout: Path) -> None:
    (checkout / "apps" / "Pulumi.books-dev.yaml").touch()
    (checkout / "apps" / "Pulumi.books-prod.yaml").touch()

    assert [stack.part for stack in stacks("dev", Choice("apps"))] == ["books", "shop"]


def test_an_app_is_chosen_by_its_name_alone(checkout: Path) -> None:
    assert stacks("dev", Choice(app="shop")) == [Stack("apps", "dev", "shop")]


@pytest.mark.parametrize(
    ("layer", "app", "said"),
    [
        ("network", None, "there is no layer 'network'; the layers are identity, platform, apps"),
        (None, "cart", r"there is no app 'cart' in the environment dev \(there are: shop\)"),
        ("identity", "shop", "APP=shop names a stack of apps, and LAYER=identity another layer"),
    ],
)
def test_wrong_use_is_one_message(checkout: Path, layer: str | None, app: str | None, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        stacks("dev", Choice(layer, app))


def test_an_environment_without_stack_file_says_which_there_are(checkout: Path) -> None:
    with pytest.raises(ToolError, match=r"identity/Pulumi\.prod\.yaml does not exist.*Its stacks are: dev"):
        stacks("prod", Choice("identity"))


def test_a_layer_runs_as_its_own_account_and_an_app_as_its_teams(checkout: Path) -> None:
    _, identity, team, platform, storage, namespaces, app = stacks("dev")

    assert identity.account("preview") == "identity-preview@demo.iam.gserviceaccount.com"
    assert platform.account("deploy") == "platform-deploy@demo.iam.gserviceaccount.com"
    assert storage.account("deploy") == "storage-deploy@demo.iam.gserviceaccount.com"
    assert team.account("deploy") == "team-deploy@demo.iam.gserviceaccount.com"
    assert namespaces.account("preview") == "namespaces-preview@demo.iam.gserviceaccount.com"
    assert app.account("deploy") == "apps-sales-deploy@demo.iam.gserviceaccount.com"


def test_administrators_deploy_the_foundation_without_an_account_and_identity_preview_previews_it(
    checkout: Path,
) -> None:
    foundation, *others = stacks("dev")

    assert foundation == layout.foundation("dev")
    assert foundation.by_administrators
    assert foundation.account("deploy") == ""
    assert foundation.account("preview") == "identity-preview@demo.iam.gserviceaccount.com"
    assert not [stack for stack in others if stack.by_administrators]
    assert all(stack.account("deploy") for stack in others)


def test_owners_are_the_teams_whose_groups_the_foundation_names(checkout: Path) -> None:
    assert {stack.title: stack.team() for stack in stacks("dev")} == {
        "identity/foundation": "guards",
        "identity": "guards",
        "identity/team-sales": "guards",
        "platform": "rails",
        "platform/namespaces-sales": "rails",
        "platform/storage": "data",
        "apps/shop": "sales",
    }


def test_an_owner_whose_group_is_no_teams_is_one_message(checkout: Path) -> None:
    file = checkout / "identity" / "Pulumi.foundation-dev.yaml"
    file.write_text(file.read_text().replace("guards@example.com", "nobody@example.com"))

    with pytest.raises(ToolError) as raised:
        Stack("identity", "dev").team()
    assert str(raised.value) == (
        "identity/Pulumi.foundation-dev.yaml says that nobody@example.com owns identity, and that is the group of no "
        "team in identity/Pulumi.dev.yaml. Nothing was started. Add the team there, or correct the group."
    )


@pytest.mark.parametrize(("stack", "owner"), [("identity/foundation", "identity"), ("platform", "platform")])
def test_an_owner_that_the_foundation_does_not_name_is_one_message(checkout: Path, stack: str, owner: str) -> None:
    file = checkout / "identity" / "Pulumi.foundation-dev.yaml"
    file.write_text("config:\n  gcp:project: demo\n")
    [chosen] = [each for each in stacks("dev") if each.title == stack]

    with pytest.raises(
        ToolError, match=rf"identity/Pulumi\.foundation-dev\.yaml does not set identity:owners\.{owner}, "
    ):
        chosen.team()


def test_a_foundation_is_no_environment(checkout: Path) -> None:
    (checkout / "apps" / "Pulumi.shop-foundation-dev.yaml").write_text("config:\n  gcp:project: demo\n")

    assert [stack.name for stack in layout.present("dev", "identity")] == ["foundation-dev", "dev", "team-sales-dev"]
    assert layout.stacks_by_file()["identity/Pulumi.foundation-dev.yaml"] == layout.foundation("dev")


def test_a_layer_has_a_bucket_and_a_key_of_its_own_and_a_team_a_folder_in_the_apps_bucket(checkout: Path) -> None:
    key = "gcpkms://projects/demo/locations/europe-west4/keyRings/state/cryptoKeys"

    assert [(stack.backend(), stack.secrets_provider()) for stack in stacks("dev")] == [
        ("gs://demo-state-foundation", f"{key}/foundation"),
        ("gs://demo-state-identity", f"{key}/identity"),
        ("gs://demo-state-team/sales", f"{key}/team"),
        ("gs://demo-state-platform", f"{key}/platform"),
        ("gs://demo-state-storage", f"{key}/storage"),
        ("gs://demo-state-namespaces/sales", f"{key}/namespaces"),
        ("gs://demo-state-apps/sales", f"{key}/apps"),
    ]


def test_a_layer_is_all_of_its_stacks_and_an_owner_is_those_of_one_pair_of_accounts(checkout: Path) -> None:
    assert [stack.title for stack in stacks("dev", Choice("platform"))] == [
        "platform",
        "platform/storage",
        "platform/namespaces-sales",
    ]
    assert [stack.title for stack in stacks("dev", Choice("identity"))] == [
        "identity/foundation",
        "identity",
        "identity/team-sales",
    ]
    assert stacks("dev", Choice("identity", owner="identity")) == [Stack("identity", "dev")]
    assert stacks("dev", Choice(owner="foundation")) == [layout.foundation("dev")]
    assert stacks("dev", Choice("platform", owner="platform")) == [Stack("platform", "dev")]
    assert stacks("dev", Choice(owner="storage")) == [Stack("platform", "dev", "storage")]
    with pytest.raises(UsageError, match=r"no stack here has the owner 'data'; the owners are .*platform, storage"):
        stacks("dev", Choice(owner="data"))


def test_an_environment_that_lacks_one_stack_of_a_layer_says_which(checkout: Path) -> None:
    (checkout / "platform" / "Pulumi.storage-dev.yaml").unlink()

    with pytest.raises(ToolError, match=r"platform/Pulumi\.storage-dev\.yaml does not exist"):
        stacks("dev", Choice("platform"))


def test_titles_come_in_the_order_of_deployment_and_unknown_ones_last() -> None:
    ordered = ["identity/foundation", "identity", "identity/team-a", "platform", "platform/storage"]
    ordered += ["platform/namespaces-a", "apps/shop", "grants"]
    titles = sorted(ordered)
    assert sorted(titles, key=layout.order) == ordered


def test_without_a_region_no_key_can_be_named(checkout: Path) -> None:
    (checkout / "identity" / "Pulumi.foundation-dev.yaml").write_text("config: {'gcp:project': demo}\n")

    with pytest.raises(ToolError, match=r"identity/Pulumi\.foundation-dev\.yaml does not set gcp:region"):
        stacks("dev", Choice("platform"))[0].secrets_provider()


def test_an_app_that_identity_does_not_know_has_no_account(checkout: Path) -> None:
    (checkout / "apps" / "Pulumi.cart-dev.yaml").write_text("config:\n  gcp:project: demo\n")

    with pytest.raises(
        ToolError, match=r"the app cart is in identity:apps of no identity/Pulumi\.team-<team>-dev\.yaml"
    ):
        stacks("dev", Choice(app="cart"))[0].account("deploy")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("config: {}\n", "does not set gcp:project"),
        ("config: [\n", "cannot be used, so nothing was started. Correct it:"),
        ("config: {'identity:apps': 3}\n", ":1:27: config.identity:apps: must be a mapping"),
    ],
)
def test_a_stack_file_that_does_not_tell_its_project_is_one_message(
    tmp_path: Path, checkout: Path, content: str, said: str
) -> None:
    (checkout / "platform" / "Pulumi.broken.yaml").write_text(content)

    with pytest.raises(ToolError, match=said):
        Stack("platform", "broken").account("deploy")


def test_the_stacks_of_a_team_are_its_own_in_each_layer_and_its_apps(checkout: Path) -> None:
    assert [stack.title for stack in stacks("dev", Choice(team="sales"))] == [
        "identity/team-sales",
        "platform/namespaces-sales",
        "apps/shop",
    ]
    assert [stack.title for stack in stacks("dev", Choice("platform", team="sales"))] == ["platform/namespaces-sales"]
    with pytest.raises(UsageError, match="no stack here has the team 'marketing'; the teams are sales"):
        stacks("dev", Choice(team="marketing"))


def test_each_stack_is_a_choice_of_its_own(checkout: Path) -> None:
    assert [stacks("dev", stack.choice) for stack in stacks("dev")] == [[stack] for stack in stacks("dev")]


def _team(checkout: Path, name: str, environment: str, group: str, apps: str) -> None:
    (checkout / "identity" / f"Pulumi.team-{name}-{environment}.yaml").write_text(
        f"config:\n  identity:team: {{name: {name}, group: {group}}}\n  identity:apps: {{{apps}}}\n"
    )


def test_an_app_of_two_teams_is_refused_before_anything_starts(checkout: Path) -> None:
    _team(checkout, "other", "dev", "other@example.com", "shop: {}")

    with pytest.raises(ToolError, match=r"the app 'shop' is in identity/Pulumi\.team-other-dev\.yaml and in .*sales"):
        Stack("apps", "dev", "shop").account("deploy")


def test_a_group_of_two_teams_is_refused_before_anything_starts(checkout: Path) -> None:
    _team(checkout, "other", "dev", "sales@example.com", "books: {}")

    with pytest.raises(ToolError, match=r"'sales@example\.com' is the group of .* too"):
        Stack("apps", "dev", "shop").account("deploy")


_BUILDS = "identity:team: {name: %s, group: %s@example.com, builds: [{repository: %s, repositoryId: '7'%s}]}"


def _building(checkout: Path, name: str, repository: str, more: str = "") -> None:
    team = _BUILDS % (name, name, repository, more)
    (checkout / "identity" / f"Pulumi.team-{name}-dev.yaml").write_text(f"config:\n  {team}\n")


def test_what_builds_for_two_teams_is_refused_before_anything_starts(checkout: Path) -> None:
    _building(checkout, "one", "example/one")
    _building(checkout, "two", "example/renamed")

    with pytest.raises(
        ToolError, match=r"team-two-dev\.yaml: repository 7 on main is in identity:team\.builds of .*team-one-dev"
    ):
        layout.teams("dev")


def test_two_branches_of_a_repository_may_build_for_two_teams(checkout: Path) -> None:
    _building(checkout, "one", "example/one")
    _building(checkout, "two", "example/one", ", branch: two")

    assert list(layout.teams("dev")) == ["one", "sales", "two"]


def test_two_apps_whose_names_make_one_secret_are_refused_before_anything_starts(checkout: Path) -> None:
    _team(checkout, "one", "dev", "one@example.com", "books: {secrets: [paper-key]}")
    _team(checkout, "two", "dev", "two@example.com", "books-paper: {secrets: [key]}")

    with pytest.raises(ToolError, match=r"team-one-dev.* and in .*team-two-dev.* the secret 'app-books-paper-key'"):
        layout.teams("dev")


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("sales: {group: sales@example.com, capabilities: [cluster-user]}", "without cluster-user, or leave it out"),
        ("traders: {group: sales@example.com}", "Name it 'sales'"),
        ("sales: {group: traders@example.com}", "One name is one team"),
    ],
)
def test_a_team_that_is_in_both_places_is_one_team(checkout: Path, entry: str, said: str) -> None:
    file = checkout / "identity" / "Pulumi.dev.yaml"
    file.write_text(file.read_text().replace("    rails:", f"    {entry}\n    rails:"))

    with pytest.raises(ToolError, match=said):
        Stack("apps", "dev", "shop").account("deploy")


def test_a_team_may_administer_datastores_as_well(checkout: Path) -> None:
    file = checkout / "identity" / "Pulumi.dev.yaml"
    entry = "    sales: {group: sales@example.com, capabilities: [datastore-admin]}\n"
    file.write_text(file.read_text().replace("    rails:", f"{entry}    rails:"))

    assert Stack("apps", "dev", "shop").of_team() == "sales"


@pytest.mark.parametrize(
    ("content", "said"),
    [("config: {}\n", "does not set identity:team"), ("config: {'identity:team': {name: b, group: x}}\n", "not named")],
)
def test_a_teams_file_that_does_not_say_whose_it_is_is_one_message(checkout: Path, content: str, said: str) -> None:
    (checkout / "identity" / "Pulumi.team-a-dev.yaml").write_text(content)

    with pytest.raises(ToolError, match=said):
        Stack("apps", "dev", "shop").of_team()


def test_a_team_of_an_environment_whose_name_ends_alike_is_another_environments(checkout: Path) -> None:
    _team(checkout, "far", "eu-dev", "far@example.com", "shop: {}")

    assert Stack("apps", "dev", "shop").of_team() == "sales"
