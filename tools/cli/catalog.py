"""The catalog of what exists, for Backstage: `catalog-info.yaml`, made from stack files and entries.

`make docs` writes it; `make check` compares. Teams, layers and datastores are those of production;
apps are those with an entry. What an entity may hold is in catalog_model.py.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from cli.catalog_model import (
    ADAPTER,
    Component,
    ComponentSpec,
    Entity,
    Group,
    GroupSpec,
    Location,
    LocationSpec,
    Metadata,
    Profile,
    Resource,
    ResourceSpec,
    System,
    SystemSpec,
    dangling,
)
from toolchain.environments import CHECKOUT

FILE = "catalog-info.yaml"
TEMPLATE = "./apps/template/template.yaml"
_SYSTEM = "infrastructure"
_CLUSTER = "main-cluster"
_ENVIRONMENT = "prod"
_HEADER = (
    "# What exists, and whose it is, for Backstage: made from stack files and entries by `make docs`; `make check`\n"
    "# compares.\n"
)
_LAYERS = {
    "identity": (
        "identity-layer",
        "Who may do what: service accounts, custom roles, grants and the contracts between the layers",
    ),
    "platform": ("platform-layer", "What all apps share: network, cluster, databases and the cluster's set-up"),
    "policies": ("policy-pack", "The rules that every preview and update passes"),
}
# Backstage's own word for what answers requests; for the other kinds it has none.
_TYPES = {"webService": "service", "worker": "worker", "cronJob": "cron-job"}

Settings = Mapping[str, Any]


def findings() -> list[str]:
    """References of the catalog that lead nowhere."""
    return [f"{FILE}: {problem}" for problem in problems(text(CHECKOUT))]


def problems(written: str) -> Iterator[str]:
    """Which references of a catalog lead nowhere.

    Raises `pydantic.ValidationError` for an entity that Backstage would refuse.
    """
    return dangling(ADAPTER.validate_python(document) for document in yaml.safe_load_all(written))


def text(root: Path, entries: Mapping[str, str] | None = None) -> str:
    """The catalog's text for a checkout; `entries` are other contents than its own, by app."""
    if entries is None:
        entries = {file.stem: file.read_text(encoding="utf-8") for file in (root / "apps" / "entries").glob("*.yaml")}
    documents = [entity.document() for entity in _entities(root, entries)]
    return _HEADER + "---\n" + yaml.safe_dump_all(documents, sort_keys=False, allow_unicode=True, width=1000)


def _entities(root: Path, entries: Mapping[str, str]) -> Iterator[Entity]:
    identity, platform = _config(root, "identity"), _config(root, "platform")
    owners: dict[str, str] = identity["identity:owners"]
    datastores: Mapping[str, Mapping[str, Any]] = platform["platform:datastores"]
    yield Location(metadata=Metadata(name="templates"), spec=LocationSpec(targets=[TEMPLATE]))
    yield from _groups(identity["identity:teams"])
    about = "Identities, shared infrastructure and apps on Google Cloud, each managed on its own"
    owner = _group(owners["platform"])
    yield System(metadata=Metadata(name=_SYSTEM, description=about), spec=SystemSpec(owner=owner))
    yield from _layers({**owners, "policies": owners["identity"]})
    cluster = Metadata(name=_CLUSTER, description="The cluster that the apps run in")
    yield Resource(metadata=cluster, spec=ResourceSpec(type="kubernetes-cluster", owner=owner, system=_SYSTEM))
    yield from _datastores(datastores)
    serving = {database: name for name, about in datastores.items() for database in about["databases"]}
    for name, entry in sorted(entries.items()):
        yield _app(name, yaml.safe_load(entry), serving, identity["identity:github"]["repository"])


def _groups(teams: Mapping[str, Mapping[str, Any]]) -> Iterator[Group]:
    for team, about in sorted(teams.items()):
        profile = Profile(display_name=f"Team {team}", email=about["group"])
        yield Group(metadata=Metadata(name=team), spec=GroupSpec(type="team", profile=profile))


def _layers(owners: Mapping[str, str]) -> Iterator[Component]:
    for folder, (name, description) in _LAYERS.items():
        owner = _group(owners[folder])
        spec = ComponentSpec(type="infrastructure", lifecycle="production", owner=owner, system=_SYSTEM)
        yield Component(metadata=Metadata(name=name, description=description), spec=spec)


def _datastores(datastores: Mapping[str, Mapping[str, Any]]) -> Iterator[Resource]:
    for name, about in sorted(datastores.items()):
        description = f"Cloud SQL for PostgreSQL with {', '.join(about['databases'])}"
        spec = ResourceSpec(type="database", owner=_group(about["owner"]), system=_SYSTEM)
        yield Resource(metadata=Metadata(name=_datastore(name), description=description), spec=spec)


def _app(name: str, entry: Mapping[str, Any], serving: Mapping[str, str], repository: str) -> Component:
    uses = [f"resource:default/{_CLUSTER}"]
    if database := entry.get("database"):
        uses.append(f"resource:default/{_datastore(serving.get(database, database))}")
    uses += [f"component:default/{peer['namespace']}" for peer in entry.get("allowTo", [])]
    annotations = {"github.com/project-slug": repository, "backstage.io/kubernetes-namespace": name}
    spec = ComponentSpec(
        type=_TYPES[entry["kind"]],
        lifecycle="production",
        owner=_group(entry["team"]),
        system=_SYSTEM,
        depends_on=uses,
    )
    return Component(metadata=Metadata(name=name, annotations=annotations), spec=spec)


def _datastore(name: str) -> str:
    return f"{name}-datastore"


def _group(team: str) -> str:
    return f"group:default/{team}"


def _config(root: Path, layer: str) -> Settings:
    stacks = root / layer
    file = next(each for name in (_ENVIRONMENT, "sandbox") if (each := stacks / f"Pulumi.{name}.yaml").is_file())
    content: Settings = yaml.safe_load(file.read_text(encoding="utf-8"))
    return content["config"]
