"""Changes of the identity layer's configuration in a draft, one after the other, and what each of them did."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from e2e.harness import IDENTITY, Ran
from e2e.sandboxes import Draft
from sandbox.cloud.store import CallEntry

STACK_FILE = "identity/Pulumi.sandbox.yaml"
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


def configuration(draft: Draft) -> Config:
    """The identity layer's configuration in a draft's checkout."""
    return yaml.safe_load((draft.sandbox.checkout / STACK_FILE).read_text())


def configure(draft: Draft, content: Config) -> None:
    """Write it."""
    (draft.sandbox.checkout / STACK_FILE).write_text(yaml.safe_dump(content, sort_keys=False))


def resources(draft: Draft) -> dict[str, Config]:
    """Resources on Google Cloud according to the identity layer's state, by URN."""
    listed = draft.sandbox.raw_state(IDENTITY)["resources"]
    return {each["urn"]: each for each in listed if each["type"].startswith("gcp:")}


def applied(draft: Draft, content: Config) -> Change:
    """Write a configuration, preview it and bring it up."""
    configure(draft, content)
    before = resources(draft)
    planned = draft.sandbox.run("preview", "--owner", "identity").succeeded()
    mark = draft.sandbox.mark()
    done = draft.sandbox.run("up", "--owner", "identity").succeeded()
    return Change(planned, done, before, resources(draft), draft.sandbox.calls(mark))


def name_of(urn: str) -> str:
    """The resource's name in a URN."""
    return urn.rpartition("::")[2]
