"""Which app makes the schemas of which other one, in one deployment."""

from pathlib import Path

import pytest

from cli import migrations
from cli.layout import Stack
from cli.stack_file import App
from cli.team_files import TeamFile

SHOP, SCHEMAS, REPORTS = (Stack("apps", "dev", app) for app in ("shop", "shop-schemas", "reports"))


@pytest.fixture(autouse=True)
def declared(monkeypatch: pytest.MonkeyPatch) -> None:
    """A team with three apps, one of which makes the schemas of another one."""
    apps = {"shop": App.model_validate({"migratedBy": "shop-schemas"}), "shop-schemas": App(), "reports": App()}
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
