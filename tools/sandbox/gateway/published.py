"""Definitions of the Gateway API's kinds in the published Go module, and GKE's, as one file in the cache."""

import json
from pathlib import Path
from typing import Any, cast

from sandbox.gateway import gke
from toolchain import cache, golang, processes
from toolchain.errors import ToolError
from toolchain.progress import say

MODULE = "sigs.k8s.io/gateway-api"
# The release whose libraries are those of the control plane's Kubernetes, and the hash of the module.
VERSION = "v1.4.1"
SUM = "h1:NPxFutNkKNa8UfLd2CMlEuhIPMQgDQ6DXNKG9sHbJU8="
_FILE = "definitions.json"


def key() -> str:
    """Returns the key of the definitions: their content, without the module's."""
    return cache.key_of(MODULE, VERSION, SUM, json.dumps(gke.definitions()))


def ensure() -> Path:
    """Returns the file with all definitions, which is made when it is not in the cache.

    Raises:
        ToolError: the module cannot be downloaded, or is not the expected one.
    """
    waiting = "which fetches the kinds of the Gateway API …"
    return cache.fill("gateway", key(), _make, lambda holder: say(f"waiting for {holder}, {waiting}")) / _FILE


def _make(folder: Path) -> None:
    import yaml  # noqa: PLC0415 - needed once; `make doctor` reads this module without the environment

    standard = _module(folder) / "config" / "crd" / "standard"
    documents = [yaml.safe_load(file.read_bytes()) for file in sorted(standard.glob("*_*.yaml"))]
    kinds = [one for one in documents if one["kind"] == "CustomResourceDefinition"]
    items = [*map(_without_descriptions, kinds), *gke.definitions()]
    content = {"apiVersion": "v1", "kind": "List", "items": items}
    (folder / _FILE).write_text(json.dumps(content), encoding="utf-8")


def _module(folder: Path) -> Path:
    """Returns the folder of the module in Go's own cache."""
    lines: list[str] = []
    command = [str(golang.ensure().path), "mod", "download", "-json", f"{MODULE}@{VERSION}"]
    result = processes.run(command, cwd=folder, env=golang.environment(), on_line=lines.append)
    try:
        told = cast("dict[str, Any]", json.loads("\n".join(lines)))
    except ValueError:
        told = {}
    if result.code or "Dir" not in told:
        reason = told.get("Error") or " ".join(result.tail[-3:])
        raise ToolError(
            f"the module {MODULE} {VERSION} could not be downloaded: {reason}. "
            "Without it, the sandbox's cluster cannot check Gateways and routes. Check the connection to the module "
            "proxy (`go env GOPROXY`), and unset SANDBOX_OFFLINE if it is set; then run `make tools`."
        )
    if told["Sum"] != SUM:
        raise ToolError(
            f"the module {MODULE} {VERSION} is not the expected one: its hash is {told['Sum']}, not {SUM}. "
            "Nothing of it is used. Ask the owner of the module proxy (`go env GOPROXY`)."
        )
    return Path(str(told["Dir"]))


def _without_descriptions(value: Any) -> Any:
    """Returns a definition without its texts, two thirds of it: the API server would publish them to every client."""
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        return {name: _without_descriptions(one) for name, one in fields.items() if not _is_text(name, one)}
    return [_without_descriptions(one) for one in cast("list[Any]", value)] if isinstance(value, list) else value


def _is_text(name: str, value: Any) -> bool:
    return name == "description" and isinstance(value, str)
