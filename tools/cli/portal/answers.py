"""Everything that the portal shows of one environment, gathered in one place before a page is written."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from cli import contracts
from cli.cost import Estimate, Prices
from cli.github.preview_result import PreviewResult
from cli.history.model import Entry, History
from cli.layout import LAYERS
from cli.limits import Usage
from cli.portal.contracts import Contract
from cli.portal.findings import Accepted, Finding, Report, Rule
from cli.portal.stack_states import Resource, StackState

# Days before its end in which a waiver or exception is shown as ending soon, as in the weekly announcement.
SOON = 14
# Days for which an out-of-band change needs attention.
LATELY = 7
_RANKS = {"critical": 0, "high": 1, "medium": 2, "low": 3}


@dataclass(frozen=True)
class Drift:
    """Result of one drift check of a stack, with its time in UTC."""

    part: PreviewResult
    checked: str

    @property
    def result(self) -> str:
        """The result in a word or two."""
        if self.part.error:
            return "could not be looked at"
        return "differs" if self.part.is_changed else "no difference"

    @property
    def text(self) -> str:
        """Output of the preview, without the path of the policy pack on this machine."""
        return self.part.error or self.part.plan.partition("Policy Packs run:")[0].rstrip()

    @property
    def counts(self) -> str:
        """Numbers of resources by operation, without unchanged and read ones."""
        return ", ".join(
            f"{count} to {name}" for name, count in self.part.counts.items() if count and name not in ("same", "read")
        )


@dataclass(frozen=True)
class Outcome:
    """Outcome of a rule: the tools that applied it, the number of subjects, and the findings."""

    rule: Rule
    tools: str
    subjects: int
    findings: tuple[Finding, ...]

    @property
    def counts(self) -> Counter[str]:
        """Findings by level."""
        return Counter(finding.level for finding in self.findings)

    @property
    def result(self) -> str:
        """The worst level of the findings; `passed` without findings."""
        return next((level for level in ("violation", "advisory", "accepted") if self.counts[level]), "passed")


@dataclass(frozen=True)
class Answers:
    """All content of the portal.

    Attributes:
        environment: `sandbox`, `dev`, `prod`.
        project: the Google Cloud project.
        made: the time at which the answers were gathered.
        states: the states of the stacks, in the order of the layers.
        contracts: the contracts between the layers.
        reports: the reports of policy runs.
        accepted: waivers and exceptions.
        drift: results of drift checks by the stack's title; without the stacks that were not checked.
        estimates: estimated costs by the stack's title.
        prices: the prices of the estimates.
        access: rows of effective access (policies/access/listing.py).
        history: recent updates and entries of the audit log.
        limits: use of Google's limits on the project.
    """

    environment: str
    project: str
    made: datetime
    states: Sequence[StackState]
    contracts: Sequence[Contract]
    reports: Sequence[Report]
    accepted: Sequence[Accepted]
    drift: Mapping[str, Drift]
    estimates: Mapping[str, Estimate]
    prices: Prices
    access: Mapping[str, Any]
    history: History
    limits: Sequence[Usage]

    @cached_property
    def resources(self) -> list[Resource]:
        """Resources of all stacks."""
        return [resource for state in self.states for resource in state.resources]

    @property
    def layers(self) -> list[str]:
        """Layers that have a stack."""
        present = {state.stack.project for state in self.states}
        return [layer for layer in LAYERS if layer in present]

    @property
    def programs(self) -> list[str]:
        """Programs that have a stack, in the order of their deployment."""
        present = {state.stack.program for state in self.states}
        return sorted(present, key=lambda program: (contracts.wave(program), program))

    @cached_property
    def outcomes(self) -> list[Outcome]:
        """Outcomes of all rules that were applied: rules with findings first, then by severity."""
        rules: dict[str, Rule] = {}
        tools: defaultdict[str, set[str]] = defaultdict(set)
        subjects: Counter[str] = Counter()
        findings: defaultdict[str, list[Finding]] = defaultdict(list)
        for report in self.reports:
            for rule in report.rules:
                rules[rule.name] = rule
                tools[rule.name].add(report.tool)
                subjects[rule.name] += 1
            for finding in report.findings:
                findings[finding.rule].append(finding)
        outcomes = [
            Outcome(rule, ", ".join(sorted(tools[name])), subjects[name], tuple(findings[name]))
            for name, rule in rules.items()
        ]
        order = ("violation", "advisory", "accepted", "passed")
        return sorted(
            outcomes,
            key=lambda outcome: (order.index(outcome.result), _RANKS[outcome.rule.severity], outcome.rule.name),
        )

    @property
    def findings(self) -> Counter[str]:
        """Numbers of findings by level, over all rules."""
        return sum((outcome.counts for outcome in self.outcomes), Counter[str]())

    @property
    def ending(self) -> list[Accepted]:
        """Waivers and exceptions that end soon or are over."""
        return [accepted for accepted in self.accepted if accepted.days <= SOON]

    @property
    def drifted(self) -> list[Drift]:
        """Stacks that differ from the cloud, or could not be checked."""
        return [drift for drift in self.drift.values() if drift.part.error or drift.part.is_changed]

    @property
    def out_of_band(self) -> list[Entry]:
        """Out-of-band changes by people in the last days, the newest first."""
        since = self.made - timedelta(days=LATELY)
        return [
            entry
            for entry in self.history.entries
            if entry.origin == "person" and entry.outcome == "done" and entry.time >= since
        ]

    @property
    def cost(self) -> float:
        """Cost of the environment in US dollars a month."""
        return sum(estimate.before for estimate in self.estimates.values())

    def violations_in(self, title: str) -> int:
        """Number of violations of a stack, from reports about that stack alone."""
        return sum(
            finding.level == "violation"
            for report in self.reports
            if report.subject == title
            for finding in report.findings
        )
