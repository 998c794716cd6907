"""Edits of a checkout that make a case of the benchmark: of a stack file, of an app's entry, or of a program."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

Json = dict[str, Any]


@dataclass(frozen=True)
class Edit:
    """A changed file: `change` gets its text (empty for a new file) and returns the new one."""

    file: str
    change: Callable[[str], str]

    def apply(self, checkout: Path) -> Callable[[], object]:
        """Change the file in a checkout; return what undoes it."""
        path = checkout / self.file
        if not path.exists():
            path.write_text(self.change(""), encoding="utf-8")
            return path.unlink
        before = path.read_text(encoding="utf-8")
        path.write_text(self.change(before), encoding="utf-8")
        return lambda: path.write_text(before, encoding="utf-8")


def text(file: str, old: str, new: str) -> Edit:
    """Replace a text that a file has exactly once."""

    def change(content: str) -> str:
        if content.count(old) != 1:
            raise ValueError(f"{file} has {old!r} {content.count(old)} times, so the case would be another one")
        return content.replace(old, new)

    return Edit(file, change)


def put(file: str, *path: str | Any) -> Edit:
    """Set a value of a YAML file: the path to it, then the value."""
    *keys, value = path

    def change(document: Json) -> None:
        _inside(document, keys[:-1])[keys[-1]] = value

    return _yaml(file, change)


def drop(file: str, *path: str) -> Edit:
    """Remove a key of a YAML file."""
    return _yaml(file, lambda document: _inside(document, path[:-1]).pop(path[-1]))


def new(file: str, content: str) -> Edit:
    """Write a new file."""
    return Edit(file, lambda _: content)


def config(stack: str, *path: Any) -> Edit:
    """Set a value of a stack file of the sandbox: `config("platform", "platform:network", "nodes", "10.0.0.0/20")`."""
    return put(_stack_file(stack), "config", *path)


def unset(stack: str, *path: str) -> Edit:
    """Remove a key below `config` of a stack file of the sandbox."""
    return drop(_stack_file(stack), "config", *path)


def entry(app: str, *path: Any) -> Edit:
    """Set a value of an app's entry."""
    return put(f"apps/entries/{app}.yaml", *path)


def _stack_file(stack: str) -> str:
    project, _, part = stack.partition("/")
    return f"{project}/Pulumi.{f'{part}-' if part else ''}sandbox.yaml"


def _inside(document: Json, keys: Any) -> Json:
    for key in keys:
        document = cast("Json", document.setdefault(key, {}))
    return document


def _yaml(file: str, change: Callable[[Json], object]) -> Edit:
    def changed(content: str) -> str:
        document: Json = yaml.safe_load(content)
        change(document)
        return yaml.safe_dump(document, sort_keys=False)

    return Edit(file, changed)
