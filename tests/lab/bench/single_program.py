"""All layers in one program: the infrastructure of a team that does not split it.

The layers' own programs run one after the other, each with its own settings; PARTS lists them. Only names differ:
resources are prefixed with the name of their part, because names in one stack have to be unique.
"""

import json
import os
import runpy
import sys
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime.config import set_all_config

_CHECKOUT = Path(os.environ["CHECKOUT"])
_init = pulumi.Resource.__init__
_export = pulumi.export


def _run(part: dict[str, Any]) -> None:
    def named(self: pulumi.Resource, t: str, name: str, *arguments: Any, **options: Any) -> None:
        _init(self, t, f"{part['title']}/{name}", *arguments, **options)

    def exported(name: str, value: Any) -> None:
        _export(f"{part['title']}/{name}", value)

    setattr(pulumi.Resource, "__init__", named)  # noqa: B010  what takes any arguments is no type's own
    pulumi.get_stack = lambda: part["stack"]
    pulumi.export = exported
    # All of it: a stack refuses keys of the layer's other stack.
    config = {key: value if isinstance(value, str) else json.dumps(value) for key, value in part["config"].items()}
    set_all_config(config)
    folder = _CHECKOUT / part["layer"]
    sys.path.insert(0, str(folder))
    runpy.run_path(str(folder / "__main__.py"))


for part in json.loads(os.environ["PARTS"]):
    _run(part)
