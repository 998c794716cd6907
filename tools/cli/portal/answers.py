"""Everything that the portal shows of one environment, gathered in one place before a page is written."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from cli.cost import Estimate, Prices
from cli.github.preview_result import PreviewResult
from cli.history.model import Entry, History
from cli.layout import LAYERS
from cli.portal.contracts import Contract
from cli.portal.findings import Accepted, Found, Report, Rule
from cli.portal.held import Held, Resource

# A waiver or exception that ends within so many days is shown as ending soon, as the weekly announcement does.
SOON = 14
# For so many days a change by hand needs attention.
LATELY = 7
_RANKS = {"critical": 0, "high": 1, "medium": 2, "low": 3}


@dataclass(frozen=True)
class Drift:
    """What a look at one stack as it is showed, and when that was (UTC)."""

    part: PreviewResult
    looked: str

    @property
    def result(self) -> str:
        """In a word or two."""
        if self.part.error:
            return "could not be looked at"
        return "differs" if self.part.is_changed else "no difference"

    @property
    def text(self) -> str:
        """What the preview printed, but for where on this machine the policy pack is."""
        return self.part.error or self.part.plan.partition("Policy Packs run:")[0].rstrip()

    @property
    def counts(self) -> str:
        """How many resources would be created, updated, …"""
        return ", ".join(
            f"{count} to {name}" for name, count in self.part.counts.items() if count and name not in ("same", "read")
        )


@dataclass(frozen=True)
class Outcome:
    """A rule, by whom it was applied to how many subjects, and what it found."""

    rule: Rule
    tools: str
    subjects: int
    found: tuple[Found, ...]

    @property
    def counts(self) -> Counter[str]:
        """Findings by level."""
        return Counter(each.level for each in self.found)

    @property
    def result(self) -> str:
        """The worst that was found."""
        return next((level for level in ("violation", "advisory", "accepted") if self.counts[level]), "passed")


@dataclass(frozen=True)
class Answers:
    """All of it.

    Attributes:
        environment: `sandbox`, `dev`, `prod`.
        project: the Google Cloud project.
        made: when.
        held: the stacks, in the order of the layers.
        contracts: between the layers.
        reports: runs of the policies.
        accepted: waivers and exceptions.
        drift: by the stack's title; stacks that were not looked at are not in it.
        estimates: what the stacks cost, by title.
        prices: the table behind them.
        access: rows of effective access (policies/access/listing.py).
        history: what happened lately.
    """

    environment: str
    project: str
    made: datetime
    held: Sequence[Held]
    contracts: Sequence[Contract]
    reports: Sequence[Report]
    accepted: Sequence[Accepted]
    drift: Mapping[str, Drift]
    estimates: Mapping[str, Estimate]
    prices: Prices
    access: Mapping[str, Any]
    history: History

    @cached_property
    def resources(self) -> list[Resource]:
        """Of all stacks."""
        return [each for held in self.held for each in held.resources]

    @property
    def layers(self) -> list[str]:
        """Those that have a stack."""
        present = {held.stack.project for held in self.held}
        return [layer for layer in LAYERS if layer in present]

    @cached_property
    def outcomes(self) -> list[Outcome]:
        """Every rule that was applied: those that found something first, then by severity."""
        rules: dict[str, Rule] = {}
        tools: defaultdict[str, set[str]] = defaultdict(set)
        subjects: Counter[str] = Counter()
        found: defaultdict[str, list[Found]] = defaultdict(list)
        for report in self.reports:
            for rule in report.rules:
                rules[rule.name] = rule
                tools[rule.name].add(report.tool)
                subjects[rule.name] += 1
            for each in report.found:
                found[each.rule].append(each)
        made = [
            Outcome(rule, ", ".join(sorted(tools[name])), subjects[name], tuple(found[name]))
            for name, rule in rules.items()
        ]
        order = ("violation", "advisory", "accepted", "passed")
        return sorted(made, key=lambda each: (order.index(each.result), _RANKS[each.rule.severity], each.rule.name))

    @property
    def findings(self) -> Counter[str]:
        """By level, over all rules."""
        return sum((each.counts for each in self.outcomes), Counter[str]())

    @property
    def ending(self) -> list[Accepted]:
        """Waivers and exceptions that end soon or are over."""
        return [each for each in self.accepted if each.days <= SOON]

    @property
    def drifted(self) -> list[Drift]:
        """Stacks that differ, or could not be looked at."""
        return [each for each in self.drift.values() if each.part.error or each.part.is_changed]

    @property
    def by_hand(self) -> list[Entry]:
        """What people changed by hand in the last days, the newest first."""
        since = self.made - timedelta(days=LATELY)
        return [
            each
            for each in self.history.entries
            if each.origin == "person" and each.outcome == "done" and each.time >= since
        ]

    @property
    def cost(self) -> float:
        """US dollars a month."""
        return sum(each.before for each in self.estimates.values())

    def found_in(self, title: str) -> int:
        """Violations of a stack, by reports about it alone."""
        return sum(
            each.level == "violation" for report in self.reports if report.subject == title for each in report.found
        )
