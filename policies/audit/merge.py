"""One deployment out of the states of all layers, for `pulumi policy analyze`. Secrets do not come along."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from pydantic import TypeAdapter, ValidationError

from audit.evidence import Evidence
from iam.fetched import LivePolicy

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_HIDDEN = "[secret]"


class StateError(Exception):
    """A state, or the list of the cloud's policies, cannot be used."""


def merged(states: Iterable[Path], environment: str, live: Path | None) -> dict[str, Any]:
    """The deployment: every resource of the states, and the evidence.

    Args:
        states: exports of stacks, or files of a self-managed backend.
        environment: which environment they are of.
        live: the cloud's policies, in the form of `gcloud asset search-all-iam-policies --format=json`.

    Raises:
        StateError: a file cannot be read as what it should be.
    """
    resources: list[dict[str, Any]] = []
    for file in states:
        resources += resources_of(file)
    evidence = Evidence(
        environment=environment,
        protected=frozenset(str(each["urn"]) for each in resources if each.get("protect") and not each.get("delete")),
        live=_policies(live) if live else None,
    )
    return {"version": 3, "deployment": {"manifest": {}, "resources": [*resources, evidence.as_resource()]}}


def resources_of(file: Path) -> list[dict[str, Any]]:
    """The resources of a state, without secrets.

    Raises:
        StateError: the file cannot be read as a state.
    """
    try:
        document: dict[str, Any] = json.loads(file.read_bytes())
        held: Any = document["deployment"] if "deployment" in document else document["checkpoint"]["latest"] or {}
        resources: list[Any] = held.get("resources") or []
        return [_without_secrets(each) for each in resources]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StateError(
            f"{file.name} cannot be read as a state ({type(error).__name__}), so nothing was judged. Export it again."
        ) from None


def _policies(file: Path) -> tuple[LivePolicy, ...]:
    try:
        return TypeAdapter(tuple[LivePolicy, ...]).validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        raise StateError(
            f"{file.name} cannot be read as a list of policies ({type(error).__name__}), so nothing was judged. Write "
            "it with `gcloud asset search-all-iam-policies --format=json`."
        ) from None


def _without_secrets(value: Any) -> Any:
    """A value in which encrypted ones are a word: no key is needed, and none of them can be shown."""
    if isinstance(value, list):
        return [_without_secrets(each) for each in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    fields = cast("dict[str, Any]", value)
    return _HIDDEN if _SIGNATURE in fields else {key: _without_secrets(each) for key, each in fields.items()}
