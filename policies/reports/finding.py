"""Findings and runs: the model of all formats."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from policy_pack.rule import Policy


class Level(StrEnum):
    """Consequence of a finding."""

    VIOLATION = "violation"
    ADVISORY = "advisory"
    ACCEPTED = "accepted"


@dataclass(frozen=True)
class Location:
    """Line in the repository.

    Attributes:
        file: path from the top of the repository, with slashes.
        line: from 1.
    """

    file: str
    line: int


@dataclass(frozen=True)
class Finding:
    """Finding of a rule.

    Attributes:
        policy: the rule.
        level: its consequence.
        message: the fault and its remedy.
        urn: URN of the resource; empty for a finding about the whole subject.
        accepted: owner, end and reason of an accepted finding.
        location: line that declares the resource.
        steps: edges of an escalation path, in order.
    """

    policy: Policy
    level: Level
    message: str
    urn: str = ""
    accepted: str = ""
    location: Location | None = None
    steps: tuple[str, ...] = ()


@dataclass(frozen=True)
class Run:
    """Evaluation of one subject.

    Attributes:
        tool: evaluator: "plan gate", "audit".
        subject: a stack or an environment.
        policies: every rule that was applied, with findings or without.
        findings: the rules' findings.
        summary: Markdown above the findings.
    """

    tool: str
    subject: str
    policies: Sequence[Policy]
    findings: Sequence[Finding]
    summary: str = ""

    @property
    def violations(self) -> list[Finding]:
        """Findings that make the run fail."""
        return [finding for finding in self.findings if finding.level is Level.VIOLATION]
