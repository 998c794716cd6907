"""Figures of the judges on the labelled plans: recall, false refusals, and how much a judge knows of the types.

A judge that orders plans by risk is asked at each level from which it could refuse, because its users choose one.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cli.environment import stripped
from lab.judges import process
from lab.plans.case import DANGERS, EVERYDAY, Case
from lab.plans.cases import cases
from lab.plans.judging import Judged, judge
from lab.plans.store import read
from lab.plans.terraform import document
from lab.readers.protocol import Document
from toolchain import environments
from toolchain.environments import CHECKOUT

_TESTS = CHECKOUT / "tests"
# A contract is published by replacing the version of a secret, which no other judge can know to be harmless.
_VERSION = "google_secret_manager_secret_version"


@dataclass(frozen=True)
class Reader:
    """Judge that reads Terraform's plans.

    Attributes:
        name: its package.
        levels: its answers, ascending.
        refusing: answers from which it could refuse, each with the reason why.
    """

    name: str
    levels: tuple[str, ...]
    refusing: Mapping[str, str]

    def judge(self, documents: Sequence[Document]) -> tuple[list[str], float]:
        """Return the level of each plan, and the processor seconds that all of them took.

        Raises:
            ToolError: the judge failed.
        """
        environments.ensure([environments.JUDGES])
        command = [str(environments.python(environments.JUDGES)), "-m", f"lab.readers.{self.name}"]
        env = {**stripped(), "PYTHONPATH": str(_TESTS), "PATH": os.defpath}
        answer = json.loads(process.run(command, _TESTS, env, json.dumps(documents)).output)
        return list(map(str, answer["levels"])), float(answer["seconds"])

    def refuses(self, level: str, least: str) -> bool:
        """Return whether an answer is at or above the least one that is refused."""
        return self.levels.index(level) >= self.levels.index(least)


READERS = (
    Reader(
        "readtheplan",
        ("safe", "review", "dangerous", "irreversible"),
        {"dangerous": "as its documents advise", "review": "the next lower one", "irreversible": "the highest one"},
    ),
    Reader(
        "preapply",
        ("AUTO_APPROVE", "REQUIRE_PEER_REVIEW", "REQUIRE_APPROVAL", "SOFT_BLOCK", "HARD_BLOCK"),
        {
            "REQUIRE_APPROVAL": "its lowest one that asks for a senior engineer",
            "REQUIRE_PEER_REVIEW": "the next lower one",
            "SOFT_BLOCK": "its lowest one that blocks",
        },
    ),
)


@dataclass(frozen=True)
class Figures:
    """Verdicts of a judge on the plans, summed up.

    Attributes:
        judge: its name.
        refuses: from which answer it refuses, and why.
        refused: names of the cases that it refuses.
        by_type: cases whose answer is another one when the types of the resources have names that nobody knows.
        seconds: for 1,000 resources.
    """

    judge: str
    refuses: str
    refused: frozenset[str]
    by_type: int | None
    seconds: float

    def recall(self, of: Sequence[Case]) -> float:
        """Return the share of dangerous plans that are refused."""
        return _share([case.name in self.refused for case in of if case.is_dangerous])

    def false(self, of: Sequence[Case]) -> float:
        """Return the share of everyday plans that are refused."""
        return _share([case.name in self.refused for case in of if not case.is_dangerous])


def compared(judged: Sequence[Judged] = ()) -> list[Figures]:
    """Return the figures of gate and pack, and of each reader at each level.

    Args:
        judged: the verdicts of gate and pack, if they are there already.
    """
    of = cases()
    verdicts = judged or [judge(case) for case in of]
    documents = [document(read(case)) for case in of]
    refused = frozenset(one.case.name for one in verdicts if not one.verdict.passed)
    resources = sum(len(one["resource_changes"]) for one in documents)
    own = sum(one.seconds for one in verdicts) / resources * 1000
    figures = [Figures("gate and pack", "what the rules refuse", refused, None, own)]
    nameless = [anonymous(one) for one in documents]
    without = [_without_versions(one) for one in documents]
    for reader in READERS:
        levels, seconds = reader.judge(documents)
        others, _ = reader.judge(nameless)
        differ = sum(level != other for level, other in zip(levels, others, strict=True))
        asked = [(levels, least, why) for least, why in reader.refusing.items()]
        asked.insert(1, (reader.judge(without)[0], next(iter(reader.refusing)), "not shown the contracts' versions"))
        figures += [
            Figures(
                reader.name,
                f"`{least}`, {why}",
                frozenset(case.name for case, level in zip(of, answers, strict=True) if reader.refuses(level, least)),
                differ,
                seconds / resources * 1000,
            )
            for answers, least, why in asked
        ]
    return figures


def _without_versions(plan: Document) -> Document:
    return {**plan, "resource_changes": [one for one in plan["resource_changes"] if one["type"] != _VERSION]}


def anonymous(plan: Document) -> Document:
    """Return a plan in which every type has a name that no judge can know; nothing else changes."""
    types = dict.fromkeys(change["type"] for change in plan["resource_changes"])
    names = {kind: f"unheard_of{number}" for number, kind in enumerate(types)}

    def address(text: str) -> str:
        kind, dot, rest = text.partition(".")
        return f"{names.get(kind, kind)}{dot}{rest}"

    def labels(one: Document) -> Document:
        return {**one, "address": address(one["address"]), "type": names[one["type"]]}

    def configured(one: Document) -> Document:
        expressions = {
            name: {"references": list(map(address, value["references"]))} for name, value in one["expressions"].items()
        }
        return {**labels(one), "expressions": expressions}

    resources = plan["configuration"]["root_module"]["resources"]
    return {
        **plan,
        "resource_changes": list(map(labels, plan["resource_changes"])),
        "configuration": {"root_module": {"resources": list(map(configured, resources))}},
    }


COLUMNS = ("judge", "refuses from", "recall", "false refusals", "answers that depend on types", "1,000 resources")
KINDS = (EVERYDAY, *DANGERS)


def rows(figures: Sequence[Figures]) -> Iterator[list[str]]:
    """Yield a row for each judge and level."""
    of = cases()
    for one in figures:
        by_type = "" if one.by_type is None else f"{one.by_type} of {len(of)}"
        yield [
            *(one.judge, one.refuses, f"{one.recall(of):.1%}", f"{one.false(of):.1%}"),
            *(by_type, f"{one.seconds:.2f} s"),
        ]


def by_kind(figures: Sequence[Figures]) -> Iterator[list[str]]:
    """Yield a row for each kind of change: how many plans each judge refuses at its first level."""
    of = cases()
    for label in KINDS:
        names = {case.name for case in of if case.label == label}
        yield [label, str(len(names)), *(str(len(names & one.refused)) for one in first(figures))]


def first(figures: Sequence[Figures]) -> list[Figures]:
    """Return the figures of each judge at the first of its levels."""
    return list({one.judge: one for one in reversed(figures)}.values())[::-1]


def _share(refused: Sequence[bool]) -> float:
    return sum(refused) / len(refused)
