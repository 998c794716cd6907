"""What the states hold, without secrets: the resources of every stack, and who owns them.

Values that the engine encrypted become a word, so no key is needed and none can be shown. So do texts under names that
only secrets have: a provider may have forgotten to mark one.
"""

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from cli.layout import Stack
from toolchain.errors import ToolError

HIDDEN = "[secret]"
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET_NAMES = re.compile(
    r"(root|initial|admin|user)?passwords?|passphrase|private_?keys?|secret_?data(_?wo)?|(access|refresh|bearer|id)?_?tokens?"
    r"|client_?(key|secret)|credentials|service_?account_?key",
    re.IGNORECASE,
)
_KUBERNETES_SECRET = "kubernetes:core/v1:Secret"  # noqa: S105  a type
_STACK = "pulumi:pulumi:Stack"

Properties = dict[str, Any]


@dataclass(frozen=True)
class Resource:
    """One resource of a state.

    Attributes:
        urn: its URN.
        stack: whose it is.
        id: the provider's name for it; empty for a component.
        owner: the team.
        protected: whether Pulumi refuses to delete it.
        custom: whether a provider manages it; else it is a component.
        created: when, in UTC to the second; empty when the state does not tell.
        modified: the same.
        source: the line that makes it ("platform/platform_layer/datastore.py:40"); empty when unknown.
        parent: URN.
        uses: URNs of what it depends on.
        properties: as deployed.
        raw: the resource as `cli.cost` takes it, without secrets.
    """

    urn: str
    stack: Stack
    id: str
    owner: str
    protected: bool
    custom: bool
    created: str
    modified: str
    source: str
    parent: str
    uses: tuple[str, ...]
    properties: Properties
    raw: Properties = field(repr=False)

    @property
    def type(self) -> str:
        """The type token."""
        return str(self.raw["type"])

    @property
    def name(self) -> str:
        """The Pulumi name."""
        return self.urn.rpartition("::")[2]


@dataclass(frozen=True)
class Held:
    """A stack, the team that owns it, the resources of its state, and its outputs."""

    stack: Stack
    owner: str
    resources: tuple[Resource, ...]
    outputs: Properties

    @property
    def updated(self) -> str:
        """When a resource of it last changed, in UTC; empty when the state does not tell."""
        return max((each.modified for each in self.resources), default="")


def read(stack: Stack, file: Path, owner: str) -> Held:
    """The state of a stack.

    Args:
        stack: whose.
        file: an export, or the file of a self-managed backend.
        owner: the team that owns the stack.

    Raises:
        ToolError: the file is not a state.
    """
    try:
        document: Properties = json.loads(file.read_bytes())
        latest: Any = document["deployment"] if "deployment" in document else document["checkpoint"]["latest"] or {}
        found = cast("list[Properties]", latest.get("resources") or [])
        kept = [_resource(stack, each, owner) for each in found if not each.get("delete")]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ToolError(
            f"{file.name} cannot be read as the state of {stack.title} ({type(error).__name__}), so the portal would "
            "not show all there is, and none was written. Export it again."
        ) from None
    outputs = next((each.properties for each in kept if each.type == _STACK), Properties())
    resources = [each for each in kept if each.type != _STACK]
    return Held(stack, owner, tuple(sorted(resources, key=_order)), outputs)


def users(resources: Sequence[Resource]) -> Mapping[str, list[str]]:
    """By URN, the URNs of what depends on it."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for each in resources:
        for used in each.uses:
            found[used].append(each.urn)
    return found


def without_secrets(value: Any) -> Any:
    """A value in which secrets are a word."""
    if isinstance(value, list):
        return [without_secrets(each) for each in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    fields = cast("Properties", value)
    if _SIGNATURE in fields:
        return HIDDEN
    return {
        key: HIDDEN if isinstance(each, str) and _SECRET_NAMES.fullmatch(key) else without_secrets(each)
        for key, each in fields.items()
    }


def _order(resource: Resource) -> tuple[bool, bool, str, str]:
    """What a provider manages first, its own settings last; by type and name."""
    return not resource.custom, resource.type.startswith("pulumi:"), resource.type, resource.name


def _resource(stack: Stack, found: Properties, owner: str) -> Resource:
    raw = cast("Properties", without_secrets(found))
    inputs, outputs = (cast("Properties", raw.get(key) or {}) for key in ("inputs", "outputs"))
    properties = {key: value for key, value in {**inputs, **outputs}.items() if not key.startswith("__")}
    if raw["type"] == _KUBERNETES_SECRET:
        properties |= {key: HIDDEN for key in ("data", "stringData") if key in properties}
    return Resource(
        urn=str(raw["urn"]),
        stack=stack,
        id=str(raw.get("id") or ""),
        owner=_label(properties) or owner,
        protected=bool(raw.get("protect")),
        custom=bool(raw.get("custom")),
        created=_time(raw.get("created")),
        modified=_time(raw.get("modified")),
        source=_source(stack, str(raw.get("sourcePosition") or "")),
        parent="" if f":{_STACK}::" in (parent := str(raw.get("parent") or "")) else parent,
        uses=_uses(raw),
        properties=dict(sorted(properties.items())),
        raw={"type": raw["type"], "urn": raw["urn"], "inputs": inputs},
    )


def _uses(raw: Properties) -> tuple[str, ...]:
    by_property = cast("dict[str, list[str] | None]", raw.get("propertyDependencies") or {})
    named = {
        *cast("list[str]", raw.get("dependencies") or []),
        *(urn for urns in by_property.values() for urn in urns or []),
    }
    return tuple(sorted(named - {str(raw["urn"])}))


def _label(properties: Properties) -> str:
    """The team that a label of the resource names."""
    settings = properties.get("settings")
    places = (
        properties.get("labels"),
        cast("Properties", settings).get("userLabels") if isinstance(settings, dict) else None,
    )
    for labels in places:
        if isinstance(labels, dict) and (owner := cast("Properties", labels).get("owner")):
            return str(owner)
    return ""


def _time(value: Any) -> str:
    return f"{str(value)[:19].replace('T', ' ')}" if value else ""


def _source(stack: Stack, position: str) -> str:
    """The engine's note of the line, unless it is within a library."""
    match = re.fullmatch(r"project:///(?P<file>[^#]+)#(?P<line>\d+)", position)
    if not match or ".venv/" in match["file"] or match["file"].startswith("../"):
        return ""
    return f"{stack.project}/{match['file']}:{match['line']}"
