"""Reads an app's entry, and reports all of its problems at once: file, line, column, path, problem and remedy."""

import difflib
from functools import partial
from pathlib import Path
from typing import Any

import pulumi
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from apps_layer.entry import ADAPTER, KINDS, CronJob, Job, WebService, Worker
from apps_layer.kit import strict_yaml, wording
from apps_layer.kit.strict_yaml import StrictYamlError

# Messages when not even the kind of the app is known.
_UNCHOSEN = {
    "union_tag_invalid": "names no kind of app.",
    "union_tag_not_found": "is not set.",
    "model_attributes_type": "is no mapping with a `kind`.",
}
FOLDER = Path(__file__).resolve().parents[1] / "entries"


class EntryError(pulumi.RunError):
    """An app's entry cannot be used; the message lists every problem with its place in the file."""


def apps(folder: Path | None = None) -> frozenset[str]:
    """Names of the apps that have an entry, in the project's folder of entries unless another one is given."""
    return frozenset(path.stem for path in (folder or FOLDER).glob("*.yaml"))


def load(app: str, folder: Path | None = None) -> WebService | Worker | CronJob | Job:
    """Return the entry of an app, from the project's folder of entries unless another one is given.

    Raises:
        EntryError: there is none, it can be read in two ways, or it does not fit the model.
    """
    folder = folder or FOLDER
    shown = f"{folder.name}/{app}.yaml"
    try:
        document = strict_yaml.load(folder / f"{app}.yaml", shown)
    except FileNotFoundError:
        known = ", ".join(sorted(apps(folder))) or "none"
        raise EntryError(
            f"The app {app!r} has no entry {shown}, so there is nothing to deploy. Write it, or correct apps:app "
            f"(entries: {known})."
        ) from None
    except StrictYamlError as error:
        raise _unusable(shown, error.problems) from None
    try:
        return ADAPTER.validate_python(document.content)
    except ValidationError as error:
        describe = partial(_describe, KINDS.get(str(document.value("kind"))))
        raise _unusable(shown, [*wording.problems(error, document, describe)]) from None


def _unusable(shown: str, problems: list[str]) -> EntryError:
    listed = "\n".join(f"  - {problem}" for problem in problems)
    return EntryError(
        f"{shown} cannot be used; nothing was planned or changed. Its schema is entry.schema.json.\n{listed}"
    )


def _describe(model: type[BaseModel] | None, detail: ErrorDetails, written: str) -> str:
    """One problem: what, and the remedy. Validators of our own already say both."""
    # The path begins with the kind by which the model was chosen.
    location = [part for part in detail["loc"][1:] if part != "[key]"]
    if model is None or not location:
        said = wording.words(detail, written) if detail["type"] == "value_error" else ""
        return said or f"{_UNCHOSEN.get(detail['type'], 'is no entry.')} Choose one of {', '.join(KINDS)}."
    known = _keys(model, location[:-1])
    if detail["type"] == "extra_forbidden":
        return f"is unknown, so it would change nothing. Remove it{_suggestion(str(location[-1]), list(known))}"
    meaning = known.get(str(location[-1]), "")
    if detail["type"] == "missing":
        return f"is not set. Add it: {meaning}."
    said = wording.words(detail, written)
    return said if detail["type"] == "value_error" or not meaning else f"{said} {meaning}."


def _keys(model: type[BaseModel], path: list[int | str]) -> dict[str, str]:
    """The keys of the mapping at a path, with their meaning."""
    document = model.model_json_schema(by_alias=True)
    node: dict[str, Any] = document
    for part in path:
        node = node.get("items", {}) if isinstance(part, int) else node.get("properties", {}).get(part, {})
        if "$ref" in node:
            node = document["$defs"][str(node["$ref"]).rpartition("/")[2]]
    properties: dict[str, dict[str, Any]] = node.get("properties", {})
    return {key: str(schema.get("description", "")) for key, schema in properties.items()}


def _suggestion(key: str, known: list[str]) -> str:
    close = difflib.get_close_matches(key, known, n=1)
    return f", or did you mean {close[0]!r}?" if close else f"; known here: {', '.join(sorted(known))}."
