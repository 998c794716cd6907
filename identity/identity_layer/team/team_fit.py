"""Checks that a team's settings fit the foundation's contract, before anything is planned, all at once."""

from collections.abc import Iterator

from identity_layer import groups
from identity_layer.kit import parts
from identity_layer.team.team_settings import TeamSettings
from identity_layer.upstream import FoundationContract


def check(settings: TeamSettings, foundation: FoundationContract) -> None:
    """Compares what the foundation promises with what this stack is configured to do.

    Raises:
        parts.FitError: they do not fit.
    """
    parts.require_fit(
        [
            *parts.misplaced(settings, foundation.project, "foundation"),
            *groups.misfits("identity:team.group", settings.team.group, foundation),
            *_builds(settings, foundation),
        ]
    )


def _builds(settings: TeamSettings, foundation: FoundationContract) -> Iterator[str]:
    owner = foundation.github.repository.partition("/")[0]
    for index, source in enumerate(settings.team.builds):
        path = f"identity:team.builds.{index}"
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
