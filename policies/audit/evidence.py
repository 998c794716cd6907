"""Evidence of the audit beside the resources: one resource of its own in the merged state.

A policy sees the outputs of resources and nothing else: so which of them are protected, which environment it is, and
what the cloud's policies hold is put where it looks.
"""

from collections.abc import Iterable
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field

from iam.fetched import LivePolicy

TYPE: Final = "prodfirst:audit:Evidence"
NAME: Final = "evidence"


class Evidence(BaseModel):
    """The outputs of that resource.

    Attributes:
        environment: which environment the states are of.
        protected: URNs of the resources that Pulumi protects.
        live: the cloud's policies; None when nobody read them.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    environment: str = ""
    protected: frozenset[str] = frozenset()
    live: tuple[LivePolicy, ...] | None = Field(default=None)

    @classmethod
    def among(cls, outputs: Iterable[tuple[str, dict[str, Any]]]) -> Self:
        """The evidence among resources, given by type and outputs; empty when it is not there."""
        return next((cls.model_validate(values) for kind, values in outputs if kind == TYPE), cls())

    def as_resource(self) -> dict[str, Any]:
        """Evidence as a component of a state."""
        urn = f"urn:pulumi:{self.environment}::audit::{TYPE}::{NAME}"
        return {"urn": urn, "custom": False, "type": TYPE, "outputs": self.model_dump(mode="json")}
