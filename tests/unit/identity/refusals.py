"""Messages with which the identity layer's programs refuse the sandbox's configuration with some keys replaced."""

from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from unit.identity.declared import Changes, daily, foundation, team
from unit.pulumi_mocks import Document, Engine


def refused(contract: Document | None = None, /, **changes: Any) -> str:
    """The message of daily work's program; None removes a key.

    Args:
        contract: the foundation's; the one that the sandbox's foundation publishes by default.
        changes: values by key, with or without "identity:".
    """
    return _message(lambda keys: daily(keys, contract), changes)


def team_refused(contract: Document | None = None, /, **changes: Any) -> str:
    """The message of a team's program; None removes a key.

    Args:
        contract: the foundation's; the one that the sandbox's foundation publishes by default.
        changes: values by key, with or without "identity:".
    """
    return _message(lambda keys: team(keys, contract), changes)


def foundation_refused(**changes: Any) -> str:
    """The message of the foundation's program; None removes a key."""
    return _message(foundation, changes)


def _message(program: Callable[[Changes], Engine], changes: Changes) -> str:
    with pytest.raises(pulumi.RunError) as raised:
        program(changes)
    return str(raised.value)
