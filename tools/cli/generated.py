"""Writes the files that are generated from code and stack files without a running sandbox.

`make docs` writes them, and `make check` compares. A new file is an entry in `GENERATED`. This is a program of its own
because it imports every layer's package.
"""

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from access import schema as access_schema
from apps_layer import entry, entry_table
from apps_layer import settings as apps_settings
from audit import pack as audit
from cli import app_form, app_skeleton, catalog, command_tables
from cli.history import schema as history_schema
from identity_layer import access_document as identity_access
from identity_layer import settings as identity_settings
from identity_layer.contract import IdentityContract
from identity_layer.foundation.foundation_contract import FoundationContract
from identity_layer.foundation.foundation_settings import FoundationSettings
from identity_layer.kit import configuration_document, parts, producer
from identity_layer.team.team_contract import TeamContract
from identity_layer.team.team_settings import TeamSettings
from lab.pictures import architecture
from plan_gate import rules as gate
from platform_layer import access_document as platform_access
from platform_layer import settings as platform_settings
from platform_layer.contract import PlatformContract
from platform_layer.namespaces.namespaces_contract import NamespacesContract
from platform_layer.namespaces.team_settings import TeamSettings as NamespacesSettings
from platform_layer.network.network_contract import NetworkContract
from platform_layer.storage.storage_contract import StorageContract
from platform_layer.storage.storage_settings import StorageSettings
from policy_pack import document as rules
from toolchain.environments import CHECKOUT
from toolchain.errors import ToolError
from toolchain.progress import say

# Name of the table of keys in a layer's README.md.
_TABLE = "configuration"


@dataclass(frozen=True)
class Generated:
    """Files, or parts of files, that have one source.

    Attributes:
        source: the name of the source, for findings.
        texts: whole texts of the files by their paths in the checkout.
    """

    source: str
    texts: Callable[[], Mapping[str, str]]


def part(path: str, name: str, content: str, text: str | None = None) -> str:
    """Text of a document with `content` between `<!-- name -->` and `<!-- /name -->`.

    Raises `ToolError` unless the document has these marks exactly once.
    """
    text = (CHECKOUT / path).read_text("utf-8") if text is None else text
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    return _between(path, begin, end, content, text)


def _between(path: str, begin: str, end: str, content: str, text: str) -> str:
    pattern = re.compile(rf"(?<={re.escape(begin)}\n).*?(?=^{re.escape(end)}$)", re.DOTALL | re.MULTILINE)
    written, places = pattern.subn(lambda _: content.strip("\n") + "\n", text)
    if places != 1:
        raise ToolError(
            f"{path} has {places} places for what is generated into it, not one, so it was not written; put it between "
            f"a line `{begin}` and a line `{end}`"
        )
    return written


def _commands() -> Mapping[str, str]:
    begin, end = "# The targets, from tools/cli/commands: `make docs` writes them.", "# End of the targets."
    makefile = (CHECKOUT / "Makefile").read_text("utf-8")
    document = part(command_tables.DOCUMENT, "commands", command_tables.commands())
    return {
        "Makefile": _between("Makefile", begin, end, command_tables.targets(), makefile),
        command_tables.DOCUMENT: part(command_tables.DOCUMENT, "variables", command_tables.variables(), document),
    }


def _settings(layer: str, models: Mapping[str, type[BaseModel]], provider_keys: Mapping[str, str]) -> Mapping[str, str]:
    """Keys of a layer's configuration, rendered by the kit, which is the same in every layer.

    Args:
        layer: the layer.
        models: models of the layer's stacks, by the name of each table in README.md.
        provider_keys: aliases of keys that are a provider's, to the full keys.
    """
    begin, end = (
        f"  # From the descriptions in {layer}_layer/settings.py: `make docs` writes them.",
        "  # End of the keys.",
    )
    project, readme = f"{layer}/Pulumi.yaml", f"{layer}/README.md"
    declared = configuration_document.declarations(list(models.values()), layer, provider_keys)
    document = (CHECKOUT / readme).read_text("utf-8")
    for name, model in models.items():
        document = part(readme, name, configuration_document.table(model, layer, provider_keys), document)
    return {
        project: _between(project, begin, end, declared, (CHECKOUT / project).read_text("utf-8")),
        readme: document,
    }


def _rules() -> Mapping[str, str]:
    # The audit also serves the pack's rules on waivers, which have a section of their own.
    of_audit = [rule for rule in audit.rules() if rule.domain == "audit"]
    return {"policies/RULES.md": rules.text(gate.RULES, of_audit)}


GENERATED = (
    Generated("the commands in tools/cli/commands", _commands),
    Generated(
        "stack files and entries",
        lambda: {catalog.FILE: catalog.text(CHECKOUT), app_form.FILE: app_form.text(CHECKOUT)},
    ),
    Generated("the skeleton of an app", app_skeleton.of_pulumi),
    Generated(
        "the identity layer's contracts",
        lambda: {
            "identity/contract.schema.json": producer.schema(IdentityContract),
            "identity/contract-foundation.schema.json": producer.schema(FoundationContract),
            "identity/contract-team.schema.json": producer.schema(TeamContract),
        },
    ),
    Generated(
        "the platform layer's contracts",
        lambda: {
            "platform/contract.schema.json": producer.schema(PlatformContract),
            "platform/contract-network.schema.json": producer.schema(NetworkContract),
            "platform/contract-storage.schema.json": producer.schema(StorageContract),
            "platform/contract-namespaces.schema.json": producer.schema(NamespacesContract),
        },
    ),
    Generated(
        "the identity layer's settings",
        lambda: _settings(
            "identity",
            {
                "configuration-foundation": FoundationSettings,
                _TABLE: identity_settings.Settings,
                "configuration-team": TeamSettings,
            },
            parts.PROVIDER_KEYS,
        ),
    ),
    Generated(
        "the platform layer's settings",
        lambda: _settings(
            "platform",
            {
                _TABLE: platform_settings.Settings,
                "configuration-storage": StorageSettings,
                "configuration-namespaces": NamespacesSettings,
            },
            parts.PROVIDER_KEYS,
        ),
    ),
    Generated(
        "the apps layer's settings",
        lambda: _settings("apps", {_TABLE: apps_settings.Settings}, apps_settings.PROVIDER_KEYS),
    ),
    Generated(
        "the model of an entry",
        lambda: {
            "apps/entry.schema.json": entry.schema(),
            "apps/README.md": part("apps/README.md", "keys", entry_table.text()),
        },
    ),
    Generated("the identity layer's roles and grants", lambda: {"identity/ACCESS.md": identity_access.text()}),
    Generated("the Roles in the cluster", lambda: {"platform/ACCESS.md": platform_access.text()}),
    Generated("the rules of pack, plan gate and audit", _rules),
    Generated("the model of access", lambda: {_path(access_schema.FILE): access_schema.schema()}),
    Generated("the model of history", lambda: {_path(history_schema.FILE): history_schema.text()}),
    Generated("the layers", lambda: {_path(architecture.FILE): architecture.text()}),
)


def _path(file: Path) -> str:
    return str(file.relative_to(CHECKOUT))


def findings() -> Iterator[str]:
    """Files that are out of date, one finding for each source."""
    for generated in GENERATED:
        try:
            stale = list(_stale(generated))
        except ToolError as error:
            yield str(error)
            continue
        if stale:
            yield f"{', '.join(stale)}: out of date with {generated.source}; `make docs` writes it"


def write() -> Iterator[str]:
    """Write the files that are out of date, and yield their paths."""
    for generated in GENERATED:
        for path, text in _stale(generated).items():
            (CHECKOUT / path).write_text(text, encoding="utf-8")
            yield path


def _stale(generated: Generated) -> dict[str, str]:
    return {path: text for path, text in generated.texts().items() if _read(path) != text}


def _read(path: str) -> str:
    file = CHECKOUT / path
    return file.read_text("utf-8") if file.is_file() else ""


def main(arguments: list[str]) -> int:
    """Write the files, or with `--check` only compare them; return the exit code."""
    try:
        if "--check" in arguments:
            outdated = list(findings())
            print("\n".join(outdated))
            return 1 if outdated else 0
        written = list(write())
    except ToolError as error:
        say(f"error: {error}")
        return error.exit_code
    say("\n".join(f"written: {path}" for path in written) or "everything is as code and stack files say")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
