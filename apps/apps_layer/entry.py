"""An app's entry: what its team declares once, in entries/<app>.yaml, for every environment.

`python -m apps_layer.entry` prints its JSON schema, which is published as entry.schema.json, so that an editor
completes and checks an entry. Keys are camelCase in YAML and snake_case in Python.
"""

import json
import re
import sys
from pathlib import Path
from typing import Annotated, Literal

import pulumi
import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

FOLDER = Path(__file__).resolve().parents[1] / "entries"


class EntryError(pulumi.RunError):
    """An app's entry cannot be used; the message lists every problem with its path in the file."""


def _matching(pattern: str, remedy: str) -> AfterValidator:
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(f"{value!r} is not valid: {remedy}.")
        return value

    return AfterValidator(check)


HttpPath = Annotated[str, _matching(r"/[A-Za-z0-9._~/-]*", "write a path such as /healthz")]
Cpu = Annotated[str, _matching(r"[1-9][0-9]*m?", "write CPU cores as in 1 or 250m")]
Memory = Annotated[str, _matching(r"[1-9][0-9]*(Mi|Gi)", "write memory as in 256Mi or 1Gi")]
Name = Annotated[str, _matching(r"[a-z][a-z0-9_-]{0,62}", "use lower case letters, digits, hyphens and underscores")]
VariableName = Annotated[str, _matching(r"[A-Z][A-Z0-9_]*", "write a variable's name in upper case, as in LOG_LEVEL")]


class Document(BaseModel):
    """A frozen mapping of the entry.

    Unknown keys are refused, since a misspelt key would silently do nothing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, strict=True)


class Resources(Document):
    """What each pod of the app reserves; memory is also its limit."""

    cpu: Cpu
    memory: Memory


class WebService(Document):
    """An app that answers HTTP."""

    kind: Literal["webService"]
    port: int = Field(ge=1024, le=65535, description="Where the app listens; ports below 1024 need privileges")
    health_path: HttpPath = Field(description="Answers 200 while the app can serve")
    resources: Resources
    database: Name | None = Field(default=None, description="A database that the platform's contract offers to the app")
    allow_from: list[Name] = Field(
        default_factory=list[str], description="Namespaces besides its own whose pods may call the app"
    )
    environment: dict[VariableName, str] = Field(
        default_factory=dict[str, str], description="Plain settings; never a secret"
    )


def load(app: str, folder: Path = FOLDER) -> WebService:
    """The entry of an app.

    Raises:
        EntryError: there is none, it is not YAML, or it does not fit the model.
    """
    path = folder / f"{app}.yaml"
    shown = f"{folder.name}/{path.name}"
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = ", ".join(sorted(other.stem for other in folder.glob("*.yaml"))) or "none"
        raise EntryError(
            f"The app {app!r} has no entry {shown}, so there is nothing to deploy. Write it, or "
            "correct apps:app (entries: "
            f"{known})."
        ) from None
    except yaml.YAMLError as error:
        raise EntryError(f"{shown} is not YAML, so nothing was planned or changed: {error}") from None
    try:
        return WebService.model_validate(document)
    except ValidationError as error:
        listed = "\n".join(f"  - {_path(item['loc'])}: {item['msg']}" for item in error.errors())
        raise EntryError(
            f"{shown} cannot be used; nothing was planned or changed. Its schema is entry.schema.json.\n{listed}"
        ) from None


def _path(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location if part != "[key]") or "(whole file)"


def schema() -> str:
    """The JSON schema of an entry as published."""
    document = WebService.model_json_schema(by_alias=True)
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **document}, indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema())
