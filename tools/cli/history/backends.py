"""Where the states of an environment keep their history, and whose they are."""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import requests
from google.auth.transport.requests import AuthorizedSession
from google.oauth2.credentials import Credentials
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from cli.google_login import default_credentials, environment_as
from cli.history.bucket import AT_ONCE, Bucket
from cli.history.file_store import FileStore, Folder
from cli.history.updates import Recorded, recorded
from cli.layout import LAYERS, Stack, owners, stacks
from cli.target.protocol import Target
from toolchain.errors import UsageError

_AGAIN = Retry(total=6, backoff_factor=2, status_forcelist=(429, 500, 502, 503, 504), allowed_methods=("GET", "POST"))


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
    return Bucket(session(reader), name, f"{folder.strip('/')}/" if folder.strip("/") else "", reader or "your login")


def session(account: str | None = None) -> requests.Session:
    """A session as a service account, or as whoever is logged in; what is not answered is asked again.

    Raises `ToolError` when the login may not act as the account.
    """
    token = environment_as(account).get("GOOGLE_OAUTH_ACCESS_TOKEN") if account else None
    credentials = Credentials(token) if token else default_credentials()
    made = cast("requests.Session", AuthorizedSession(credentials))
    made.mount("https://", HTTPAdapter(max_retries=_AGAIN, pool_maxsize=AT_ONCE))
    return made
