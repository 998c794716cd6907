"""The table of what differs between the environments, in a layer's README: made from its stack files.

`python -m cli.differences` writes it anew; `make check` compares.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import yaml

from cli.layout import LAYERS
from toolchain.environments import CHECKOUT

COMPARED = ("dev", "prod")
BEGIN, END = "<!-- differences -->", "<!-- /differences -->"
_TABLE = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)


def findings() -> list[str]:
    """Each README whose table is not what its stack files say."""
    return [
        f"{readme.relative_to(CHECKOUT)}: the table of differences is not what the stack files say; write it anew: "
        "cd tests && .venv/bin/python -m cli.differences"
        for readme in _readmes()
        if _written(readme) != readme.read_text(encoding="utf-8")
    ]


def table(layer: str) -> str:
    """The settings that are not the same in all environments compared, as Markdown."""
    settings = [dict(_leaves(_configuration(layer, stack))) for stack in COMPARED]
    keys = list(dict.fromkeys(key for each in settings for key in each))
    rows = [
        [f"`{key}`", *(_shown(each.get(key)) for each in settings)]
        for key in keys
        if len({_shown(each.get(key)) for each in settings}) > 1
    ]
    lines = [["", *COMPARED], ["---"] * (len(COMPARED) + 1), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _readmes() -> Iterator[Path]:
    for layer in LAYERS:
        readme = CHECKOUT / layer / "README.md"
        if readme.is_file() and BEGIN in readme.read_text(encoding="utf-8"):
            yield readme


def _written(readme: Path) -> str:
    text = f"{BEGIN}\n{table(readme.parent.name)}\n{END}"
    return _TABLE.sub(lambda _: text, readme.read_text(encoding="utf-8"))


def _configuration(layer: str, stack: str) -> Mapping[str, Any]:
    content: Mapping[str, Any] = yaml.safe_load((CHECKOUT / layer / f"Pulumi.{stack}.yaml").read_text("utf-8"))
    return content["config"]


def _leaves(value: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for key, below in value.items():
        name = f"{path}.{key}" if path else key
        if isinstance(below, dict):
            yield from _leaves(cast("Mapping[str, Any]", below), name)
        else:
            yield name, below


def _shown(value: Any) -> str:
    """As in YAML; a setting that an environment leaves out has its default."""
    if value is None:
        return "(default)"
    return yaml.safe_dump(value, default_flow_style=True).removesuffix("\n").removesuffix("\n...").strip()


if __name__ == "__main__":
    for file in _readmes():
        file.write_text(_written(file), encoding="utf-8")
        print(f"written: {file.relative_to(CHECKOUT)}")
