"""Kubernetes objects of all layers as the API server returns them: with defaults and out-of-band changes."""

import json
import subprocess
from collections.abc import Iterable
from typing import Any, cast

from cli.embedded.directory import SandboxDirectory
from engine.states import Resource
from sandbox import kubectl
from toolchain.errors import ToolError

Manifest = dict[str, Any]
Identity = tuple[str, str, str]  # kind, namespace, name


def manifests(sandbox: SandboxDirectory, resources: Iterable[Resource]) -> list[Manifest]:
    """Manifests, read from the API server, of the Kubernetes objects among the resources.

    Raises `ToolError` when the API server does not answer.
    """
    identities = {_identity(resource.inputs) for resource in resources if _is_object(resource)}
    kinds = sorted({kind for kind, _, _ in identities})
    return [_cleaned(item) for kind in kinds for item in _get(sandbox, kind) if _identity(item) in identities]


def _is_object(resource: Resource) -> bool:
    return resource.type.startswith("kubernetes:") and "kind" in resource.inputs


def _identity(manifest: Manifest) -> Identity:
    group, _, _ = str(manifest["apiVersion"]).rpartition("/")
    metadata = cast("Manifest", manifest["metadata"])
    kind = f"{manifest['kind']}.{group}" if group else str(manifest["kind"])
    return kind, str(metadata.get("namespace", "")), str(metadata["name"])


def _get(sandbox: SandboxDirectory, kind: str) -> list[Manifest]:
    program = [str(sandbox.bin / "kubectl"), *kubectl.options(sandbox.path)]
    command = [*program, "get", kind, "--all-namespaces", "--output=json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  the sandbox's own
    if done.returncode:
        raise ToolError(
            f"the API server did not list {kind}, so nothing was checked: {done.stderr.strip()}\nRun `make up` first."
        )
    return cast("list[Manifest]", json.loads(done.stdout)["items"])


def _cleaned(manifest: Manifest) -> Manifest:
    """The manifest without `managedFields`, which record authors of changes and are not deployed."""
    metadata = {key: value for key, value in manifest["metadata"].items() if key != "managedFields"}
    return {**manifest, "metadata": metadata}
