"""Checks that a team's settings fit the foundation's contract, before anything is planned, all at once."""

from collections.abc import Iterator

from identity_layer import grants, groups, limits
from identity_layer.ci_account import KINDS
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
            *limits.exceeded("identity:apps", counts(settings)),
        ]
    )


def counts(settings: TeamSettings) -> dict[str, int]:
    """Additions of the stack to the project, by limit: to its allow policy, and to its service accounts."""
    roles = [grants.app_roles(app) for app in settings.apps.values()]
    ci = len(KINDS) * len(grants.APP_CI.roles)
    return {
        "principals": sum(map(len, roles)) + ci + len(grants.CAPABILITIES["cluster-user"].roles),
        "accounts": sum(app.uses_google for app in settings.apps.values()) + len(KINDS) + bool(settings.team.builds),
    }


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
