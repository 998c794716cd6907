"""Cases: what starts a workflow, and what the commands of its steps answer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from unit.github.fake_github import REPOSITORY

Json = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """An answer of the stand-in for `make`.

    Attributes:
        outputs: outputs of the step.
        code: exit code.
        where: variables that a command has, for this answer to be its own.
    """

    outputs: Mapping[str, str] = field(default_factory=dict[str, str])
    code: int = 0
    where: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Case:
    """One run of a workflow.

    Attributes:
        name: the situation, for people.
        workflow: the workflow's file, without its ending.
        event_name: name of the event.
        event: the event.
        ref: the ref that the run is for.
        answers: answers by the command's arguments; every other command succeeds without an output.
        actor: who caused it.
    """

    name: str
    workflow: str
    event_name: str
    event: Json
    ref: str
    answers: Mapping[str, tuple[Answer, ...]]
    actor: str = "somebody"


def _row(owner: str, environment: str, **more: str) -> Json:
    shown = {"name": f"{owner}-{environment}", "stack": environment, "titles": owner, "owner": owner}
    return {**shown, "environment": f"preview-{owner}-{environment}", "layer": owner, "apps": "", "teams": "", **more}


def _answers(**outputs: Mapping[str, object]) -> dict[str, tuple[Answer, ...]]:
    """Answers of the steps of `make ci`, whose outputs are JSON where they are not text."""
    return {
        f"ci STEP={step}": (
            Answer({key: value if isinstance(value, str) else json.dumps(value) for key, value in told.items()}),
        )
        for step, told in outputs.items()
    }


_PARTS = [{"name": "units", "args": "unit pack"}, {"name": "end to end", "args": "e2e"}]
_CODE = {"tests": _PARTS, "up": "true"}
_DOCUMENTS = {"tests": [{"name": "of documents", "args": "unit/documents"}], "up": ""}
_PREVIEWS = {"matrix": [_row("identity", "dev"), _row("platform", "dev")], "reviewed": "[]", "notes": "[]"}
_REVIEWED = {**_PREVIEWS, "reviewed": [_row("platform", "prod")]}
_NOTHING = {"matrix": "[]", "reviewed": "[]", "notes": '["nothing is previewed"]'}


def _proposal(repository: str | None = REPOSITORY) -> Json:
    """A pull request from a branch of a repository; None for one that is deleted."""
    head = {"ref": "change", "sha": "c0ffee" * 6, "repo": {"full_name": repository} if repository else None}
    return {"number": 7, "pull_request": {"number": 7, "head": head, "base": {"ref": "main"}}}


def _preview(name: str, event: Json, answers: Mapping[str, tuple[Answer, ...]], **more: str) -> Case:
    return Case(name, "preview", "pull_request", event, "refs/pull/7/merge", answers, **more)


def _failing(answers: Mapping[str, tuple[Answer, ...]], command: str, **where: str) -> dict[str, tuple[Answer, ...]]:
    return {**answers, command: (Answer(code=1, where=where), *answers.get(command, ()))}


_BOTH = _answers(scope=_CODE, changes=_PREVIEWS)
_STAGES = _answers(
    deployments={
        "first": "dev",
        "first-1": [_row("identity", "dev"), _row("team", "dev", teams="shop")],
        "first-2": [_row("platform", "dev")],
        "first-5": [_row("apps-shop", "dev", layer="apps", apps="storefront reports")],
        "second": "prod",
        "second-1-plan": [_row("identity", "prod")],
        "second-1": [_row("identity", "prod")],
        "second-5-plan": [_row("apps-shop", "prod", layer="apps", apps="storefront")],
        "second-5": [_row("apps-shop", "prod", layer="apps", apps="storefront")],
        "pending": "identity-dev team-dev platform-dev apps-shop-dev identity-prod apps-shop-prod prod",
    },
    approvers={"approved-by": "an-owner"},
)


def _deploy(name: str, answers: Mapping[str, tuple[Answer, ...]], event: str = "push") -> Case:
    return Case(name, "deploy", event, {}, "refs/heads/main", answers)


def _planned(name: str, workflow: str, answers: Mapping[str, tuple[Answer, ...]], *, private: bool = True) -> Case:
    event = {"repository": {"full_name": REPOSITORY, "private": private}}
    return Case(name, workflow, "schedule", event, "refs/heads/main", answers)


_LOOK = _answers(everything={"matrix": [_row("identity", "dev"), _row("apps-shop", "dev")], "stacks": ["dev", "prod"]})

CASES = (
    _preview("a change of code", _proposal(), _BOTH),
    _preview("documents alone", _proposal(), _answers(scope=_DOCUMENTS, changes=_NOTHING)),
    _preview("a reviewed environment", _proposal(), _answers(scope=_DOCUMENTS, changes=_REVIEWED)),
    _preview("a preview fails", _proposal(), _failing(_BOTH, "ci STEP=preview", NAME="identity-dev")),
    _preview("a test fails", _proposal(), _failing(_BOTH, "test ARGS=unit pack")),
    _preview("the scope fails", _proposal(), _failing(_BOTH, "ci STEP=scope")),
    _preview("a fork", _proposal("stranger/fork"), _BOTH),
    _preview("a fork that is deleted", _proposal(None), _BOTH),
    _preview("Dependabot", _proposal(), _BOTH, actor="dependabot[bot]"),
    Case("the merge queue", "preview", "merge_group", {"merge_group": {}}, "refs/heads/queue", _answers(scope=_CODE)),
    _deploy("a merge", _STAGES),
    _deploy("by hand", _STAGES, "workflow_dispatch"),
    _deploy("nothing to deploy", _answers(deployments={"pending": ""})),
    _deploy("identity fails in dev", _failing(_STAGES, "deploy", STACK="dev", OWNER="identity")),
    _deploy("a plan fails in prod", _failing(_STAGES, "ci STEP=plan", NAME="identity-prod")),
    _deploy("a newer run has deployed", _failing(_STAGES, "ci STEP=newest", NAME="platform-dev")),
    _planned("every day", "drift", _LOOK),
    _planned("a stack cannot be read", "drift", _failing(_LOOK, "ci STEP=drift", NAME="identity-dev")),
    _planned("nothing is there", "drift", _answers(everything={"matrix": "[]", "stacks": "[]"})),
    _planned("every week", "audit", _LOOK),
    _planned("in public", "audit", _LOOK, private=False),
    _planned("an audit finds something", "audit", _failing(_LOOK, "audit", STACK="dev")),
)
