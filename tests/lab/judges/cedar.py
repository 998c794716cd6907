"""Evaluates the five rules in Cedar, parsed once: one request for each resource, all of them in one batch."""

import json
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from lab.judges import protocol


def main() -> None:
    """Evaluate the resources of standard input."""
    # By name: only the environment of the judges has it.
    cedar: Any = import_module("cedarpy")
    rules = cedar.PolicySet.from_str(Path(__file__).with_name("rules.cedar").read_text(encoding="utf-8"))

    def evaluate(resources: Sequence[protocol.Resource]) -> Iterator[protocol.Found]:
        entities = [_entity(resource) for resource in resources]
        known = cedar.Entities.from_json_str(json.dumps(entities))
        request: dict[str, Any] = {"principal": 'Account::"deploy"', "action": 'Action::"register"', "context": {}}
        requests = [{**request, "resource": entity["uid"]} for entity in entities]
        for position, result in enumerate(cedar.is_authorized_batch(requests, rules, known)):
            if result.diagnostics.errors:
                # Cedar skips a rule that fails, which would be a finding lost in silence.
                raise SystemExit(f"error: Cedar could not evaluate {resources[position]}: {result.diagnostics.errors}")
            if not result.allowed:
                rules_by_policy = result.diagnostics.id_annotations_by_reason
                yield from ((position, rule) for rule in rules_by_policy.values())

    protocol.answer(evaluate)


def _entity(resource: protocol.Resource) -> dict[str, Any]:
    """The resource as an entity, of type `gcp::storage::Bucket` for `gcp:storage/bucket:Bucket`."""
    package, module, name = resource["type"].split(":")
    kind = f"{package}::{module.partition('/')[0]}::{name}"
    return {"uid": {"type": kind, "id": resource["name"]}, "attrs": {"inputs": resource["inputs"]}, "parents": []}


if __name__ == "__main__":
    main()
