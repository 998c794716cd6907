"""Order of apps in one deployment: an app that makes the schemas of another one comes first (`migratedBy`).

Both are of one team, so a job of CI that deploys one of them deploys the other one, too.
"""

from collections.abc import Sequence

from cli.layout import Stack, teams


def makers(stacks: Sequence[Stack]) -> dict[Stack, Stack]:
    """Return the stack of the app that makes the schemas of another one, by the other's stack, where both are listed.

    An app that makes schemas waits for none itself: the identity layer refuses a chain, and a circle would not end.

    Raises `ToolError` when the stack files of teams contradict one another.
    """
    apps = {(stack.environment, stack.part or ""): stack for stack in stacks if stack.is_app}
    declared = {
        (environment, app): about.migrated_by
        for environment in {environment for environment, _ in apps}
        for team in teams(environment).values()
        for app, about in team.apps.items()
    }
    found = {
        stack: apps.get((environment, declared.get((environment, app)) or ""))
        for (environment, app), stack in apps.items()
    }
    return {stack: maker for stack, maker in found.items() if maker is not None and found[maker] is None}
