"""Attacks by kind: each protected type, type that gives access and weakening change, in each way of hiding it.

Siblings are generated from security's own lists, so what is added to these is attacked as well.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iam.deciding import gives_access
from plan_gate import settings, weakening
from plan_gate.change import KEPT
from plan_gate.weakening import Weakening
from policy_pack.permitted_inputs import PERMITTED_INPUTS
from unit.policies.plans import UNKNOWN, Preview, urn

OTHER = "gcp:compute/firewall:Firewall"
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:x"}
_STEP = re.compile(r'(\w+)|\["([^"]+)"\]|\[(?:(\w+)=([^\]]+))?\]')


@dataclass(frozen=True)
class Attack:
    """A plan that takes, abandons or weakens something.

    Attributes:
        token: type of the resource.
        way: how the plan does it, in words.
        make: adds the attack to a preview, and returns the URN that the refusal has to name.
        refused: whether the gate has to refuse it; else it only has to say it.
        said: text that the verdict must have.
    """

    token: str
    way: str
    make: Callable[[Preview], str]
    refused: bool = True
    said: str = ""

    def carried_out(self, folder: Path) -> tuple[Preview, str]:
        """The preview with the attack alone, and the URN that is attacked."""
        preview = Preview(folder)
        preview.stack(contract={"version": 1})
        return preview, self.make(preview)


def _held(preview: Preview, token: str, **more: Any) -> str:
    return preview.held(token, "one", inputs={"name": "one"}, **more)


def _deleted(preview: Preview, token: str, **more: Any) -> str:
    return preview.planned(_held(preview, token, **more), "delete")


def _stepping(*steps: str) -> Callable[[Preview, str], str]:
    return lambda preview, token: preview.planned(_held(preview, token, protect=True), *steps, protect=True)


def _with_another(preview: Preview, token: str) -> str:
    """Goes with a resource that does not contain it, so the engine makes no call and the cloud keeps it."""
    other = preview.held(OTHER, "other")
    preview.planned(other, "delete")
    return _deleted(preview, token, deletedWith=other)


def _under_another_name(preview: Preview, token: str) -> str:
    preview.planned(urn(token, "two"), "create", protect=True)
    return _deleted(preview, token)


def _under_another_parent(preview: Preview, token: str) -> str:
    preview.planned(urn(token, "one", above="prodfirst:platform:Group$"), "create", protect=True)
    return _deleted(preview, token)


def _renamed_without_protection(preview: Preview, token: str) -> str:
    old = _held(preview, token, protect=True)
    del preview.plans[old]
    preview.events = [each for each in preview.events if each["resourcePreEvent"]["metadata"]["urn"] != old]
    return preview.planned(urn(token, "two"), "same", renamed_from=old, protect=False)


TAKEN: Mapping[str, Callable[[Preview, str], str]] = {
    "deleted": _deleted,
    "replaced": _stepping("create-replacement", "replace", "delete-replaced"),
    "deleted before it is replaced": _stepping("delete-replaced", "replace", "create-replacement"),
    "replaced by an import": _stepping("import-replacement", "replace", "discard-replaced"),
    "replaced by one that is read": _stepping("read-replacement", "replace", "discard-replaced"),
    "unprotected": lambda preview, token: preview.planned(_held(preview, token, protect=True), "same", protect=False),
    "unprotected in an update": lambda preview, token: preview.planned(
        _held(preview, token, protect=True), "update", protect=False
    ),
    "unprotected by an alias": _renamed_without_protection,
    "declared to be deleted before a replacement": lambda preview, token: preview.planned(
        _held(preview, token, protect=True), "same", protect=True, deleteBeforeReplace=True
    ),
    "to be retained": lambda preview, token: preview.planned(
        _held(preview, token, protect=True), "same", protect=True, retain=True
    ),
    "retained and let go of": lambda preview, token: _deleted(preview, token, retainOnDelete=True),
    "gone with another resource": _with_another,
    "declared under another name": _under_another_name,
    "declared under another parent": _under_another_parent,
    "forgotten by the plan": lambda preview, token: _forgotten(preview, _held(preview, token, protect=True)),
    "an unknown step": _stepping("vanish"),
}
# What gives access may be taken back; it may not be said to be gone and stay.
STAYING: Mapping[str, Callable[[Preview, str], str]] = {
    "to be retained": TAKEN["to be retained"],
    "retained and let go of": TAKEN["retained and let go of"],
    "gone with another resource": _with_another,
    **{
        f"let go of by {policy}": lambda preview, token, policy=policy: preview.planned(
            preview.held(token, "one", inputs={"deletionPolicy": policy}), "delete"
        )
        for policy in sorted(KEPT)
    },
}


def _forgotten(preview: Preview, held: str) -> str:
    del preview.plans[held]
    return held


def taken() -> Iterator[Attack]:
    """Each protected type, in each way in which it could go."""
    for token in settings.settings().protected:
        for way, make in TAKEN.items():
            yield Attack(token, way, lambda preview, token=token, make=make: make(preview, token))


def staying() -> Iterator[Attack]:
    """Each type that gives access, in each way in which it could stay when it is said to be gone."""
    for token in sorted(token for token in PERMITTED_INPUTS.types if gives_access(token)):
        for way, make in STAYING.items():
            yield Attack(token, way, lambda preview, token=token, make=make: make(preview, token))


def weakened() -> Iterator[Attack]:
    """Each change of plan_weakening.yaml: in the plain way, by a hidden value, and in a replacement."""
    for token, of in weakening.settings().types.items():
        for path, ways in of.paths.items():
            for way in ways:
                is_refused = of.guards and way.kind != "final"
                for how, before, after in _siblings(way, path):
                    for steps in (("update",), ("create-replacement", "replace", "delete-replaced")):
                        yield Attack(
                            token,
                            f"{path}: {how}{' in a replacement' * (len(steps) > 1)}",
                            _changing(token, steps, before, after),
                            is_refused,
                            path,
                        )


def _changing(
    token: str, steps: tuple[str, ...], before: dict[str, Any], after: dict[str, Any]
) -> Callable[[Preview], str]:
    def make(preview: Preview) -> str:
        held = preview.held(token, "one", inputs=json.loads(json.dumps(before)), protect=True)
        difference = {
            "adds": {key: after[key] for key in after.keys() - before.keys()},
            "updates": {key: after[key] for key in after.keys() & before.keys() if after[key] != before[key]},
            "deletes": sorted(before.keys() - after.keys()),
        }
        return preview.planned(held, *steps, protect=True, inputDiff=difference)

    return make


def _siblings(way: Weakening, path: str) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Yield inputs before and after: the plain change, one to a value that nobody can see, and its removal."""
    before, after = _VALUES[way.ways[0]](way)
    yield "plain", _at(path, before), _at(path, after)
    hidden = way.ways[0] not in ("unset", "adds") and before is not None
    if hidden:
        yield "not known yet", _at(path, before), _at(path, UNKNOWN)
        yield "secret", _at(path, before), _at(path, SECRET)
    if way.ways[0] in ("good", "less", "unset", "moves", "removes", "shrinks", "changes") and before is not None:
        yield "left out", _at(path, before), {}


def _bad(way: Weakening) -> tuple[Any, Any]:
    value = way.bad[0]
    return (not value if isinstance(value, bool) else f"not-{value}"), value


def _good(way: Weakening) -> tuple[Any, Any]:
    value = way.good[0]
    return value, (not value if isinstance(value, bool) else f"not-{value}")


_VALUES: Mapping[str, Callable[[Weakening], tuple[Any, Any]]] = {
    "good": _good,
    "bad": _bad,
    "less": lambda _: ("30", "7"),
    "more": lambda _: ("7", "30"),
    "unset": lambda _: ("30", None),
    "moves": lambda _: ("here", "there"),
    "adds": lambda _: (None, "new"),
    "removes": lambda _: ("old", None),
    "admits": lambda _: ([{"from": [{"a": 1}]}], [{"from": [{"a": 1}, {"a": 2}]}]),
    "shrinks": lambda _: ({"pods": "30"}, {"pods": "7"}),
    "changes": lambda _: ("one", "another"),
}


def _at(path: str, value: Any) -> dict[str, Any]:
    """Inputs that have a value at a path, and nothing else; none for a value that is not given."""
    if value is None:
        return {}
    inner: Any = value
    for name, key, field, pattern in reversed(_STEP.findall(path)):
        if name or key:
            inner = {name or key: inner}
        elif field:
            inner = [{field: pattern.replace("*", "x"), "value": inner}]
        else:
            inner = [inner]
    return inner
