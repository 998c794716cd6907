"""The catalog for Backstage: `apps/catalog-info.yaml`, made from stack files and entries.

`make docs` writes it; `make check` compares. The catalog lists every app that has an entry, the datastores of the last
environment and any other datastore that an app uses, and every team that owns one of these in any environment.
The format of an entity is in catalog_model.py.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import yaml

from cli import rollout, team_files, yaml_file
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
from cli.projects import FOUNDATION, stack_path
from cli.rollout import SANDBOX
from toolchain.environments import CHECKOUT

FILE = "apps/catalog-info.yaml"
TEMPLATE = "./template/template.yaml"
_SYSTEM = "infrastructure"
_CLUSTER = "main-cluster"
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
# Backstage defines a type for software that answers requests, and none for the other kinds.
_TYPES = {"webService": "service", "worker": "worker", "cronJob": "cron-job", "job": "job"}

Settings = Mapping[str, Any]


def findings() -> list[str]:
    """Dangling references of the catalog."""
    return [f"{FILE}: {problem}" for problem in problems(text(CHECKOUT))]


def problems(written: str) -> Iterator[str]:
    """Dangling references of a catalog.

    Raises `pydantic.ValidationError` for an entity that Backstage would refuse.
    """
    return dangling(ADAPTER.validate_python(document) for document in yaml.safe_load_all(written))


def text(root: Path, entries: Mapping[str, str] | None = None, groups: Mapping[str, str] | None = None) -> str:
    """Text of the catalog for a checkout; `entries`, by app, replace its own, and `groups`, by team, join its own."""
    if entries is None:
        entries = {file.stem: file.read_text(encoding="utf-8") for file in (root / "apps" / "entries").glob("*.yaml")}
    teams = {**_teams(root), **(groups or {})}
    documents = [entity.document() for entity in _entities(root, entries, teams)]
    return _HEADER + "---\n" + yaml.safe_dump_all(documents, sort_keys=False, allow_unicode=True, width=1000)


def _entities(root: Path, entries: Mapping[str, str], teams: Mapping[str, str]) -> Iterator[Entity]:
    foundation = _LayerSettings.of(root, "identity", FOUNDATION)
    storage = _LayerSettings.of(root, "platform", "storage")
    owners = _owners(root)
    stores = storage.merged("platform:datastores")
    serving = {database: name for name, about in stores.items() for database in about["databases"]}
    repository: str = foundation.latest["identity:github"]["repository"]
    declared = {name: _entry(name, text) for name, text in sorted(entries.items())}
    apps = [_app(name, entry, serving, repository) for name, entry in declared.items()]
    used = {reference for app in apps for reference in app.spec.depends_on or []}
    latest = storage.latest.get("platform:datastores", {})
    listed = {name: about for name, about in stores.items() if name in latest or _resource(_datastore(name)) in used}
    owner = _group(owners["platform"])
    about = "Identities, shared infrastructure and apps on Google Cloud, each managed on its own"
    system = System(metadata=Metadata(name=_SYSTEM, description=about), spec=SystemSpec(owner=owner))
    metadata = Metadata(name=_CLUSTER, description="The cluster that the apps run in")
    cluster = Resource(metadata=metadata, spec=ResourceSpec(type="kubernetes-cluster", owner=owner, system=_SYSTEM))
    owned = [system, *_layers({**owners, "policies": owners["identity"]}), cluster, *_datastores(listed), *apps]
    yield Location(metadata=Metadata(name="templates"), spec=LocationSpec(targets=[TEMPLATE]))
    yield from _groups(teams, {entity.spec.owner for entity in owned})
    yield from owned


def _owners(root: Path) -> dict[str, str]:
    """Teams by what they own, in the last environment that has both stacks of the identity layer."""
    files = [
        (stack_path(root, "identity", name, FOUNDATION), stack_path(root, "identity", name)) for name in _names(root)
    ]
    return team_files.owners(*[pair for pair in files if all(file.is_file() for file in pair)][-1])


def _teams(root: Path) -> dict[str, str]:
    """Group of every team in any environment; the last environment that has a team determines its group."""
    files = [file for name in _names(root) if (file := stack_path(root, "identity", name)).is_file()]
    return {team: group for file in files for group, team in team_files.groups(file).items()}


def _groups(teams: Mapping[str, str], owners: set[str]) -> Iterator[Group]:
    for team, address in sorted(teams.items()):
        if _group(team) in owners:
            profile = Profile(display_name=f"Team {team}", email=address)
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
    uses = [_resource(_CLUSTER)]
    if database := entry.get("database"):
        uses.append(_resource(_datastore(serving.get(database, database))))
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


def _resource(name: str) -> str:
    return f"resource:default/{name}"


def _entry(name: str, text: str) -> Any:
    return yaml_file.parse(text, f"entries/{name}.yaml", "the catalog cannot be made")


def _names(root: Path) -> list[str]:
    """Names of the environments, the sandbox first."""
    return [SANDBOX, *(environment.name for environment in rollout.listed(root))]


@dataclass(frozen=True)
class _LayerSettings:
    """Settings in the stack files of a layer or a part of it: the sandbox first, then the environments in order."""

    configurations: tuple[Settings, ...]

    @classmethod
    def of(cls, root: Path, layer: str, part: str | None = None) -> Self:
        """The configurations of the stack files that exist."""
        files = [file for name in _names(root) if (file := stack_path(root, layer, name, part)).is_file()]
        return cls(tuple(yaml_file.mapping(file, "the catalog cannot be made", part="config") for file in files))

    @property
    def latest(self) -> Settings:
        """The configuration of the last environment."""
        return self.configurations[-1] if self.configurations else {}

    def merged(self, key: str) -> dict[str, Any]:
        """Items of a map in any environment; the last environment that has an item determines its value."""
        return {
            name: about for configuration in self.configurations for name, about in configuration.get(key, {}).items()
        }
