"""Contracts between the layers, as deployed: the content of each, and the accounts that read it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from cli.layout import Stack
from cli.portal.stack_states import Resource, StackState
from engine.contracts import published, schema
from toolchain.environments import CHECKOUT

_PREFIX = "contract-"
_MEMBER = "gcp:secretmanager/secretIamMember:SecretIamMember"
_READS = "roles/secretmanager.secretAccessor"


@dataclass(frozen=True)
class ContractKey:
    """One key of a contract: its name, its description in the schema, and its current content."""

    name: str
    about: str
    content: str


@dataclass(frozen=True)
class Contract:
    """One contract.

    Attributes:
        name: its name.
        producer: title of the stack that publishes it.
        about: its purpose.
        version: the version of its schema.
        secret: the ID of the secret that stores it in Secret Manager.
        entries: its keys with their content.
        readers: e-mail addresses of the accounts that may read it.
    """

    name: str
    producer: str
    about: str
    version: str
    secret: str
    entries: tuple[ContractKey, ...]
    readers: tuple[str, ...]

    def read_by(self, owner: str) -> bool:
        """Return whether the accounts of an owner ("platform", "apps-shop") read the contract."""
        return any(reader.partition("@")[0].rpartition("-")[0] == owner for reader in self.readers)


def contracts(stack_states: Sequence[StackState]) -> list[Contract]:
    """Contracts that the stacks publish, in the order of the stacks."""
    grants = [resource for state in stack_states for resource in state.resources if resource.type == _MEMBER]
    return [
        _contract(name, state.stack, cast("dict[str, Any]", document), grants)
        for state in stack_states
        for name, document in published(state.outputs, state.stack.program)
        if isinstance(document, dict)
    ]


def _contract(name: str, stack: Stack, document: Mapping[str, Any], grants: Sequence[Resource]) -> Contract:
    content = _schema(schema(name, stack.program))
    secret = f"{_PREFIX}{name}"
    bindings = [grant.properties for grant in grants if _secret(grant) == secret]
    readers = {
        str(binding["member"]).removeprefix("serviceAccount:") for binding in bindings if binding.get("role") == _READS
    }
    entries = [
        ContractKey(key, _about(content, key), _content(value))
        for key, value in document.items()
        if key not in ("contract", "version")
    ]
    version = str(document.get("version", ""))
    about = str(content.get("description", "")).partition("\n\n")[0]
    return Contract(name, stack.title, about, version, secret, tuple(entries), tuple(sorted(readers)))


def _secret(grant: Resource) -> str:
    """The ID of the secret that a grant is for."""
    return str(grant.properties.get("secretId")).rpartition("/")[2]


def _schema(path: str) -> dict[str, Any]:
    file = CHECKOUT / path
    return cast("dict[str, Any]", json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else {}


def _about(schema: Mapping[str, Any], name: str) -> str:
    """Description of a key in the schema, or of the type of its values; empty for none."""
    declared = cast("dict[str, Any]", schema.get("properties", {})).get(name, {})
    for candidate in (declared, declared.get("additionalProperties"), *declared.get("anyOf", [])):
        if not isinstance(candidate, dict):
            continue
        subschema = cast("dict[str, Any]", candidate)
        reference = str(subschema.get("$ref", "")).rpartition("/")[2]
        definition = cast("dict[str, Any]", schema.get("$defs", {})).get(reference, {})
        if text := subschema.get("description") or definition.get("description"):
            return str(text).partition("\n\n")[0].partition("\n")[0]
    return ""


def _content(value: Any) -> str:
    """A short text for a value: the keys of an object, or the value itself."""
    if isinstance(value, dict):
        return ", ".join(map(str, cast("dict[str, Any]", value))) or "none"
    return "none" if value is None else str(value)
