"""What this layer takes from the platform layer: the one place where its contract enters.

Only the fields in use are declared; others are ignored, so that the producer can add some. The producer's whole
schema is platform/contract.schema.json.
"""

import base64
import difflib
import json
import zlib
from typing import Annotated, cast

import pulumi
import pulumi_gcp as gcp
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

SECRET = "contract-platform"  # noqa: S105 - a name
VERSION = 1
_COMPRESSED = "H4sI"  # how gzip begins, in base64
_GZIP = 31  # zlib's name for its largest window in gzip's format


class ContractError(pulumi.RunError):
    """The platform layer's contract cannot be used; the message says why and what to do."""


Quantity = Annotated[str, Field(pattern=r"^[1-9][0-9]*(m|Ki|Mi|Gi|Ti)?$")]


class Document(BaseModel):
    """A frozen part of the contract, camelCase in JSON."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, strict=True)


class Project(Document):
    """Where everything lives."""

    id: str


class Cluster(Document):
    """The cluster that the apps run in; `server` is the URL of its API."""

    name: str
    location: str
    server: str


class Database(Document):
    """A database that an app may log into: its instance, that instance's address, and the app's user there."""

    connection_name: str
    private_ip: str
    user: str


class Gateway(Document):
    """The Gateway that lets requests in from outside, and the addresses that they come from."""

    name: str
    namespace: str
    sources: list[str]


class Destination(Document):
    """A place outside that the network lets apps call, over TCP."""

    ranges: list[str]
    ports: list[int]


class Quota(Document):
    """What the pods of a namespace may reserve at most, all together, and how many there may be."""

    cpu: Quantity
    memory: Quantity
    pods: int


class App(Document):
    """What an app finds in the cluster, its databases by name, and the IDs of its secrets.

    `service_account` is None for an app that uses nothing of Google Cloud; `network_policy` is the name of the one
    network policy that its team may write; `host` is None for an app that is not reached from outside; `quota` is None
    where that of all apps holds.
    """

    team: str
    namespace: str
    kubernetes_service_account: str
    service_account: str | None
    network_policy: str
    databases: dict[str, Database]
    secrets: list[str]
    host: str | None
    quota: Quota | None

    def named_secrets(self, app: str) -> dict[str, str]:
        """Name of a secret as its team knows it, to its ID: app-<app>-<name>."""
        prefix = f"app-{app}-"
        return {secret.removeprefix(prefix): secret for secret in self.secrets if secret.startswith(prefix)}


class PlatformContract(Document):
    """The contract's fields that this layer reads.

    Images of apps are in `registry`, by team; `google_apis` is the range that the names of Google's APIs resolve to.
    """

    project: Project
    cluster: Cluster
    registry: str
    gateway: Gateway | None
    database_proxy_image: str
    google_apis: str
    destinations: dict[str, Destination]
    quota: Quota
    apps: dict[str, App]

    def offer(self, app: str) -> App:
        """What the platform offers to an app.

        Raises:
            ContractError: nothing.
        """
        found = self.apps.get(app)
        if found is None:
            close = difflib.get_close_matches(app, self.apps, n=3)
            hint = f"it knows {', '.join(close)}" if close else f"it knows {len(self.apps)} others"
            raise ContractError(
                f"The platform offers nothing to the app {app!r} ({hint}); nothing was planned or changed. Add the app "
                "to identity:apps, then deploy the identity and platform layers."
            )
        return found


def read(project: str) -> PlatformContract:
    """The current contract of a project.

    Raises:
        ContractError: it is absent, unreadable for this identity, of another version, or malformed.
    """
    try:
        # Of the two functions that read a secret, this one asks for nothing beyond the accessor role.
        answer = gcp.secretmanager.get_secret_version_access(project=project, secret=SECRET)
    except Exception as error:  # noqa: BLE001 - the SDK raises nothing more specific
        raise ContractError(
            f"The platform layer's contract (secret {SECRET!r} in project {project!r}) cannot be "
            "read, and this layer starts "
            f"from it; nothing was planned or changed.\n  Google's answer: {error}\n"
            "  When the platform layer has never been deployed, deploy it first (make up "
            "LAYER=platform). When it has, check "
            "that this identity is the preview or deploy account of a team of the same project."
        ) from None
    return parse(answer.secret_data)


def parse(text: str) -> PlatformContract:
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
    if fields.get("contract") != "platform":
        raise _malformed(f"contract: is {fields.get('contract')!r} instead of 'platform'")
    if fields.get("version") != VERSION:
        raise ContractError(
            f"The platform layer's contract (secret {SECRET!r}) has version "
            f"{fields.get('version')!r}, but this layer reads "
            f"version {VERSION}; nothing was planned or changed. Deploy the layers from the same "
            "commit, platform first."
        )
    try:
        return PlatformContract.model_validate(fields)
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
        f"The platform layer's contract (secret {SECRET!r}) is malformed; nothing was planned or changed:\n    {what}\n"
        "  Only the platform layer may write it: deploy that layer again, and find out who else added a version."
    )
