"""Owners of a stack's files: CODEOWNERS has each reviewed by the team that the identity layer's settings name."""

import re
from collections.abc import Iterator
from functools import cache

from codeowners import CodeOwners

from cli.layout import Stack
from toolchain.environments import CHECKOUT

FILE = ".github/CODEOWNERS"
# A pattern for files of apps, which fits those of apps with a longer name as well.
_PATTERN = re.compile(r"^(/?apps/(?:entries/|Pulumi\.)[^\s*]*\*\S*)\s", re.MULTILINE)


def patterns() -> Iterator[str]:
    """Lines for an app that fit another app's files as well, whether or not there is one today."""
    for pattern in _PATTERN.findall((CHECKOUT / FILE).read_text(encoding="utf-8")):
        yield (
            f"{FILE} has the pattern {pattern}, which fits the files of every app whose name begins so: its owner "
            "would decide about another team's app. Write one line for each file."
        )


def findings(stack: Stack) -> Iterator[str]:
    """Files of the stack that another team than its own reviews."""
    team = stack.team()
    for path in _files(stack):
        teams = [owner.rpartition("/")[2] for _, owner in _code_owners().of(path)]
        if team not in teams:
            yield (
                f"{FILE} has {path} reviewed by {', '.join(teams) or 'nobody'}, and not by its team {team}, so others "
                f"would decide about it. Add `{_pattern(path, stack)} @<organisation>/{team}` below the lines that "
                "match it now: the last one counts."
            )


def _files(stack: Stack) -> Iterator[str]:
    yield f"{stack.project}/{stack.file.name}"
    if stack.is_app:
        yield f"{stack.project}/entries/{stack.part}.yaml"


def _pattern(path: str, stack: Stack) -> str:
    if stack.is_app:
        return f"/{path}"
    if stack.part is None:
        return f"/{stack.project}/"
    return f"/{path.replace(f'-{stack.environment}.yaml', '-*.yaml')}"


@cache
def _code_owners() -> CodeOwners:
    return CodeOwners((CHECKOUT / FILE).read_text(encoding="utf-8"))
