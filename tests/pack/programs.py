"""Resources that a layer's program declared, as the engine shows them to the pack."""

from collections.abc import Iterator
from typing import Any, cast

import yaml

from engine.inputs import Secret
from engine.members import Member
from engine.values import SIGNATURE
from policy_pack.rule import Resource
from unit.pulumi_mocks import ROOT, Declared, Engine


def _plain(value: Any) -> Any:
    """The recording engine keeps a secret as the SDK sends it; the pack's reader makes one of it."""
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        if SIGNATURE in fields:
            return Secret(_plain(fields.get("value")))
        return {key: _plain(inner) for key, inner in fields.items()}
    return [_plain(inner) for inner in cast("list[Any]", value)] if isinstance(value, list) else value


def _urn(layer: str, stack: str, item: Declared) -> str:
    return f"urn:pulumi:{stack}::{layer}::{item.type}::{item.name}"


def as_resources(layer: str, stack: str, engine: Engine) -> Iterator[Resource]:
    """What a program declared as the rules on resources see it."""
    committed = yaml.safe_load((ROOT / layer / f"Pulumi.{stack}.yaml").read_text())["config"]
    provider = {"project": committed["gcp:project"]}
    for item in engine.declared:
        yield Resource(
            _urn(layer, stack, item),
            item.type,
            item.name,
            _plain(item.inputs),
            protect=item.protect,
            ignored=tuple(sorted(item.ignored)),
            provider=provider if item.type.startswith("gcp:") else None,
        )


def as_members(layer: str, stack: str, engine: Engine) -> list[Member]:
    """Resources that a program declared, as the rules on stacks see them; the stack with its outputs comes first."""
    root = f"urn:pulumi:{stack}::{layer}::pulumi:pulumi:Stack::{layer}-{stack}"
    return [
        Member(root, "pulumi:pulumi:Stack", f"{layer}-{stack}", lambda: _plain(engine.outputs)),
        *(
            Member(
                _urn(layer, stack, item),
                item.type,
                item.name,
                lambda item=item: _plain(item.inputs),
                tuple(sorted(item.ignored)),
            )
            for item in engine.declared
        ),
    ]
