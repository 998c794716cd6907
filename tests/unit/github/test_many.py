"""Five hundred apps of fifty teams in two environments: selection, comment, deployment and the report of drift."""

import json
from pathlib import Path

import pytest
import yaml

from cli import layout
from cli.github import comment, preview_result, selection
from cli.github.comment import written
from cli.github.job import SUMMARY_LIMIT
from cli.github.selection import MATRIX, Selection, select
from cli.layout import Stack
from unit.github.fake_github import BOT
from unit.github.origin import Ended, Origin, on_main, pull_request
from unit.github.parts import part, preview
from unit.github.workflow_runs import Run

APPS, TEAMS = 500, 50
ENVIRONMENTS = ("dev", "prod")
# The longest name of an app that the layers admit.
NAMES = tuple(f"an-app-of-a-long-name-{number:04}" for number in range(APPS))
# Linux: the longest variable of a process (MAX_ARG_STRLEN).
VARIABLE = 128 * 1024


# Stack files of an environment that there is one of; a team's and an app's come from their number.
ONCE = ("identity/Pulumi.foundation-", "identity/Pulumi.", "platform/Pulumi.", "platform/Pulumi.storage-")


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Checkout of the company, with all stacks ready."""
    for folder in ("policies", *layout.LAYERS):
        (tmp_path / folder).mkdir()
    listed = {"environments": [{"name": name} for name in ENVIRONMENTS]}
    (tmp_path / "policies/environments.yaml").write_text(yaml.safe_dump(listed))
    for environment in ENVIRONMENTS:
        files: dict[str, dict[str, object]] = {f"{stem}{environment}": {} for stem in ONCE}
        for team in range(TEAMS):
            files[f"platform/Pulumi.namespaces-t{team}-{environment}"] = {}
            files[f"identity/Pulumi.team-t{team}-{environment}"] = {
                "identity:team": {"name": f"t{team}", "group": f"t{team}@example.com"},
                "identity:apps": {name: {} for name in NAMES[team::TEAMS]},
            }
        files |= {f"apps/Pulumi.{name}-{environment}": {} for name in NAMES}
        for name, config in files.items():
            content = {"secretsprovider": "gcpkms://key", "config": config}
            (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(content))
    monkeypatch.setattr(layout, "CHECKOUT", tmp_path)
    return tmp_path


@pytest.mark.usefixtures("company")
def test_a_change_of_every_stack_fits_into_one_matrix_and_one_variable() -> None:
    selected = select(lambda _: True)
    assert len(selected.stacks) == len(ENVIRONMENTS) * (4 + 2 * TEAMS + APPS)

    of_proposals = [target.proposal_row() for target in selected.proposals()]
    for rows in ([target.preview_row() for target in selected.previews()], of_proposals):
        assert len(rows) <= MATRIX
        assert sum(len(row["titles"].split()) for row in rows) == len(selected.stacks)
        assert len(json.dumps(rows)) < VARIABLE
    assert len(selected.deployments()) <= MATRIX


@pytest.mark.usefixtures("company")
def test_stacks_without_a_state_are_one_note_for_each_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stack, "is_ready", False)
    notes = select(lambda _: True).notes

    assert [note.rpartition("STACK=")[2] for note in notes] == list(ENVIRONMENTS)
    assert len(json.dumps(notes)) < 8000
    assert " more (dev): no state yet" in notes[0]


def test_batches_grow_where_there_are_more_jobs_than_a_matrix_has() -> None:
    apps = tuple(Stack("apps", "dev", f"a{number}") for number in range(selection.BATCH * MATRIX + 1))
    previews = Selection(apps, ()).previews()

    assert len(previews) <= MATRIX
    assert tuple(stack for target in previews for stack in target.stacks) == apps


def changed(number: int, **more: object) -> preview_result.PreviewResult:
    """The result of an app whose plan is long."""
    return part(f"apps/{NAMES[number % APPS]}", ENVIRONMENTS[number // APPS], plan="+ line\n" * 200, **more)


@pytest.mark.parametrize("limit", [comment.BODY_LIMIT, SUMMARY_LIMIT])
def test_a_comment_names_every_refusal_among_a_thousand_stacks(limit: int) -> None:
    refused = [901, 950, 999]
    stacks = [
        changed(number, passed=False, sections={"refused": ["plan-datastore-kept: no"]})
        if number in refused
        else changed(number)
        for number in range(len(ENVIRONMENTS) * APPS)
    ]
    content = written(preview(*stacks), limit)

    assert len(content) <= limit
    assert content.count("plan\\-datastore\\-kept") == len(refused)
    assert content.count(": refused") == len(refused)
    assert content.count("```") % 2 == 0
    assert content.count("<details>") == content.count("</details>")
    shown = content.count("\n### ")
    assert shown == len(stacks) or f"({len(stacks) - shown} stacks)" in content


def test_drift_of_a_thousand_stacks_is_one_issue_that_is_whole(origin: Origin) -> None:
    stacks = [changed(number) for number in range(len(ENVIRONMENTS) * APPS)]
    run = Run(origin, "drift", on_main(origin, "schedule"), in_process=True)
    rows = [{"name": "e", "stack": each.environment, "titles": each.stack} for each in stacks]
    run.jobs["stacks"] = Ended("success", {"matrix": json.dumps(rows)})
    run.jobs["look"] = Ended("success")
    for each in stacks:
        each.write(run.artifacts / "drift-all")

    ended = run.job("report")

    assert ended.result == "success", ended.log
    [issue] = origin.github.open_issues().values()
    assert "1000 stacks differ" in issue["body"]
    assert len(issue["body"]) <= 65_536
    assert issue["body"].count("<details>") == issue["body"].count("</details>") > 0
    assert issue["body"].count("```") % 2 == 0


def test_a_pull_request_of_a_thousand_stacks_is_commented(origin: Origin) -> None:
    origin.commit({}, "change")
    stacks = [changed(number) for number in range(len(ENVIRONMENTS) * APPS)]
    run = Run(origin, "preview", pull_request(origin, "change", 7), in_process=True)
    rows = [{"name": "e", "stack": each.environment, "titles": each.stack} for each in stacks]
    run.jobs["changes"] = Ended("success", {"matrix": json.dumps(rows), "notes": "[]"})
    run.jobs |= {"preview": Ended("success"), **{f"preview-{level}": Ended("skipped") for level in range(2, 6)}}
    for each in stacks:
        each.write(run.artifacts / "preview-all")

    ended = run.job("comment")

    assert ended.result == "success", ended.log
    [written_once] = origin.github.comments_of(7)
    assert written_once["user"]["login"] == BOT
    assert ended.summary.count("\n### ") == len(stacks)
