"""`make doctor`; before there is an environment for this module, `cli.doctor` is run by itself."""

from cli import doctor


def command() -> int:
    """Show what was found where, at which version, and what is missing."""
    return doctor.main()
