"""Facts that are an environment's own: its project, number, domain and groups, as the foundation's stack file states.

The file is the one statement of them, and administrators alone deploy it. A program's own word (its provider's
project) decides nothing.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from engine.inputs import at

ROOT = Path(__file__).resolve().parents[2]
# Names of facts, as patterns use them in braces, to the keys of the stack file.
_KEYS: Mapping[str, tuple[str, str]] = {
    "project": ("gcp:project", ""),
    "region": ("gcp:region", ""),
    "number": ("identity:projectNumber", ""),
    "domain": ("identity:domain", ""),
    "alerts": ("identity:alerts", ""),
    "break_glass": ("identity:breakGlassGroup", ""),
    "organization": ("identity:organization", "id"),
    "customer": ("identity:organization", "customerId"),
    "repository": ("identity:github", "repositoryId"),
    "owner": ("identity:github", "ownerId"),
    "branch": ("identity:github", "branch"),
}
_DEFAULTS = {"branch": "main"}
_NAME = re.compile(r"[a-z][a-z0-9-]*")

Own = Mapping[str, str]


@cache
def of_environment(environment: str, root: Path = ROOT) -> Own:
    """Return an environment's facts by name; none for an environment without a foundation's stack file."""
    file = root / "identity" / f"Pulumi.foundation-{environment}.yaml"
    if not _NAME.fullmatch(environment) or not file.is_file():
        return {}
    settings = yaml.safe_load(file.read_text(encoding="utf-8"))
    facts: dict[str, str] = dict(_DEFAULTS)
    for name, (key, part) in _KEYS.items():
        value: Any = at(settings, "config")
        value = value.get(key) if isinstance(value, dict) else None
        value = at(value, part) if part else value
        if isinstance(value, str | int) and value != "":
            facts[name] = str(value)
    return facts
