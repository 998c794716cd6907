"""Backends of an environment: stores of the states' history, and the identities that read them."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from cli.google import connection
from cli.google.client import Client
from cli.history.bucket import Bucket
from cli.history.file_store import FileStore, Folder
from cli.history.updates import RecordedUpdate, recorded
from cli.layout import LAYERS, Choice, Stack, owners, stacks
from toolchain.errors import UsageError

if TYPE_CHECKING:
    from cli.target.protocol import Target


def history(target: "Target") -> Iterator[RecordedUpdate]:
    """List every update of an environment's layers, by the names of the history files.

    Raises `ToolError` when a backend cannot be read.
    """
    for layer in LAYERS:
        for store, identities in target.histories(layer):
            yield from recorded(store, layer, target.environment, identities)


def of_layer(environment: str, layer: str, elsewhere: str) -> Iterator[tuple[FileStore, dict[str, str]]]:
    """Return the backends of a layer on Google Cloud, one per team for apps, with the deploy identities by app.

    Args:
        environment: dev, prod, …
        layer: the layer.
        elsewhere: PULUMI_BACKEND_URL, which may name another backend than the layer's own; empty for none.
    """
    if elsewhere.startswith("file://"):
        folder = Path(elsewhere.removeprefix("file://").partition("?")[0])
        yield (
            Folder(folder),
            {stack.part or "": stack.account("deploy") for stack in stacks(environment, Choice(layer))},
        )
        return
    project = Stack("identity", environment).gcp_project()
    for owner in owners(environment, layer):
        address = elsewhere or owner.backend(project)
        yield bucket_at(address, owner.account("preview", project)), {"": owner.account("deploy", project)}
        if elsewhere:  # one backend for all owners
            return


def bucket_at(address: str, reader: str | None = None) -> Bucket:
    """Return a folder of a bucket, read as a service account, or as the logged-in person.

    Raises `UsageError` when the text is no address, `ToolError` when the login may not act as the account.
    """
    name, _, folder = address.removeprefix("gs://").partition("?")[0].partition("/")
    if not address.startswith("gs://") or not name:
        raise UsageError(f"{address} is no place that can be read here; it is gs://bucket or gs://bucket/folder")
    return Bucket(client(reader), name, f"{folder.strip('/')}/" if folder.strip("/") else "")


def client(account: str | None = None) -> Client:
    """Return a client that acts as a service account, or as the logged-in person.

    Raises `ToolError` when the login may not act as the account.
    """
    return connection.as_account(account) if account else connection.as_person()
