"""Model of the descriptor format of Backstage's catalog, for the kinds of entity in use.

https://backstage.io/docs/features/software-catalog/descriptor-format. Backstage publishes its JSON
schemas in JavaScript packages only, which nothing else here needs; the model refuses fields that this repository does
not use.
"""

from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from pydantic.alias_generators import to_camel

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$")]
Word = Annotated[str, Field(min_length=1)]
Reference = Annotated[str, Field(pattern=r"^(component|group|resource|system):[a-z0-9-]+/[A-Za-z0-9][A-Za-z0-9_.-]*$")]
_PREFIX = r"^([a-z0-9-]+(\.[a-z0-9-]+)*/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$"


class DescriptorModel(BaseModel):
    """Base of the mappings of an entity: frozen, with camelCase keys in YAML."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, validate_by_name=True)


class Metadata(DescriptorModel):
    """Name, description and annotations of an entity."""

    name: Name
    description: Word | None = None
    annotations: dict[Annotated[str, Field(pattern=_PREFIX)], str] | None = None


class _Entity(DescriptorModel):
    api_version: Literal["backstage.io/v1alpha1"] = "backstage.io/v1alpha1"

    def document(self) -> dict[str, Any]:
        """The entity as in YAML, without the fields that are not set."""
        return self.model_dump(by_alias=True, exclude_none=True)


class ComponentSpec(DescriptorModel):
    """Specification of a component."""

    type: Word
    lifecycle: Word
    owner: Reference
    system: Name | None = None
    depends_on: list[Reference] | None = None


class ResourceSpec(DescriptorModel):
    """Specification of a resource."""

    type: Word
    owner: Reference
    system: Name | None = None


class SystemSpec(DescriptorModel):
    """Specification of a system."""

    owner: Reference


class Profile(DescriptorModel):
    """Display name and e-mail address of a group."""

    display_name: Word
    email: Word


class GroupSpec(DescriptorModel):
    """Specification of a group."""

    type: Word
    profile: Profile
    children: list[Name] = Field(default_factory=list[str])


class LocationSpec(DescriptorModel):
    """Specification of a location."""

    targets: list[Word] = Field(min_length=1)


class Component(_Entity):
    """A piece of software, such as an app."""

    kind: Literal["Component"] = "Component"
    metadata: Metadata
    spec: ComponentSpec


class Resource(_Entity):
    """A resource that software needs, such as a database."""

    kind: Literal["Resource"] = "Resource"
    metadata: Metadata
    spec: ResourceSpec


class System(_Entity):
    """Components and resources that belong together."""

    kind: Literal["System"] = "System"
    metadata: Metadata
    spec: SystemSpec


class Group(_Entity):
    """A team."""

    kind: Literal["Group"] = "Group"
    metadata: Metadata
    spec: GroupSpec


class Location(_Entity):
    """A location of further entities, such as templates."""

    kind: Literal["Location"] = "Location"
    metadata: Metadata
    spec: LocationSpec


Entity = Component | Resource | System | Group | Location
ADAPTER: TypeAdapter[Entity] = TypeAdapter(Annotated[Entity, Field(discriminator="kind")])


def dangling(entities: Iterable[Entity]) -> Iterator[str]:
    """Every reference to an entity that does not exist, with the entity that refers; Backstage shows an error there."""
    listed = list(entities)
    known = {f"{entity.kind.lower()}:default/{entity.metadata.name}" for entity in listed}
    for entity in listed:
        spec = entity.spec.model_dump()
        system = [f"system:default/{spec['system']}"] if spec.get("system") else []
        owner = [str(spec["owner"])] if "owner" in spec else []
        for reference in (*owner, *system, *cast("list[str]", spec.get("depends_on") or [])):
            if reference not in known:
                yield f"{entity.kind} {entity.metadata.name} names {reference}, which is not in the catalog"
