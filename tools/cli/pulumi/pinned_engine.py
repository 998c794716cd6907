"""The pinned engine, with pinned plugins, which alone works on real environments; the sandbox has its own engine.

A `pulumi` on PATH changes with its machine, and plugins that the engine fetches itself are compared with nothing.
"""

from pathlib import Path

from cli.environment import cloud_environment
from cli.layout import Stack
from toolchain import engine, plugins

_SILENT = {"PULUMI_SKIP_UPDATE_CHECK": "true", "PULUMI_GCP_SKIP_REGION_VALIDATION": "true"}


def pinned_pulumi() -> Path:
    """The engine's program.

    Raises `ToolError` when it or a plugin cannot be had.
    """
    plugins.ensure()  # first: its refusal must not wait for a build of the engine
    return engine.ensure(pinned=True).path.resolve()


def pinned_environment(stack: Stack) -> dict[str, str]:
    """Variables of the engine for a stack on Google Cloud.

    The provider lists the regions to check the stack's own, which no account may do; it would warn of that each time.

    Raises `ToolError` when a plugin is not recorded, or cannot be had as it is recorded.
    """
    return {**cloud_environment(stack), **plugins.environment(), **_SILENT}
