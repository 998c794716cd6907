"""`make compare`."""

from cli import checks, programs
from cli.options import Layer


def command(*, layer: Layer = None) -> int:
    """Show what `dev` and `prod` would not share, and whether that is declared with a reason."""
    return programs.run("compare", ["--layer", layer] if layer else [], checks.comparing())
