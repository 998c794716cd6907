"""Evidence of the audit beside the resources: one additional resource in the merged state.

A policy sees nothing but the outputs of resources: so protected resources, the environment, and the cloud's policies
are outputs of this one.
"""

from collections.abc import Iterable
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field

from iam.fetched import LivePolicy

TYPE: Final = "prodfirst:audit:Evidence"
NAME: Final = "evidence"


class Evidence(BaseModel):
    """Outputs of the additional resource.

    Attributes:
        environment: the environment of the states.
        protected: URNs of resources that Pulumi protects.
        live: the cloud's policies; None where nobody read them.
        rbac: Roles and bindings of the cluster's API server; None where nobody read them.
        missing_roles: custom roles that the cloud's policies name, and that are deleted or cannot be read.
        abandoned: states with resources that no stack file is of, in words.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    environment: str = ""
    protected: frozenset[str] = frozenset()
    live: tuple[LivePolicy, ...] | None = Field(default=None)
    rbac: tuple[dict[str, Any], ...] | None = None
    missing_roles: tuple[str, ...] = ()
    abandoned: tuple[str, ...] = ()

    @classmethod
    def among(cls, outputs: Iterable[tuple[str, dict[str, Any]]]) -> Self:
        """Return the evidence among resources, which are given by type and outputs; an empty one without it."""
        return next((cls.model_validate(values) for kind, values in outputs if kind == TYPE), cls())

    def as_resource(self) -> dict[str, Any]:
        """Return the evidence as a component of a state."""
        urn = f"urn:pulumi:{self.environment}::audit::{TYPE}::{NAME}"
        return {"urn": urn, "custom": False, "type": TYPE, "outputs": self.model_dump(mode="json")}
