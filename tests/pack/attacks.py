"""Attacks on pack and gate by kind: each input of what protects or grants, in each way of changing or of hiding it.

Siblings are generated from what the programs of all environments declare, so what these begin to declare is attacked
as well. What no judge refuses is accepted with a reason in `red_team.yaml`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, cast

import yaml

from engine.inputs import UNKNOWN, Secret
from iam.deciding import gives_access
from iam.safeguards import SAFEGUARDS
from pack.test_inputs import declared
from plan_gate import settings, summary, weakening
from policy_pack import catalog
from policy_pack.rule import Resource, violations
from unit.policies.attacks import SECRET
from unit.policies.plans import UNKNOWN as UNKNOWN_ON_THE_WIRE
from unit.policies.plans import Preview

LEFT_OUT = object()
ACCEPTED = Path(__file__).with_name("red_team.yaml")
# Sections of a verdict that a reviewer of any change reads first.
_FIRST = frozenset({"weakens, opens, stops", "cannot be undone", "who may do what", "options, in the state alone"})
# A state has values, and no text that its API refuses.
_OF_PLANS_ALONE = frozenset({"not known yet", "secret", "of another form"})
_PROJECT = re.compile(r"(?<=projects/)[a-z0-9-]+|(?<=@)[a-z0-9-]+(?=\.iam\b)|\b[a-z0-9-]+(?=\.svc\.id\.goog)")
_DOMAIN = re.compile(r"\bexample\.com\b")


@dataclass(frozen=True)
class Attack:
    """A resource with one input, or one of its options, changed or hidden.

    Attributes:
        before: the resource as its program declares it.
        path: the input, by keys and indices; or the option.
        way: what is done to it, in words.
        after: the resource as it is then.
    """

    before: Resource
    path: tuple[str | int, ...]
    way: str
    after: Resource

    @property
    def token(self) -> str:
        """Type of the resource."""
        return self.after.type

    @property
    def input(self) -> str:
        """The input, without indices."""
        return ".".join(str(step) for step in self.path if isinstance(step, str))

    def refused_by_pack(self) -> set[str]:
        """Names of the rules that have something against it."""
        return {rule.name for rule in _rules(self.token) if next(iter(violations(rule, self.after)), None)}

    def noticed_by_audit(self) -> bool:
        """Return whether the audit misses something in the state of the guard rail that it is."""
        safeguard = SAFEGUARDS.of(self.token, self.after.name)
        return bool(safeguard) and any(safeguard.problems(self.after.inputs, self.after.own))

    def noticed_by_gate(self, folder: Path) -> set[str]:
        """Names of the gate's rules that refuse the update to it, and sections that report it."""
        preview = Preview(folder)
        preview.stack(contract={"version": 1})
        before, after = _on_the_wire(self.before.inputs), _on_the_wire(self.after.inputs)
        held = preview.held(self.token, self.before.name, inputs=before, protect=self.before.protect)
        changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        difference = {
            "adds": {key: after[key] for key in sorted(changed - before.keys())},
            "updates": {key: after[key] for key in sorted(changed & before.keys() & after.keys())},
            "deletes": sorted(changed - after.keys()),
        }
        options: dict[str, Any] = {
            "protect": self.after.protect,
            "deleteBeforeReplace": self.after.delete_before_replace,
            "ignoreChanges": sorted(set(self.after.ignored) - set(self.before.ignored)),
        }
        preview.planned(held, "update" if changed else "same", inputDiff=difference, **options)
        verdict = preview.judged()
        told = {section.title for section in summary.sections(verdict) if section.title in _FIRST}
        return told | {refusal.policy.name for refusal in verdict.refusals if refusal.urn == held}


@dataclass(frozen=True)
class Accepted:
    """Attacks that no judge has to notice, with the reason: patterns of types and inputs, and ways (all by default)."""

    types: str
    inputs: tuple[str, ...]
    ways: frozenset[str]
    reason: str

    def covers(self, attack: Attack) -> bool:
        """Return whether an attack is accepted."""
        listed = any(fnmatchcase(attack.input, pattern) for pattern in self.inputs)
        return listed and fnmatchcase(attack.token, self.types) and (not self.ways or attack.way in self.ways)


@cache
def accepted(table: str = "accepted") -> list[Accepted]:
    """Entries of a table, which each have a reason."""
    entries = yaml.safe_load(ACCEPTED.read_text("utf-8"))[table]
    return [
        Accepted(one.get("types", "*"), tuple(one["inputs"]), frozenset(one.get("ways", ())), one["reason"])
        for one in entries
    ]


def _on_the_wire(value: Any) -> Any:
    """A value as plans and states have it."""
    if value is UNKNOWN:
        return UNKNOWN_ON_THE_WIRE
    if isinstance(value, Secret):
        return SECRET
    if isinstance(value, dict):
        return {key: _on_the_wire(inner) for key, inner in cast("dict[str, Any]", value).items()}
    return [_on_the_wire(inner) for inner in cast("list[Any]", value)] if isinstance(value, list) else value


@cache
def _rules(token: str) -> tuple[Any, ...]:
    return tuple(rule for rule in catalog.RULES if rule.concerns(token))


def _foreign(value: str) -> str | None:
    """The value with somebody else's project and domain in place of ours."""
    other = _DOMAIN.sub("attacker.example", _PROJECT.sub("another-project", value))
    return other if other != value else None


def _text(change: Callable[[str], str | None]) -> Callable[[Any], Any]:
    return lambda value: change(value) if isinstance(value, str) and value else None


# Each way gives another value, or None where it has none for such a value.
WAYS: Mapping[str, Callable[[Any], Any]] = {
    "not known yet": lambda _: UNKNOWN,
    "secret": Secret,
    "left out": lambda _: LEFT_OUT,
    "empty": lambda value: "" if isinstance(value, str) and value else None,
    "of another form": lambda value: [{"value": value}],
    "somebody else's": _text(_foreign),
    "with more before it": _text(lambda value: f"attacker-{value}"),
    "with more after it": _text(lambda value: f"{value}.attacker.example"),
    "with a letter that looks alike": _text(lambda value: value.replace("a", "\u0430") if "a" in value else None),
    "with a character that nobody sees": _text(lambda value: f"{value}\u200b"),
    "anything": _text(lambda value: "*" if value != "*" else None),
    "the opposite": lambda value: not value if isinstance(value, bool) else None,
    "nothing": lambda value: 0 if isinstance(value, int | float) and not isinstance(value, bool) and value else None,
    "not a number": lambda value: "nan" if isinstance(value, int | float) and not isinstance(value, bool) else None,
    "too much": lambda value: 10**9 if isinstance(value, int | float) and not isinstance(value, bool) else None,
}


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Yield the plain values in inputs with their paths; of a list's equal elements the first one."""
    if isinstance(value, dict):
        for key, inner in sorted(cast("dict[str, Any]", value).items()):
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(cast("list[Any]", value)[:1]):
            yield from leaves(inner, (*path, index))
    elif value is not None:
        yield path, value


def _everywhere(value: Any, change: Callable[[str], str]) -> Any:
    """A value with all texts in it changed."""
    if isinstance(value, dict):
        return {key: _everywhere(inner, change) for key, inner in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_everywhere(inner, change) for inner in cast("list[Any]", value)]
    return change(value) if isinstance(value, str) else value


def _others(value: Any) -> Any:
    return _everywhere(value, lambda text: _foreign(text) or f"attacker-{text}")


# Each way gives another list; no list is empty.
LIST_WAYS: Mapping[str, Callable[[list[Any]], list[Any]]] = {
    "one more, somebody else's": lambda listed: [*listed, _others(listed[-1])],
    "one more in front, somebody else's": lambda listed: [_others(listed[0]), *listed],
    "one fewer": lambda listed: listed[:-1],
}


def lists(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], list[Any]]]:
    """Yield the lists in inputs with their paths; of what is in a list, those of the first element."""
    if isinstance(value, dict):
        for key, inner in sorted(cast("dict[str, Any]", value).items()):
            yield from lists(inner, (*path, key))
    elif isinstance(value, list) and value:
        yield path, cast("list[Any]", value)
        yield from lists(value[0], (*path, 0))


def with_value(inputs: Any, path: tuple[str | int, ...], value: Any) -> Any:
    """Return a copy of inputs with another value at a path; the place is gone for LEFT_OUT."""
    if not path:
        return value
    step, *rest = path
    if isinstance(inputs, list):
        listed = list(cast("list[Any]", inputs))
        listed[cast("int", step)] = with_value(listed[cast("int", step)], tuple(rest), value)
        return [one for one in listed if one is not LEFT_OUT]
    fields = dict(cast("dict[str, Any]", inputs))
    fields[cast("str", step)] = with_value(fields[cast("str", step)], tuple(rest), value)
    return {key: one for key, one in fields.items() if one is not LEFT_OUT}


def attacked() -> list[str]:
    """Types that hold data, guard something, give access or have a change that weakens, and that a program declares."""
    guards = {token for token, of in weakening.settings().types.items() if of.guards}
    granting = {token for token in declared() if gives_access(token)}
    guarding = {one.group.type for one in SAFEGUARDS.all()}
    return sorted((settings.settings().protected.keys() | guards | granting | guarding) & declared().keys())


def strictest(token: str) -> Resource:
    """A resource of a type, of the environment that is asked for most."""
    return next((one for one in declared()[token] if one.stack.endswith("prod")), declared()[token][0])


def inputs_attacked() -> Iterator[Attack]:
    """Each input of one resource of each type, in each way."""
    for token in attacked():
        resource = strictest(token)
        for path, value in leaves(resource.inputs):
            for way, change in WAYS.items():
                after = change(value)
                if after is not None:
                    inputs = with_value(resource.inputs, path, after)
                    yield Attack(resource, path, way, replace(resource, inputs=inputs))


def lists_attacked() -> Iterator[Attack]:
    """Each list of one resource of each type, with an element more or fewer."""
    for token in attacked():
        yield from _with_other_lists(strictest(token))


def _with_other_lists(resource: Resource) -> Iterator[Attack]:
    for path, listed in lists(resource.inputs):
        for way, change in LIST_WAYS.items():
            inputs = with_value(resource.inputs, path, change(listed))
            yield Attack(resource, path, way, replace(resource, inputs=inputs))


def options_attacked() -> Iterator[Attack]:
    """Each option of a protected resource that lets it go, and each input that its program no longer looks after."""
    for token in attacked():
        resource = strictest(token)
        if resource.protect:
            yield Attack(resource, ("protect",), "the opposite", replace(resource, protect=False))
        yield Attack(resource, ("deleteBeforeReplace",), "the opposite", replace(resource, delete_before_replace=True))
        for key in sorted(resource.inputs):
            ignored = replace(resource, ignored=(*resource.ignored, key))
            yield Attack(resource, ("ignoreChanges", key), "the opposite", ignored)


def guard_rails_attacked() -> Iterator[Attack]:
    """Each input of each guard rail, in each way in which somebody could have changed it in the cloud."""
    for safeguard in SAFEGUARDS.all():
        found = [one for one in declared().get(safeguard.group.type, []) if one.name == safeguard.name]
        for resource in found[:1]:
            for path, value in leaves(resource.inputs):
                for way, change in WAYS.items():
                    after = change(value)
                    if after is not None and way not in _OF_PLANS_ALONE:
                        inputs = with_value(resource.inputs, path, after)
                        yield Attack(resource, path, way, replace(resource, inputs=inputs))
            yield from _with_other_lists(resource)
