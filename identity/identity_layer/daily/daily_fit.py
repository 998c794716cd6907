"""Checks that the settings of daily work fit the foundation's contract, before anything is planned, all at once."""

from collections.abc import Iterator

from identity_layer import grants, groups, limits
from identity_layer.kit import parts
from identity_layer.settings import Settings
from identity_layer.upstream import FoundationContract


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
            *limits.exceeded("identity:teams", counts(settings)),
            *_people(settings, foundation),
        ]
    )


def counts(settings: Settings) -> dict[str, int]:
    """Additions of the stack to the project's allow policy, by limit."""
    granted = [
        frozenset[str]().union(*(grants.CAPABILITIES[capability].roles for capability in team.capabilities))
        for team in settings.teams.values()
    ]
    return {"principals": sum(map(len, granted)), "groups": sum(bool(roles) for roles in granted)}


def _groups(settings: Settings, foundation: FoundationContract) -> Iterator[str]:
    for name, team in settings.teams.items():
        yield from groups.misfits(f"identity:teams.{name}.group", team.group, foundation)


def _people(settings: Settings, foundation: FoundationContract) -> Iterator[str]:
    for person in settings.break_glass.people if settings.break_glass else ():
        if person not in foundation.break_glass_people:
            yield (
                f"identity:breakGlass.people: the deny policy does not exempt {person!r}, so the grant would be of no "
                "use; name the group by leaving people out, or have an administrator add the person to "
                "identity:onCall.people of the foundation."
            )


def _owners(settings: Settings, foundation: FoundationContract) -> Iterator[str]:
    groups = {team.group for team in settings.teams.values()}
    for name, group in foundation.owners.items():
        if group not in groups:
            yield (
                f"identity:owners.{name}: the foundation names {group!r}, which is the group of no team, so nobody "
                "would answer for it; add the team to identity:teams here, or correct the foundation."
            )
