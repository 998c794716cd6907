"""What was in the project before this layer, taken over instead of created: `platform:adopted`.

It owns how a resource that the layer declares is bound to one that exists (an import by its ID), and what of it stays
as it is for now. It decides nothing about whether that is good: the policies judge what is kept like anything else, so
whatever is weaker than the layer's own takes a waiver with an end. The way of a whole project: .github/guides/adopt.md.

One mechanism for all resources, beside the components: what is adopted is a matter of one environment and of some
weeks, and an option on every component would stay for ever.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

import pulumi
from pydantic import Field

from platform_layer.values import Document, matching

# What is adopted is named as in every plan.
ResourceName = Annotated[str, matching(r"[A-Za-z0-9.:/-]+::[^:]+", "the end of a URN (type::name), as a plan shows it")]


class Adopted(Document):
    """A resource that existed before: its ID, as `pulumi import` takes it, and the properties that stay as they are."""

    id: str = Field(min_length=1)
    keeps: list[str] = Field(default_factory=list[str])


class AdoptionError(pulumi.RunError):
    """The configuration adopts what the stack does not have."""


class Adoption:
    """The adopted resources of a running program; made before the first of them."""

    def __init__(self, adopted: Mapping[str, Adopted]) -> None:
        self._adopted = adopted
        self._met: set[str] = set()
        if adopted:
            pulumi.runtime.register_stack_transformation(self._bind)

    def check(self) -> None:
        """Called when all is declared.

        Raises:
            AdoptionError: an entry is for a resource that was not declared, and would have done nothing.
        """
        unmet = list(self._unmet())
        if unmet:
            raise AdoptionError("\n".join(unmet))

    def _unmet(self) -> Iterator[str]:
        for name in sorted(self._adopted.keys() - self._met):
            yield (
                f"platform:adopted: this stack declares no resource {name!r}, so what is there would not be taken "
                "over; correct the name (a plan shows it at the end of the URN), or remove the entry."
            )

    def _bind(self, args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        name = f"{args.type_}::{args.name}"
        existing = self._adopted.get(name)
        if existing is None:
            return None
        self._met.add(name)
        options = pulumi.ResourceOptions(import_=existing.id, ignore_changes=list(existing.keeps))
        return pulumi.ResourceTransformationResult(args.props, pulumi.ResourceOptions.merge(args.opts, options))
