"""Backends of an environment: places of the states' history, and the identities that read them."""

import os
from collections.abc import Iterator
from pathlib import Path

from cli.directory import SandboxDirectory
from cli.google.client import Client
from cli.history.places import Bucket, Folder, Place
from cli.history.updates import Recorded, recorded
from cli.layout import LAYERS, SANDBOX, Stack, owners, stacks
from toolchain.errors import UsageError


def history(environment: str) -> Iterator[Recorded]:
    """Every update of an environment's layers, as far as the names of files tell.

    Raises `ToolError` when a place cannot be read.
    """
    for layer in LAYERS:
        for place, identities in _places(environment, layer):
            yield from recorded(place, layer, environment, identities)


def _places(environment: str, layer: str) -> Iterator[tuple[Place, dict[str, str]]]:
    """The backends of a layer, one per team for apps, with the deploy identities of their stacks."""
    elsewhere = "" if environment == SANDBOX else os.environ.get("PULUMI_BACKEND_URL", "")
    if environment == SANDBOX or elsewhere.startswith("file://"):
        folder = Path(elsewhere.removeprefix("file://").partition("?")[0])
        place = Folder(folder if elsewhere else SandboxDirectory.default().required().state(layer))
        yield place, {stack.app or "": stack.account("deploy") for stack in stacks(environment, layer)}
        return
    project = Stack("identity", environment).project()
    for owner in owners(environment):
        of, _, team = owner.partition("-")
        if of == layer:
            account = f"{owner}-{{}}@{project}.iam.gserviceaccount.com"
            # As `Stack.backend` has it, but also for a team whose apps have no stack file any more.
            address = f"gs://{project}-state-{layer}{f'/{team}' if team else ''}"
            yield bucket_at(elsewhere or address, account.format("preview")), {"": account.format("deploy")}
            if elsewhere:  # one place for all of them
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
    from cli.google import connection  # noqa: PLC0415  Google's libraries take 0.3 s to load

    return connection.as_account(account) if account else connection.as_person()
