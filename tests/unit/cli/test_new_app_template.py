"""Backstage and `pulumi new` make the changes that `make new-app` makes."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from apps_layer.entry import KINDS
from cli import app_changes, app_form, app_skeleton
from cli.app_changes import NewApp
from toolchain.environments import CHECKOUT
from unit.cli.new_app_checkout import config

PUBLIC = NewApp("invoices", "shop", "webService", public=True)


@pytest.fixture
def form(checkout: Path) -> dict[str, Any]:
    """The form, filled in for an app."""
    values = {
        "parameters.name": PUBLIC.name,
        "parameters.kind": PUBLIC.kind,
        "(parameters.team | parseEntityRef).name": PUBLIC.team,
    }
    text = app_form.text(checkout)
    for name, value in values.items():
        text = text.replace(f"${{{{ {name} }}}}", value)
    return yaml.safe_load(text)["spec"]


def inputs(form: dict[str, Any], action: str) -> list[dict[str, Any]]:
    return [step["input"] for step in form["steps"] if step["action"] == action]


def test_the_form_makes_the_same_pull_requests_in_the_same_order(checkout: Path, form: dict[str, Any]) -> None:
    changes = app_changes.changes(checkout, PUBLIC)
    requests = inputs(form, "publish:github:pull-request")

    assert [request["title"] for request in requests] == [change.message.title for change in changes]
    branches = [PUBLIC.branch(number, change.layer) for number, change in enumerate(changes, start=1)]
    assert [request["branchName"] for request in requests] == branches
    repository = config(checkout, "identity/Pulumi.foundation-prod.yaml")["identity:github"]["repository"]
    owner, _, name = repository.partition("/")
    assert {request["repoUrl"] for request in requests} == {f"github.com?owner={owner}&repo={name}"}


def test_the_form_makes_the_same_changes_of_files_that_exist(checkout: Path, form: dict[str, Any]) -> None:
    changed = {
        path: text for change in app_changes.changes(checkout, PUBLIC)[:2] for path, text in change.files.items()
    }
    merged = {
        item["path"].partition("/")[2]: yaml.safe_load(item["content"]) for item in inputs(form, "roadiehq:utils:merge")
    }
    [edit] = inputs(form, "roadiehq:utils:fs:replace")[0]["files"]

    fetched = {item["url"].removeprefix("../../"): item["targetPath"] for item in inputs(form, "fetch:plain:file")}
    assert set(fetched) == set(changed) == {*merged, app_changes.REVIEWERS}
    for path, content in merged.items():
        before, after = config(checkout, path), yaml.safe_load(changed[path])["config"]
        [(setting, item)] = content["config"].items()
        assert after == {**before, setting: {**before.get(setting, {}), **item}}
    owners = (checkout / app_changes.REVIEWERS).read_text()
    assert owners.count(f"{edit['find']}\n") == 1
    assert owners.replace(edit["find"], edit["replaceWith"]) == changed[app_changes.REVIEWERS]


def test_the_form_gives_the_skeleton_every_value_that_it_takes(form: dict[str, Any]) -> None:
    [skeleton] = inputs(form, "fetch:template")
    sources = [*(CHECKOUT / app_skeleton.FOLDER).rglob("*.yaml")]
    taken = {name for file in sources for name in re.findall(r"values\.([a-z]+)", file.name + file.read_text())}

    assert (CHECKOUT / app_form.FILE).parent / skeleton["url"] == CHECKOUT / app_skeleton.FOLDER
    assert set(skeleton["values"]) == taken


def test_the_form_offers_the_kinds_and_names_that_the_command_takes(form: dict[str, Any]) -> None:
    properties = form["parameters"][0]["properties"]

    assert set(properties["kind"]["enum"]) == set(KINDS) == set(app_skeleton.kinds())
    assert properties["name"]["pattern"] == f"^{app_changes.NAME}$"


def test_the_template_of_pulumi_is_made_from_the_skeleton() -> None:
    [(path, text)] = app_skeleton.of_pulumi().items()

    assert path == "apps/template/pulumi/apps/entries/${PROJECT}.yaml"
    assert yaml.safe_load(text)["team"] == "${DESCRIPTION}"
    assert (CHECKOUT / path).read_text(encoding="utf-8") == text


def test_the_examples_form_is_the_one_of_its_stack_files() -> None:
    written = (CHECKOUT / app_form.FILE).read_text(encoding="utf-8")
    assert written == app_form.text(CHECKOUT), f"write `app_form.text` of the example to tests/examples/{app_form.FILE}"
