from pathlib import Path

import pytest

from cli import layout
from cli.layout import Stack, stacks
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
  identity:apps:
    shop: {team: sales, databases: []}
"""


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three layers with a stack each in the environment dev."""
    files = {
        "identity/Pulumi.foundation-dev.yaml": _FOUNDATION,
        "identity/Pulumi.dev.yaml": _IDENTITY,
        "platform/Pulumi.dev.yaml": "config:\n  gcp:project: demo\n",
        "platform/Pulumi.storage-dev.yaml": "config:\n  gcp:project: demo\n",
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
        ("platform", "dev"),
        ("platform/storage", "storage-dev"),
        ("apps/shop", "shop-dev"),
    ]


def test_every_app_with_a_stack_file_is_a_stack_in_the_order_of_names(checkout: Path) -> None:
    (checkout / "apps" / "Pulumi.books-dev.yaml").touch()
    (checkout / "apps" / "Pulumi.books-prod.yaml").touch()

    assert [stack.part for stack in stacks("dev", "apps")] == ["books", "shop"]


def test_an_app_is_chosen_by_its_name_alone(checkout: Path) -> None:
    assert stacks("dev", app="shop") == [Stack("apps", "dev", "shop")]


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
        stacks("dev", layer, app)


def test_an_environment_without_stack_file_says_which_there_are(checkout: Path) -> None:
    with pytest.raises(ToolError, match=r"identity/Pulumi\.prod\.yaml does not exist.*Its stacks are: dev"):
        stacks("prod", "identity")


def test_a_layer_runs_as_its_own_account_and_an_app_as_its_teams(checkout: Path) -> None:
    _, identity, platform, storage, app = stacks("dev")

    assert identity.account("preview") == "identity-preview@demo.iam.gserviceaccount.com"
    assert platform.account("deploy") == "platform-deploy@demo.iam.gserviceaccount.com"
    assert storage.account("deploy") == "storage-deploy@demo.iam.gserviceaccount.com"
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
        "platform": "rails",
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

    assert [stack.name for stack in layout.present("dev", "identity")] == ["foundation-dev", "dev"]
    assert layout.stacks_by_file()["identity/Pulumi.foundation-dev.yaml"] == layout.foundation("dev")


def test_a_layer_has_a_bucket_and_a_key_of_its_own_and_a_team_a_folder_in_the_apps_bucket(checkout: Path) -> None:
    key = "gcpkms://projects/demo/locations/europe-west4/keyRings/state/cryptoKeys"

    assert [(stack.backend(), stack.secrets_provider()) for stack in stacks("dev")] == [
        ("gs://demo-state-foundation", f"{key}/foundation"),
        ("gs://demo-state-identity", f"{key}/identity"),
        ("gs://demo-state-platform", f"{key}/platform"),
        ("gs://demo-state-storage", f"{key}/storage"),
        ("gs://demo-state-apps/sales", f"{key}/apps"),
    ]


def test_a_layer_is_all_of_its_stacks_and_an_owner_is_those_of_one_pair_of_accounts(checkout: Path) -> None:
    assert [stack.title for stack in stacks("dev", "platform")] == ["platform", "platform/storage"]
    assert [stack.title for stack in stacks("dev", "identity")] == ["identity/foundation", "identity"]
    assert stacks("dev", "identity", owner="identity") == [Stack("identity", "dev")]
    assert stacks("dev", owner="foundation") == [layout.foundation("dev")]
    assert stacks("dev", "platform", owner="platform") == [Stack("platform", "dev")]
    assert stacks("dev", owner="storage") == [Stack("platform", "dev", "storage")]
    with pytest.raises(UsageError, match=r"no stack here has the owner 'data'; the owners are .*platform, storage"):
        stacks("dev", owner="data")


def test_an_environment_that_lacks_one_stack_of_a_layer_says_which(checkout: Path) -> None:
    (checkout / "platform" / "Pulumi.storage-dev.yaml").unlink()

    with pytest.raises(ToolError, match=r"platform/Pulumi\.storage-dev\.yaml does not exist"):
        stacks("dev", "platform")


def test_titles_come_in_the_order_of_deployment_and_unknown_ones_last() -> None:
    titles = ["grants", "apps/shop", "platform/storage", "identity", "platform", "identity/foundation"]

    ordered = ["identity/foundation", "identity", "platform", "platform/storage", "apps/shop", "grants"]
    assert sorted(titles, key=layout.order) == ordered


def test_without_a_region_no_key_can_be_named(checkout: Path) -> None:
    (checkout / "identity" / "Pulumi.foundation-dev.yaml").write_text("config: {'gcp:project': demo}\n")

    with pytest.raises(ToolError, match=r"identity/Pulumi\.foundation-dev\.yaml does not set gcp:region"):
        stacks("dev", "platform")[0].secrets_provider()


def test_an_app_that_identity_does_not_know_has_no_account(checkout: Path) -> None:
    (checkout / "apps" / "Pulumi.cart-dev.yaml").write_text("config:\n  gcp:project: demo\n")

    with pytest.raises(ToolError, match=r"the app cart is not in identity:apps of identity/Pulumi\.dev\.yaml"):
        stacks("dev", app="cart")[0].account("deploy")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("config: {}\n", "does not set gcp:project"),
        ("config: [\n", "cannot be read"),
        ("config: {'identity:apps': 3}\n", "cannot be read"),
    ],
)
def test_a_stack_file_that_does_not_tell_its_project_is_one_message(
    tmp_path: Path, checkout: Path, content: str, said: str
) -> None:
    (checkout / "platform" / "Pulumi.broken.yaml").write_text(content)

    with pytest.raises(ToolError, match=said):
        Stack("platform", "broken").account("deploy")
