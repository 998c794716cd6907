"""The producer's side of a contract: the base of its models, its schema and its publication.

Which fields a contract has, and their values for a stack, is in the layer's contract.py.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_gcp as gcp
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from .envelope import LARGEST_PAYLOAD, packed, secret_id

_KEPT = "it was not published, so its readers keep the last one"


class Published(BaseModel):
    """A frozen part of a contract, camelCase in JSON. Every field is always written."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        validate_by_name=True,
        json_schema_serialization_defaults_required=True,
    )

    def document(self) -> dict[str, Any]:
        """The JSON object."""
        return self.model_dump(mode="json", by_alias=True)


class TooLargeError(pulumi.RunError):
    """The contract does not fit into a secret; the message says by how much, and what to do."""


def payload(document: Mapping[str, Any], consequence: str = _KEPT) -> str:
    """Payload of the secret for a contract's JSON object.

    Args:
        document: the JSON object.
        consequence: of a contract that does not fit, for the message.

    Raises:
        TooLargeError: it does not fit even when compressed.
    """
    written = packed(json.dumps(document, sort_keys=True, separators=(",", ":")))
    if len(written) > LARGEST_PAYLOAD:
        raise TooLargeError(
            f"The contract has {len(written)} bytes for {len(document.get('apps', ()))} apps, compressed, and a secret "
            f"takes {LARGEST_PAYLOAD}; {consequence}. Take out of identity:apps what is gone, or divide the team."
        )
    return written


def schema(contract: type[BaseModel]) -> str:
    """The JSON schema of a contract, as published in contract.schema.json."""
    document = contract.model_json_schema(by_alias=True, mode="serialization")
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **document}, indent=2) + "\n"


@dataclass(frozen=True)
class PublicationArgs:
    """Arguments of Publication.

    Attributes:
        producer: the layer that publishes.
        secret: resource name of the contract's secret, which the identity layer owns.
        payload: of the secret.
        after: everything that the contract promises.
    """

    producer: str
    secret: pulumi.Input[str]
    payload: pulumi.Input[str]
    after: Sequence[pulumi.Resource]


class Publication(pulumi.ComponentResource):
    """The contract's current version in Secret Manager.

    It comes last, so that a contract which can be read describes a layer that is complete. A changed contract adds a
    version and leaves the old ones as they are (ABANDON): they record what was promised when, they hold no secret, and
    the producer needs no permission to disable or destroy one.
    """

    def __init__(self, name: str, args: PublicationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"prodfirst:{args.producer}:Publication", name, None, opts)
        gcp.secretmanager.SecretVersion(
            name,
            secret=args.secret,
            secret_data=args.payload,
            deletion_policy="ABANDON",
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.after)),
        )
        self.register_outputs({})


def publish(
    layer: str,
    contract: str,
    project: str,
    document: pulumi.Output[dict[str, Any]],
    after: Sequence[pulumi.Resource],
    *,
    team: str = "",
) -> None:
    """Publishes a contract in the secret of its name, which the identity layer has made.

    Args:
        layer: that publishes it.
        contract: its name.
        project: the project's ID.
        document: the JSON object.
        after: everything that the contract promises.
        team: whose contract it is; empty for a contract that an environment has one of.
    """
    secret = secret_id(contract, team)
    path = f"projects/{project}/secrets/{secret}"
    Publication(f"{secret}-version", PublicationArgs(layer, path, document.apply(payload), after))
