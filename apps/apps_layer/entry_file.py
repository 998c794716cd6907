"""Reads an app's entry, and reports all of its problems at once: path, problem and remedy."""

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pulumi
import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from apps_layer.entry import ADAPTER, KINDS, CronJob, WebService, Worker

# Messages when not even the kind of the app is known.
_UNCHOSEN = {
    "union_tag_invalid": "names no kind of app.",
    "union_tag_not_found": "is not set.",
    "model_attributes_type": "is no mapping with a `kind`.",
}
FOLDER = Path(__file__).resolve().parents[1] / "entries"


class EntryError(pulumi.RunError):
    """An app's entry cannot be used; the message lists every problem with its path in the file."""


def apps(folder: Path | None = None) -> frozenset[str]:
    """Names of the apps that have an entry, in the project's folder of entries unless another one is given."""
    return frozenset(path.stem for path in (folder or FOLDER).glob("*.yaml"))


def load(app: str, folder: Path | None = None) -> WebService | Worker | CronJob:
    """Return the entry of an app, from the project's folder of entries unless another one is given.

    Raises:
        EntryError: there is none, it is not YAML, or it does not fit the model.
    """
    folder = folder or FOLDER
    path = folder / f"{app}.yaml"
    shown = f"{folder.name}/{path.name}"
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = ", ".join(sorted(apps(folder))) or "none"
        raise EntryError(
            f"The app {app!r} has no entry {shown}, so there is nothing to deploy. Write it, or correct apps:app "
            f"(entries: {known})."
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise EntryError(f"{shown} is not YAML, so nothing was planned or changed: {error}") from None
    try:
        return ADAPTER.validate_python(document)
    except ValidationError as error:
        listed = "\n".join(f"  - {problem}" for problem in _problems(error, document))
        raise EntryError(
            f"{shown} cannot be used; nothing was planned or changed. Its schema is entry.schema.json.\n{listed}"
        ) from None


def _problems(error: ValidationError, document: Any) -> Iterator[str]:
    fields = cast("dict[str, Any]", document) if isinstance(document, dict) else {}
    kind = str(fields.get("kind"))
    for detail in error.errors():
        # Pydantic begins the path with the kind by which it chose the model.
        location = [part for part in detail["loc"] if part != "[key]"]
        location = location[1:] if location[:1] == [kind] else location
        path = ".".join(str(part) for part in location)
        yield f"{path or _place(detail)}: {_describe(detail, location, KINDS.get(kind))}"


def _place(detail: ErrorDetails) -> str:
    return "kind" if detail["type"].startswith("union_tag") else "(whole file)"


def _describe(detail: ErrorDetails, location: list[int | str], model: type[BaseModel] | None) -> str:
    """One problem: what, and the remedy. Validators of our own already say both."""
    if detail["type"] == "value_error" and "ctx" in detail:
        return str(detail["ctx"]["error"])
    if model is None or not location:
        return f"{_UNCHOSEN.get(detail['type'], detail['msg'])} Choose one of {', '.join(KINDS)}."
    known = _keys(model, location[:-1])
    if detail["type"] == "extra_forbidden":
        return f"is unknown, so it would change nothing. Remove it{_suggestion(str(location[-1]), list(known))}"
    meaning = known.get(str(location[-1]), "")
    if detail["type"] == "missing":
        return f"is not set. Add it: {meaning}."
    return f"{detail['msg']}, but is {detail['input']!r}. {meaning}".rstrip()


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
