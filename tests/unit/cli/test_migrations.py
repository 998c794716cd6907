"""Order of apps in one deployment: whoever makes schemas comes before whoever uses them."""

from pathlib import Path

import pytest

from cli import migrations
from cli.layout import Stack
from cli.stack_file import App
from cli.team_files import TeamFile

SHOP, SCHEMAS, REPORTS = (Stack("apps", "dev", app) for app in ("shop", "shop-schemas", "reports"))


def _by(app: str) -> App:
    return App.model_validate({"migratedBy": app})


@pytest.fixture
def apps() -> dict[str, App]:
    """Three apps, one of which makes the schemas of another one."""
    return {"shop": _by("shop-schemas"), "shop-schemas": App(), "reports": App()}


@pytest.fixture(autouse=True)
def declared(monkeypatch: pytest.MonkeyPatch, apps: dict[str, App]) -> None:
    """A team with these apps."""
    team = TeamFile("team", "team@example.com", (), apps, Path())

    def teams(environment: str) -> dict[str, TeamFile]:
        return {"team": team} if environment == "dev" else {}

    monkeypatch.setattr(migrations, "teams", teams)


def test_the_one_that_makes_schemas_is_known_where_both_are_deployed() -> None:
    assert migrations.makers([SHOP, SCHEMAS, REPORTS]) == {SHOP: SCHEMAS}


def test_one_that_is_not_deployed_is_waited_for_by_nobody() -> None:
    assert migrations.makers([SHOP, REPORTS]) == {}


def test_another_environment_has_its_own_order() -> None:
    assert migrations.makers([SHOP, SCHEMAS, Stack("apps", "prod", "shop-schemas")]) == {SHOP: SCHEMAS}
    assert migrations.makers([Stack("apps", "prod", "shop"), SCHEMAS]) == {}


def test_stacks_of_no_app_have_no_order() -> None:
    assert migrations.makers([Stack("platform", "dev", "namespaces-team")]) == {}


@pytest.mark.parametrize("last", ["shop", "shop-schemas", "reports"])
def test_no_app_waits_in_a_circle_or_for_itself(apps: dict[str, App], last: str) -> None:
    apps |= {"shop-schemas": _by("reports"), "reports": _by(last)}

    found = migrations.makers([SHOP, SCHEMAS, REPORTS])

    assert not set(found) & set(found.values())


def test_an_app_waits_for_one_that_waits_for_none(apps: dict[str, App]) -> None:
    apps["shop-schemas"] = _by("reports")
    assert migrations.makers([SHOP, SCHEMAS, REPORTS]) == {SCHEMAS: REPORTS}
