"""Checks that the settings of daily work fit the foundation's contract, before anything is planned, all at once."""

from collections.abc import Iterator

from identity_layer.daily.upstream import FoundationContract
from identity_layer.kit import parts
from identity_layer.settings import Settings
from identity_layer.values import outside


def check(settings: Settings, foundation: FoundationContract) -> None:
    """Compares what the foundation promises with what this stack is configured to do.

    Raises:
        parts.FitError: they do not fit.
    """
    parts.require_fit(
        [
            *parts.misplaced(settings, foundation.project, "foundation"),
            *_groups(settings, foundation),
            *_owners(settings, foundation),
            *_builds(settings, foundation),
        ]
    )


def _groups(settings: Settings, foundation: FoundationContract) -> Iterator[str]:
    for name, team in settings.teams.items():
        path = f"identity:teams.{name}.group"
        if problem := outside(foundation.project.domain, team.group):
            yield f"{path}: {problem}"
        if team.group == foundation.break_glass_group:
            yield (
                f"{path}: {team.group!r} is the break-glass group, which the deny policy does not bind; a team of "
                "daily work needs a group of its own."
            )


def _owners(settings: Settings, foundation: FoundationContract) -> Iterator[str]:
    groups = {team.group for team in settings.teams.values()}
    for name, group in foundation.owners.items():
        if group not in groups:
            yield (
                f"identity:owners.{name}: the foundation names {group!r}, which is the group of no team, so nobody "
                "would answer for it; add the team to identity:teams here, or correct the foundation."
            )


def _builds(settings: Settings, foundation: FoundationContract) -> Iterator[str]:
    owner = foundation.github.repository.partition("/")[0]
    for name, team in settings.teams.items():
        for index, source in enumerate(team.builds):
            path = f"identity:teams.{name}.builds.{index}"
            if source.repository.partition("/")[0] != owner:
                yield (
                    f"{path}.repository: {source.repository!r} is not of {owner!r}, whose tokens alone are admitted; "
                    "build in a repository there."
                )
            if source.repository_id == foundation.github.repository_id:
                yield (
                    f"{path}.repositoryId: {source.repository_id!r} is the repository that deploys; what builds must "
                    "not be what deploys. Build where the app's source is."
                )
