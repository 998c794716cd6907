"""`make github`."""

from typing import Annotated

import typer

from cli.github import settings
from cli.options import NO, Switch, switch


def command(
    *,
    check: Annotated[Switch, switch("only show what is not as committed")] = NO,
    repository: Annotated[str | None, typer.Option(metavar="owner/name", help="another repository")] = None,
) -> int:
    """Bring the repository's settings on GitHub to what is committed.

    [The settings](.github/settings.yaml).
    """
    return settings.run(check=check, repository=repository)
