"""Facts that are an environment's own: its project, number, domain and groups, as the foundation's stack file states.

The file is the one statement of them, and administrators alone deploy it. A program's own word (its provider's
project) decides nothing.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel, ConfigDict

from engine import data
from engine.inputs import at

PACK = Path(__file__).resolve().parents[1]
# A published pack has a copy of the files beside its rules; in a checkout the layer's folder counts.
ROOT = PACK.parent if (PACK.parent / "identity").is_dir() else PACK
# Names of facts, as patterns use them in braces, to the keys of the stack file.
_KEYS: Mapping[str, tuple[str, str]] = {
    "project": ("gcp:project", ""),
    "region": ("gcp:region", ""),
    "number": ("identity:projectNumber", ""),
    "domain": ("identity:domain", ""),
    "administrators": ("identity:administrators", ""),
    "alerts": ("identity:alerts", ""),
    "break_glass": ("identity:breakGlassGroup", ""),
    "organization": ("identity:organization", "id"),
    "customer": ("identity:organization", "customerId"),
    "without": ("identity:organization", "without"),
    "repository": ("identity:github", "repositoryId"),
    "owner": ("identity:github", "ownerId"),
    "branch": ("identity:github", "branch"),
}
_DEFAULTS = {"branch": "main"}
_NAME = re.compile(r"[a-z][a-z0-9-]*")

Own = Mapping[str, str]


class _StackFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    config: dict[str, Any]


@cache
def of_environment(environment: str, root: Path = ROOT) -> Own:
    """Return an environment's facts by name; none for an environment without a foundation's stack file.

    Raises:
        engine.data.DataError: the file cannot be read.
    """
    file = root / "identity" / f"Pulumi.foundation-{environment}.yaml"
    if not _NAME.fullmatch(environment) or not file.is_file():
        return {}
    settings = data.load(file, _StackFile).config
    values = {name: at(settings.get(key), part) if part else settings.get(key) for name, (key, part) in _KEYS.items()}
    return _DEFAULTS | {name: _text(value) for name, value in values.items() if value not in (None, "", [])}


def _text(value: object) -> str:
    """Return a fact as a text; the parts of a list with blanks between them."""
    return " ".join(map(str, cast("list[object]", value))) if isinstance(value, list) else str(value)
