"""Files of a new app, rendered from the one skeleton that `make new-app`, Backstage and `pulumi new` share.

The skeleton has the layout of the checkout. Backstage renders it itself (`fetch:template`), so its placeholders and
conditions use only the part of Nunjucks that Jinja supports as well.
"""

import json
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from toolchain.environments import CHECKOUT

FOLDER = Path("apps") / "template" / "skeleton"
# The template of `pulumi new`, which fills in these two placeholders.
PULUMI = Path("apps") / "template" / "pulumi"
_OF_PULUMI = {"name": "${PROJECT}", "team": "${DESCRIPTION}", "kind": "webService"}
_SCHEMA = Path("apps") / "entry.schema.json"


def kinds(root: Path = CHECKOUT) -> dict[str, str]:
    """The kinds of app that an entry can have, with their descriptions."""
    schema = json.loads((root / _SCHEMA).read_text(encoding="utf-8"))
    references: dict[str, str] = schema["discriminator"]["mapping"]
    return {kind: schema["$defs"][references[kind].rpartition("/")[2]]["description"] for kind in sorted(references)}


def files(root: Path, name: str, team: str, kind: str) -> dict[str, str]:
    """Texts of the app's files by their paths in the checkout, the entry first."""
    values = {"name": name, "team": team, "kind": kind}
    sources = sorted((file for file in (root / FOLDER).rglob("*.yaml")), key=lambda file: file.parent, reverse=True)
    return {
        _filled(file.relative_to(root / FOLDER).as_posix(), values): _filled(file.read_text(encoding="utf-8"), values)
        for file in sources
    }


def of_pulumi(root: Path = CHECKOUT) -> dict[str, str]:
    """The entry in the template of `pulumi new`, by its path in the checkout."""
    path, text = next(iter(files(root, **_OF_PULUMI).items()))
    return {f"{PULUMI.as_posix()}/{path}": text}


def _filled(text: str, values: dict[str, str]) -> str:
    # The output is YAML and no web page, so nothing is escaped.
    environment = Environment(
        variable_start_string="${{",
        variable_end_string="}}",
        keep_trailing_newline=True,
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701  no page is made here
    )
    return environment.from_string(text).render(values=values)
