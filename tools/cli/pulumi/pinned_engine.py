"""The person's own Pulumi, which works on real environments; the sandbox has its own engine."""

import os
from pathlib import Path

from toolchain import pins
from toolchain.errors import ToolError
from toolchain.versions import on_path


def own_pulumi(environment: str) -> Path:
    """The `pulumi` on PATH.

    Raises `ToolError` when there is none, or when it is too old for the programs' SDK.
    """
    program, why = on_path("pulumi", ["version"], _suits, {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"})
    if program is None:
        raise ToolError(
            f"the environment {environment} needs `pulumi` {pins.PULUMI_TEXT} or newer of version {pins.PULUMI[0]} on "
            f"PATH, and here it is {why}. Nothing was started. Install it from "
            "https://www.pulumi.com/docs/install. (The sandbox needs none.)"
        )
    return program.path


def _suits(version: pins.Version) -> bool:
    return version[0] == pins.PULUMI[0] and version >= pins.PULUMI
