"""`make checkov`."""

from cli import programs
from cli.embedded.directory import SandboxDirectory
from cli.environment import stripped


def command() -> int:
    """Check what the sandbox deployed with checkov, and print its verdicts.

    [The verdicts on the example](platform/CHECKOV.md).
    """
    return programs.run(
        "lab.checkov", env={**stripped(), "SANDBOX_DIR": str(SandboxDirectory.default().required().path)}
    )
