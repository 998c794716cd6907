"""Adoption: resources that existed before the layer are imported instead of created (`<layer>:adopted`).

It owns the import of an existing resource by its ID, and the list of properties that stay as they are for now. It does
not decide whether their values are good: the policies evaluate them like all others, so that a value that is weaker
than the layer's own needs a waiver with an end. The steps for a whole project: .github/guides/adopt.md.

One mechanism for all resources, beside the components: an adoption concerns one environment for some weeks, and an
option on every component would stay for ever.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

import pulumi
from pydantic import Field

from .configuration import Section
from .scalars import EachOnce, matching

# The name of a resource as in every plan.
ResourceName = Annotated[
    str, *matching(r"[A-Za-z0-9.:/-]+::[^:]+", "the end of a URN (type::name), as a plan shows it")
]


ADOPTED = (
    "Existing resources that are taken over instead of created, by the end of their URN: `{id, keeps}`; `keeps` names "
    "properties that stay as they are; see [.github/guides/adopt.md](../.github/guides/adopt.md)"
)


class Adopted(Section):
    """A resource that existed before: its ID, as `pulumi import` takes it, and the properties that stay as they are."""

    id: Annotated[str, *matching(r"\S(.*\S)?", "an ID", "write it as `pulumi import` takes it")]
    keeps: Annotated[list[Annotated[str, *matching(r"\S+", "a property's path", "name one")]], EachOnce] = Field(
        default_factory=list[str]
    )


class AdoptionError(pulumi.RunError):
    """The configuration adopts a resource that the stack does not declare."""


class Adoption:
    """The adopted resources of a running program; made before the first of them is declared."""

    def __init__(self, layer: str, adopted: Mapping[str, Adopted]) -> None:
        self._layer = layer
        self._adopted = adopted
        self._declared: set[str] = set()
        if adopted:
            pulumi.runtime.register_stack_transformation(self._bind)

    def check(self) -> None:
        """Checks, after the last declaration, that every entry took effect.

        Raises:
            AdoptionError: an entry is for a resource that was not declared, and would have done nothing.
        """
        problems = list(self._problems())
        if problems:
            raise AdoptionError("\n".join(problems))

    def _problems(self) -> Iterator[str]:
        for name in sorted(self._adopted.keys() - self._declared):
            yield (
                f"{self._layer}:adopted: this stack declares no resource {name!r}, so what is there would not be taken "
                "over; correct the name (a plan shows it at the end of the URN), or remove the entry."
            )

    def _bind(self, args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        name = f"{args.type_}::{args.name}"
        existing = self._adopted.get(name)
        if existing is None:
            return None
        self._declared.add(name)
        options = pulumi.ResourceOptions(import_=existing.id, ignore_changes=list(existing.keeps))
        return pulumi.ResourceTransformationResult(args.props, pulumi.ResourceOptions.merge(args.opts, options))
