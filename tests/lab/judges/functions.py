"""Evaluates the five rules of the pack as functions, without the engine's protocol: as a library would be used."""

from collections.abc import Iterator, Sequence

from lab.judges import protocol
from lab.judges.five import NAMES
from policy_pack import catalog
from policy_pack.rule import Resource, violations

_RULES = tuple(rule for rule in catalog.RULES if rule.name in NAMES)


def _evaluate(resources: Sequence[protocol.Resource]) -> Iterator[protocol.Found]:
    for position, declared in enumerate(resources):
        kind, name = declared["type"], declared["name"]
        resource = Resource(f"urn:pulumi:bench::platform::{kind}::{name}", kind, name, declared["inputs"])
        for rule in _RULES:
            if rule.concerns(kind) and any(violations(rule, resource)):
                yield position, rule.name


if __name__ == "__main__":
    protocol.answer(_evaluate)
