"""The plan that a reviewer has read is the one that is carried out."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.layout import Stack
from cli.pulumi import approved
from toolchain.errors import ToolError

PLATFORM = Stack("platform", "prod")
STACK = "urn:pulumi:prod::platform::pulumi:pulumi:Stack::platform-prod"
BUCKET = "urn:pulumi:prod::platform::gcp:storage/bucket:Bucket::uploads"
Json = dict[str, Any]


def secret(ciphertext: str) -> Json:
    return {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": ciphertext}


PLAN: Json = {
    "manifest": {"time": "2026-01-01T00:00:00Z", "magic": "a"},
    "resourcePlans": {
        STACK: {
            "steps": ["same"],
            "goal": {"type": "pulumi:pulumi:Stack", "custom": False, "outputDiff": {"updates": {"contract": {"a": 1}}}},
        },
        BUCKET: {
            "steps": ["update"],
            "seed": "AAAA",
            "goal": {
                "type": "gcp:storage/bucket:Bucket",
                "custom": True,
                "protect": True,
                "dependencies": ["urn:a", "urn:b"],
                "propertyDependencies": {"location": ["urn:a", "urn:b"]},
                "inputDiff": {"updates": {"location": "EU", "note": secret("v1:one")}},
                "outputDiff": {"updates": {"url": "gs://uploads"}},
            },
        },
    },
}


def planned(folder: Path, plan: Json) -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / "plan.json"
    file.write_text(json.dumps(plan))
    return file


@pytest.fixture
def read(tmp_path: Path) -> Path:
    """The folder with the plan that the reviewers have read."""
    folder = tmp_path / "approved" / "plan-platform-prod" / "platform-prod"
    folder.mkdir(parents=True)
    approved.write(PLATFORM, planned(tmp_path / "preview", PLAN), folder)
    return tmp_path / "approved"


def test_the_same_plan_by_another_account_at_another_time_is_carried_out(read: Path, tmp_path: Path) -> None:
    again = copy.deepcopy(PLAN)
    again["manifest"] = {"time": "2026-01-02T00:00:00Z", "magic": "b"}
    bucket = again["resourcePlans"][BUCKET]
    bucket["seed"] = "BBBB"
    bucket["goal"]["inputDiff"]["updates"]["note"] = secret("v1:two")
    bucket["goal"]["outputDiff"] = {}
    bucket["goal"]["dependencies"].reverse()
    bucket["goal"]["propertyDependencies"]["location"].reverse()

    approved.require(PLATFORM, planned(tmp_path / "deployment", again), read)


def test_to_add_a_value_that_the_other_account_does_not_see_is_to_change_it(read: Path, tmp_path: Path) -> None:
    again = copy.deepcopy(PLAN)
    inputs = again["resourcePlans"][BUCKET]["goal"]["inputDiff"]
    inputs["adds"] = {"note": inputs["updates"].pop("note")}

    approved.require(PLATFORM, planned(tmp_path / "deployment", again), read)


def _step(plan: Json) -> None:
    plan[BUCKET]["steps"] = ["create-replacement", "replace", "delete-replaced"]


def _input(plan: Json) -> None:
    plan[BUCKET]["goal"]["inputDiff"]["updates"]["location"] = "US"


def _another_input(plan: Json) -> None:
    plan[BUCKET]["goal"]["inputDiff"]["deletes"] = ["versioning"]


def _option(plan: Json) -> None:
    plan[BUCKET]["goal"]["protect"] = False


def _dependency(plan: Json) -> None:
    plan[BUCKET]["goal"]["dependencies"].pop()


def _no_longer_secret(plan: Json) -> None:
    plan[BUCKET]["goal"]["inputDiff"]["updates"]["note"] = "open"


def _contract(plan: Json) -> None:
    plan[STACK]["goal"]["outputDiff"]["updates"]["contract"] = {"a": 2}


def _deleted(plan: Json) -> None:
    plan[BUCKET] = {"steps": ["delete"]}


def _gone(plan: Json) -> None:
    del plan[BUCKET]


def _more(plan: Json) -> None:
    plan[f"{BUCKET}-2"] = plan[BUCKET]


DIFFERENT: dict[str, Callable[[Json], None]] = {
    "another step": _step,
    "another value": _input,
    "another input": _another_input,
    "another option": _option,
    "another dependency": _dependency,
    "a secret in the open": _no_longer_secret,
    "another contract": _contract,
    "a deletion": _deleted,
    "a resource less": _gone,
    "a resource more": _more,
}


@pytest.mark.parametrize("change", DIFFERENT)
def test_another_plan_is_refused(read: Path, tmp_path: Path, change: str) -> None:
    again = copy.deepcopy(PLAN)
    DIFFERENT[change](again["resourcePlans"])

    with pytest.raises(
        ToolError, match=r"not what its reviewers have read.*\n  .*\nNothing was changed. Start the workf"
    ):
        approved.require(PLATFORM, planned(tmp_path / "deployment", again), read)


@pytest.mark.parametrize("content", [None, "", "{}", '{"stack": "platform/dev", "resources": {}}'])
def test_without_the_plan_of_this_stack_nothing_is_carried_out(read: Path, tmp_path: Path, content: str | None) -> None:
    [file] = read.rglob(approved.file_name(PLATFORM))
    if content is None:
        file.unlink()
    else:
        file.write_text(content)

    with pytest.raises(ToolError, match="Nothing was changed"):
        approved.require(PLATFORM, planned(tmp_path / "deployment", PLAN), read)


def test_a_preview_that_failed_leaves_no_plan_to_read(tmp_path: Path) -> None:
    approved.write(PLATFORM, tmp_path / "plan.json", tmp_path)

    assert list(tmp_path.iterdir()) == []
