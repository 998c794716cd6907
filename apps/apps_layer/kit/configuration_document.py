"""The keys of a layer's configuration as its documents state them: in Pulumi.yaml and in README.md.

`make docs` writes both from the model, so a key's meaning is stated once, in the description of its field.
"""

import json
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence

from pydantic import BaseModel

from .configuration import defaults, kinds

_INDENT = " " * 6
_LINK = re.compile(r"\[(?P<text>[^\]]+)\]\([^)]+\)")


def declarations(models: Sequence[type[BaseModel]], layer: str, provider_keys: Mapping[str, str]) -> str:
    """The entries of `config:` in Pulumi.yaml: every key with its type, its description and a default.

    A project with several stacks has a model for each; a key that they share is declared once.
    """
    types = {alias: kind for model in models for alias, kind in kinds(model).items()}
    texts = {alias: text for model in models for alias, text in defaults(model).items()}
    fields = {alias: description for model in models for alias, description in _fields(model)}
    lines: list[str] = []
    for alias, description in fields.items():
        if alias not in provider_keys:
            lines += [f"  {layer}:{alias}:", f"    type: {types[alias]}", "    description: >-", *_folded(description)]
            text = texts[alias]
            lines.append(f"    default: {json.dumps(text) if types[alias] == 'string' else text}")
    return "\n".join(lines)


def _folded(description: str) -> list[str]:
    """Lines of a description without its links, as YAML folds them."""
    return textwrap.wrap(
        _LINK.sub(r"\g<text>", description),
        width=120,
        initial_indent=_INDENT,
        subsequent_indent=_INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )


def table(model: type[BaseModel], layer: str, provider_keys: Mapping[str, str]) -> str:
    """The table of keys in README.md."""
    rows = (
        f"| `{provider_keys.get(alias, f'{layer}:{alias}')}` | {description} |" for alias, description in _fields(model)
    )
    return "\n".join(["| key | meaning |", "|---|---|", *rows])


def _fields(model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    """Alias and description of each field."""
    for name, field in model.model_fields.items():
        yield field.alias or name, field.description or ""
