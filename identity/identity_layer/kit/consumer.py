"""The consumer's side of a contract: the base of its models, and reading it from the producer's secret.

Which fields a layer reads is in its upstream.py.
"""

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Generic, TypeVar, cast

import pulumi
import pulumi_gcp as gcp
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from . import wording
from .envelope import secret_id, unpacked

# Folder of contracts that plans would publish: `make preview` sets it for the previews after them.
PLANNED = "PULUMI_PLANNED_CONTRACTS"


class Received(BaseModel):
    """A frozen part of a contract, camelCase in JSON. Unknown fields are ignored, so that the producer can add some."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, strict=True)


class ContractError(pulumi.RunError):
    """A producer's contract cannot be used; the message says why and what to do."""


Contract = TypeVar("Contract", bound=Received)


@dataclass(frozen=True)
class Upstream(Generic[Contract]):
    """A contract of another stack, or of a kind that each team has one of.

    Attributes:
        model: the fields that are read.
        name: of the contract.
        producer: the layer that publishes it.
        version: the version that is read.
        readers: identities that may read the secret, for the message.
        team: whose contract it is; empty for a contract that an environment has one of.
    """

    model: type[Contract]
    name: str
    producer: str
    version: int
    readers: str
    team: str = ""

    @property
    def secret(self) -> str:
        """ID of the secret."""
        return secret_id(self.name, self.team)

    def of(self, team: str) -> "Upstream[Contract]":
        """The contract of one team."""
        return replace(self, team=team)

    def read(self, project: str) -> Contract:
        """The current contract of a project; in a preview after a plan that would publish another one, that one.

        Raises:
            ContractError: it is absent, unreadable for this identity, of another version, or malformed.
        """
        deployed, planned = self._document(self._deployed(project)), self._planned()
        return self._checked({**deployed, **(self._document(planned) if planned else {})})

    def read_deployed(self, project: str) -> Contract:
        """The current contract of a project, whatever the plans before this preview would publish.

        Raises:
            ContractError: as `read`.
        """
        return self.parse(self._deployed(project))

    def _deployed(self, project: str) -> str:
        try:
            # Of the two functions that read a secret, this one needs nothing beyond the accessor role.
            answer = gcp.secretmanager.get_secret_version_access(project=project, secret=self.secret)
        except Exception as error:  # noqa: BLE001 - the SDK raises nothing more specific
            raise ContractError(
                f"The {self.producer} layer's contract (secret {self.secret!r} in project {project!r}) cannot be read, "
                f"and this layer starts from it; nothing was planned or changed.\n  Google's answer: {error}\n"
                f"  When the {self.producer} layer has never been deployed, deploy it first (make up "
                f"LAYER={self.producer}). When it has, check that this identity is {self.readers} of the same project."
            ) from None
        return answer.secret_data

    def _planned(self) -> str:
        """The contract that a plan before this preview would publish; empty without one, and in every update.

        It lacks fields that have to be the published ones.
        """
        folder = os.environ.get(PLANNED, "") if pulumi.runtime.is_dry_run() else ""
        file = Path(folder) / f"{self.secret}.json"
        return file.read_text(encoding="utf-8") if folder and file.is_file() else ""

    def parse(self, payload: str) -> Contract:
        """The contract in a secret's payload.

        Raises:
            ContractError: it is of another version, or malformed.
        """
        return self._checked(self._document(payload))

    def _document(self, payload: str) -> dict[str, object]:
        try:
            document = json.loads(unpacked(payload))
        except json.JSONDecodeError as error:
            raise self._malformed(f"it is not JSON (line {error.lineno}, column {error.colno})") from None
        except ValueError as error:
            raise self._malformed(str(error)) from None
        if not isinstance(document, dict):
            raise self._malformed("it is not a JSON object")
        return cast("dict[str, object]", document)

    def _checked(self, fields: dict[str, object]) -> Contract:
        if fields.get("contract") != self.name:
            raise self._malformed(f"contract: is {fields.get('contract')!r} instead of {self.name!r}")
        if fields.get("version") != self.version:
            raise ContractError(
                f"The {self.producer} layer's contract (secret {self.secret!r}) has version "
                f"{fields.get('version')!r}, but this layer reads version {self.version}; nothing was planned or "
                f"changed. Deploy the layers from the same commit, {self.producer} first."
            )
        try:
            return self.model.model_validate(fields)
        except ValidationError as error:
            raise self._malformed("\n    ".join(wording.without_values(error))) from None

    def _malformed(self, problem: str) -> ContractError:
        return ContractError(
            f"The {self.producer} layer's contract (secret {self.secret!r}) is malformed; nothing was planned or "
            f"changed:\n    {problem}\n  Only the {self.producer} layer may write it: deploy that layer again, and "
            "find out who else added a version."
        )
