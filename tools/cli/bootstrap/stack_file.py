"""Encryption settings of a stack file, and the other settings that the first run requires.

The engine rewrites a stack file in place; this module replaces its lines in a copy that replaces the file atomically,
and all other lines, including comments, stay unchanged.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field

from cli import yaml_file
from cli.layout import Stack
from toolchain.environments import CHECKOUT
from toolchain.errors import ToolError
from toolchain.files import write_whole

_SETTINGS = re.compile(r"^(encryptionsalt|secretsprovider|encryptedkey):.*\n?", re.MULTILINE)
_SECURE = re.compile(r"^\s+(- )?secure:", re.MULTILINE)
_MODE = 0o644
_AUDIT_LOG = "identity:auditLog"


@dataclass(frozen=True)
class Encryption:
    """Encryption of a stack's secrets: the address of the KMS key, and the data key encrypted with it."""

    provider: str
    key: str


class _File(BaseModel):
    model_config = ConfigDict(extra="ignore")

    secretsprovider: str = ""
    encryptedkey: str = ""


class Organization(BaseModel):
    """The organisation of the project: its number, and constraints that the foundation leaves out."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str = ""
    without: tuple[str, ...] = ()


class _Config(BaseModel):
    model_config = ConfigDict(extra="ignore")

    number: str | None = Field(default=None, alias="identity:projectNumber")
    administrators: str | None = Field(default=None, alias="identity:administrators")
    organization: Organization = Field(default_factory=Organization, alias="identity:organization")
    domain: str = Field(default="", alias="identity:domain")
    break_glass: str = Field(default="", alias="identity:breakGlassGroup")
    owners: dict[str, str] = Field(default_factory=dict[str, str], alias="identity:owners")
    audit_log: dict[str, Any] = Field(default_factory=dict[str, Any], alias=_AUDIT_LOG)


class _IdentityFile(BaseModel):
    model_config = ConfigDict(extra="ignore")

    config: _Config


@dataclass(frozen=True)
class Claims:
    """Statements of the foundation's stack file that Google can confirm.

    Attributes:
        number: number of the project.
        administrators: the group that changes the foundation.
        organization: the organisation's number; empty for none.
        domain: the domain of its directory; empty where the stack file lacks it.
        groups: the groups that the foundation names, with their keys.
        without: constraints of organisation policies that the foundation leaves out.
        is_locked: whether the retention of the audit log is to be locked, which nobody can undo.
    """

    number: str
    administrators: str
    organization: str
    domain: str = ""
    groups: Mapping[str, str] = field(default_factory=dict[str, str])
    without: tuple[str, ...] = ()
    is_locked: bool = False


def claims(stack: Stack) -> Claims:
    """Claims of a stack file of the foundation; its program checks them again when it runs.

    Raises `ToolError` when a setting is missing.
    """
    shown = stack.file.relative_to(CHECKOUT)
    config = yaml_file.load(stack.file, _IdentityFile.model_validate, "nothing was started").config
    if not config.number or not config.administrators:
        missing = "identity:projectNumber" if not config.number else "identity:administrators"
        raise ToolError(
            f"{shown} does not set {missing}, so nothing was started. Add it under config; identity/README.md explains "
            "every key."
        )
    groups = {config.administrators: "identity:administrators", config.break_glass: "identity:breakGlassGroup"}
    groups |= {group: f"identity:owners.{name}" for name, group in config.owners.items()}
    return Claims(
        config.number,
        config.administrators,
        config.organization.id,
        config.domain,
        {group: key for group, key in groups.items() if group},
        config.organization.without,
        config.audit_log.get("locked") is True,
    )


def encryption(stack: Stack) -> Encryption | None:
    """Encryption that a stack file names; None when it names no KMS key."""
    content = yaml_file.load(stack.file, lambda written: _File.model_validate(written or {}), "nothing was started")
    if not content.secretsprovider or not content.encryptedkey:
        return None
    return Encryption(content.secretsprovider, content.encryptedkey)


def without_encryption(stack: Stack) -> str:
    """Text of the stack file for a state with a passphrase of its own.

    Raises `ToolError` when it holds encrypted values, whose key cannot be the key of that state.
    """
    content = stack.file.read_text(encoding="utf-8")
    if _SECURE.search(content):
        raise ToolError(
            f"{stack.file.relative_to(CHECKOUT)} holds encrypted values (`secure:`), whose key does not exist in this "
            "project yet, so nothing was started. Remove them, and set them again with `pulumi config set --secret` "
            "when the first run is done."
        )
    return _SETTINGS.sub("", content)


def without_lock(stack: Stack) -> str:
    """Text of the stack file for the first apply, which leaves the audit log unlocked, so that a mistake is no loss."""
    content: dict[str, dict[str, Any]] = yaml_file.parse(
        without_encryption(stack), stack.file.name, "nothing was started"
    )
    log: dict[str, Any] = content["config"].get(_AUDIT_LOG) or {}
    content["config"][_AUDIT_LOG] = {**log, "locked": False}
    return yaml.safe_dump(content, sort_keys=False)


def write(stack: Stack, expected: Encryption) -> bool:
    """Write the key into the stack file; return whether the file changed.

    Raises `ToolError` when it names another key than the state.
    """
    present = encryption(stack)
    if present == expected:
        return False
    if present:
        raise ToolError(
            f"{stack.file.relative_to(CHECKOUT)} and the state in {stack.backend()} name different keys, so one of "
            "them is not this stack's. Nothing was changed. Take both lines of the file from its last "
            "commit that was deployed, or remove both lines and run it again."
        )
    settings = f"secretsprovider: {expected.provider}\nencryptedkey: {expected.key}\n"
    content = without_encryption(stack)
    config = re.search(r"^config:", content, re.MULTILINE)
    at = config.start() if config else len(content)
    write_whole(stack.file, content[:at] + settings + content[at:], _MODE)
    return True
