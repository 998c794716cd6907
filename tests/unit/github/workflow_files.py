"""The committed workflows: their jobs, and what GitHub's token says of each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from toolchain.environments import CHECKOUT
from unit.github.expressions import Evaluator
from unit.identity.jobs import MAIN, Claims, job

Json = dict[str, Any]

FOLDER = CHECKOUT / ".github" / "workflows"
NAMES = ("preview", "deploy", "drift", "audit")


def load(name: str) -> Json:
    """A workflow of this repository."""
    return load_file(FOLDER / f"{name}.yml")


def load_file(file: Path) -> Json:
    """A workflow; the key `on` is a truth value in YAML 1.1."""
    content = cast("dict[Any, Any]", yaml.safe_load(file.read_text("utf-8")))
    return {("on" if key is True else str(key)): value for key, value in content.items()}


@dataclass(frozen=True)
class SigningIn:
    """A job that may ask GitHub for a token.

    Attributes:
        workflow: the file's name without its ending.
        name: of the job.
        environment: of the job; empty for none.
        claims: of its token, by a text for the event that starts it.
    """

    workflow: str
    name: str
    environment: str
    claims: dict[str, Claims]


def events(workflow: Json) -> list[tuple[str, str]]:
    """Events and refs on which a workflow's jobs may sign in; for the merge queue none of them runs."""
    refs = {"pull_request": "refs/pull/7/merge"}
    return [(str(event), refs.get(str(event), MAIN)) for event in workflow["on"] if event != "merge_group"]


def signing_in(row: Mapping[str, str], environments: Mapping[str, str]) -> Iterator[SigningIn]:
    """Every job of the workflows that may ask for a token.

    Args:
        row: of the matrix, for jobs that have one.
        environments: by stage of the deployment.
    """
    contexts = {"matrix": row, "needs": {"changes": {"outputs": environments}}}
    for name in NAMES:
        workflow = load(name)
        for key, content in workflow["jobs"].items():
            permissions = content.get("permissions", workflow["permissions"])
            if permissions.get("id-token") == "write":
                told = Evaluator(contexts, {}).text(content.get("environment", ""))
                more = {"environment": told} if told else {}
                claims = {event: job(f"{name}.yml", event, ref, **more) for event, ref in events(workflow)}
                yield SigningIn(name, str(key), told, claims)
