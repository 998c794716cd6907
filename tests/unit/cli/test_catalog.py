import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from cli import catalog
from cli.catalog_model import ADAPTER
from toolchain.environments import CHECKOUT


def documents(text: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(text))


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with what the catalog is made from."""
    for pattern in ("identity/Pulumi.*.yaml", "platform/Pulumi.*.yaml", "apps/entries/*.yaml"):
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
