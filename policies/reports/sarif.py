"""Static Analysis Results Interchange Format 2.1.0, as code scanning on GitHub reads it.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html,
https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support-for-code-scanning
"""

import hashlib
import json
from typing import Any

from engine.text import visible
from policy_pack.rule import Policy, Severity
from reports.finding import Finding, Level, Location, Run

Json = dict[str, Any]

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
# Scores by which GitHub sorts ("security-severity"): from 9 critical, from 7 high, from 4 medium.
_SCORES = {Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.5", Severity.LOW: "3.0"}
_LEVELS = {Level.VIOLATION: "error", Level.ADVISORY: "warning", Level.ACCEPTED: "note"}


def sarif(run: Run) -> str:
    """Return a run as a SARIF log."""
    indices = {policy.name: index for index, policy in enumerate(run.policies)}
    driver = {
        "name": f"prodfirst {run.tool}",
        "rules": [_rule(policy) for policy in run.policies],
    }
    log: Json = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "automationDetails": {"id": f"{run.tool.replace(' ', '-')}/{run.subject}/"},
                "columnKind": "unicodeCodePoints",
                "results": [_result(finding, indices) for finding in run.findings],
            }
        ],
    }
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _rule(policy: Policy) -> Json:
    references = f"\n\nReferences: {', '.join(policy.references)}" if policy.references else ""
    return {
        "id": policy.name,
        "name": "".join(part.capitalize() for part in policy.name.split("-")),
        "shortDescription": {"text": policy.description.split(". ")[0].rstrip(".") + "."},
        "fullDescription": {"text": policy.description},
        "help": {"text": f"{policy.description}\n\n{policy.remediation}{references}"},
        "helpUri": policy.url,
        "defaultConfiguration": {"level": "warning" if policy.advisory else "error"},
        "properties": {
            "tags": ["security", policy.domain, *policy.references],
            "precision": "very-high",
            "security-severity": _SCORES[policy.severity],
        },
    }


def _result(finding: Finding, indices: dict[str, int]) -> Json:
    fingerprint = hashlib.sha256(f"{finding.policy.name}\n{finding.urn}\n{_stable(finding)}".encode()).hexdigest()
    result: Json = {
        "ruleId": finding.policy.name,
        "ruleIndex": indices[finding.policy.name],
        "level": _LEVELS[finding.level],
        "message": {"text": visible(finding.message, kept="\n")},
        "locations": [_location(finding)],
        "partialFingerprints": {"finding/v1": fingerprint},
    }
    if finding.level is Level.ACCEPTED:
        result["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": visible(finding.accepted)}
        ]
    if finding.steps:
        steps = [{"location": {**_location(finding), "message": {"text": visible(step)}}} for step in finding.steps]
        result["codeFlows"] = [{"threadFlows": [{"locations": steps}]}]
    return result


def _stable(finding: Finding) -> str:
    """Return a message without its digits, so that a finding keeps its fingerprint when only numbers change."""
    return "".join(character for character in finding.message if not character.isdigit())


def _location(finding: Finding) -> Json:
    where = finding.location or Location("policies/README.md", 1)
    location: Json = {
        "physicalLocation": {
            "artifactLocation": {"uri": where.file, "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": where.line},
        }
    }
    if finding.urn:
        location["logicalLocations"] = [{"fullyQualifiedName": visible(finding.urn), "kind": "resource"}]
    return location
