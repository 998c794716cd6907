"""Findings of policies, from the reports of runs (SARIF), and accepted findings, from security's lists."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, TypeAdapter

from cli import yaml_file
from cli.github import waiver_expiry
from toolchain.errors import ToolError

_LEVELS = {"error": "violation", "warning": "advisory", "note": "accepted"}
# Lowest score of each severity in the reports; code scanning derives the severity from the score.
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
class Finding:
    """A finding of a rule; `level` is violation, advisory or accepted, `edges` an escalation path."""

    rule: str
    level: str
    subject: str
    message: str
    place: str
    accepted: str
    edges: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """One policy run: the tool ("audit", "plan gate"), its subject, its rules and their findings."""

    tool: str
    subject: str
    rules: tuple[Rule, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Accepted:
    """A waiver, exception or accepted drift; `days` counts the days until its last day, negative when it is over."""

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
    path: str = ""
    resource: Any = ""
    reason: str = ""
    owner: str
    expires: date


_ENTRIES = TypeAdapter(list[_Entry])


def reports(files: Iterable[Path]) -> list[Report]:
    """Read the runs of SARIF files, one per file.

    Raises `ToolError` for a file that is no such report.
    """
    return [_report(file) for file in files]


def _report(file: Path) -> Report:
    try:
        run: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))["runs"][0]
        driver = run["tool"]["driver"]
        subject = str(run["automationDetails"]["id"]).strip("/").partition("/")[2]
        rules = tuple(map(_rule, driver["rules"]))
        results = tuple(_finding(result, subject) for result in run["results"])
        return Report(str(driver["name"]).removeprefix("prodfirst "), subject, rules, results)
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise ToolError(
            f"{file} cannot be read as a report ({type(error).__name__}), so findings would be missing, and no portal "
            "was written. Make it again with REPORT=folder, or take it out of the folder."
        ) from None


def _rule(rule: dict[str, Any]) -> Rule:
    score = float(rule["properties"]["security-severity"])
    about = str(rule["fullDescription"]["text"])
    remedy = str(rule["help"]["text"]).removeprefix(about).strip()
    return Rule(
        name=str(rule["id"]),
        about=about,
        severity=next(name for least, name in _SEVERITIES if score >= least),
        url=str(rule.get("helpUri", "")),
        remedy=remedy.partition("\n\nReferences: ")[0],
    )


def _finding(result: dict[str, Any], subject: str) -> Finding:
    place = result["locations"][0].get("physicalLocation", {})
    line = place.get("region", {}).get("startLine", "")
    file = place.get("artifactLocation", {}).get("uri", "")
    flows = cast("list[dict[str, Any]]", result.get("codeFlows") or [])
    locations = cast("list[dict[str, Any]]", flows[0]["threadFlows"][0]["locations"] if flows else [])
    edges = [str(location["location"]["message"]["text"]) for location in locations]
    suppressed = cast("list[dict[str, Any]]", result.get("suppressions") or [])
    accepted = [str(suppression.get("justification", "")) for suppression in suppressed]
    return Finding(
        rule=str(result["ruleId"]),
        level=_LEVELS[result["level"]],
        subject=subject,
        message=str(result["message"]["text"]),
        place=f"{file}:{line}" if file else "",
        accepted="; ".join(accepted),
        edges=tuple(edges),
    )


def accepted(policies: Path, today: date) -> list[Accepted]:
    """Read all waivers and exceptions, the soonest to end first.

    Raises `ToolError` when a list cannot be read.
    """
    entries = [entry for name, key in waiver_expiry.FILES.items() for entry in _entries(policies / name, key, today)]
    return sorted(entries, key=lambda entry: (entry.expires, entry.what))


def _entries(file: Path, key: str, today: date) -> list[Accepted]:
    consequence = "what it accepts cannot be shown"
    entries = yaml_file.load(file, lambda content: _ENTRIES.validate_python(content or []), consequence, part=key)
    return [
        Accepted(
            file=f"policies/{file.name}",
            what=entry.policy or entry.operation or f"drift of {entry.path}",
            resource=_resource(entry.resource),
            reason=entry.reason,
            owner=entry.owner,
            expires=entry.expires.isoformat(),
            days=(entry.expires - today).days,
        )
        for entry in entries
    ]


def _resource(resource: Any) -> str:
    if isinstance(resource, dict):
        return " ".join(str(value) for value in cast("dict[str, Any]", resource).values())
    return str(resource)
