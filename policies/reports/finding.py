"""One finding, and a run of which it is: what all formats are made from."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from policy_pack.rule import Policy


class Level(StrEnum):
    """What follows from a finding."""

    VIOLATION = "violation"
    ADVISORY = "advisory"
    ACCEPTED = "accepted"


@dataclass(frozen=True)
class Location:
    """A line in the repository.

    Attributes:
        file: path from the top of the repository, with slashes.
        line: from 1.
    """

    file: str
    line: int


@dataclass(frozen=True)
class Finding:
    """What a rule found.

    Attributes:
        policy: the rule.
        level: what follows from it.
        message: what is wrong and what to do.
        urn: of the resource; empty for the whole.
        accepted: by whom, until when and why, for one that is accepted.
        location: where the resource is made.
        hops: for a chain of reasons, each of them.
    """

    policy: Policy
    level: Level
    message: str
    urn: str = ""
    accepted: str = ""
    location: Location | None = None
    hops: tuple[str, ...] = ()


@dataclass(frozen=True)
class Run:
    """What one run judged.

    Attributes:
        tool: what judged: "plan gate", "audit".
        subject: what was judged: a stack, an environment.
        policies: every rule that was applied, found or not.
        findings: what they found.
        summary: Markdown above the findings.
    """

    tool: str
    subject: str
    policies: Sequence[Policy]
    findings: Sequence[Finding]
    summary: str = ""

    @property
    def violations(self) -> list[Finding]:
        """Those that make the run fail."""
        return [finding for finding in self.findings if finding.level is Level.VIOLATION]
