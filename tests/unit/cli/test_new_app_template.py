"""The form of Backstage makes the changes that `make new-app` makes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli import app_changes
from cli.app_changes import NewApp
from toolchain.environments import CHECKOUT
from unit.cli.new_app_checkout import INVOICES, config

TEMPLATE = CHECKOUT / "apps" / "template" / "template.yaml"


def steps() -> list[dict[str, Any]]:
    return yaml.safe_load(TEMPLATE.read_text())["spec"]["steps"]


def test_the_template_of_backstage_reads_every_stack_file_that_a_new_app_changes(checkout: Path) -> None:
    changes = app_changes.changes(checkout, NewApp("invoices", "shop", "webService", public=True))
    read = {step["input"]["url"].removeprefix("../../") for step in steps() if step["action"] == "fetch:plain:file"}

    assert read == {path for change in changes[:2] for path in change.files}
    assert all(
        (TEMPLATE.parent / step["input"]["url"]).exists() for step in steps() if step["action"] == "fetch:plain:file"
    )


def test_the_template_of_backstage_makes_the_same_changes_in_the_same_order(checkout: Path) -> None:
    changes = app_changes.changes(checkout, NewApp("invoices", "shop", "webService", public=True))

    def said(text: str) -> str:
        values = {"parameters.name": "invoices", "parameters.kind": "webService"}
        values["(parameters.team | parseEntityRef).name"] = "shop"
        for name, value in values.items():
            text = text.replace(f"${{{{ {name} }}}}", value)
        return text

    requests = [step for step in steps() if step["action"] == "publish:github:pull-request"]
    assert [said(step["input"]["title"]) for step in requests] == [change.title for change in changes]
    branches = [f"new-app/invoices/{number}-{change.layer}" for number, change in enumerate(changes, start=1)]
    assert [said(step["input"]["branchName"]) for step in requests] == branches
    repository = config(checkout, "identity/Pulumi.prod.yaml")["identity:github"]["repository"]
    owner, _, name = repository.partition("/")
    assert {step["input"]["repoUrl"] for step in requests} == {f"github.com?owner={owner}&repo={name}"}


def _merged(path: str) -> Callable[[dict[str, Any]], bool]:
    return lambda step: step["action"] == "roadiehq:utils:merge" and step["input"]["path"].endswith(path)


def test_the_template_of_backstage_lets_the_same_team_review(checkout: Path) -> None:
    [identity, *_] = app_changes.changes(checkout, INVOICES)
    [step] = (step for step in steps() if step["action"] == "roadiehq:utils:fs:replace")
    [edit] = step["input"]["files"]
    instead = edit["replaceWith"].replace("${{ parameters.name }}", "invoices")
    instead = instead.replace("${{ (parameters.team | parseEntityRef).name }}", "shop")
    before = (checkout / app_changes.REVIEWERS).read_text()

    assert before.count(edit["find"] + "\n") == 1
    assert before.replace(edit["find"] + "\n", instead + "\n") == identity.files[app_changes.REVIEWERS]


@pytest.mark.parametrize("path", ["identity/Pulumi.prod.yaml", "platform/Pulumi.prod.yaml"])
def test_the_template_of_backstage_adds_what_the_command_adds(checkout: Path, path: str) -> None:
    changes = app_changes.changes(checkout, NewApp("invoices", "shop", "webService", public=True))
    after = next(change.files[path] for change in changes if path in change.files)
    [step] = filter(_merged(path), steps())
    content = step["input"]["content"].replace("${{ parameters.name }}", "invoices")
    added = yaml.safe_load(content.replace("${{ (parameters.team | parseEntityRef).name }}", "shop"))["config"]

    [(mapping, entry)] = added.items()
    assert yaml.safe_load(after)["config"][mapping]["invoices"] == entry["invoices"]


def test_the_kinds_of_the_template_of_backstage_are_those_of_the_skeletons() -> None:
    [form] = yaml.safe_load(TEMPLATE.read_text())["spec"]["parameters"]

    assert sorted(form["properties"]["kind"]["enum"]) == app_changes.kinds()
    assert form["properties"]["name"]["pattern"] == f"^{app_changes.NAME}$"
