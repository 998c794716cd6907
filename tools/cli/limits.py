"""Limits that Google sets on one project (identity's limits.yaml), and how much of each the stacks use.

`make doctor STACK=<environment>` and the portal show what deployed states use, and `make check` refuses an environment
whose stack files together exceed one. Grants and accounts that no state declares, such as grants
to Google's own agents, come on top, so a limit counts as short some time before it is reached.
"""

import datetime as dt
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from cli import doctor, yaml_file
from cli.finding import BAD, GOOD, SHORT, Finding
from cli.formats import readable
from cli.layout import stacks
from cli.target.protocol import Target
from engine import states
from engine.members import Member
from iam import names
from iam.states import DeclaredGrant, States
from toolchain.environments import CHECKOUT
from toolchain.progress import step

_FILE = CHECKOUT / "identity" / "identity_layer" / "limits.yaml"
_SHORT = 0.8  # share of a limit from which on it is short


class Limit(BaseModel):
    """A limit: the counted items, their largest number, and the remedy."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    what: str
    most: int
    remedy: str


class _Limits(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    date: dt.date
    limits: dict[str, Limit]


@dataclass(frozen=True)
class Usage:
    """Use of a limit: the number of items, and the resource that has most of them in the words of access.yaml."""

    name: str
    limit: Limit
    used: int
    where: str

    @property
    def left(self) -> int:
        """Number of items that fit beside those in use; negative beyond the limit."""
        return self.limit.most - self.used

    @property
    def verdict(self) -> str:
        """GOOD, SHORT, or BAD beyond the limit."""
        if self.left < 0:
            return BAD
        return SHORT if self.used >= self.limit.most * _SHORT else GOOD

    @property
    def finding(self) -> Finding:
        """Line of the doctor's table."""
        detail = f"{self.used:,} of {self.limit.most:,} used, {self.left:,} left: {self.limit.what}"
        where = f", on {self.where}" if self.where else ""
        return Finding(self.name, self.verdict, f"{detail}{where}", self.limit.remedy)


def run(target: Target) -> int:
    """Print the use of each limit in an environment; return 1 when one is exceeded.

    Raises `ToolError` when a state cannot be read.
    """
    with tempfile.TemporaryDirectory(prefix="prodfirst-") as folder, step("reading the states"):
        used = usages(target.states(stacks(target.environment), Path(folder)))
    doctor.show([usage.finding for usage in used])
    print(f"\ndeclared in {target.environment}; Google's own agents and what no state declares come on top")
    return 1 if any(usage.verdict == BAD for usage in used) else 0


def usages(files: Iterable[Path]) -> list[Usage]:
    """Use of each limit, from exported states.

    Raises `ToolError` when a file is not what the engine writes.
    """
    return count(member for file in files for member in _members(file))


@cache
def limits() -> Mapping[str, Limit]:
    """The limits by name."""
    return yaml_file.load(_FILE, _Limits.model_validate, "no limit is known").limits


def count(members: Iterable[Member]) -> list[Usage]:
    """Use of each limit by declared resources."""
    declared = States(list(members))
    counted = {
        "principals": _largest(grant.resource for grant in declared.grants),
        "groups": _largest(_of_groups(declared.grants)),
        "conditions": _most_conditions(declared.grants),
        "accounts": ("", len(declared.accounts)),
        "roles": ("", sum(role.startswith("projects/") for role in declared.roles())),
    }
    return [
        Usage(name, limits()[name], number, _words(resource, declared)) for name, (resource, number) in counted.items()
    ]


def _members(file: Path) -> Iterator[Member]:
    with readable(file.name):
        for resource in states.parse(file.read_bytes(), file.name).resources:
            yield Member(resource.urn, resource.type, resource.name, partial(getattr, resource, "outputs"))


def _largest(resources: Iterable[str]) -> tuple[str, int]:
    """The resource that occurs most often, and how often."""
    counts = Counter(resources)
    return max(counts.items(), key=lambda item: (item[1], item[0]), default=("", 0))


def _of_groups(grants: Iterable[DeclaredGrant]) -> Iterator[str]:
    """Resources with a group in their policy, once for each group and once for each appearance of a domain."""
    granted = list(grants)
    yield from (resource for resource, _ in {(g.resource, g.member) for g in granted if g.member.startswith("group:")})
    yield from (grant.resource for grant in granted if grant.member.startswith("domain:"))


def _most_conditions(grants: Iterable[DeclaredGrant]) -> tuple[str, int]:
    """The resource on which one role has most conditions for one principal, and their number."""
    bound = Counter((grant.resource, grant.role, grant.member) for grant in grants if grant.condition)
    return next(((resource, number) for (resource, _, _), number in bound.most_common(1)), ("", 0))


def _words(resource: str, declared: States) -> str:
    return names.words(resource, declared.owner) if resource else ""
