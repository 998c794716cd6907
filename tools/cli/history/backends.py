"""Backends of an environment: places of the states' history, and the identities that read them."""

from collections.abc import Iterator
from pathlib import Path

from cli.google import connection
from cli.google.client import Client
from cli.history.bucket import Bucket
from cli.history.file_store import FileStore, Folder
from cli.history.updates import Recorded, recorded
from cli.layout import LAYERS, Stack, owners, stacks
from cli.target.protocol import Target
from toolchain.errors import UsageError


def history(target: Target) -> Iterator[Recorded]:
    """Every update of an environment's layers, as far as the names of files tell.

    Raises `ToolError` when a backend cannot be read.
    """
    for layer in LAYERS:
        for place, identities in target.histories(layer):
            yield from recorded(place, layer, target.environment, identities)


def of_layer(environment: str, layer: str, elsewhere: str) -> Iterator[tuple[FileStore, dict[str, str]]]:
    """The backends of a layer on Google Cloud, one per team for apps, with the deploy identities of their stacks.

    Args:
        environment: dev, prod, …
        layer: whose stacks.
        elsewhere: PULUMI_BACKEND_URL, which may name another backend than the layer's own; empty for none.
    """
    if elsewhere.startswith("file://"):
        folder = Path(elsewhere.removeprefix("file://").partition("?")[0])
        yield Folder(folder), {stack.part or "": stack.account("deploy") for stack in stacks(environment, layer)}
        return
    project = Stack("identity", environment).gcp_project()
    for owner in owners(environment, layer):
        address = elsewhere or owner.backend(project)
        yield bucket_at(address, owner.account("preview", project)), {"": owner.account("deploy", project)}
        if elsewhere:  # one backend for all of them
            return


def bucket_at(address: str, reader: str | None = None) -> Bucket:
    """A folder of a bucket, read as a service account, or as whoever is logged in.

    Raises `UsageError` when the address is none, `ToolError` when the login may not act as the account.
    """
    name, _, folder = address.removeprefix("gs://").partition("?")[0].partition("/")
    if not address.startswith("gs://") or not name:
        raise UsageError(f"{address} is no place that can be read here; it is gs://bucket or gs://bucket/folder")
    return Bucket(client(reader), name, f"{folder.strip('/')}/" if folder.strip("/") else "")


def client(account: str | None = None) -> Client:
    """A client as a service account, or as whoever is logged in.

    Raises `ToolError` when the login may not act as the account.
    """
    return connection.as_account(account) if account else connection.as_person()
