"""Changes of a stack's configuration in a draft, one after the other, and what each of them did."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from cli.layout import Stack
from e2e.harness import Ran
from e2e.sandboxes import Draft
from sandbox.cloud.store import CallEntry

Config = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """A change of the configuration.

    Attributes:
        planned: how its preview ended.
        done: how `up` ended.
        before: the state before, by URN.
        after: the state after.
        calls: of the audit log, those by `up`.
    """

    planned: Ran
    done: Ran
    before: Mapping[str, Config]
    after: Mapping[str, Config]
    calls: list[CallEntry]

    @property
    def created(self) -> set[str]:
        """The URNs that are there only since."""
        return set(self.after) - set(self.before)

    @property
    def removed(self) -> set[str]:
        """The URNs that are no longer there."""
        return set(self.before) - set(self.after)

    @property
    def replaced(self) -> set[str]:
        """The URNs that stand for something else now."""
        return {urn for urn in set(self.before) & set(self.after) if self.before[urn]["id"] != self.after[urn]["id"]}


def file_of(draft: Draft, stack: Stack) -> Path:
    """The stack file in a draft's checkout."""
    return draft.sandbox.checkout / stack.project / f"Pulumi.{stack.name}.yaml"


def configuration(draft: Draft, stack: Stack) -> Config:
    """The stack's configuration in a draft's checkout."""
    return yaml.safe_load(file_of(draft, stack).read_text())


def configure(draft: Draft, stack: Stack, content: Config) -> None:
    """Write it."""
    file_of(draft, stack).write_text(yaml.safe_dump(content, sort_keys=False))


def choice(stack: Stack) -> tuple[str, ...]:
    """Options that choose the stack alone."""
    team = stack.of_team()
    return ("--owner", stack.owner(), *(("--team", team) if team else ()))


def resources(draft: Draft, stack: Stack) -> dict[str, Config]:
    """Resources on Google Cloud according to the stack's state, by URN; none while there is no state."""
    if draft.sandbox.state(stack) is None:
        return {}
    listed = draft.sandbox.raw_state(stack)["resources"]
    return {each["urn"]: each for each in listed if each["type"].startswith("gcp:")}


def applied(draft: Draft, stack: Stack, content: Config) -> Change:
    """Write a configuration, preview it and bring it up."""
    configure(draft, stack, content)
    before = resources(draft, stack)
    planned = draft.sandbox.run("preview", *choice(stack)).succeeded()
    mark = draft.sandbox.mark()
    done = draft.sandbox.run("up", *choice(stack)).succeeded()
    return Change(planned, done, before, resources(draft, stack), draft.sandbox.calls(mark))


def name_of(urn: str) -> str:
    """The resource's name in a URN."""
    return urn.rpartition("::")[2]
