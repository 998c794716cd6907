"""Effect of a change of each single value on deployed stacks, as CHANGES.md has it.

Each row of its tables is tried: all stacks with everything set, and the same with one value changed, one stack after
the other as their contracts have it. The sandbox's providers tell which input forces a replacement (unit/planned.py);
e2e/test_changes.py asks the engine for some.
"""

import copy
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args

import pulumi
import pytest
import yaml
from pydantic import BaseModel

from platform_layer.namespaces.team_settings import TeamSettings
from platform_layer.settings import Settings
from platform_layer.storage.storage_settings import StorageSettings
from unit.planned import Planned, plan
from unit.platform_.deployment import deploy, deploy_namespaces, deploy_storage
from unit.pulumi_mocks import ROOT, Document, Engine, stack_configuration

PAGE = ROOT / "platform" / "CHANGES.md"
_ROW = re.compile(r"\| `(?P<key>[A-Za-z0-9.:/-]+)` \| `(?P<value>[^`]+)`[^|]*\| (?P<plan>[^|]+?) \|")
_MOMENT = "2026-11-20T03:00:00Z"
_ADOPTED = "gcp:compute/network:Network::main"
# Keys of the stack with the datastores, and of the stack with a team's namespaces; the others are of the main stack.
STORAGE_KEYS = ("datastores",)
TEAM_KEYS = ("team", "namespaces")


@dataclass(frozen=True)
class Row:
    """One row: a key, its new value, and what the plan says."""

    key: str
    value: Any
    plan: str


def _rows() -> list[Row]:
    matches = _ROW.finditer(PAGE.read_text(encoding="utf-8"))
    return [Row(match["key"], yaml.safe_load(match["value"]), match["plan"]) for match in matches]


def _everything() -> Document:
    """The prod stacks with every optional value set."""
    configuration = stack_configuration("platform", "prod")
    settings = {key.removeprefix("platform:"): value for key, value in configuration.items() if "platform:" in key}
    datastores = stack_configuration("platform", "storage-prod")["platform:datastores"]
    orders = datastores["orders"] | {"version": "POSTGRES_17", "freeze": {"start": "11-20", "end": "12-31"}}
    orders |= {"backups": {"pointInTimeDays": 7, "kept": 30, "finalDays": 90}, "maintenance": {"day": "sunday"}}
    taken = {"databases": ["orders"], "apps": ["storefront"], "teams": ["database"]}
    source = {"datastore": "orders", "pointInTime": _MOMENT}
    given_up = {"reason": "Replaced by orders", "approvedBy": "lead@example.com", "after": "2026-12-31"}
    only = {"databases": ["older"], "apps": [], "teams": []}
    slower = {"dataLossMinutes": 5, "downtimeMinutes": 240}
    structure = {"project": "example-prod", "datastore": "orders", "pointInTime": _MOMENT}
    settings["datastores"] = {
        "orders": orders,
        "restored": orders | {"source": source | {"deletedAt": _MOMENT}},
        "moved": orders | {"standby": True, "source": source | {"adopted": taken}},
        "copy": orders | {"databases": ["copy"], "structure": structure, "objectives": slower},
        "old": orders | {"databases": ["old", "older"], "retire": given_up | {"only": only}},
    }
    partner = {"reason": "Payments are made there.", "ranges": ["203.0.113.7/32"], "ports": [443]}
    settings["network"] |= {"destinations": {"payments": partner}, "staticAddresses": ["partners"]}
    freeze = {"start": "2026-12-18T00:00:00Z", "end": "2027-01-04T00:00:00Z", "scope": "NO_MINOR_UPGRADES"}
    settings["cluster"] = {"minimumVersion": "1.34", "freezes": {"season": freeze}}
    volumes = {"volumes": 1, "storage": "10Gi"}
    settings["team"] = "shop"
    settings["namespaces"] = {"storefront": {"public": True, "quota": {"pods": 40} | volumes}}
    settings["namespaceQuota"] |= volumes
    settings["adopted"] = {_ADOPTED: {"id": "projects/example-prod/global/networks/main", "keeps": ["description"]}}
    return settings


def _deployed(settings: Document) -> Iterator[Engine]:
    """The stacks in the order of their deployment, each run when it is asked for."""
    places = {f"gcp:{key}": settings[key] for key in ("project", "region") if key in settings}
    others = {"project", "region", *STORAGE_KEYS, *TEAM_KEYS}
    shared = deploy("prod", **{key: value for key, value in settings.items() if key not in others}, places=places)
    yield shared
    stores = {key: settings[key] for key in STORAGE_KEYS}
    datastores = deploy_storage("prod", network=shared.outputs["contract-network"], places=places, **stores)
    yield datastores
    contracts = {"platform": shared.outputs["contract"], "storage": datastores.outputs["contract"]}
    own = {f"platform:{key}": settings[key] for key in TEAM_KEYS}
    yield deploy_namespaces("prod", **contracts, places=places | own)


@pytest.fixture(scope="module")
def deployed() -> list[Engine]:
    return list(_deployed(_everything()))


def _changed(row: Row) -> Document:
    settings = copy.deepcopy(_everything())
    *above, last = row.key.split(".")
    holder = settings
    for step in above:
        holder = holder.setdefault(step, {})
    if row.value == "(removed)":
        del holder[last]
    else:
        holder[last] = row.value
    return settings


def _effect(planned: list[Planned]) -> str:
    """A plan in a few words: `refused: …`, or what it creates, updates, replaces and deletes, by kind."""
    refused = sorted({_kind(item) for item in planned if item.refused})
    if refused:
        return f"**refused**: {', '.join(refused)}"
    words = {"update": "updates", "create": "creates", "replace": "replaces", "delete": "deletes"}
    parts: list[str] = []
    for operation, word in words.items():
        kinds = sorted({_kind(item) for item in planned if item.operation == operation})
        parts += [f"{word} {', '.join(kinds)}"] if kinds else []
    return "; ".join(parts) or "nothing"


def _kind(planned: Planned) -> str:
    kind = planned.type.rpartition(":")[2]
    return "contract" if kind == "SecretVersion" else kind


@pytest.mark.parametrize("row", _rows(), ids=lambda row: f"{row.key}={row.value}")
def test_a_single_value_does_what_the_page_says(deployed: list[Engine], row: Row) -> None:
    planned: list[Planned] = []
    try:
        for before, after in zip(deployed, _deployed(_changed(row)), strict=True):
            planned += plan(before, after)
            if any(item.refused for item in planned):
                break  # the stacks that come after are not deployed
        effect = _effect(planned)
    except pulumi.RunError:
        effect = "**refused** when loaded"

    assert effect == row.plan


def test_nothing_is_replaced_but_the_contracts_version_and_only_a_rule_is_deleted() -> None:
    parts = {part for row in _rows() for part in row.plan.split("; ")}

    assert {item for item in parts if item.startswith(("replaces", "deletes"))} == {
        "replaces contract",
        "deletes Firewall",
    }


def test_every_value_has_a_row() -> None:
    everything = _everything()
    tried = {_generic(row.key, everything) for row in _rows()}

    assert {*_leaves(Settings), *_leaves(StorageSettings), *_leaves(TeamSettings)} <= tried


def _leaves(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """The keys of a model down to plain values and lists; `*` stands for a name that people choose."""
    for name, field in model.model_fields.items():
        yield from _below(field.annotation, f"{prefix}{field.alias or name}")


def _below(annotation: Any, path: str) -> Iterator[str]:
    models = [item for item in _parts(annotation) if inspect.isclass(item) and issubclass(item, BaseModel)]
    if not models:
        yield path
    any_key = ".*" if "dict[" in str(annotation) else ""
    for item in models:
        yield from _leaves(item, f"{path}{any_key}.")


def _parts(annotation: Any) -> Iterator[Any]:
    """An annotation, and what it is made of, however deep."""
    yield annotation
    for item in get_args(annotation):
        yield from _parts(item)


def _generic(key: str, everything: Document) -> str:
    """A key with `*` for names that people choose."""
    chosen = {*everything["datastores"], *everything["namespaces"], "payments", "season", _ADOPTED}
    return ".".join("*" if part in chosen else part for part in key.split("."))
