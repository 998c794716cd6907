"""Commit from which a stack was deployed last: an object beside its state, which its deploy identity alone writes.

GitHub's records of deployments are no source: whoever may write makes such a record, deletes one, or deletes the run
that it is of. The history of the state is none either: an update without a change leaves no entry in it.
"""

import json
import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

from cli.github.job import Job
from cli.google import connection
from cli.google.errors import Purpose
from cli.history.backends import bucket_at
from cli.history.file_store import FileStore, Folder
from cli.layout import Stack
from toolchain.errors import ToolError
from toolchain.files import write_whole

_FOLDER = ".prodfirst/deployed/"
_UPLOAD = "https://storage.googleapis.com/upload/storage/v1/b"
_FILE = "file://"

Reader = Literal["preview", "deploy"]


def name_of(stack: Stack) -> str:
    """Name of a stack's record in the backend of its state."""
    return f"{_FOLDER}{stack.project}/{stack.name}.json"


def commits(stacks: Iterable[Stack], reader: Reader) -> dict[Stack, str]:
    """Commits by stack, read as the stacks' accounts; a stack whose commit is not recorded is left out.

    Raises `ToolError` when a backend cannot be read.
    """
    by_backend: defaultdict[tuple[str, str], list[Stack]] = defaultdict(list)
    for stack in stacks:
        by_backend[backend(stack), stack.account(reader)].append(stack)
    found: dict[Stack, str] = {}
    for (address, account), members in by_backend.items():
        files = store(address, account)
        if files is None:
            continue
        present = set(files.names(_FOLDER))
        recorded = [stack for stack in members if name_of(stack) in present]
        contents = files.read_all(name_of(stack) for stack in recorded)
        found |= {stack: commit for stack, content in zip(recorded, contents, strict=True) if (commit := _of(content))}
    return found


def record(stack: Stack, environment: Mapping[str, str] | None = None) -> None:
    """Record that a stack was deployed, as its deploy account: in a workflow from the commit of the run.

    Whoever deploys from elsewhere leaves a record without a commit: the next run deploys the stack again.

    Raises `ToolError` when the record cannot be written.
    """
    job = Job(os.environ if environment is None else environment)
    in_run = job.environment.get("GITHUB_ACTIONS") == "true"
    content = {"commit": job.sha if in_run else "", "run": job.run_url if in_run else ""}
    address = backend(stack)
    if address.startswith(_FILE):
        file = _path(address) / name_of(stack)
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, json.dumps(content))
    elif address.startswith("gs://"):
        bucket, _, folder = address.removeprefix("gs://").partition("?")[0].partition("/")
        name = "/".join(filter(None, (folder.strip("/"), name_of(stack))))
        consequence = f"{stack.title} is deployed, and the next run deploys it again"
        purpose = Purpose(f"record the deployment in gs://{bucket}", consequence)
        parameters = {"uploadType": "media", "name": name}
        client = connection.as_account(stack.account("deploy"))
        client.call("POST", f"{_UPLOAD}/{bucket}/o", purpose, parameters=parameters, body=content)


def backend(stack: Stack) -> str:
    """Address of the backend of a stack's state."""
    return os.environ.get("PULUMI_BACKEND_URL") or stack.backend()


def _path(address: str) -> Path:
    return Path(address.removeprefix(_FILE).partition("?")[0])


def store(address: str, account: str) -> FileStore | None:
    """Files of a backend, read as an account; None for a service, which has none."""
    if address.startswith(_FILE):
        return Folder(_path(address))
    return bucket_at(address, account) if address.startswith("gs://") else None


def _of(content: bytes) -> str:
    try:
        return str(json.loads(content)["commit"])
    except (KeyError, TypeError, ValueError) as error:
        raise ToolError(
            f"a record of a deployment is not what a deployment writes ({error}), so nobody knows what was deployed. "
            f"Look at who wrote into {_FOLDER} of the state's bucket, and remove that object: its stack is then "
            "deployed again."
        ) from error
