"""What policies found, from the reports of runs (SARIF), and what is accepted for a while, from security's lists."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, cast

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from cli.github import waiver_expiry
from toolchain.errors import ToolError

_LEVELS = {"error": "violation", "warning": "advisory", "note": "accepted"}
# The scores that the reports give each severity, from which code scanning tells them apart.
_SEVERITIES = ((9.0, "critical"), (7.0, "high"), (4.0, "medium"), (0.0, "low"))


@dataclass(frozen=True)
class Rule:
    """A rule that was applied."""

    name: str
    about: str
    severity: str
    url: str
    remedy: str


@dataclass(frozen=True)
class Found:
    """What a rule found; `level` is violation, advisory or accepted."""

    rule: str
    level: str
    subject: str
    message: str
    place: str
    accepted: str
    hops: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """One run: what judged ("audit", "plan gate"), whom, with which rules, and what they found."""

    tool: str
    subject: str
    rules: tuple[Rule, ...]
    found: tuple[Found, ...]


@dataclass(frozen=True)
class Accepted:
    """An entry of a list of waivers or exceptions; `days` until its last day, negative when it is over."""

    file: str
    what: str
    resource: str
    reason: str
    owner: str
    expires: str
    days: int


class _Entry(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    policy: str = ""
    operation: str = ""
    resource: Any = ""
    reason: str = ""
    owner: str
    expires: date


_ENTRIES = TypeAdapter(list[_Entry])


def reports(files: Iterable[Path]) -> list[Report]:
    """The runs that SARIF files tell of, one for each.

    Raises `ToolError` for a file that is no such report.
    """
    return [_report(file) for file in files]


def _report(file: Path) -> Report:
    try:
        run: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))["runs"][0]
        driver = run["tool"]["driver"]
        subject = str(run["automationDetails"]["id"]).strip("/").partition("/")[2]
        rules = tuple(_rule(each) for each in driver["rules"])
        found = tuple(_found(each, subject) for each in run["results"])
        return Report(str(driver["name"]).removeprefix("prodfirst "), subject, rules, found)
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise ToolError(
            f"{file} cannot be read as a report ({type(error).__name__}), so findings would be missing, and no portal "
            "was written. Make it again with REPORT=folder, or take it out of the folder."
        ) from None


def _rule(told: dict[str, Any]) -> Rule:
    score = float(told["properties"]["security-severity"])
    remedy = str(told["help"]["text"]).removeprefix(str(told["fullDescription"]["text"])).strip()
    return Rule(
        name=str(told["id"]),
        about=str(told["fullDescription"]["text"]),
        severity=next(name for least, name in _SEVERITIES if score >= least),
        url=str(told.get("helpUri", "")),
        remedy=remedy.partition("\n\nReferences: ")[0],
    )


def _found(told: dict[str, Any], subject: str) -> Found:
    place = told["locations"][0].get("physicalLocation", {})
    line = place.get("region", {}).get("startLine", "")
    file = place.get("artifactLocation", {}).get("uri", "")
    flows = cast("list[dict[str, Any]]", told.get("codeFlows") or [])
    locations = cast("list[dict[str, Any]]", flows[0]["threadFlows"][0]["locations"] if flows else [])
    hops = [str(each["location"]["message"]["text"]) for each in locations]
    suppressed = cast("list[dict[str, Any]]", told.get("suppressions") or [])
    accepted = [str(each.get("justification", "")) for each in suppressed]
    return Found(
        rule=str(told["ruleId"]),
        level=_LEVELS[told["level"]],
        subject=subject,
        message=str(told["message"]["text"]),
        place=f"{file}:{line}" if file else "",
        accepted="; ".join(accepted),
        hops=tuple(hops),
    )


def accepted(policies: Path, today: date) -> list[Accepted]:
    """All waivers and exceptions, the soonest to end first.

    Raises `ToolError` when a list cannot be read.
    """
    found = [each for name, key in waiver_expiry.FILES.items() for each in _entries(policies / name, key, today)]
    return sorted(found, key=lambda each: (each.expires, each.what))


def _entries(file: Path, key: str, today: date) -> list[Accepted]:
    try:
        content = cast("dict[str, Any]", yaml.safe_load(file.read_text("utf-8")))
        entries = _ENTRIES.validate_python(content[key] or [])
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValidationError) as error:
        raise ToolError(f"{file.name} cannot be read, so what it accepts cannot be shown: {error}") from error
    return [
        Accepted(
            file=f"policies/{file.name}",
            what=each.policy or each.operation,
            resource=_named(each.resource),
            reason=each.reason,
            owner=each.owner,
            expires=each.expires.isoformat(),
            days=(each.expires - today).days,
        )
        for each in entries
    ]


def _named(resource: Any) -> str:
    if isinstance(resource, dict):
        return " ".join(str(value) for value in cast("dict[str, Any]", resource).values())
    return str(resource)
