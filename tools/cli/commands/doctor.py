"""`make doctor`, which answers before there is an environment for this module (sandbox/tools/stage0.py)."""

from toolchain import doctor


def command() -> int:
    """Show what was found where, at which version, and what is missing."""
    return doctor.main()
