"""The contracts between the layers, as deployed: what each hands over, and which accounts read it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from cli.portal.held import Held, Resource
from toolchain.environments import CHECKOUT

_PREFIX = "contract-"
_MEMBER = "gcp:secretmanager/secretIamMember:SecretIamMember"
_READS = "roles/secretmanager.secretAccessor"


@dataclass(frozen=True)
class Part:
    """One key of a contract: its name, what it is, and what is in it now."""

    name: str
    about: str
    content: str


@dataclass(frozen=True)
class Contract:
    """One contract.

    Attributes:
        producer: the layer that hands it over.
        about: what it is for.
        version: of its schema.
        secret: where it lies, by the name that Google has for it.
        parts: what is in it.
        readers: e-mail addresses of the accounts that may read it.
    """

    producer: str
    about: str
    version: str
    secret: str
    parts: tuple[Part, ...]
    readers: tuple[str, ...]

    def read_by(self, owner: str) -> bool:
        """Whether the accounts of that owner ("platform", "apps-shop") read it."""
        return any(reader.partition("@")[0].rpartition("-")[0] == owner for reader in self.readers)


def contracts(found: Sequence[Held]) -> list[Contract]:
    """Every contract that a stack hands over, in the order of the layers."""
    grants = [each for held in found for each in held.resources if each.type == _MEMBER]
    return [
        _contract(held.stack.project, cast("dict[str, Any]", held.outputs["contract"]), grants)
        for held in found
        if isinstance(held.outputs.get("contract"), dict)
    ]


def _contract(layer: str, document: Mapping[str, Any], grants: Sequence[Resource]) -> Contract:
    schema = _schema(layer)
    secret = f"{_PREFIX}{layer}"
    of_it = [each.properties for each in grants if str(each.properties.get("secretId")).rpartition("/")[2] == secret]
    readers = {str(each["member"]).removeprefix("serviceAccount:") for each in of_it if each.get("role") == _READS}
    parts = [
        Part(name, _about(schema, name), _content(value))
        for name, value in document.items()
        if name not in ("contract", "version")
    ]
    version = str(document.get("version", ""))
    about = str(schema.get("description", "")).partition("\n\n")[0]
    return Contract(layer, about, version, secret, tuple(parts), tuple(sorted(readers)))


def _schema(layer: str) -> dict[str, Any]:
    file = CHECKOUT / layer / "contract.schema.json"
    return cast("dict[str, Any]", json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else {}


def _about(schema: Mapping[str, Any], name: str) -> str:
    """What the schema says of a key, or of the form that its values have."""
    declared = cast("dict[str, Any]", schema.get("properties", {})).get(name, {})
    for each in (declared, declared.get("additionalProperties"), *declared.get("anyOf", [])):
        if not isinstance(each, dict):
            continue
        described = cast("dict[str, Any]", each)
        reference = str(described.get("$ref", "")).rpartition("/")[2]
        form = cast("dict[str, Any]", schema.get("$defs", {})).get(reference, {})
        if text := described.get("description") or form.get("description"):
            return str(text).partition("\n\n")[0].partition("\n")[0]
    return ""


def _content(value: Any) -> str:
    """A short text: names of what is in it, or the value itself."""
    if isinstance(value, dict):
        return ", ".join(map(str, cast("dict[str, Any]", value))) or "none"
    return "none" if value is None else str(value)
