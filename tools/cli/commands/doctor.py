"""`make doctor`; until this module has an environment, `toolchain.stage0` runs `cli.doctor` directly."""

from cli import doctor


def command() -> int:
    """Show what was found where, at which version, and what is missing."""
    return doctor.main()
