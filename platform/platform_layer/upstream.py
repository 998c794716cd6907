"""What this layer takes from the identity layer: the one place where its contract enters.

Only the fields in use are declared; others are ignored, so that the producer can add some. The producer's whole
schema is identity/contract.schema.json.
"""

import base64
import json
import zlib
from typing import cast

import pulumi
import pulumi_gcp as gcp
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

SECRET = "contract-identity"  # noqa: S105 - a name
VERSION = 1
_COMPRESSED = "H4sI"  # how gzip begins, in base64
_GZIP = 31  # zlib's name for its largest window in gzip's format


class ContractError(pulumi.RunError):
    """The identity layer's contract cannot be used; the message says why and what to do."""


class Document(BaseModel):
    """A frozen part of the contract, camelCase in JSON."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, strict=True)


class Project(Document):
    """Where everything lives."""

    id: str
    region: str
    domain: str


class CiPair(Document):
    """The addresses of a preview and a deploy service account."""

    preview: str
    deploy: str


class Team(Document):
    """A team's group, what it may do beyond its own namespaces, its CI accounts when it owns an app, and who builds.

    `images` is the address of the account as which the team's builds push images; None while nothing builds.
    """

    group: str
    capabilities: list[str]
    ci: CiPair | None
    images: str | None


class App(Document):
    """An app: its owner, where it runs, as whom, and the databases and secrets that it may use.

    `service_account` is None for an app that uses nothing of Google Cloud; `secrets` are IDs in Secret Manager.
    """

    team: str
    namespace: str
    kubernetes_service_account: str
    service_account: str | None
    databases: list[str]
    secrets: list[str]


class Keys(Document):
    """The resource names of the encryption keys, which the identity layer owns and Google's services may use."""

    backups: str
    cluster: str
    databases: str
    registry: str


class IdentityContract(Document):
    """The contract's fields that this layer reads."""

    project: Project
    node_service_account: str
    keys: Keys
    layers: dict[str, CiPair]
    teams: dict[str, Team]
    apps: dict[str, App]


def read(project: str) -> IdentityContract:
    """The current contract of a project.

    Raises:
        ContractError: it is absent, unreadable for this identity, of another version, or malformed.
    """
    try:
        # Of the two functions that read a secret, this one asks for nothing beyond the accessor role.
        answer = gcp.secretmanager.get_secret_version_access(project=project, secret=SECRET)
    except Exception as error:  # noqa: BLE001 - the SDK raises nothing more specific
        raise ContractError(
            f"The identity layer's contract (secret {SECRET!r} in project {project!r}) cannot be "
            "read, and this layer starts "
            f"from it; nothing was planned or changed.\n  Google's answer: {error}\n"
            "  When the identity layer has never been deployed, deploy it first (make up "
            "LAYER=identity). When it has, check "
            "that this identity is platform-preview or platform-deploy of the same project."
        ) from None
    return parse(answer.secret_data)


def parse(text: str) -> IdentityContract:
    """The contract in a secret's payload.

    Raises:
        ContractError: it is of another version, or malformed.
    """
    try:
        document = json.loads(_uncompressed(text))
    except json.JSONDecodeError as error:
        raise _malformed(f"it is not JSON (line {error.lineno}, column {error.colno})") from None
    if not isinstance(document, dict):
        raise _malformed("it is not a JSON object")
    fields = cast("dict[str, object]", document)
    if fields.get("contract") != "identity":
        raise _malformed(f"contract: is {fields.get('contract')!r} instead of 'identity'")
    if fields.get("version") != VERSION:
        raise ContractError(
            f"The identity layer's contract (secret {SECRET!r}) has version "
            f"{fields.get('version')!r}, but this layer reads "
            f"version {VERSION}; nothing was planned or changed. Deploy the layers from the same "
            "commit, identity first."
        )
    try:
        return IdentityContract.model_validate(fields)
    except ValidationError as error:
        details = (f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors())
        raise _malformed("\n    ".join(details)) from None


def _uncompressed(text: str) -> str:
    """The JSON of a payload; one that a secret has no room for is gzip in base64."""
    if not text.startswith(_COMPRESSED):
        return text
    try:
        return zlib.decompress(base64.b64decode(text), wbits=_GZIP).decode()
    except (ValueError, zlib.error):
        raise _malformed("it is compressed, and was cut off or altered") from None


def _malformed(what: str) -> ContractError:
    return ContractError(
        f"The identity layer's contract (secret {SECRET!r}) is malformed; nothing was planned or changed:\n    {what}\n"
        "  Only the identity layer may write it: deploy that layer again, and find out who else added a version."
    )
