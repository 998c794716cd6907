"""Comparison of the documents with the code: commands, links and configuration keys."""

import re
from pathlib import Path

from pydantic import BaseModel, Field

from cli import links, yaml_file
from cli.layout import LAYERS
from toolchain.environments import CHECKOUT


class _Project(BaseModel):
    """The declared configuration keys of a Pulumi project."""

    config: dict[str, object] = Field(default_factory=dict[str, object])


_TARGET = re.compile(r"^(?P<name>[a-z][a-z-]*):.*?##\s", re.MULTILINE)
_MENTION = re.compile(r"`make (?P<name>[a-z][a-z-]*)")


def findings() -> list[str]:
    """Statements of documents that the code contradicts, each with its file."""
    targets = {match["name"] for match in _TARGET.finditer((CHECKOUT / "Makefile").read_text(encoding="utf-8"))}
    keys = [finding for layer in LAYERS for finding in _keys(layer)]
    broken = [
        f"{_shown(file)} links to {link}, which is not there" for file in documents() for link in links.broken(file)
    ]
    return [*_commands(targets), *broken, *keys]


def _commands(targets: set[str]) -> list[str]:
    claims: list[str] = []
    for file in documents():
        unknown = {match["name"] for match in _MENTION.finditer(file.read_text(encoding="utf-8"))} - targets
        claims += [
            f"{_shown(file)} mentions `make {name}`, which the Makefile does not have" for name in sorted(unknown)
        ]
    return claims


def _keys(layer: str) -> list[str]:
    project, readme = CHECKOUT / layer / "Pulumi.yaml", CHECKOUT / layer / "README.md"
    if not project.is_file() or not readme.is_file():
        return [f"{_shown(file)} does not exist" for file in (project, readme) if not file.is_file()]
    keys = set(yaml_file.load(project, _Project.model_validate, "nothing was compared").config)
    text = readme.read_text(encoding="utf-8")
    absent = [key for key in sorted(keys) if f"`{key}`" not in text and f"`{key.partition(':')[2]}`" not in text]
    undeclared = sorted(set(re.findall(rf"`({layer}:[A-Za-z]+)`", text)) - keys)
    return [
        *(f"{_shown(readme)} does not explain the configuration key `{key}`" for key in absent),
        *(f"{_shown(readme)} explains the configuration key `{key}`, which Pulumi.yaml lacks" for key in undeclared),
    ]


def documents() -> list[Path]:
    """All documents of the checkout; the copy that tests run in has the same documents."""
    skipped = {".venv", "node_modules", ".git", ".example"}
    return [file for file in sorted(CHECKOUT.rglob("*.md")) if not skipped & set(file.relative_to(CHECKOUT).parts)]


def _shown(file: Path) -> Path:
    return file.relative_to(CHECKOUT)
