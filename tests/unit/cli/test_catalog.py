import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from cli import catalog, rollout
from cli.catalog_model import ADAPTER
from toolchain.environments import CHECKOUT
from unit.cli.new_app_checkout import forget


def documents(text: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(text))


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with what the catalog is made from."""
    for pattern in ("policies/environments.yaml", "identity/Pulumi.*", "platform/Pulumi.*", "apps/entries/*.yaml"):
        for file in CHECKOUT.glob(pattern):
            target = tmp_path / file.relative_to(CHECKOUT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target)
    return tmp_path


def test_every_team_layer_datastore_and_app_is_in_it_with_its_owner(checkout: Path) -> None:
    found = {
        (each["kind"], each["metadata"]["name"]): each["spec"].get("owner")
        for each in documents(catalog.text(checkout))
    }

    assert found[("Component", "identity-layer")] == found[("Component", "policy-pack")] == "group:default/security"
    assert found[("Resource", "orders-datastore")] == "group:default/database"
    assert found[("Component", "storefront")] == "group:default/shop"
    assert {name for kind, name in found if kind == "Group"} == {"database", "platform", "security", "shop"}
    apps = {file.stem for file in (checkout / "apps" / "entries").glob("*.yaml")}
    assert apps <= {name for kind, name in found if kind == "Component"}


def test_what_an_app_uses_leads_to_what_there_is(checkout: Path) -> None:
    entry = {
        "kind": "worker",
        "team": "shop",
        "database": "orders",
        "allowTo": [{"namespace": "storefront", "port": 8080}],
    }
    (checkout / "apps" / "entries" / "mailer.yaml").write_text(yaml.safe_dump(entry))

    text = catalog.text(checkout)
    [mailer] = [each for each in documents(text) if each["metadata"]["name"] == "mailer"]

    assert mailer["spec"]["type"] == "worker"
    assert mailer["spec"]["dependsOn"] == [
        "resource:default/main-cluster",
        "resource:default/orders-datastore",
        "component:default/storefront",
    ]
    assert list(catalog.problems(text)) == []


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ({"team": "nobody"}, "group:default/nobody"),
        ({"database": "orders-2"}, "resource:default/orders-2-datastore"),
        ({"allowTo": [{"namespace": "elsewhere", "port": 80}]}, "component:default/elsewhere"),
    ],
)
def test_a_reference_that_leads_nowhere_is_named(checkout: Path, change: dict[str, Any], missing: str) -> None:
    entry = {"kind": "cronJob", "team": "shop", **change}
    (checkout / "apps" / "entries" / "mailer.yaml").write_text(yaml.safe_dump(entry))

    assert list(catalog.problems(catalog.text(checkout))) == [
        f"Component mailer names {missing}, which is not in the catalog"
    ]


def environments(root: Path) -> list[str]:
    """The names of the checkout's environments in their order."""
    return [each.name for each in rollout.listed(root)]


def edit(root: Path, environment: str, key: str, items: dict[str, Any]) -> None:
    """Add items to a map of a stack file."""
    part = "storage-" if key == "platform:datastores" else ""
    file = root / key.partition(":")[0] / f"Pulumi.{part}{environment}.yaml"
    content = yaml.safe_load(file.read_text())
    content["config"][key].update(items)
    file.write_text(yaml.safe_dump(content))
    forget()


def new_team(root: Path, environment: str, name: str, mail: str) -> None:
    """Write the stack file of a team."""
    config = {"identity:team": {"name": name, "group": mail}, "identity:apps": {}}
    (root / "identity" / f"Pulumi.team-{name}-{environment}.yaml").write_text(yaml.safe_dump({"config": config}))
    forget()


def names(root: Path) -> set[tuple[str, str]]:
    """Kind and name of every entity."""
    return {(each["kind"], each["metadata"]["name"]) for each in documents(catalog.text(root))}


FINANCE = "finance-team@example.com"
LEDGER = {"owner": "finance", "databases": ["ledger"]}


def test_a_team_that_owns_nothing_yet_leaves_the_catalog_as_it_is(checkout: Path) -> None:
    before = catalog.text(checkout)

    new_team(checkout, environments(checkout)[0], "finance", FINANCE)

    assert catalog.text(checkout) == before


def test_a_datastore_appears_with_the_last_environment_or_with_the_first_app_that_uses_it(checkout: Path) -> None:
    first, *_, last = environments(checkout)
    before = catalog.text(checkout)
    new_team(checkout, first, "finance", FINANCE)
    edit(checkout, first, "platform:datastores", {"books": LEDGER})
    assert catalog.text(checkout) == before

    entry = checkout / "apps" / "entries" / "ledger.yaml"
    entry.write_text(yaml.safe_dump({"kind": "worker", "team": "finance", "database": "ledger"}))
    assert {("Resource", "books-datastore"), ("Group", "finance"), ("Component", "ledger")} <= names(checkout)
    assert list(catalog.problems(catalog.text(checkout))) == []

    entry.unlink()
    edit(checkout, last, "platform:datastores", {"books": LEDGER})
    assert ("Resource", "books-datastore") in names(checkout)


@pytest.mark.parametrize("environment", ["sandbox", *environments(CHECKOUT)])
def test_an_app_whose_team_is_in_one_environment_alone_leads_to_its_team(checkout: Path, environment: str) -> None:
    new_team(checkout, environment, "finance", FINANCE)
    entry = {"kind": "cronJob", "team": "finance"}
    (checkout / "apps" / "entries" / "ledger.yaml").write_text(yaml.safe_dump(entry))

    assert ("Group", "finance") in names(checkout)
    assert list(catalog.problems(catalog.text(checkout))) == []


def test_an_environment_that_has_its_foundation_alone_says_nothing_about_teams_yet(checkout: Path) -> None:
    (checkout / "identity" / f"Pulumi.{environments(checkout)[-1]}.yaml").unlink()

    # The example's environments name the same owners.
    assert catalog.text(checkout) == catalog.text(CHECKOUT)


def test_what_a_team_owns_follows_from_its_group(checkout: Path) -> None:
    last = environments(checkout)[-1]
    edit(checkout, f"foundation-{last}", "identity:owners", {"platform": "shop-team@example.com"})

    owned = {each["metadata"]["name"]: each["spec"].get("owner") for each in documents(catalog.text(checkout))}
    assert owned["main-cluster"] == "group:default/shop"
    assert owned["identity-layer"] == "group:default/security"


def test_of_two_environments_that_differ_the_later_one_counts(checkout: Path) -> None:
    first, *_, last = environments(checkout)
    for name, mail in ((last, "shop@example.com"), (first, "shop-trial@example.com")):
        new_team(checkout, name, "shop", mail)

    [shop] = [each for each in documents(catalog.text(checkout)) if each["metadata"]["name"] == "shop"]
    assert shop["spec"]["profile"]["email"] == "shop@example.com"


@pytest.mark.parametrize("kept", ["sandbox", *environments(CHECKOUT)])
def test_one_environment_or_the_sandbox_alone_makes_a_whole_catalog(checkout: Path, kept: str) -> None:
    parts = ("", "foundation-", "storage-", "team-shop-", "namespaces-shop-")
    for file in checkout.glob("*/Pulumi.*.yaml"):
        if file.name not in (f"Pulumi.{part}{kept}.yaml" for part in parts):
            file.unlink()

    assert ("Component", "storefront") in names(checkout)
    assert list(catalog.problems(catalog.text(checkout))) == []


VALID: dict[str, Any] = {
    "apiVersion": "backstage.io/v1alpha1",
    "kind": "Component",
    "metadata": {"name": "storefront", "annotations": {"github.com/project-slug": "example/infrastructure"}},
    "spec": {"type": "service", "lifecycle": "production", "owner": "group:default/shop"},
}


def test_an_entity_as_backstage_describes_it_is_taken() -> None:
    assert ADAPTER.validate_python(VALID).document() == VALID


@pytest.mark.parametrize(
    "change",
    [
        {"apiVersion": "v1"},
        {"kind": "Service"},
        {"metadata": {"name": "-storefront"}},
        {"metadata": {"name": "x" * 64}},
        {"metadata": {"name": "storefront", "annotations": {"a b": "c"}}},
        {"spec": {"type": "service", "owner": "group:default/shop"}},
        {"spec": {**VALID["spec"], "owner": "shop team"}},
        {"spec": {**VALID["spec"], "dependson": []}},
    ],
    ids=str,
)
def test_an_entity_that_backstage_would_refuse_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ADAPTER.validate_python({**VALID, **change})
