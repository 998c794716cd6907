"""Reads a stack's configuration into one typed, frozen model, and reports all of its problems at once.

It owns the path from `Pulumi.<stack>.yaml` to the model and the wording of errors. The model (settings.py) decides what
is valid.
"""

import difflib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import pulumi
from pulumi.runtime.config import CONFIG
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from . import characters, strict_yaml, wording
from .strict_yaml import Document, StrictYamlError

Model = TypeVar("Model", bound=BaseModel)

# Empty defaults in Pulumi.yaml by type. One stands for a key that must be set: the program then reports all missing
# keys at once, each with an example.
_EMPTY = {"string": "", "object": "{}", "array": "[]"}


class Section(BaseModel):
    """A frozen mapping of a YAML file, camelCase there and snake_case in Python.

    Unknown keys are refused, since a misspelt key would silently do nothing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, strict=True)


class ConfigurationError(pulumi.RunError):
    """The stack's configuration cannot be used; the message lists every problem with its remedy."""


def load(
    model: type[Model],
    layer: str,
    stack: str,
    provider_keys: Mapping[str, str],
    siblings: Mapping[str, type[BaseModel]] | None = None,
) -> Model:
    """Return the validated configuration of the running stack.

    Args:
        model: fields named by their aliases as in YAML (camelCase).
        layer: the namespace of the layer's own keys; every key in it must be a field of the model.
        stack: the stack's name, for the messages.
        provider_keys: alias of a field to the full key it is read from when that is a provider's, such as
            {"project": "gcp:project"}.
        siblings: models of the project's other stacks, by the name of their file. Pulumi.yaml declares the keys of all,
            so the defaults of their keys arrive here too; another value is refused, since it would do nothing here.

    Raises:
        ConfigurationError: when a key is missing, unknown or invalid.
    """
    own = f"{layer}:"
    file = _file(stack)
    document, problems = _read(model, own, provider_keys, siblings or {})
    try:
        loaded = model.model_validate(document)
    except ValidationError as error:
        keys = {alias: provider_keys.get(alias, own + alias) for alias in _examples(model)}
        unreadable = set(problems)
        for detail in error.errors():
            key = _path(detail["loc"], keys, own)
            if key not in unreadable:
                problems.setdefault(key, []).append(_describe(key, detail, model, file))
    else:
        if not problems:
            return loaded
    raise _unusable(
        stack, [f"{_place(file, key)}{key}: {problem}" for key, several in problems.items() for problem in several]
    )


def _unusable(stack: str, problems: list[str]) -> ConfigurationError:
    listed = "\n".join(f"  - {problem}" for problem in problems)
    return ConfigurationError(
        f"The configuration of stack {stack!r} (Pulumi.{stack}.yaml) cannot be used; nothing was "
        f"planned or changed:\n{listed}"
    )


def _file(stack: str) -> Document:
    """The stack file, which the engine has read before: it tells what is written there, and where.

    Raises:
        ConfigurationError: it can be read in two ways.
    """
    name = f"Pulumi.{stack}.yaml"
    try:
        return strict_yaml.load(Path(name), name)
    except FileNotFoundError:
        # The configuration comes from elsewhere, as in a test.
        return Document(name, None)
    except StrictYamlError as error:
        raise _unusable(stack, error.problems) from None


def _location(key: str) -> tuple[int | str, ...]:
    return ("config", *(int(part) if part.isdigit() else part for part in key.split(".")))


def _place(file: Document, key: str) -> str:
    return f"{file.place(_location(key))}: " if file.root else ""


def _read(
    model: type[BaseModel],
    own: str,
    provider_keys: Mapping[str, str],
    siblings: Mapping[str, type[BaseModel]],
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Configured values by alias, and problems of their form by key."""
    document: dict[str, Any] = {}
    problems: dict[str, list[str]] = {}
    types = kinds(model)
    elsewhere = {
        alias: (text, file)
        for file, sibling in siblings.items()
        for alias, text in defaults(sibling).items()
        if alias not in types
    }
    aliases = {full: alias for alias, full in provider_keys.items()}
    configured: Mapping[str, str] = CONFIG.get()
    for key, text in configured.items():
        if not key.startswith(own) and key not in aliases:
            continue
        alias = aliases.get(key, key.removeprefix(own))
        if alias in elsewhere:
            default, file = elsewhere[alias]
            if text != default:
                problems[key] = [f"is a key of {file}, so it would change nothing here. Move it there."]
            continue
        try:
            value = text if types.get(alias, "string") == "string" else json.loads(text)
        except json.JSONDecodeError:
            problems[key] = [
                f"must be a YAML {types[alias]}, but is the text {text!r}: write it indented below the key."
            ]
            continue
        # An empty default in Pulumi.yaml stands for a key that must be set.
        if value or not _required(model, alias):
            document[alias] = value
    return document, problems


def _required(model: type[BaseModel], alias: str) -> bool:
    return any(field.is_required() for name, field in model.model_fields.items() if alias in (field.alias, name))


def kinds(model: type[BaseModel]) -> dict[str, str]:
    """Alias of a field to the JSON type it has in YAML."""
    properties = model.model_json_schema(by_alias=True)["properties"]
    return {alias: str(schema.get("type", "object")) for alias, schema in properties.items()}


def defaults(model: type[BaseModel]) -> dict[str, str]:
    """Alias of a field to the default that Pulumi.yaml declares, as the program receives it."""
    types = kinds(model)
    values = {field.alias or name: field.default for name, field in model.model_fields.items()}
    return {
        alias: (value if isinstance(value, str) else json.dumps(value))
        if isinstance(value, bool | int | str)
        else _EMPTY[types[alias]]
        for alias, value in values.items()
    }


def _examples(model: type[BaseModel]) -> dict[str, str]:
    """Alias of a field to an example value in YAML."""
    return {
        field.alias or name: str(field.examples[0] if field.examples else "…")
        for name, field in model.model_fields.items()
    }


def _path(location: tuple[int | str, ...], keys: Mapping[str, str], own: str) -> str:
    parts = [str(part) for part in location if part != "[key]"]
    if not parts:
        return own.rstrip(":")
    return ".".join([keys.get(parts[0], own + parts[0]), *parts[1:]])


def _describe(key: str, detail: ErrorDetails, model: type[BaseModel], file: Document) -> str:
    """Message of one problem, with the characters of value and key that a reader does not see or takes for others."""
    message = _problem(key, detail, model, file)
    texts = (str(part) for part in (*detail["loc"][-1:], detail["input"]) if isinstance(part, str))
    named = [characters.odd(text) for text in texts]
    return message + "".join(f" It has {names}: type it anew." for names in named if names and names not in message)


def _problem(key: str, detail: ErrorDetails, model: type[BaseModel], file: Document) -> str:
    """Fault, consequence, remedy. The layers' own validators already write all three."""
    top_level, kind = len(detail["loc"]) == 1, detail["type"]
    examples = _examples(model)
    if kind == "extra_forbidden":
        return f"is unknown, so it would change nothing. Remove it{_suggestion(key, list(examples), top_level)}"
    if top_level and kind == "missing":
        return f"is not set. Add it to {file.name}, for example `{key}: {examples[str(detail['loc'][0])]}`."
    return wording.words(detail, file.written(_location(key)))


def _suggestion(key: str, known: list[str], top_level: bool) -> str:
    if not top_level:
        return ", or correct its name."
    close = difflib.get_close_matches(key.rpartition(":")[2], known, n=1)
    return f", or did you mean {close[0]!r}?" if close else f"; known here: {', '.join(sorted(known))}."
