"""Targets: the embedded sandbox and Google Cloud, behind one protocol.

A command calls `of` once for the target of its environment and passes it on. Only that target is loaded: a command for
Google Cloud imports nothing of the sandbox, and a command for the sandbox imports none of Google's libraries.
"""

from typing import cast

from cli import optional
from cli.layout import SANDBOX
from cli.target.protocol import Target
from toolchain.errors import UsageError


def of(environment: str) -> Target:
    """The target of an environment.

    Raises `UsageError` for the sandbox when this checkout has none.
    """
    module = optional.module(f"cli.target.{'sandbox' if environment == SANDBOX else 'google_cloud'}")
    if module is None:
        raise UsageError("this checkout has no embedded sandbox; STACK is an environment on Google Cloud")
    return cast("Target", module.of(environment))
