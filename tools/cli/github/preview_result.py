"""Result of the preview of one stack for the job that writes the comment: a small document, passed as an artifact.

The preview runs a proposed program, so the writer of the comment does not trust the document: only this model reads it,
with limits, and it is shown as text.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from cli.drifted.drifted_property import DriftedProperty
from cli.layout import order
from toolchain.errors import ToolError

_BYTES = 4 * 1024 * 1024
_PARTS = 3000

Line = Annotated[str, Field(max_length=4000)]
Name = Annotated[str, Field(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9/_-]{0,80}$")]


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)


class PolicyResult(_Document):
    """Finding of a policy."""

    level: Literal["violation", "advisory", "accepted"]
    policy: Line
    message: Line


class Cost(_Document):
    """US dollars a month, before and after; `unpriced` counts resources without a price."""

    before: float
    after: float
    unpriced: int = 0


class OtherVerdict(_Document):
    """Verdict of the other set of policies, where a proposal changes them.

    Attributes:
        title: whose policies they are.
        passed: whether preview, policies and plan gate passed.
        policies: violations, a line each.
        sections: output of the plan gate by heading.
    """

    title: Line
    passed: bool
    policies: list[Line] = Field(default_factory=list[Line], max_length=2000)
    sections: dict[Line, list[Line]] = Field(default_factory=dict[Line, list[Line]])


class PreviewResult(_Document):
    """Result of the preview of one stack.

    Attributes:
        stack: `identity`, `apps/storefront`.
        environment: `dev`.
        passed: whether preview, policies and plan gate passed.
        counts: number of resources by operation.
        sections: output of the plan gate by heading: contract, access, irreversible operations, refusals.
        policies: findings of the policies.
        plan: output of the preview.
        error: the reason why there is no plan.
        cost: estimated cost.
        other: verdict of the other set of policies, if the proposal has one.
        drift: drifted properties that a deployment would put back, without their values.
    """

    stack: Name
    environment: Name
    passed: bool
    counts: dict[Name, int] = Field(default_factory=dict[Name, int])
    sections: dict[Line, list[Line]] = Field(default_factory=dict[Line, list[Line]])
    policies: list[PolicyResult] = Field(default_factory=list[PolicyResult], max_length=2000)
    plan: str = Field(default="", max_length=_BYTES)
    error: str = Field(default="", max_length=_BYTES)
    cost: Cost | None = None
    other: OtherVerdict | None = None
    drift: list[DriftedProperty] = Field(default_factory=list[DriftedProperty], max_length=1000)

    @property
    def title(self) -> str:
        """`apps/storefront (dev)`."""
        return f"{self.stack} ({self.environment})"

    @property
    def is_changed(self) -> bool:
        """True when the plan changes resources."""
        return any(count for operation, count in self.counts.items() if operation not in ("same", "read"))

    def write(self, folder: Path) -> Path:
        """Write the document into a folder, which is made if absent."""
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{self.stack.replace('/', '-')}-{self.environment}.part.json"
        file.write_text(self.model_dump_json(by_alias=True, exclude_none=True), encoding="utf-8")
        return file


def read(folder: Path) -> tuple[list[PreviewResult], list[str]]:
    """Read every result below a folder, in the order of the layers, and report files that are invalid.

    Raises `ToolError` when there are more results than a pull request can have.
    """
    files = sorted(file for file in folder.rglob("*.part.json") if file.is_file() and not file.is_symlink())
    if len(files) > _PARTS:
        raise ToolError(f"there are {len(files)} parts, more than the {_PARTS} that a comment is made of.")
    parts: list[PreviewResult] = []
    problems: list[str] = []
    for file in files:
        if file.stat().st_size > _BYTES:
            problems.append(f"{file.name}: it is too large")
            continue
        try:
            parts.append(PreviewResult.model_validate_json(file.read_bytes()))
        except ValidationError:
            problems.append(f"{file.name}: it is not of the form of a part")
    return sorted(parts, key=lambda part: (part.environment, order(part.stack), part.stack)), problems
